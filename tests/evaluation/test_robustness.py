"""What a saved model loses on altered recordings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas
import pytest

from serkit.audio import load_audio
from serkit.bundle import load_bundle
from serkit.bundle_info import Loss
from serkit.corpora import scan_corpus
from serkit.evaluation.bundle_scoring import predict_manifest
from serkit.evaluation.metrics import uar
from serkit.evaluation.predictions import Predictions
from serkit.evaluation.robustness import (
    CLEAN,
    CONDITIONS,
    altered_decisions,
    draw_recordings,
    measure_robustness,
    robustness_table,
    write_robustness,
)
from serkit.features import FeatureSet
from serkit.model_card import model_card

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def manifest(synthetic_ravdess: Path) -> pandas.DataFrame:
    return scan_corpus("ravdess", synthetic_ravdess).iloc[::6].reset_index(drop=True)


def test_losses_are_those_against_the_recordings_as_they_are(
    tiny_bundle: Path, manifest: pandas.DataFrame
) -> None:
    bundle = load_bundle(tiny_bundle)
    other = manifest.iloc[::2].assign(corpus="other", emotion="sad")
    rows = pandas.concat([manifest, other], ignore_index=True)
    found = measure_robustness(bundle, rows)
    assert [one.condition for one in found] == [*CONDITIONS] * 2
    assert [one.corpus for one in found] == ["ravdess"] * len(CONDITIONS) + ["other"] * len(CONDITIONS)
    clean = predict_manifest(bundle, rows)
    decided = np.array(bundle.info.labels)[clean.probabilities.argmax(axis=1)]
    for corpus in ("ravdess", "other"):
        own, tested = [one for one in found if one.corpus == corpus], (rows["corpus"] == corpus).to_numpy()
        assert own[0].condition == CLEAN
        assert own[0].uar == pytest.approx(uar(rows["emotion"][tested], decided[tested]))
        for one in own:
            assert one.lost == pytest.approx(own[0].uar - one.uar)
    # The front end hears loudness.
    assert found[list(CONDITIONS).index("30 dB quieter")].lost > 0.2


def test_the_same_alterations_every_time(tiny_bundle: Path, manifest: pandas.DataFrame) -> None:
    bundle, few = load_bundle(tiny_bundle), manifest.iloc[:4]
    assert measure_robustness(bundle, few) == measure_robustness(bundle, few)


def test_emotions_that_a_corpus_cannot_hold_are_not_heard(manifest: pandas.DataFrame) -> None:
    """As in a report: RAVDESS holds no boredom."""
    rows, front_end = manifest.iloc[:2], FeatureSet(blocks=[{"name": "rms"}])

    def hear(row: pandas.DataFrame, features: np.ndarray) -> Predictions:
        assert features.shape == (len(CONDITIONS), *front_end.shape)
        return Predictions(row.assign(emotion="sad"), np.tile([0.8, 0.2], (len(row), 1)), ("boredom", "sad"))

    decided = list(altered_decisions(rows, front_end, hear))
    assert [set(one) for one in decided] == [{"sad"}] * 2


def test_every_condition_alters_the_recording_as_it_says(manifest: pandas.DataFrame) -> None:
    clip, voice = (load_audio(manifest["file"][row]) for row in (0, 3))
    heard = {n: alter(clip, np.random.default_rng(0), [voice] * 2) for n, alter in CONDITIONS.items()}
    level = {name: float(np.sqrt(np.mean(one.signal.astype(float) ** 2))) for name, one in heard.items()}
    assert np.array_equal(heard[CLEAN].signal, clip.signal)
    assert level["30 dB louder"] / level[CLEAN] == pytest.approx(10**1.5, rel=1e-3)
    assert level[CLEAN] / level["30 dB quieter"] == pytest.approx(10**1.5, rel=1e-3)
    for name in ("pink noise, 20 dB", "pink noise, 10 dB", "babble, 20 dB", "babble, 10 dB"):
        noise = heard[name].signal - clip.signal
        ratio = 20 * np.log10(level[CLEAN] / np.sqrt(np.mean(noise.astype(float) ** 2)))
        assert ratio == pytest.approx(float(name.split(", ")[1].split()[0]), abs=0.1)
    silent = heard["1 s of silence on both sides"]
    assert silent.duration == pytest.approx(clip.duration + 2)
    for name in ("telephone band", "Opus, 12 kbit/s", "reverberation, 0.6 s"):
        assert heard[name].signal.shape == clip.signal.shape
        assert not np.allclose(heard[name].signal, clip.signal)


LOSSES = [
    Loss(corpus="savee", condition=CLEAN, uar=0.8, lost=0.0, recordings=60),
    Loss(corpus="savee", condition="telephone band", uar=0.75, lost=0.05, recordings=60),
    Loss(corpus="tess", condition=CLEAN, uar=0.6, lost=0.0, recordings=60),
    Loss(corpus="tess", condition="telephone band", uar=0.62, lost=-0.02, recordings=60),
]


def test_the_table_is_in_points_for_each_corpus(tmp_path: Path) -> None:
    table = robustness_table(LOSSES)
    assert table.header == ("recordings", "savee, 60", "tess, 60")
    assert table.rows == ((CLEAN, "80.0", "60.0"), ("telephone band", "+5.0", "-2.0"))
    written = {path.name: path.read_text() for path in write_robustness(tmp_path, LOSSES)}
    assert [Loss(**one) for one in json.loads(written["robustness.json"])] == LOSSES
    assert "| telephone band | +5.0 | -2.0 |" in written["robustness.md"]


def test_a_model_card_can_carry_it(tiny_bundle: Path) -> None:
    info = load_bundle(tiny_bundle).info
    assert "## Robustness" not in model_card(info)
    card = model_card(info.model_copy(update={"robustness": tuple(LOSSES)}))
    assert "## Robustness" in card
    assert "| as it is | 80.0 | 60.0 |" in card


def test_as_many_recordings_of_each_corpus_are_drawn_or_all_that_it_has() -> None:
    rows = pandas.DataFrame({"corpus": ["tess", "savee", "tess", "tess", "tess"]})
    drawn = draw_recordings(rows, 2, seed=3)
    assert rows["corpus"].iloc[drawn].tolist().count("tess") == 2
    assert 1 in drawn
    assert drawn.tolist() == sorted(draw_recordings(rows, 2, seed=3))
    assert draw_recordings(rows, 9).tolist() == [0, 1, 2, 3, 4]
