"""Spectra equal librosa's; they are computed once."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.features.frames import Analysis, Framing, frames, padded


@pytest.mark.parametrize("window", ["hann", "hamming"])
@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
@pytest.mark.parametrize("n_fft", [512, 2048])
def test_magnitude_equals_librosa(window, pad_mode, n_fft, at_rate):
    for signal in at_rate(16_000):
        ours = Analysis(signal, 16_000).magnitude(Framing(n_fft, 160, window, pad_mode)).T
        theirs = librosa.stft(signal, n_fft=n_fft, hop_length=160, window=window, pad_mode=pad_mode)
        np.testing.assert_allclose(ours, np.abs(theirs), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("n_fft", [400, 512, 2048])
def test_single_precision_loses_only_what_is_140_db_below_the_loudest_bin(n_fft, at_rate):
    for signal in at_rate(16_000):
        single, double = (
            Analysis(signal, 16_000).magnitude(Framing(n_fft, 160, precision=precision))
            for precision in ("float32", "float64")
        )
        assert single.dtype == double.dtype == np.float32
        assert (np.abs(single - double) <= 10 ** (-140 / 20) * 10 * double.max()).all()
        assert (single != double).any()


def test_single_precision_resolves_filled_up_frames():
    signal = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    signal[8_000:] = -0.2
    single, double = (
        Analysis(signal, 16_000).magnitude(Framing(1024, 160, "hann", "reflect", precision))
        for precision in ("float32", "float64")
    )
    np.testing.assert_array_equal(single[-40:], double[-40:])
    assert (single[:40] != double[:40]).any()


def test_results_are_shared():
    analysis = Analysis(np.ones(4_000, dtype=np.float32), 16_000)
    assert analysis.magnitude(Framing()) is analysis.magnitude(Framing())
    assert analysis.magnitude(Framing()) is not analysis.magnitude(Framing(n_fft=512))


@settings(deadline=None, max_examples=30)
@given(n_samples=st.integers(1, 5_000), hop_length=st.integers(1, 700), half=st.integers(8, 600))
def test_every_frame_length_gives_the_same_number_of_frames(n_samples, hop_length, half):
    signal = np.arange(n_samples, dtype=np.float32)
    cut = frames(signal, 2 * half, hop_length, "constant")
    assert cut.shape == (1 + n_samples // hop_length, 2 * half)
    first_of_last = (len(cut) - 1) * hop_length
    if first_of_last < n_samples:
        assert cut[-1, half] == signal[first_of_last]


@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
@pytest.mark.parametrize(
    ("filling", "n_filled"), [(0.0, 9_000), (-0.2, 9_000), (0.0, 700), (0.0, 16_000), (0.3, 0)]
)
def test_a_filled_up_clip_has_the_spectra_of_all_its_frames(pad_mode, filling, n_filled):
    signal = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    signal[signal.size - n_filled :] = filling
    ours = Analysis(signal, 16_000).magnitude(Framing(1024, 160, "hann", pad_mode))
    expected = np.abs(librosa.stft(signal, n_fft=1024, hop_length=160, pad_mode=pad_mode))
    np.testing.assert_allclose(ours.T, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
@pytest.mark.parametrize("n_samples", [1, 2, 50, 51, 52, 101, 400])
def test_signals_are_padded_as_numpy_pads(n_samples, pad_mode):
    signal = np.arange(n_samples, dtype=np.float32)
    assert padded(signal, 100, pad_mode).tolist() == np.pad(signal, 50, mode=pad_mode).tolist()
