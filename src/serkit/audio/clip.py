"""Clip, the one form in which a recording travels through serkit, and what is done to its signal."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import soxr

from serkit.errors import (
    InvalidSignalError,
    NonFiniteSignalError,
    NoSamplesError,
    SilentSignalError,
    TooShortError,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Level = Literal["none", "peak", "rms", "zscore"]

LOWEST_RATE, HIGHEST_RATE = 1_000, 1_000_000
MOST_CHANNELS = 32
# Full scale is 1. Loud mixes in float go a little beyond; integers that were cast to float go far beyond.
HIGHEST_PEAK = 100.0
# Level that normalise_level("rms") brings a signal to: 20 dB below full scale.
TARGET_RMS = 0.1
TRIM_FRAME_LENGTH, TRIM_HOP_LENGTH = 2048, 512
# Amplitude below which a frame counts as this loud, so that silence has a finite level.
TRIM_FLOOR = 1e-5


@dataclass(frozen=True, eq=False)
class Clip:
    """A stretch of mono sound.

    Attributes
    ----------
    signal : ndarray of float32, shape (n_samples,)
        Samples; full scale is [-1, 1].
    sampling_rate : int
        Samples per second, Hz.
    start : float, default 0.0
        Where the stretch begins in its recording, s.
    source : str, default "array"
        Where it comes from: a path, or a word such as "array" or "bytes".

    Examples
    --------
    >>> clip = Clip(np.zeros(8000, dtype=np.float32), 16_000, start=1.5)
    >>> clip.duration, clip.end
    (0.5, 2.0)
    """

    signal: NDArray[np.float32]
    sampling_rate: int
    start: float = 0.0
    source: str = "array"

    @property
    def duration(self) -> float:
        """Length of the stretch, s."""
        return self.signal.size / self.sampling_rate

    @property
    def end(self) -> float:
        """Where the stretch ends in its recording, s."""
        return self.start + self.duration


def clip_from_array(signal: ArrayLike, sampling_rate: int, *, source: str = "array") -> Clip:
    """Check an array of samples and make a mono clip of it.

    Parameters
    ----------
    signal : array_like, shape (n_samples,) or (n_samples, n_channels)
        Floats of full scale 1, or int16, int32 or uint8, which are brought to [-1, 1]. Channels are averaged.
    sampling_rate : int
        Samples per second, 1,000 Hz to 1,000,000 Hz.
    source : str, default "array"
        Name for error messages and results.

    Returns
    -------
    Clip
        The signal as float32 mono.

    Raises
    ------
    InvalidSignalError
        If the shape, the type, the range or the sampling rate is none that a signal can have.
    NoSamplesError
        If the array is empty.
    NonFiniteSignalError
        If a sample is NaN or infinite.

    Examples
    --------
    >>> stereo = np.array([[0, 16384], [16384, 16384]], dtype=np.int16)
    >>> clip_from_array(stereo, 16_000).signal
    array([0.25, 0.5 ], dtype=float32)
    """
    rate = check_rate(sampling_rate, source)
    samples = np.asarray(signal)
    _check_shape(samples, source)
    samples = _to_float(samples, source)
    _check_range(samples, source)
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return Clip(np.ascontiguousarray(mono, dtype=np.float32), rate, source=source)


def check_rate(sampling_rate: Any, source: str) -> int:
    """Return `sampling_rate` as int, or raise InvalidSignalError if it is not a whole number of Hz in range."""
    number = isinstance(sampling_rate, (int, float, np.integer, np.floating))
    if isinstance(sampling_rate, bool) or not number or not LOWEST_RATE <= sampling_rate <= HIGHEST_RATE:
        raise InvalidSignalError(
            f"{source}: sampling rate {sampling_rate!r} is not a number of Hz "
            f"between {LOWEST_RATE:,} and {HIGHEST_RATE:,}",
            hint="give it in Hz, e.g. 16000",
        )
    if sampling_rate != int(sampling_rate):
        raise InvalidSignalError(f"{source}: sampling rate {sampling_rate!r} is not a whole number of Hz")
    return int(sampling_rate)


def _check_shape(samples: NDArray[Any], source: str) -> None:
    if samples.ndim not in (1, 2):
        raise InvalidSignalError(
            f"{source}: an array of {samples.ndim} dimensions is no signal",
            hint="give shape (n_samples,) or (n_samples, n_channels)",
        )
    if samples.size == 0:
        raise NoSamplesError(f"{source}: not a single sample", hint="record or choose another stretch")
    if samples.ndim == 2 and samples.shape[1] > MOST_CHANNELS:
        raise InvalidSignalError(
            f"{source}: shape {samples.shape} means {samples.shape[1]:,} channels, more than {MOST_CHANNELS}",
            hint="samples come first: transpose the array to (n_samples, n_channels)",
        )


def _to_float(samples: NDArray[Any], source: str) -> NDArray[np.floating[Any]]:
    """Floats as they are; int16, int32 and uint8 at full scale 1."""
    if np.issubdtype(samples.dtype, np.floating):
        return samples
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if samples.dtype in (np.int16, np.int32):
        full_scale = -float(np.iinfo(samples.dtype).min)
        return (samples / full_scale).astype(np.float32)
    raise InvalidSignalError(
        f"{source}: samples of type {samples.dtype} have no known full scale",
        hint="give floats in [-1, 1], int16, int32 or uint8",
    )


def _check_range(samples: NDArray[np.floating[Any]], source: str) -> None:
    finite = np.isfinite(samples)
    if not finite.all():
        n_bad = samples.size - np.count_nonzero(finite)
        raise NonFiniteSignalError(
            f"{source}: {n_bad:,} of {samples.size:,} samples are NaN or infinite",
            hint="mend what wrote them",
        )
    peak = float(max(samples.max(), -samples.min()))
    if peak > HIGHEST_PEAK:
        raise InvalidSignalError(
            f"{source}: samples reach {peak:.4g} where full scale is 1",
            hint="divide integers by their full scale (int16: 32768) before casting, or give them as integers",
        )


def resample(clip: Clip, sampling_rate: int) -> Clip:
    """Change the sampling rate with soxr's high-quality filter.

    Parameters
    ----------
    clip : Clip
        Any clip.
    sampling_rate : int
        Wanted samples per second, Hz.

    Returns
    -------
    Clip
        About ``n_samples * sampling_rate / clip.sampling_rate`` samples, at least one.

    Raises
    ------
    InvalidSignalError
        If the rate is not a whole number of Hz between 1,000 and 1,000,000.

    Examples
    --------
    >>> clip = Clip(np.ones(48_000, dtype=np.float32), 48_000)
    >>> resample(clip, 16_000).signal.shape
    (16000,)
    """
    rate = check_rate(sampling_rate, clip.source)
    if rate == clip.sampling_rate:
        return clip
    signal = soxr.resample(clip.signal, clip.sampling_rate, rate, quality="HQ")
    return replace(clip, signal=signal, sampling_rate=rate)


def fix_length(clip: Clip, duration_s: float) -> Clip:
    """Cut a clip at the end, or fill it up with zeros, to one duration.

    Parameters
    ----------
    clip : Clip
        Any clip.
    duration_s : float
        Wanted duration, s; above 0.

    Returns
    -------
    Clip
        ``round(duration_s * sampling_rate)`` samples.

    Raises
    ------
    InvalidSignalError
        If the duration is not a positive number, or is shorter than one sample.

    Examples
    --------
    >>> clip = Clip(np.ones(3, dtype=np.float32), 1_000)
    >>> fix_length(clip, 0.005).signal
    array([1., 1., 1., 0., 0.], dtype=float32)
    """
    if not math.isfinite(duration_s) or round(duration_s * clip.sampling_rate) < 1:
        raise InvalidSignalError(
            f"{clip.source}: a clip of {duration_s!r} s at {clip.sampling_rate} Hz has no sample",
            hint="give a duration above 0",
        )
    n_samples = round(duration_s * clip.sampling_rate)
    kept = clip.signal[:n_samples]
    return replace(clip, signal=np.pad(kept, (0, n_samples - kept.size)))


def trim_silence(clip: Clip, *, top_db: float = 60.0) -> Clip:
    """Cut what is quiet from both ends.

    A frame of 2,048 samples is quiet if its level is `top_db` or more below that of the loudest frame; the rule and
    the frames are those of ``librosa.effects.trim``. The level of digital silence counts as -100 dB, so a
    silent clip stays whole.

    Parameters
    ----------
    clip : Clip
        Any clip.
    top_db : float, default 60.0
        Distance from the loudest frame, dB; above 0.

    Returns
    -------
    Clip
        The stretch from the first to the last loud frame; `start` moves along.

    Raises
    ------
    InvalidSignalError
        If `top_db` is not above 0.

    Examples
    --------
    >>> signal = np.zeros(48_000, dtype=np.float32)
    >>> signal[16_000:32_000] = 0.5
    >>> trimmed = trim_silence(Clip(signal, 16_000))
    >>> round(trimmed.start, 2), round(trimmed.end, 2)
    (0.96, 2.08)
    """
    if not top_db > 0:
        raise InvalidSignalError(f"{clip.source}: top_db {top_db!r} is not above 0", hint="60 is usual")
    levels = _frame_levels_db(clip.signal)
    loud = np.flatnonzero(levels > levels.max() - top_db)
    first = int(loud[0]) * TRIM_HOP_LENGTH
    last = (int(loud[-1]) + 1) * TRIM_HOP_LENGTH
    return replace(clip, signal=clip.signal[first:last], start=clip.start + first / clip.sampling_rate)


def _frame_levels_db(signal: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level of each frame in dB, frames centred and zero-padded; every hop is summed once."""
    padded = np.pad(signal.astype(np.float64), TRIM_FRAME_LENGTH // 2)
    n_hops = padded.size // TRIM_HOP_LENGTH
    energy = np.square(padded[: n_hops * TRIM_HOP_LENGTH]).reshape(n_hops, TRIM_HOP_LENGTH).sum(axis=1)
    hops_per_frame = TRIM_FRAME_LENGTH // TRIM_HOP_LENGTH
    power = np.convolve(energy, np.ones(hops_per_frame), mode="valid") / TRIM_FRAME_LENGTH
    return 10 * np.log10(np.maximum(power, TRIM_FLOOR**2))


def normalise_level(clip: Clip, how: Level) -> Clip:
    """Bring a clip to a common level.

    Parameters
    ----------
    clip : Clip
        Any clip. Digital silence comes back as it is.
    how : {"none", "peak", "rms", "zscore"}
        "peak": the largest magnitude becomes 1. "rms": the root mean square becomes 0.1 (-20 dB).
        "zscore": mean 0 and standard deviation 1. "none": unchanged.

    Returns
    -------
    Clip
        The clip at its new level. After "rms" and "zscore" samples may lie outside [-1, 1].

    Raises
    ------
    InvalidSignalError
        If `how` is none of these.

    Examples
    --------
    >>> clip = Clip(np.array([0.1, -0.2], dtype=np.float32), 16_000)
    >>> normalise_level(clip, "peak").signal
    array([ 0.5, -1. ], dtype=float32)
    """
    signal = clip.signal.astype(np.float64)
    match how:
        case "none":
            return clip
        case "peak":
            scale = np.abs(signal).max()
        case "rms":
            scale = np.sqrt(np.square(signal).mean()) / TARGET_RMS
        case "zscore":
            signal -= signal.mean()
            scale = signal.std()
        case _:
            raise InvalidSignalError(
                f"{clip.source}: unknown level {how!r}", hint='choose "none", "peak", "rms" or "zscore"'
            )
    return replace(clip, signal=(signal / (scale or 1.0)).astype(np.float32))


def check_audible(clip: Clip) -> None:
    """Refuse digital silence.

    Parameters
    ----------
    clip : Clip
        Any clip.

    Raises
    ------
    SilentSignalError
        If every sample is zero.

    Examples
    --------
    >>> check_audible(Clip(np.zeros(16_000, dtype=np.float32), 16_000, source="a.wav"))
    Traceback (most recent call last):
    serkit.errors.SilentSignalError: a.wav: digital silence, all 16,000 samples are zero; ...
    """
    if not clip.signal.any():
        raise SilentSignalError(
            f"{clip.source}: digital silence, all {clip.signal.size:,} samples are zero",
            hint="check the microphone or the export",
        )


def check_duration(clip: Clip, minimum_s: float) -> None:
    """Refuse a clip that is too short.

    Parameters
    ----------
    clip : Clip
        Any clip.
    minimum_s : float
        Shortest duration that is enough, s.

    Raises
    ------
    TooShortError
        If the clip is shorter.

    Examples
    --------
    >>> check_duration(Clip(np.ones(1_600, dtype=np.float32), 16_000, source="a.wav"), 0.5)
    Traceback (most recent call last):
    serkit.errors.TooShortError: a.wav: 0.100 s is shorter than the 0.500 s that are needed; ...
    """
    if clip.duration < minimum_s:
        raise TooShortError(
            f"{clip.source}: {clip.duration:.3f} s is shorter than the {minimum_s:.3f} s that are needed",
            hint="give a longer stretch",
        )
