"""The estimate of tuning equals librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from serkit.features.frames import Analysis, Framing
from serkit.features.tuning import estimate_tuning


@pytest.mark.parametrize("n_chroma", [12, 24])
@pytest.mark.parametrize("rate", [8_000, 22_050])
def test_tuning_equals_librosa(rate, n_chroma, at_rate):
    for signal in at_rate(rate):
        magnitude = Analysis(signal, rate).magnitude(Framing())
        reference = librosa.estimate_tuning(S=magnitude.T, sr=rate, bins_per_octave=n_chroma)
        assert estimate_tuning(magnitude, rate, 2048, n_chroma) == pytest.approx(reference, abs=1e-9)


def test_silence_is_in_tune():
    assert estimate_tuning(np.zeros((3, 1025), dtype=np.float32), 22_050, 2048, 12) == 0
