"""How far the pitches of a signal lie from concert pitch; chroma needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.features.filterbanks import A0_HZ
from serkit.features.frames import frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.features.frames import Floats

LOWEST_HZ, HIGHEST_HZ = 150.0, 4000.0
# A bin counts as a peak above this share of the largest bin of its frame.
PEAK_SHARE = 0.1
STEPS = np.linspace(-0.5, 0.5, 101)


def estimate_tuning(spectra: Floats, sampling_rate: int, n_fft: int, n_chroma: int) -> float:
    """Estimate the deviation from A4 = 440 Hz, as ``librosa.estimate_tuning`` does.

    The peaks of each spectrum between 150 and 4,000 Hz are refined by a parabola; of their louder half, the
    most frequent deviation from the nearest pitch class wins.

    Parameters
    ----------
    spectra : ndarray of float32, shape (n_frames, n_fft // 2 + 1)
        Magnitude or power.
    sampling_rate, n_fft : int
        Of the spectra: samples per second, Hz, and samples in a frame.
    n_chroma : int
        Pitch classes in an octave.

    Returns
    -------
    float
        In parts of a pitch class, in [-0.5, 0.5), in steps of 0.01.

    References
    ----------
    J. O. Smith, "Spectral Audio Signal Processing", section on sinusoidal peak interpolation.

    Examples
    --------
    >>> from serkit.features.frames import Analysis, Framing
    >>> tone = np.sin(2 * np.pi * 440 * 2 ** (0.2 / 12) * np.arange(16_000) / 16_000)
    >>> spectra = Analysis(tone.astype(np.float32), 16_000).magnitude(Framing())
    >>> round(estimate_tuning(spectra, 16_000, 2048, 12), 2)
    0.2
    """
    pitches, heights = _spectral_peaks(spectra, sampling_rate, n_fft)
    if not pitches.size:
        return 0.0
    middle = heights.size // 2
    loud = pitches[heights >= np.partition(heights, middle)[middle]]
    classes = n_chroma * np.log2(loud / A0_HZ)
    deviation = classes - np.floor(classes)
    deviation[deviation >= 0.5] -= 1.0
    return float(STEPS[np.bincount(_step(deviation)).argmax()])


def _step(deviation: Floats) -> NDArray[np.intp]:
    """Index of the largest of `STEPS` that is not above each deviation; faster than a search for each."""
    step: NDArray[np.intp] = ((deviation - STEPS[0]) * (STEPS.size - 1)).astype(np.intp)
    # Rounding can put what lies on an edge to either side of it.
    step -= deviation < STEPS[step]
    step += deviation >= STEPS[step + 1]
    return step


def _spectral_peaks(spectra: Floats, sampling_rate: int, n_fft: int) -> tuple[Floats, Floats]:
    """Frequency in Hz and height of each peak, refined by the parabola through its neighbours."""
    first, last = _searched_bins(frequencies(sampling_rate, n_fft), sampling_rate)
    below, here, above = (spectra[:, first + shift : last + shift] for shift in (-1, 0, 1))
    threshold = np.float32(PEAK_SHARE) * spectra.max(axis=1, keepdims=True)
    peak = np.flatnonzero((here > threshold) & (here > below) & (here >= above))
    frame = peak // (last - first)
    bin_ = peak - frame * (last - first) + first
    at = frame * spectra.shape[1] + bin_
    below, here, above = (spectra.ravel()[at + step] for step in (-1, 0, 1))
    slope = (above - below) / 2
    # The curvature is a small difference of large numbers.
    curvature = (below + above) - 2 * here.astype(np.float64)
    # A peak as high as its neighbours, to within rounding, has no vertex of its own.
    pointed = np.abs(slope) < np.abs(curvature)
    shift = np.divide(-slope, curvature, out=np.zeros_like(curvature), where=pointed).astype(np.float32)
    pitches = (bin_ + shift.astype(np.float64)) * (sampling_rate / n_fft)
    return pitches.astype(np.float32), (here + slope * shift / 2).astype(np.float32)


def _searched_bins(bins: NDArray[np.float64], sampling_rate: int) -> tuple[int, int]:
    """First and last-plus-one bin of the searched range; both have a neighbour on each side."""
    first, last = np.searchsorted(bins, [LOWEST_HZ, min(HIGHEST_HZ, sampling_rate / 2)])
    return max(int(first), 1), int(last)
