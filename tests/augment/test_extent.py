"""Shift, crop, silence and gain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import Clip
from serkit.augment.extent import change_gain, random_crop, shift_time, surround_with_silence
from serkit.errors import AugmentError


@settings(deadline=None)
@given(n_samples=st.integers(1, 50), by=st.integers(-60, 60))
def test_a_shift_moves_samples_and_fills_with_zeros_or_the_other_end(n_samples, by):
    clip = Clip(np.arange(1, n_samples + 1, dtype=np.float32), 8_000)
    np.testing.assert_array_equal(shift_time(clip, by, circular=True).signal, np.roll(clip.signal, by))
    if abs(by) >= n_samples:
        with pytest.raises(AugmentError, match=rf"a shift of {by} leaves none of {n_samples} samples"):
            shift_time(clip, by)
        return
    kept = clip.signal[: n_samples - by] if by >= 0 else clip.signal[-by:]
    filled = np.pad(kept, (by, 0) if by >= 0 else (0, -by))
    np.testing.assert_array_equal(shift_time(clip, by).signal, filled)


@settings(deadline=None)
@given(seed=st.integers(0, 1000), shortest=st.floats(0.001, 2.0))
def test_a_crop_is_a_stretch_of_the_clip_that_knows_its_place(seed, shortest):
    clip = Clip(np.arange(8_000, dtype=np.float32), 8_000, start=3.0)
    found = random_crop(clip, np.random.default_rng(seed), shortest_s=shortest)
    first = round((found.start - 3.0) * 8_000)
    np.testing.assert_array_equal(found.signal, clip.signal[first : first + found.signal.size])
    assert found.signal.size >= min(round(shortest * 8_000), 8_000)


def test_crops_reach_both_ends_and_every_length():
    clip = Clip(np.arange(4, dtype=np.float32), 1_000)
    rng = np.random.default_rng(0)
    found = {tuple(random_crop(clip, rng, shortest_s=0.002).signal) for _ in range(300)}
    assert found == {(0, 1), (1, 2), (2, 3), (0, 1, 2), (1, 2, 3), (0, 1, 2, 3)}


def test_silence_surrounds_the_clip(clip):
    found = surround_with_silence(clip, 0.5, 0.25).signal
    assert not found[:8_000].any()
    np.testing.assert_array_equal(found[8_000:-4_000], clip.signal)
    assert not found[-4_000:].any()
    with pytest.raises(AugmentError, match=r"voices/a\.wav: -0\.5 s of silence; 0 is the least"):
        surround_with_silence(clip, -0.5, 0)


def test_gain_is_in_decibels_and_can_be_undone(clip):
    np.testing.assert_allclose(change_gain(clip, 20).signal, 10 * clip.signal, rtol=1e-6)
    np.testing.assert_allclose(change_gain(change_gain(clip, -30), 30).signal, clip.signal, rtol=1e-5)


def test_a_crop_is_not_silent_where_most_of_the_clip_is(rng):
    clip = Clip(np.zeros(16_000, dtype=np.float32), 16_000)
    clip.signal[9_000:] = 0.5
    assert all(random_crop(clip, rng, shortest_s=0.1).signal.any() for _ in range(200))
