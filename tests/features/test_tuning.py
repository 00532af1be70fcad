"""The estimate of tuning equals librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from serkit.features.frames import Analysis, Framing
from serkit.features.tuning import STEPS, _step, estimate_tuning


@pytest.mark.parametrize("n_chroma", [12, 24])
@pytest.mark.parametrize("rate", [8_000, 22_050])
def test_tuning_equals_librosa(rate, n_chroma, at_rate):
    for signal in at_rate(rate):
        magnitude = Analysis(signal, rate).magnitude(Framing())
        reference = librosa.estimate_tuning(S=magnitude.T, sr=rate, bins_per_octave=n_chroma)
        assert estimate_tuning(magnitude, rate, 2048, n_chroma) == pytest.approx(reference, abs=1e-9)


def test_a_deviation_falls_between_the_same_steps_as_in_a_histogram():
    edges = STEPS[:-1].astype(np.float32)
    drawn = np.random.default_rng(0).uniform(-0.5, 0.5, 2_000).astype(np.float32)
    below = np.nextafter(edges[1:], np.float32(-1))
    deviation = np.concatenate([edges, below, edges + np.float32(1e-8), drawn])
    deviation = np.clip(deviation, -0.5, np.nextafter(np.float32(0.5), np.float32(0)))
    expected, _ = np.histogram(deviation, bins=STEPS)
    np.testing.assert_array_equal(np.bincount(_step(deviation), minlength=100), expected)


def test_silence_is_in_tune():
    assert estimate_tuning(np.zeros((3, 1025), dtype=np.float32), 22_050, 2048, 12) == 0
