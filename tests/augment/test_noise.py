"""Noise: the published formula, and signal-to-noise ratios that are reached."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import Clip
from serkit.augment.noise import add_noise, babble, coloured_noise, crowd, mix
from serkit.errors import AugmentError, SilentSignalError


def test_noise_is_the_published_formula(clip):
    rng = np.random.default_rng(7)
    expected = clip.signal + 0.035 * rng.uniform() * np.amax(clip.signal) * rng.normal(size=clip.signal.size)
    found = add_noise(clip, np.random.default_rng(7))
    np.testing.assert_allclose(found.signal, expected, atol=1e-7)


def test_the_level_follows_the_largest_sample_not_the_largest_magnitude(clip):
    negative = Clip(-np.abs(clip.signal), clip.sampling_rate)
    added = add_noise(negative, np.random.default_rng(0)).signal - negative.signal
    assert np.abs(added).max() < 1e-3


def test_noise_leaves_silence_silent(silence, rng):
    assert not add_noise(silence, rng).signal.any()


@settings(max_examples=25, deadline=None)
@given(
    snr=st.floats(-20, 60),
    level=st.floats(1e-4, 1e3),
    n_samples=st.integers(2, 5000),
    seed=st.integers(0, 99),
)
def test_the_ratio_is_reached_whatever_the_levels(snr, level, n_samples, seed):
    rng = np.random.default_rng(seed)
    clip = Clip((0.1 * rng.standard_normal(n_samples)).astype(np.float32), 16_000)
    added = mix(clip, level * rng.standard_normal(n_samples), snr).signal.astype(np.float64) - clip.signal
    ratio = np.square(clip.signal, dtype=np.float64).mean() / np.square(added).mean()
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=0.1)


@pytest.mark.parametrize(("colour", "slope_db"), [("white", 0.0), ("pink", -3.01)])
def test_the_power_falls_by_the_octave(colour, slope_db, rng):
    power = np.abs(np.fft.rfft(coloured_noise(2**18, colour, rng))) ** 2
    octaves = [10 * np.log10(power[2**k : 2 ** (k + 1)].mean()) for k in range(6, 17)]
    assert np.polyfit(np.arange(len(octaves)), octaves, 1)[0] == pytest.approx(slope_db, abs=0.15)


def test_babble_holds_every_voice_equally_loud(rng):
    time = np.arange(16_000) / 16_000
    voices = [
        Clip((a * np.sin(2 * np.pi * f * time)).astype(np.float32), 16_000)
        for a, f in ((0.9, 440), (0.01, 1000))
    ]
    heard = np.abs(np.fft.rfft(babble(voices, 16_000, rng)))
    assert heard[440] == pytest.approx(heard[1000], rel=1e-3)
    assert np.sort(heard)[-3] < 1e-2 * heard[440]


def test_a_short_voice_is_repeated(rng):
    voice = Clip(np.array([1, 2, 3], dtype=np.float32), 16_000)
    found = babble([voice], 7, rng)
    np.testing.assert_allclose(found[:4], found[3:])
    assert sorted((found[:3] / found[:3].min()).round()) == [1, 2, 3]


def test_a_crowd_speaks_at_other_pitches_and_as_long_as_the_clip(rng):
    tone = Clip(np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32), 16_000)
    found = crowd(tone, 6, rng)
    assert found.shape == tone.signal.shape
    heard = np.abs(np.fft.rfft(found)) ** 2
    assert heard[300:640].sum() > 0.9 * heard.sum()
    assert (heard[300:640] > 0.02 * heard.max()).sum() > 6
    np.testing.assert_array_equal(found, crowd(tone, 6, np.random.default_rng(0)))


def test_what_cannot_be_mixed_is_refused(clip, silence, rng):
    with pytest.raises(SilentSignalError, match=r"silence\.wav: digital silence"):
        mix(silence, np.ones(silence.signal.size), 10)
    with pytest.raises(SilentSignalError, match=r"voices/a\.wav: the noise to mix in is digital silence"):
        mix(clip, np.zeros(clip.signal.size), 10)
    with pytest.raises(AugmentError, match=r"noise of shape \(3,\) for 20800 samples; cut it"):
        mix(clip, np.ones(3), 10)
    with pytest.raises(AugmentError, match=r"unknown colour 'blue'; choose"):
        coloured_noise(10, "blue", rng)
    with pytest.raises(AugmentError, match="no voice to mix"):
        babble([], 10, rng)
