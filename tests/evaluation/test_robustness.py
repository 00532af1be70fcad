"""What a saved model loses on altered recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.audio import load_audio
from serkit.bundle import load_bundle
from serkit.corpora import scan_corpus
from serkit.evaluation.bundle_scoring import predict_manifest
from serkit.evaluation.metrics import uar
from serkit.evaluation.robustness import CLEAN, CONDITIONS, Loss, measure_robustness, robustness_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas


@pytest.fixture(scope="module")
def manifest(synthetic_ravdess: Path) -> pandas.DataFrame:
    return scan_corpus("ravdess", synthetic_ravdess).iloc[::6].reset_index(drop=True)


def test_losses_are_those_against_the_recordings_as_they_are(
    tiny_bundle: Path, manifest: pandas.DataFrame
) -> None:
    bundle = load_bundle(tiny_bundle)
    losses = measure_robustness(bundle, manifest)
    assert [one.condition for one in losses] == list(CONDITIONS)
    clean = predict_manifest(bundle, manifest)
    decided = np.array(bundle.info.labels)[clean.probabilities.argmax(axis=1)]
    assert losses[0].condition == CLEAN
    assert losses[0].uar == pytest.approx(uar(manifest["emotion"], decided))
    for one in losses:
        assert one.lost == pytest.approx(losses[0].uar - one.uar)
    # The front end hears loudness.
    assert losses[list(CONDITIONS).index("30 dB quieter")].lost > 0.2
    assert losses == measure_robustness(bundle, manifest), "every time the same alterations"


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


def test_the_table_is_in_points() -> None:
    table = robustness_table([Loss(CLEAN, 0.8, 0.0), Loss("telephone band", 0.75, 0.05)])
    assert table.rows == ((CLEAN, "80.0", "+0.0"), ("telephone band", "75.0", "+5.0"))
