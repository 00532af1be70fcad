from __future__ import annotations

import librosa
import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import Clip, fix_length, normalise_level, resample, trim_silence
from serkit.errors import InvalidSignalError, TooShortError

RATES = st.sampled_from([8_000, 11_025, 16_000, 22_050, 24_414, 44_100, 48_000])


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples).astype(np.float32)


def sine(frequency: float, rate: int, duration_s: float) -> Clip:
    time = np.arange(round(duration_s * rate)) / rate
    return Clip(np.sin(2 * np.pi * frequency * time).astype(np.float32), rate)


@given(before=RATES, after=RATES, n_samples=st.integers(1_000, 50_000))
@settings(deadline=None, max_examples=40)
def test_resampling_keeps_the_duration(before, after, n_samples):
    clip = resample(Clip(noise(n_samples), before, start=1.5, source="a.wav"), after)
    assert abs(clip.signal.size - n_samples * after / before) <= 1
    assert (clip.sampling_rate, clip.start, clip.source) == (after, 1.5, "a.wav")
    assert clip.signal.dtype == np.float32


@given(before=RATES, after=RATES, frequency=st.floats(200, 3_500))
@settings(deadline=None, max_examples=40)
def test_resampling_keeps_pitch_and_level_of_a_sine(before, after, frequency):
    resampled = resample(sine(frequency, before, 0.5), after).signal
    truth = sine(frequency, after, 0.5).signal[: resampled.size]
    middle = slice(after // 10, -after // 10)
    np.testing.assert_allclose(resampled[: truth.size][middle], truth[middle], atol=2e-3)


def test_resampling_is_soxr_s_best_known_quality_and_free_at_the_same_rate():
    clip = Clip(noise(9_999), 44_100)
    np.testing.assert_array_equal(
        resample(clip, 16_000).signal, soxr.resample(clip.signal, 44_100, 16_000, quality="HQ")
    )
    assert resample(clip, 44_100) is clip


def test_resampling_that_leaves_nothing_is_refused():
    with pytest.raises(TooShortError, match="none at 8000 Hz"):
        resample(Clip(np.ones(1, dtype=np.float32), 48_000), 8_000)


@given(n_samples=st.integers(1, 5_000), rate=RATES, duration_s=st.floats(1e-3, 0.5), start=st.floats(0, 100))
def test_a_fixed_length_is_exact_and_touches_only_the_end(n_samples, rate, duration_s, start):
    clip = Clip(noise(n_samples), rate, start=start)
    fixed = fix_length(clip, duration_s)
    n_common = min(n_samples, fixed.signal.size)
    assert fixed.signal.size == round(duration_s * rate)
    np.testing.assert_array_equal(fixed.signal[:n_common], clip.signal[:n_common])
    assert not fixed.signal[n_common:].any()
    assert fixed.start == start


@pytest.mark.parametrize("duration_s", [0, -1, 1e-9, np.nan, np.inf, "1", None, True])
def test_a_length_that_no_clip_can_have_is_refused(duration_s):
    with pytest.raises(InvalidSignalError, match="array"):
        fix_length(Clip(noise(10), 16_000), duration_s)


@given(
    n_samples=st.integers(1, 30_000),
    quiet=st.tuples(st.integers(0, 12_000), st.integers(0, 12_000)),
    level=st.sampled_from([0.0, 1e-6, 1e-4, 1e-2]),
    top_db=st.sampled_from([20.0, 40.0, 60.0]),
)
@settings(deadline=None, max_examples=60)
def test_trimming_equals_librosa(n_samples, quiet, level, top_db):
    signal = np.concatenate([level * noise(quiet[0], 1), noise(n_samples), level * noise(quiet[1], 2)])
    signal = signal.astype(np.float32)
    trimmed = trim_silence(Clip(signal, 16_000, start=2.0), top_db=top_db)
    # So loud that none of librosa's levels, -100 dB at the least, comes near what it keeps.
    _, (first, last) = librosa.effects.trim(signal * np.float32(1024), top_db=top_db)
    np.testing.assert_array_equal(trimmed.signal, signal[first:last])
    assert trimmed.start == pytest.approx(2.0 + first / 16_000)


@pytest.mark.parametrize("gain", [1e-6, 1e-3, 100.0])
def test_gain_does_not_change_what_is_trimmed(gain):
    signal = np.concatenate([1e-3 * noise(8_000, 1), noise(8_000), 1e-3 * noise(8_000, 2)]).astype(np.float32)
    trimmed = trim_silence(Clip(signal, 16_000), top_db=40.0)
    scaled = trim_silence(Clip(signal * np.float32(gain), 16_000), top_db=40.0)
    assert 8_000 <= trimmed.signal.size < 13_000
    assert (scaled.start, scaled.end) == (trimmed.start, trimmed.end)


def test_trimming_leaves_silence_whole_as_librosa_does():
    silence = np.zeros(5_000, dtype=np.float32)
    assert trim_silence(Clip(silence, 16_000)).signal.size == librosa.effects.trim(silence)[0].size == 5_000


@pytest.mark.parametrize("top_db", [0, -60, np.nan, "60"])
def test_a_distance_that_is_not_above_zero_is_refused(top_db):
    with pytest.raises(InvalidSignalError, match="top_db"):
        trim_silence(Clip(noise(10), 16_000), top_db=top_db)


@given(gain=st.floats(1e-4, 50), n_samples=st.integers(2, 2_000))
def test_levels(gain, n_samples):
    clip = Clip((gain * noise(n_samples)).astype(np.float32), 16_000)
    assert np.abs(normalise_level(clip, "peak").signal).max() == pytest.approx(1)
    assert np.sqrt(np.mean(np.square(normalise_level(clip, "rms").signal, dtype=float))) == pytest.approx(0.1)
    scaled = normalise_level(clip, "zscore").signal.astype(float)
    assert (scaled.mean(), scaled.std()) == (pytest.approx(0, abs=1e-5), pytest.approx(1, rel=1e-5))
    assert normalise_level(clip, "none") is clip


@pytest.mark.parametrize("how", ["peak", "rms", "zscore"])
def test_a_constant_signal_has_a_finite_level(how):
    for value in (0.0, 0.1):
        signal = normalise_level(Clip(np.full(1_000, value, dtype=np.float32), 16_000), how).signal
        assert np.isfinite(signal).all()
        assert np.abs(signal).max() <= 1.0001


def test_an_unknown_level_is_refused():
    with pytest.raises(InvalidSignalError, match="unknown level 'loud'; choose \"none\""):
        normalise_level(Clip(noise(10), 16_000), "loud")
