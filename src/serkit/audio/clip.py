"""Clip, the one form in which a recording travels through serkit, and what is done to its signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.errors import (
    InvalidSignalError,
    NonFiniteSignalError,
    NoSamplesError,
    SilentSignalError,
    TooShortError,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LOWEST_RATE, HIGHEST_RATE = 1_000, 1_000_000
MOST_CHANNELS = 32
# Full scale is 1. Loud mixes in float go a little beyond; integers that were cast to float go far beyond.
HIGHEST_PEAK = 100.0
# What is weaker is zero at 16 bit. Lossy decoders give such a trace where digital silence was encoded.
SILENT_PEAK = 0.5 / 32_768


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
    samples = to_float(samples, source)
    _check_range(samples, source)
    return Clip(np.ascontiguousarray(mix_down(samples), dtype=np.float32), rate, source=source)


def is_number(value: object) -> bool:
    """Tell whether `value` is one real number of Python's or numpy's; a truth value is none."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def check_rate(sampling_rate: Any, source: str) -> int:
    """Return `sampling_rate` as int; raise InvalidSignalError if it is not a whole number of Hz in range."""
    if not is_number(sampling_rate) or not LOWEST_RATE <= sampling_rate <= HIGHEST_RATE:
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


def to_float(samples: NDArray[Any], source: str) -> NDArray[np.floating[Any]]:
    """Return floats as they are, and int16, int32 and uint8 at full scale 1."""
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


def mix_down(samples: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Average the channels of an array of shape (n_samples,) or (n_samples, n_channels)."""
    if samples.ndim == 1:
        return samples
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float64)


def _check_range(samples: NDArray[np.floating[Any]], source: str) -> None:
    finite = np.isfinite(samples)
    if not finite.all():
        n_bad = samples.size - np.count_nonzero(finite)
        raise NonFiniteSignalError(
            f"{source}: {n_bad:,} of {samples.size:,} samples are NaN or infinite",
            hint="mend what wrote them",
        )
    peak = _peak(samples)
    if peak > HIGHEST_PEAK:
        raise InvalidSignalError(
            f"{source}: samples reach {peak:.4g} where full scale is 1",
            hint="integers must be divided by their full scale (int16: 32768) when they are cast to float",
        )


def _peak(samples: NDArray[Any]) -> float:
    return float(max(samples.max(), -samples.min()))


def check_audible(clip: Clip) -> None:
    """Refuse digital silence.

    Parameters
    ----------
    clip : Clip
        Any clip.

    Raises
    ------
    SilentSignalError
        If every sample is zero at 16 bit.

    Examples
    --------
    >>> check_audible(Clip(np.zeros(16_000, dtype=np.float32), 16_000, source="a.wav"))
    Traceback (most recent call last):
    serkit.errors.SilentSignalError: a.wav: digital silence, all 16,000 samples are zero at 16 bit; ...
    """
    if _peak(clip.signal) <= SILENT_PEAK:
        raise SilentSignalError(
            f"{clip.source}: digital silence, all {clip.signal.size:,} samples are zero at 16 bit",
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
