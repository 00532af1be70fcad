"""A saved model, shifted by recordings without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from serkit.adapt_unlabelled import adapt_unlabelled
from serkit.bundle import load_bundle, read_bundle, save_bundle
from serkit.bundle_info import ScoreFacts
from serkit.corpora import scan_corpus
from serkit.errors import BundleError, TrainingError
from serkit.evaluation.bundle_scoring import predict_manifest
from serkit.features.table import extract_features
from serkit.models.calibration import softmax
from serkit.models.new_head import load_base
from serkit.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    import pandas

    from serkit.adapt_unlabelled import UnlabelledAdaptation


@pytest.fixture(scope="module")
def manifest(synthetic_ravdess: Path) -> pandas.DataFrame:
    return scan_corpus("ravdess", synthetic_ravdess)


@pytest.fixture(scope="module")
def strange_bundle(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to which everything sounds angry."""
    info, content = read_bundle(tiny_bundle)
    offsets = tuple(4.0 if label == "angry" else 0.0 for label in info.labels)
    folder = tmp_path_factory.mktemp("strange") / "strange"
    return save_bundle(folder, info.model_copy(update={"offsets": offsets}), content, "A card.")


def adapted(base: Path, files: Iterable[Path | str], **choices: Any) -> UnlabelledAdaptation:
    return adapt_unlabelled(base, Predictor.load(base).predict_files(files), **choices)


def heard_right(bundle: Path, rows: pandas.DataFrame) -> float:
    found = predict_manifest(load_bundle(bundle), rows)
    return float((found.probabilities.argmax(axis=1) == found.truth).mean())


def test_recordings_that_were_not_adapted_to_are_heard_again(
    strange_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    speakers = sorted(set(manifest["speaker"]))
    given, others = manifest[manifest["speaker"].isin(speakers[:2])], manifest["speaker"].isin(speakers[2:])
    done = adapted(strange_bundle, given["file"], out=tmp_path / "My room")
    before, after = load_bundle(strange_bundle), load_bundle(done.folder)
    assert heard_right(done.folder, manifest[others]) > heard_right(strange_bundle, manifest[others]) + 0.25
    assert done.n_clips == len(given)
    assert done.before["angry"] > 0.6
    assert list(done.after.values()) == pytest.approx([0.25] * 4, abs=0.05)
    assert (after.info.name, after.info.labels) == ("my-room", before.info.labels)
    assert "adapted by 32 recordings without labels" in after.card
    assert "then each label's offset is added" in after.card
    assert not after.info.scores, "those of the base are not its own"
    assert isinstance(before.info.scores[0], ScoreFacts)


def test_what_it_says_is_what_the_new_model_hears(
    strange_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    rows = manifest.head(24)
    done = adapted(strange_bundle, rows["file"], out=tmp_path / "me")
    said = predict_manifest(load_bundle(done.folder), rows).probabilities.mean(axis=0)
    assert list(done.after.values()) == pytest.approx(said.tolist(), abs=1e-4)


def test_an_emotion_that_is_not_there_is_never_heard(
    strange_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    rows = manifest[manifest["emotion"] != "angry"]
    named = sorted(set(rows["emotion"]))
    done = adapted(strange_bundle, rows["file"], out=tmp_path / "me", emotions=named)
    model = load_bundle(done.folder)
    found = predict_manifest(model, manifest)
    assert found.probabilities[:, found.classes.index("angry")].max() < 1e-6
    assert heard_right(done.folder, rows) > 0.9
    assert "there is no angry, and never hears it" in model.card


def test_recordings_that_cannot_be_used_are_left_out(
    tiny_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "bad.wav").write_text("no audio")
    files = [*manifest["file"].head(5), tmp_path / "bad.wav"]
    done = adapted(tiny_bundle, files, out=tmp_path / "me")
    assert done.n_clips == 5
    with pytest.raises(TrainingError, match="2 recordings that can be used"):
        adapted(tiny_bundle, files[3:], out=tmp_path / "me")


def test_what_cannot_be_done_is_refused(
    tiny_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    files = manifest["file"].head(5).tolist()
    with pytest.raises(TrainingError, match="bored: tiny tells angry, happy, neutral, sad apart"):
        adapted(tiny_bundle, files, out=tmp_path / "me", emotions=["bored", "sad"])
    with pytest.raises(TrainingError, match="only sad"):
        adapted(tiny_bundle, files, out=tmp_path / "me", emotions=["sad"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BundleError, match="exists"):
        adapted(tiny_bundle, files, out=tmp_path / "full")


def test_what_was_adapted_is_adapted_again(
    tiny_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    rows = manifest.head(40)
    once = adapted(tiny_bundle, rows["file"], out=tmp_path / "once")
    twice = adapted(once.folder, rows["file"], out=tmp_path / "twice")
    assert list(twice.before.values()) == pytest.approx(list(once.after.values()), abs=1e-6)
    off = [max(abs(share - 0.25) for share in done.after.values()) for done in (once, twice)]
    assert off[1] < off[0], "the second time it is drawn to where it was"


def test_a_new_last_layer_goes_on_from_it(
    tiny_bundle: Path, manifest: pandas.DataFrame, tmp_path: Path
) -> None:
    rows = manifest.head(20)
    done = adapted(tiny_bundle, rows["file"], out=tmp_path / "me")
    model, base = load_bundle(done.folder), load_base(str(done.folder))
    heard = base.hear(extract_features(rows, model.info.front_end).values)
    expected = predict_manifest(model, rows).probabilities
    assert softmax(heard @ base.head.weights + base.head.offsets) == pytest.approx(expected, abs=1e-5)
