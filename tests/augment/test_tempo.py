"""Tempo and pitch equal librosa's."""

import librosa
import numpy as np
import pytest

from serkit.audio import Clip
from serkit.augment.tempo import change_speed, shift_pitch, stretch_time
from serkit.errors import AugmentError


@pytest.mark.parametrize("rate", [0.8, 0.5, 1.0, 1.37, 3.0])
def test_stretching_equals_librosa(clip, rate):
    # Given double precision, librosa sums its phases in it, too.
    expected = librosa.effects.time_stretch(clip.signal.astype(np.float64), rate=rate)
    found = stretch_time(clip, rate).signal
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("semitones", [0.7, -2.5, 12.0])
@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_shifting_the_pitch_equals_librosa(clip, semitones, rate):
    same = Clip(clip.signal, rate)
    expected = librosa.effects.pitch_shift(clip.signal.astype(np.float64), sr=rate, n_steps=semitones)
    found = shift_pitch(same, semitones).signal
    assert found.shape == clip.signal.shape
    np.testing.assert_allclose(found, expected, atol=1e-4)


def tone(hertz):
    return Clip(np.sin(2 * np.pi * hertz * np.arange(32_000) / 16_000).astype(np.float32), 16_000)


def strongest(clip):
    return np.abs(np.fft.rfft(clip.signal)).argmax() * clip.sampling_rate / clip.signal.size


def test_tempo_leaves_the_pitch_and_pitch_leaves_the_tempo_and_speed_changes_both():
    slow, high, fast = stretch_time(tone(500), 0.8), shift_pitch(tone(500), 12), change_speed(tone(500), 1.25)
    assert (slow.duration, strongest(slow)) == (2.5, pytest.approx(500, abs=1))
    assert (high.duration, strongest(high)) == (2.0, pytest.approx(1000, abs=2))
    assert (fast.duration, strongest(fast)) == (1.6, pytest.approx(625, abs=1))


@pytest.mark.parametrize("n_samples", [1, 2, 700])
def test_very_short_clips_are_altered(n_samples):
    clip = Clip(np.full(n_samples, 0.5, dtype=np.float32), 16_000)
    for found in (stretch_time(clip, 0.8), shift_pitch(clip, 0.7), change_speed(clip, 0.9)):
        assert np.isfinite(found.signal).all()
    assert stretch_time(clip, 0.8).signal.size == round(n_samples / 0.8)


def test_silence_stays_silent(silence):
    for found in (stretch_time(silence, 0.8), shift_pitch(silence, 0.7), change_speed(silence, 1.1)):
        assert not found.signal.any()


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf, 1e6])
def test_rates_that_leave_nothing_are_refused(clip, rate):
    for change in (stretch_time, change_speed):
        with pytest.raises(AugmentError, match=r"voices/a\.wav: 20800 samples cannot be played at rate"):
            change(clip, rate)
