from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from serkit.audio import Clip, check_audible, check_duration, clip_from_array
from serkit.errors import (
    AudioError,
    InvalidSignalError,
    NonFiniteSignalError,
    NoSamplesError,
    SilentSignalError,
    TooShortError,
)


def test_clip_knows_its_place_in_the_recording():
    clip = Clip(np.zeros(4_000, dtype=np.float32), 8_000, start=2.0, source="a.wav")
    assert (clip.duration, clip.end) == (0.5, 2.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        clip.start = 0.0


@pytest.mark.parametrize(
    ("dtype", "samples"),
    [
        (np.int16, [-32768, 0, 16384]),
        (np.int32, [-(2**31), 0, 2**30]),
        (np.uint8, [0, 128, 192]),
        (np.float16, [-1, 0, 0.5]),
        (np.float32, [-1, 0, 0.5]),
        (np.float64, [-1, 0, 0.5]),
    ],
)
def test_every_type_of_sample_is_brought_to_full_scale_one(dtype, samples):
    clip = clip_from_array(np.array(samples, dtype=dtype), 16_000)
    assert clip.signal.dtype == np.float32
    np.testing.assert_array_equal(clip.signal, [-1, 0, 0.5])


def test_int16_is_scaled_as_soundfile_scales_it(voice_file):
    import soundfile

    integers, rate = soundfile.read(voice_file, dtype="int16")
    floats, _ = soundfile.read(voice_file, dtype="float32")
    np.testing.assert_array_equal(clip_from_array(integers, rate).signal, floats)


@pytest.mark.parametrize("channels", [1, 2, 3, 32])
def test_channels_are_averaged(channels):
    samples = np.random.default_rng(0).uniform(-1, 1, (100, channels))
    clip = clip_from_array(samples, 16_000)
    np.testing.assert_allclose(clip.signal, samples.mean(axis=1), atol=1e-7)
    assert clip.signal.flags.c_contiguous


def test_a_list_is_a_signal_and_the_source_is_kept():
    clip = clip_from_array([0.0, 0.5], 8_000, source="microphone")
    assert (clip.source, clip.start, clip.sampling_rate) == ("microphone", 0.0, 8_000)


def test_the_caller_s_array_is_not_changed():
    samples = np.array([0.5, -0.5])
    clip_from_array(samples, 16_000)
    np.testing.assert_array_equal(samples, [0.5, -0.5])


def test_a_little_beyond_full_scale_is_allowed():
    assert clip_from_array(np.array([1.7, -3.0]), 16_000).signal.min() == -3.0


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros((2, 16_000)), "transpose"),
        (np.zeros((1, 2, 3)), "3 dimensions"),
        (np.float32(0.5), "0 dimensions"),
        (np.zeros(5, dtype=np.int64), "int64"),
        (np.zeros(5, dtype=bool), "bool"),
        (np.zeros(5, dtype=complex), "complex"),
        (np.array(["a", "b"]), "U1"),
        (np.array([None, 1.0]), "object"),
        (np.array([12_000.0, -20_000.0]), "32768"),
        (np.array([1e300]), "full scale"),
    ],
)
def test_an_array_that_is_no_signal_is_refused(samples, words):
    with pytest.raises(InvalidSignalError, match=words):
        clip_from_array(samples, 16_000, source="mine")


@pytest.mark.parametrize(
    "rate", [0, -1, 16, 44.1, 16_000.5, 2_000_000, True, "16000", None, np.nan, np.inf, [16_000]]
)
def test_a_wrong_sampling_rate_is_refused(rate):
    with pytest.raises(InvalidSignalError, match="mine: sampling rate"):
        clip_from_array(np.zeros(5), rate, source="mine")


@pytest.mark.parametrize("rate", [16_000.0, np.int64(16_000), np.float32(16_000)])
def test_any_kind_of_whole_number_is_a_sampling_rate(rate):
    result = clip_from_array(np.zeros(5), rate).sampling_rate
    assert result == 16_000
    assert type(result) is int


@pytest.mark.parametrize("samples", [[], np.zeros((0, 2)), np.zeros((5, 0))])
def test_no_samples(samples):
    with pytest.raises(NoSamplesError, match="not a single sample"):
        clip_from_array(samples, 16_000)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted(value):
    samples = np.zeros((10, 2))
    samples[3, 1] = value
    with pytest.raises(NonFiniteSignalError, match="1 of 20 samples"):
        clip_from_array(samples, 16_000)


@pytest.mark.parametrize("trace", [0, 2e-34, -1.5e-5])
def test_what_16_bit_cannot_hold_is_digital_silence(trace):
    clip = Clip(np.float32([0, 0, trace]), 16_000, source="a.wav")
    with pytest.raises(SilentSignalError, match=r"^a\.wav: digital silence"):
        check_audible(clip)


@pytest.mark.parametrize("peak", [1.6e-5, -1 / 32_768])
def test_one_step_of_16_bit_is_no_silence(peak):
    check_audible(Clip(np.float32([0, 0, peak]), 16_000))


def test_a_clip_may_be_as_short_as_the_minimum_and_no_shorter():
    clip = Clip(np.ones(1_600, dtype=np.float32), 16_000, source="a.wav")
    check_duration(clip, 0.1)
    with pytest.raises(TooShortError, match=r"a\.wav: 0\.100 s is shorter than the 0\.200 s"):
        check_duration(clip, 0.2)


@pytest.mark.parametrize(
    "check", [lambda: clip_from_array(np.zeros((2, 99)), 16_000), lambda: clip_from_array([], 1)]
)
def test_a_message_is_one_line_with_a_way_out(check):
    with pytest.raises(AudioError) as caught:
        check()
    assert "\n" not in str(caught.value)
    assert caught.value.hint
