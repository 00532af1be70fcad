"""Filter banks equal librosa's; impossible bands are refused."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serkit.errors import FeatureError
from serkit.features.descriptors import mel
from serkit.features.filterbanks import (
    MelBands,
    chroma_filterbank,
    contrast_bands,
    dct_matrix,
    hz_to_mel,
    mel_filterbank,
    mel_stripes,
    mel_to_hz,
)
from serkit.features.frames import Analysis, Framing


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("htk", [False, True])
def test_mel_filters_equal_librosa(rate, htk, close):
    reference = librosa.filters.mel(sr=rate, n_fft=2048, n_mels=40, fmin=20, htk=htk)
    close(mel_filterbank(rate, 2048, MelBands(40, 20.0, None, htk)), reference, 1e-6)


@pytest.mark.parametrize("n_chroma", [12, 24, 20])
@pytest.mark.parametrize("tuning", [0.0, -0.31, 0.2])
def test_chroma_filters_equal_librosa(n_chroma, tuning, close):
    reference = librosa.filters.chroma(sr=22_050, n_fft=2048, n_chroma=n_chroma, tuning=tuning)
    close(chroma_filterbank(22_050, 2048, n_chroma, tuning), reference, 1e-6)


def test_dct_is_orthonormal():
    matrix = dct_matrix(40, 40)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(40), atol=1e-6)


@given(st.floats(0, 24_000), st.booleans())
def test_mel_and_back(hertz, htk):
    there_and_back = mel_to_hz(hz_to_mel(np.array([hertz]), htk=htk), htk=htk)
    np.testing.assert_allclose(there_and_back, [hertz], rtol=1e-9, atol=1e-9)


def test_shared_matrices_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        dct_matrix(5, 10)[0, 0] = 1


@pytest.mark.parametrize(("fmin", "fmax"), [(100.0, 9_000.0), (500.0, 400.0), (8_000.0, None)])
def test_impossible_mel_bands_are_refused(fmin, fmax):
    with pytest.raises(FeatureError, match="16000 Hz"):
        mel_filterbank(16_000, 512, MelBands(40, fmin, fmax, False))


def test_contrast_bands_above_the_rate_are_refused():
    with pytest.raises(FeatureError, match="n_bands"):
        contrast_bands(8_000, 2048, 6, 200.0, 0.02)


def test_contrast_band_without_bins_is_refused():
    with pytest.raises(FeatureError, match="n_fft"):
        contrast_bands(16_000, 64, 6, 20.0, 0.02)


@pytest.mark.parametrize(
    ("n_mels", "rate", "n_fft"), [(128, 22_050, 2048), (40, 8_000, 512), (5, 48_000, 256)]
)
def test_stripes_of_mel_filters_hold_all_that_is_not_zero(n_mels, rate, n_fft):
    bands = MelBands(n_mels, 0.0, None, htk=False)
    whole = np.zeros((n_mels, n_fft // 2 + 1), dtype=np.float32)
    first = 0
    for bins, weights in mel_stripes(rate, n_fft, bands):
        n_filters = weights.shape[1]
        whole[first : first + n_filters, bins] = weights.T
        first += n_filters
    np.testing.assert_array_equal(whole, mel_filterbank(rate, n_fft, bands))


def test_a_filter_without_a_bin_gives_zero():
    bank = mel_filterbank(8_000, 256, MelBands(300, 0.0, None, htk=False))
    noise = np.random.default_rng(0).standard_normal(8_000).astype(np.float32)
    power = mel(Analysis(noise, 8_000), Framing(n_fft=256), n_mels=300)
    assert not bank.any(axis=1).all()
    np.testing.assert_array_equal(power.any(axis=1), bank.any(axis=1))
