"""What is done to a clip's signal before features see it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import soxr

from serkit.audio.clip import Clip, check_rate, is_number
from serkit.errors import InvalidSignalError, TooShortError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Level = Literal["none", "peak", "rms", "zscore"]

# Level that normalise_level("rms") brings a signal to: 20 dB below full scale.
TARGET_RMS = 0.1
TRIM_FRAME_LENGTH, TRIM_HOP_LENGTH = 2048, 512
# Amplitude that the level of a quieter frame is computed from: silence has a finite level, and far below
# anything that is recorded, so that gain does not change what is cut.
TRIM_FLOOR = 1e-12


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
        ``n_samples * sampling_rate / clip.sampling_rate`` samples, rounded.

    Raises
    ------
    InvalidSignalError
        If the rate is not a whole number of Hz between 1,000 and 1,000,000.
    TooShortError
        If no sample is left.

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
    if signal.size == 0:
        raise TooShortError(
            f"{clip.source}: {clip.signal.size} samples at {clip.sampling_rate} Hz are none at {rate} Hz",
            hint="give a longer stretch",
        )
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
    if (
        not is_number(duration_s)
        or not math.isfinite(duration_s)
        or round(duration_s * clip.sampling_rate) < 1
    ):
        raise InvalidSignalError(
            f"{clip.source}: a clip of {duration_s!r} s at {clip.sampling_rate} Hz has no sample",
            hint="give a duration above 0",
        )
    n_samples = round(duration_s * clip.sampling_rate)
    kept = clip.signal[:n_samples]
    return replace(clip, signal=np.pad(kept, (0, n_samples - kept.size)))


def trim_silence(clip: Clip, *, top_db: float = 60.0) -> Clip:
    """Cut what is quiet from both ends.

    A frame of 2,048 samples is quiet if its level is `top_db` or more below that of the loudest frame; rule
    and frames are those of ``librosa.effects.trim``, but that gain never changes what is cut: librosa takes
    every level below -100 dB for -100 dB. A silent clip stays whole.

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
    if not is_number(top_db) or not top_db > 0:
        raise InvalidSignalError(f"{clip.source}: top_db {top_db!r} is not above 0", hint="60 is usual")
    levels = _frame_levels_db(clip.signal)
    loud = np.flatnonzero(levels > levels.max() - top_db)
    first = int(loud[0]) * TRIM_HOP_LENGTH
    last = (int(loud[-1]) + 1) * TRIM_HOP_LENGTH
    return replace(clip, signal=clip.signal[first:last], start=clip.start + first / clip.sampling_rate)


def _frame_levels_db(signal: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level of each frame in dB, frames centred and zero-padded; every hop is summed once."""
    hops_per_frame = TRIM_FRAME_LENGTH // TRIM_HOP_LENGTH
    n_whole, n_before = signal.size // TRIM_HOP_LENGTH, hops_per_frame // 2
    whole, rest = np.split(signal, [n_whole * TRIM_HOP_LENGTH])
    hops = whole.reshape(n_whole, TRIM_HOP_LENGTH)
    energy = np.zeros(n_whole + 2 * n_before)
    energy[n_before : n_before + n_whole] = np.vecdot(hops, hops)
    energy[n_before + n_whole] = np.vecdot(rest, rest)
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
    if how == "none":
        return clip
    signal = clip.signal.astype(np.float64)
    match how:
        case "peak":
            scale = np.abs(signal).max()
        case "rms":
            scale = np.sqrt(np.square(signal).mean()) / TARGET_RMS
        case "zscore":
            signal -= signal.mean()
            # Rounding leaves a constant signal a deviation that must not be blown up.
            scale = np.sqrt(signal @ signal / signal.size) if np.ptp(clip.signal) else 0.0
        case _:
            raise InvalidSignalError(
                f"{clip.source}: unknown level {how!r}", hint='choose "none", "peak", "rms" or "zscore"'
            )
    signal /= scale or 1.0
    return replace(clip, signal=signal.astype(np.float32))
