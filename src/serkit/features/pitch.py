"""Fundamental frequency by YIN, and how voiced and how harmonic each frame is."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from serkit.errors import FeatureError
from serkit.features.filterbanks import check_band
from serkit.features.frames import frames, padded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.features.frames import Analysis, Floats, PadMode

    Doubles = NDArray[np.float64]

# A frame holds this many of the longest periods, unless its length is given.
PERIODS_IN_FRAME = 4
# Share of the periodic part at which the harmonics-to-noise ratio ends: -20 dB and 40 dB.
HARMONICITY_RANGE = (0.0099, 0.9999)
# The first dip of the difference function below this is the period.
DIP_THRESHOLD = 0.1
# Frames that are searched at once: few enough for their buffers to stay in the processor's cache.
BLOCK = 64
TINY = np.finfo(np.float32).tiny


class PitchSettings(NamedTuple):
    """How pitch is tracked.

    Attributes
    ----------
    hop_length : int
        Samples between two frames.
    pad_mode : {"constant", "reflect"}, default "constant"
        What stands outside the signal.
    fmin, fmax : float, default 65.0 and 500.0
        Lowest and highest pitch, Hz.
    frame_length : int, optional
        Samples in a frame; four of the longest periods unless given.
    """

    hop_length: int
    pad_mode: PadMode = "constant"
    fmin: float = 65.0
    fmax: float = 500.0
    frame_length: int | None = None


class Pitch(NamedTuple):
    """Contours of pitch, each of shape (n_frames,).

    Attributes
    ----------
    f0 : ndarray of float32
        Fundamental frequency, Hz; a mere guess where the frame is not voiced.
    voicing : ndarray of float32
        1 for a perfectly periodic frame, 0 for noise and silence, in [0, 1].
    hnr : ndarray of float32
        Harmonics-to-noise ratio, dB, in [-20, 40].
    """

    f0: Floats
    voicing: Floats
    hnr: Floats


class _Search(NamedTuple):
    """Length of a frame, shortest and longest period, length of the transform; all in samples."""

    frame_length: int
    shortest: int
    longest: int
    n_fft: int


def track_pitch(analysis: Analysis, settings: PitchSettings) -> Pitch:
    """Track the pitch of a signal by YIN, with the difference function of ``librosa.yin``.

    Parameters
    ----------
    analysis : Analysis
        The signal.
    settings : PitchSettings
        How to track it.

    Returns
    -------
    Pitch
        One value a frame each.

    Raises
    ------
    FeatureError
        If `fmin` is not below `fmax`, or a frame does not hold a period of `fmin`.

    References
    ----------
    A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music",
    Journal of the Acoustical Society of America 111(4), 2002.
    P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of
    a sampled sound", IFA Proceedings 17, 1993.

    Examples
    --------
    >>> from serkit.features.frames import Analysis
    >>> tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    >>> pitch = track_pitch(Analysis(tone, 16_000), PitchSettings(hop_length=160, frame_length=2048))
    >>> f"{pitch.f0[50]:.0f} Hz, voicing {pitch.voicing[50]:.2f}, {pitch.hnr[50]:.0f} dB"
    '200 Hz, voicing 1.00, 40 dB'
    """
    search = _search(analysis.sampling_rate, settings)
    cut = frames(analysis.signal, search.frame_length, settings.hop_length, settings.pad_mode)
    energy = _summed_energy(analysis.signal, search.frame_length, settings)
    blocks = (slice(first, first + BLOCK) for first in range(0, len(cut), BLOCK))
    tracks = [_track_block(cut[block], energy[block], search) for block in blocks]
    period, voicing, harmonicity = np.concatenate(tracks, axis=1)
    periodic = np.clip(harmonicity, *HARMONICITY_RANGE)
    contours = analysis.sampling_rate / period, voicing.clip(0, 1), 10 * np.log10(periodic / (1 - periodic))
    return Pitch(*(contour.astype(np.float32) for contour in contours))


def _search(sampling_rate: int, settings: PitchSettings) -> _Search:
    check_band(settings.fmin, settings.fmax, sampling_rate)
    longest = int(np.ceil(sampling_rate / settings.fmin))
    frame_length = settings.frame_length or PERIODS_IN_FRAME * longest
    if longest >= frame_length - 1:
        raise FeatureError(
            f"frame_length {frame_length}: no period of fmin {settings.fmin:g} Hz fits into so few samples",
            hint=f"take at least {2 * longest} at {sampling_rate} Hz, or a higher fmin",
        )
    # Padded by the longest lag, so that the circular correlation does not wrap into the lags that are read.
    n_fft = _fast_length(frame_length + longest)
    return _Search(frame_length, int(sampling_rate / settings.fmax), longest, n_fft)


@cache
def _fast_length(n: int) -> int:
    """Smallest even length from `n` on that transforms fast: of the factors 2, 3 and 5 only."""
    powers = range(20), range(3), range(3)
    smooth = (2 * 2**two * 3**three * 5**five for two, three, five in product(*powers))
    return int(min(length for length in smooth if length >= n))


def _summed_energy(signal: Floats, frame_length: int, settings: PitchSettings) -> Doubles:
    """Energy of the signal up to each edge between samples, cut into frames: (n_frames, frame_length + 1)."""
    energy = np.square(padded(signal, frame_length, settings.pad_mode).astype(np.float64))
    summed = np.concatenate([[0.0], np.cumsum(energy)])
    return sliding_window_view(summed, frame_length + 1)[:: settings.hop_length]


def _track_block(cut: Floats, energy: Doubles, search: _Search) -> Doubles:
    """Period in samples, voicing and harmonicity of each frame, shape (3, n_frames)."""
    correlation = _autocorrelation(cut, search)
    difference, mean = _difference(correlation, energy, search)
    normalised = (difference / mean)[:, search.shortest - 1 :].astype(np.float32)
    dip = _first_dip(normalised)
    rows, lag = np.arange(len(cut)), search.shortest + dip
    # The frame is compared to itself one period on: without its tail to without its head.
    total = energy[:, -1] - energy[:, 0]
    head, tail = energy[rows, lag] - energy[:, 0], energy[:, -1] - energy[rows, -1 - lag]
    aperiodicity = (difference[rows, lag - 1] - tail) / mean[rows, lag - 1]
    harmonicity = 2 * correlation[rows, lag] / np.maximum(2 * total - head - tail, TINY)
    return np.stack([lag + _parabolic_shift(normalised, dip), (total > 0) * (1 - aperiodicity), harmonicity])


def _autocorrelation(cut: Floats, search: _Search) -> Doubles:
    """Of each frame, lags 0 to the longest."""
    # In float64: the difference function is a small difference of these large numbers.
    spectra = np.fft.rfft(cut.astype(np.float64), n=search.n_fft)
    power = np.square(spectra.real) + np.square(spectra.imag)
    return np.fft.irfft(power, n=search.n_fft)[:, : search.longest + 1]


def _difference(correlation: Doubles, energy: Doubles, search: _Search) -> tuple[Doubles, Doubles]:
    """YIN's difference function and its mean over all shorter lags, lags 1 to the longest."""
    head = energy[:, 1 : search.longest + 1] - energy[:, :1]
    difference = 2 * (correlation[:, :1] - correlation[:, 1:]) - head
    mean = np.cumsum(difference, axis=1) / np.arange(1, search.longest + 1)
    return difference, mean + TINY


def _first_dip(normalised: Floats) -> NDArray[np.intp]:
    """Index of the first local minimum below the threshold, or of the global minimum."""
    falls = normalised[:, 1:] < normalised[:, :-1]
    dip = np.empty(normalised.shape, dtype=bool)
    dip[:, 0] = normalised[:, 0] < normalised[:, 1]
    dip[:, 1:-1] = falls[:, :-1] & ~falls[:, 1:]
    dip[:, -1] = falls[:, -1]
    dip &= normalised < DIP_THRESHOLD
    first: NDArray[np.intp] = np.where(dip.any(axis=1), dip.argmax(axis=1), normalised.argmin(axis=1))
    return first


def _parabolic_shift(normalised: Floats, dip: NDArray[np.intp]) -> Floats:
    """Where the parabola through each dip and its neighbours has its vertex, in lags from the dip."""
    rows = np.arange(len(dip))
    inner = np.clip(dip, 1, normalised.shape[1] - 2)
    before, here, after = (normalised[rows, inner + step] for step in (-1, 0, 1))
    slope, curvature = (after - before) / 2, after + before - 2 * here
    usable = (dip == inner) & (np.abs(slope) < np.abs(curvature))
    return np.where(usable, -slope / np.where(usable, curvature, 1), 0)
