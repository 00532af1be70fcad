"""Reverberation: made-up rooms decay as they should; convolution equals numpy's."""

import numpy as np
import pytest

from serkit.audio import Clip
from serkit.augment.reverb import reverberate, synthetic_room
from serkit.errors import AugmentError


@pytest.mark.parametrize("rt60_s", [0.2, 0.6, 1.5])
def test_the_decay_takes_the_reverberation_time(rt60_s, rng):
    tail = synthetic_room(rt60_s, 16_000, rng)[1:]
    # Schroeder's backward integration; -5 dB to -25 dB, times three.
    level = 10 * np.log10(np.cumsum(np.square(tail)[::-1])[::-1] / np.square(tail).sum())
    seen = (level < -5) & (level > -25)
    slope = np.polyfit(np.flatnonzero(seen) / 16_000, level[seen], 1)[0]
    assert -60 / slope == pytest.approx(rt60_s, rel=0.05)


def test_the_direct_sound_stands_out_as_it_was_asked_to(rng):
    response = synthetic_room(0.5, 16_000, rng, direct_db=6.0)
    assert response[0] == 1
    assert 10 * np.log10(1 / np.square(response[1:]).sum()) == pytest.approx(6.0)


def test_reverberation_is_convolution_at_the_old_level_and_in_the_old_place(clip, rng):
    response = np.concatenate([0.1 * rng.standard_normal(50), [2.0], 0.3 * rng.standard_normal(700)])
    expected = np.convolve(clip.signal, response)[50 : 50 + clip.signal.size]
    expected *= np.linalg.norm(clip.signal) / np.linalg.norm(expected)
    np.testing.assert_allclose(reverberate(clip, response).signal, expected, atol=1e-6)


def test_a_room_without_reverberation_changes_nothing(clip):
    np.testing.assert_allclose(reverberate(clip, np.array([0, -0.2, 0])).signal, -clip.signal, atol=1e-6)


def test_silence_stays_silent_and_a_silent_room_is_refused(silence, clip, rng):
    assert not reverberate(silence, synthetic_room(0.3, 16_000, rng)).signal.any()
    with pytest.raises(AugmentError, match=r"voices/a\.wav: the impulse response is silent"):
        reverberate(clip, np.zeros(5))


@pytest.mark.parametrize("rt60_s", [0, -1, np.nan, 1e-9])
def test_times_that_are_none_are_refused(rt60_s, rng):
    with pytest.raises(AugmentError, match=r"rt60_s .* is not above 0"):
        synthetic_room(rt60_s, 16_000, rng)


def test_a_response_longer_than_the_clip(rng):
    clip = Clip(np.ones(10, dtype=np.float32), 16_000)
    assert reverberate(clip, synthetic_room(1.0, 16_000, rng)).signal.shape == (10,)
