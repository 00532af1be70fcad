"""A saved model, shifted to one speaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.bundle import load_bundle
from serkit.errors import BundleError, TrainingError
from serkit.evaluation.bundle_scoring import predict_manifest
from serkit.onnx.head import Head
from serkit.training.adapt import adapt, shift_head

if TYPE_CHECKING:
    from pathlib import Path

    import pandas


@pytest.fixture(scope="module")
def one_voice(manifest: pandas.DataFrame) -> pandas.DataFrame:
    speaker = manifest["speaker"].iloc[0]
    return manifest[manifest["speaker"] == speaker].groupby("emotion").head(3).assign(corpus="me")


def test_the_adapted_model_is_a_bundle_of_the_same_emotions(
    tiny_bundle: Path, one_voice: pandas.DataFrame, tmp_path: Path, cache: Path
) -> None:
    done = adapt(tiny_bundle, one_voice, out=tmp_path / "My voice", cache=cache)
    before, after = load_bundle(tiny_bundle), load_bundle(done.folder)
    assert (after.info.name, after.info.labels) == ("my-voice", before.info.labels)
    assert [corpus.name for corpus in after.info.corpora] == ["me", "synthetic"]
    assert not after.info.scores, "those of the base are not its own"
    assert "adapted to one speaker" in after.card
    assert done.n_clips == len(one_voice)
    found = predict_manifest(after, one_voice)
    truth, p = found.truth, found.probabilities
    old = predict_manifest(before, one_voice).probabilities
    rows = np.arange(len(truth))
    assert np.log(p[rows, truth]).mean() > np.log(old[rows, truth]).mean()
    assert done.after is not None
    assert 0 <= done.before <= done.n_clips


def test_a_voice_that_is_shifted_is_heard_again() -> None:
    """A voice that always sounds a little like one emotion: a few recordings suffice to find that out."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((3, 40))
    head = Head(centres.T, -np.square(centres).sum(axis=1) / 2)
    truth = np.arange(300) % 3
    values = centres[truth] + (centres[0] - centres[1]) + 0.3 * rng.standard_normal((300, 40))

    def right(one: Head) -> float:
        return float(((values @ one.weights + one.offsets).argmax(axis=1) == truth)[9:].mean())

    shifted = shift_head(values[:9], truth[:9], head)
    assert right(shifted) > right(head) + 0.1


def test_an_emotion_without_a_recording_is_not_forgotten() -> None:
    rng = np.random.default_rng(1)
    centres = 3 * rng.standard_normal((3, 40))
    head = Head(centres.T, -np.square(centres).sum(axis=1) / 2)
    truth = np.arange(300) % 3
    values = centres[truth] + rng.standard_normal((300, 40))
    few = np.flatnonzero(truth != 2)[:6]
    shifted = shift_head(values[few], truth[few], head)
    others = truth == 2
    assert ((values @ shifted.weights + shifted.offsets).argmax(axis=1) == truth)[others].mean() > 0.9


def test_with_one_recording_of_each_nothing_is_held_out(
    tiny_bundle: Path, one_voice: pandas.DataFrame, tmp_path: Path, cache: Path
) -> None:
    done = adapt(tiny_bundle, one_voice.groupby("emotion").head(1), out=tmp_path / "me", cache=cache)
    assert (done.before, done.after) == (None, None)


def test_what_is_not_one_voice_with_known_emotions_is_refused(
    tiny_bundle: Path, manifest: pandas.DataFrame, one_voice: pandas.DataFrame, tmp_path: Path
) -> None:
    def refused(rows: pandas.DataFrame) -> str:
        with pytest.raises(TrainingError) as caught:
            adapt(tiny_bundle, rows, out=tmp_path / "me")
        return str(caught.value)

    assert "6 speakers" in refused(manifest)
    assert "bored: tiny tells" in refused(one_voice.assign(emotion="bored"))
    assert "two emotions" in refused(one_voice.assign(emotion="sad"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BundleError, match="exists"):
        adapt(tiny_bundle, one_voice, out=tmp_path / "full")
