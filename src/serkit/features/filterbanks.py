"""Fixed matrices that turn spectra into descriptors; each is built once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.errors import FeatureError
from serkit.features.frames import frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.features.frames import Floats

# Slaney's mel scale: linear below 1 kHz, logarithmic above.
SLANEY_HZ_PER_MEL = 200 / 3
SLANEY_CORNER_HZ = 1000.0
SLANEY_LOG_STEP = np.log(6.4) / 27
A0_HZ = 27.5
# Chroma weights fall off around this octave above A0, with this standard deviation in octaves.
CHROMA_CENTRE_OCTAVE = 5.0
CHROMA_OCTAVE_WIDTH = 2.0
NEGLIGIBLE = 1e-12
# Neighbouring mel filters that are applied at once.
STRIPE_HEIGHT = 16


def hz_to_mel(hertz: NDArray[np.float64], *, htk: bool = False) -> NDArray[np.float64]:
    """Convert frequencies to mel.

    Parameters
    ----------
    hertz : ndarray of float64
        Frequencies, Hz, 0 or more.
    htk : bool, default False
        O'Shaughnessy's formula, as in HTK, instead of Slaney's.

    Returns
    -------
    ndarray of float64
        Mel, same shape.

    References
    ----------
    M. Slaney, "Auditory Toolbox", Interval Research Technical Report 1998-010.

    Examples
    --------
    >>> hz_to_mel(np.array([200.0, 1000.0]))
    array([ 3., 15.])
    """
    if htk:
        logarithm: NDArray[np.float64] = np.log10(1 + hertz / 700)
        return logarithm * 2595
    linear = np.minimum(hertz, SLANEY_CORNER_HZ) / SLANEY_HZ_PER_MEL
    logarithmic: NDArray[np.float64] = np.log(np.maximum(hertz / SLANEY_CORNER_HZ, 1)) / SLANEY_LOG_STEP
    return logarithmic + linear


def mel_to_hz(mel: NDArray[np.float64], *, htk: bool = False) -> NDArray[np.float64]:
    """Convert mel to frequencies in Hz; the inverse of `hz_to_mel`."""
    if htk:
        return 700 * (10 ** (mel / 2595) - 1)
    corner = SLANEY_CORNER_HZ / SLANEY_HZ_PER_MEL
    growth: NDArray[np.float64] = np.exp(SLANEY_LOG_STEP * np.maximum(mel - corner, 0))
    return np.minimum(mel, corner) * SLANEY_HZ_PER_MEL * growth


class MelBands(NamedTuple):
    """How many bands, from `fmin` to `fmax` Hz (None: half the sampling rate), on which mel scale."""

    n_mels: int
    fmin: float
    fmax: float | None
    htk: bool


@lru_cache(maxsize=64)
def mel_filterbank(sampling_rate: int, n_fft: int, bands: MelBands) -> Floats:
    """Return triangular filters of equal area, evenly spaced in mel.

    Parameters
    ----------
    sampling_rate, n_fft : int
        Of the spectra: samples per second, Hz, and samples in a frame.
    bands : MelBands
        Number and range of the filters.

    Returns
    -------
    ndarray of float32, shape (n_mels, n_fft // 2 + 1)
        0 or more.

    Raises
    ------
    FeatureError
        If `fmin` is not below `fmax`, or `fmax` is above half the sampling rate.
    """
    highest = sampling_rate / 2 if bands.fmax is None else bands.fmax
    check_band(bands.fmin, highest, sampling_rate)
    lowest_mel, highest_mel = hz_to_mel(np.array([bands.fmin, highest]), htk=bands.htk)
    edges = mel_to_hz(np.linspace(lowest_mel, highest_mel, bands.n_mels + 2), htk=bands.htk)[:, None]
    bins = frequencies(sampling_rate, n_fft)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    return _frozen(triangles * 2 / (edges[2:] - edges[:-2]))


class Stripe(NamedTuple):
    """Neighbouring filters: the bins between which they are not zero, and their weights there, bins first."""

    bins: slice
    weights: Floats


@lru_cache(maxsize=64)
def mel_stripes(sampling_rate: int, n_fft: int, bands: MelBands) -> tuple[Stripe, ...]:
    """Return the filters of `mel_filterbank` in groups, without the zeros that make up most of the matrix."""
    bank = mel_filterbank(sampling_rate, n_fft, bands)
    return tuple(_stripe(bank[first : first + STRIPE_HEIGHT]) for first in range(0, len(bank), STRIPE_HEIGHT))


def _stripe(filters: Floats) -> Stripe:
    used = np.flatnonzero(filters.any(axis=0))
    bins = slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 1)
    return Stripe(bins, np.ascontiguousarray(filters[:, bins].T))


def check_band(fmin: float, fmax: float, sampling_rate: int) -> None:
    """Raise FeatureError unless ``fmin < fmax <= sampling_rate / 2``."""
    if not fmin < fmax <= sampling_rate / 2:
        raise FeatureError(
            f"fmin {fmin:g} Hz, fmax {fmax:g} Hz: no band below half the sampling rate of {sampling_rate} Hz",
            hint="choose fmin < fmax, and fmax at most half the sampling rate",
        )


@lru_cache(maxsize=16)
def dct_matrix(n_coefficients: int, n_inputs: int) -> Floats:
    """Return the first rows of the orthonormal DCT-II, shape (n_coefficients, n_inputs)."""
    order = np.arange(n_coefficients)[:, None]
    basis = np.cos(np.pi * order * (np.arange(n_inputs) + 0.5) / n_inputs) * np.sqrt(2 / n_inputs)
    basis[0] *= np.sqrt(0.5)
    return _frozen(basis)


# Every clip has its own tuning, of a hundred possible ones.
@lru_cache(maxsize=256)
def chroma_filterbank(sampling_rate: int, n_fft: int, n_chroma: int, tuning: float) -> Floats:
    """Return the weight of each frequency in each pitch class, C first.

    Parameters
    ----------
    sampling_rate, n_fft : int
        Of the spectra: samples per second, Hz, and samples in a frame.
    n_chroma : int
        Pitch classes in an octave.
    tuning : float
        Deviation of A4 from 440 Hz, in parts of a pitch class, in [-0.5, 0.5).

    Returns
    -------
    ndarray of float32, shape (n_chroma, n_fft // 2 + 1)
        In [0, 1].

    References
    ----------
    D. Ellis, "Chroma feature analysis and synthesis", Columbia University, 2007.
    """
    # One bin more than needed, for the width of the last.
    hertz = np.arange(1, n_fft // 2 + 2) * (sampling_rate / n_fft)
    octaves = np.log2(hertz / (A0_HZ * 2 ** (tuning / n_chroma)))
    # The bin at 0 Hz has no octave: it is put one and a half below the next.
    octaves = np.concatenate([[octaves[0] - 1.5], octaves])
    width = np.maximum(np.diff(octaves) * n_chroma, 1.0)
    octaves = octaves[:-1]
    half = np.round(n_chroma / 2)
    distance = octaves * n_chroma - np.arange(n_chroma)[:, None]
    distance = np.remainder(distance + half, n_chroma) - half
    weights = np.exp(-0.5 * np.square(2 * distance / width))
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * np.square((octaves - CHROMA_CENTRE_OCTAVE) / CHROMA_OCTAVE_WIDTH))
    # Weights near the smallest float would slow the product with the spectra down tenfold.
    weights[weights < NEGLIGIBLE] = 0
    # Octaves start at A; C is three semitones later.
    return _frozen(np.roll(weights, -3 * (n_chroma // 12), axis=0))


class ContrastBand(NamedTuple):
    """One band of spectral contrast: its bins, and how many of them make its peak and its valley."""

    first: int
    last: int
    n_extreme: int


@lru_cache(maxsize=64)
def contrast_bands(
    sampling_rate: int, n_fft: int, n_bands: int, fmin: float, quantile: float
) -> tuple[ContrastBand, ...]:
    """Return the octave bands of spectral contrast, from 0 Hz up.

    Parameters
    ----------
    sampling_rate, n_fft : int
        Of the spectra: samples per second, Hz, and samples in a frame.
    n_bands : int
        Octaves above `fmin`; the last one reaches up to half the sampling rate.
    fmin : float
        Upper edge of the lowest band, Hz.
    quantile : float
        Share of the bins of a band that make its peak, and its valley.

    Returns
    -------
    tuple of ContrastBand
        ``n_bands + 1`` of them.

    Raises
    ------
    FeatureError
        If the highest band begins above half the sampling rate, or a band holds no bin.
    """
    bins = frequencies(sampling_rate, n_fft)
    edges = np.concatenate([[0.0], fmin * 2.0 ** np.arange(n_bands + 1)])
    if edges[-2] >= sampling_rate / 2:
        raise FeatureError(
            f"spectral_contrast: band {n_bands} begins at {edges[-2]:g} Hz, above half the sampling rate",
            hint="take fewer n_bands or a lower fmin",
        )
    return tuple(_contrast_band(bins, edges, band, quantile) for band in range(n_bands + 1))


def _contrast_band(
    bins: NDArray[np.float64], edges: NDArray[np.float64], band: int, quantile: float
) -> ContrastBand:
    inside = np.flatnonzero((bins >= edges[band]) & (bins <= edges[band + 1]))
    if not inside.size:
        raise FeatureError(
            f"spectral_contrast: no bin lies between {edges[band]:g} and {edges[band + 1]:g} Hz",
            hint="take a longer n_fft or a higher fmin",
        )
    highest = band == len(edges) - 2
    # A band begins one bin early and, but for the highest, ends one bin early.
    first = inside[0] - (band > 0)
    last = len(bins) if highest else inside[-1] + 1
    n_extreme = max(int(np.rint(quantile * (last - first))), 1)
    return ContrastBand(int(first), int(last if highest else last - 1), n_extreme)


@lru_cache(maxsize=4)
def tonnetz_basis(n_chroma: int) -> Floats:
    """Return the directions of fifths, minor and major thirds, two each, shape (6, n_chroma).

    References
    ----------
    C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", 2006.
    """
    semitones = np.arange(n_chroma) * 12 / n_chroma
    turns = np.multiply.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], semitones)
    turns[::2] -= 0.5  # cos to sin
    radius = np.array([1, 1, 1, 1, 0.5, 0.5])
    return _frozen(radius[:, None] * np.cos(np.pi * turns))


def _frozen(matrix: NDArray[np.float64]) -> Floats:
    """As contiguous float32 that nobody can change, for it is shared."""
    frozen = np.ascontiguousarray(matrix, dtype=np.float32)
    frozen.flags.writeable = False
    return frozen
