"""Low-level descriptors: pure functions from a signal's frames to contours of shape (n_rows, n_frames)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import Field

from serkit.features.contours import power_to_db
from serkit.features.filterbanks import (
    MelBands,
    chroma_filterbank,
    contrast_bands,
    dct_matrix,
    mel_stripes,
    tonnetz_basis,
)
from serkit.features.frames import Analysis, Floats, Framing, frequencies
from serkit.features.pitch import Pitch, PitchSettings, track_pitch
from serkit.features.tuning import estimate_tuning

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Hertz = Annotated[float, Field(ge=0)]
Pitches = Annotated[float, Field(gt=0)]
Exponent = Annotated[int, Field(ge=1, le=2)]

# Samples nearer to zero count as zero, and zero as positive.
CROSSING_FLOOR = 1e-10
FLATNESS_FLOOR = 1e-10


def zero_crossing_rate(analysis: Analysis, framing: Framing) -> Floats:
    """Share of the samples of each frame that differ in sign from the one before, in [0, 1], one row."""
    crossings = analysis.once(_crossings)
    n_frames = 1 + analysis.signal.size // framing.hop_length
    # The sample before the first of a frame lies outside of it, and what is filled up does not cross zero.
    first = np.arange(n_frames) * framing.hop_length - framing.n_fft // 2
    counts = np.searchsorted(crossings, first + framing.n_fft) - np.searchsorted(crossings, first + 1)
    return _row(counts / framing.n_fft)


def _crossings(analysis: Analysis) -> NDArray[np.intp]:
    """Find the samples that differ in sign from the one before."""
    negative = analysis.signal < -CROSSING_FLOOR
    return np.flatnonzero(negative[1:] != negative[:-1]) + 1


def zero_crossing_count(analysis: Analysis, _framing: Framing) -> Floats:
    """How often the sign changes in the whole signal, shape (1,); it grows with the length."""
    return np.array([analysis.once(_crossings).size], dtype=np.float32)


def rms(analysis: Analysis, framing: Framing) -> Floats:
    """Root mean square of the samples of each frame, without a window, one row."""
    cut = analysis.frames(framing)
    return _row(np.sqrt(np.vecdot(cut, cut) / framing.n_fft))


def mel(  # noqa: PLR0913 - each parameter is a setting of its own
    analysis: Analysis,
    framing: Framing,
    *,
    n_mels: Count = 128,
    fmin: Hertz = 0.0,
    fmax: Hertz | None = None,
    htk: bool = False,
) -> Floats:
    """Power in mel bands, `n_mels` rows from low to high."""
    return analysis.once(_mel_power, framing, MelBands(n_mels, fmin, fmax, htk))


def _mel_power(analysis: Analysis, framing: Framing, bands: MelBands) -> Floats:
    power = analysis.power(framing)
    stripes = mel_stripes(analysis.sampling_rate, framing.n_fft, bands)
    summed = [power[:, stripe.bins] @ stripe.weights for stripe in stripes]
    return np.ascontiguousarray(np.concatenate(summed, axis=1).T)


def mfcc(  # noqa: PLR0913 - each parameter is a setting of its own
    analysis: Analysis,
    framing: Framing,
    *,
    n_mfcc: Count = 20,
    n_mels: Count = 128,
    fmin: Hertz = 0.0,
    fmax: Hertz | None = None,
    htk: bool = False,
) -> Floats:
    """Mel-frequency cepstral coefficients, `n_mfcc` rows, the level first."""
    power = analysis.once(_mel_power, framing, MelBands(n_mels, fmin, fmax, htk))
    return dct_matrix(n_mfcc, n_mels) @ power_to_db(power)


def chroma(analysis: Analysis, framing: Framing, *, n_chroma: Count = 12, power: Exponent = 2) -> Floats:
    """Strength of each pitch class relative to the strongest, in [0, 1], `n_chroma` rows, C first.

    With ``power=1`` magnitudes are summed up instead of powers.
    """
    return analysis.once(_chroma, framing, n_chroma, power)


def _chroma(analysis: Analysis, framing: Framing, n_chroma: int, power: int) -> Floats:
    spectra = analysis.power(framing) if power == 2 else analysis.magnitude(framing)
    tuning = estimate_tuning(spectra, analysis.sampling_rate, framing.n_fft, n_chroma)
    bank = chroma_filterbank(analysis.sampling_rate, framing.n_fft, n_chroma, tuning)
    strength: Floats = np.ascontiguousarray((spectra @ bank.T).T)
    return strength / _nonzero(strength.max(axis=0))


def tonnetz(analysis: Analysis, framing: Framing, *, n_chroma: Count = 12, power: Exponent = 2) -> Floats:
    """Direction of the chroma in the tonal space of fifths, minor and major thirds, in [-1, 1], six rows."""
    strength = chroma(analysis, framing, n_chroma=n_chroma, power=power)
    return tonnetz_basis(n_chroma) @ (strength / _nonzero(strength.sum(axis=0)))


def spectral_contrast(
    analysis: Analysis,
    framing: Framing,
    *,
    n_bands: Count = 6,
    fmin: Pitches = 200.0,
    quantile: Share = 0.02,
) -> Floats:
    """Decibels between the peaks and the valleys of octave bands, ``n_bands + 1`` rows from low to high."""
    magnitude = analysis.magnitude(framing)
    bands = contrast_bands(analysis.sampling_rate, framing.n_fft, n_bands, fmin, quantile)
    ordered = [np.sort(magnitude[:, band.first : band.last], axis=1) for band in bands]
    pairs = list(zip(ordered, bands, strict=True))
    valleys = np.stack([values[:, : band.n_extreme].mean(axis=1) for values, band in pairs])
    peaks = np.stack([values[:, -band.n_extreme :].mean(axis=1) for values, band in pairs])
    return power_to_db(peaks) - power_to_db(valleys)


def centroid(analysis: Analysis, framing: Framing) -> Floats:
    """Mean frequency of each spectrum, weighted by magnitude, Hz, one row; 0 in silence."""
    return analysis.once(_centroid, framing)


def _centroid(analysis: Analysis, framing: Framing) -> Floats:
    magnitude = analysis.magnitude(framing)
    bins = frequencies(analysis.sampling_rate, framing.n_fft).astype(np.float32)
    return _row(magnitude @ bins / _nonzero(magnitude.sum(axis=1)))


def bandwidth(analysis: Analysis, framing: Framing) -> Floats:
    """Spread of each spectrum around its centroid, the standard deviation, Hz, one row."""
    magnitude = analysis.magnitude(framing)
    bins = frequencies(analysis.sampling_rate, framing.n_fft).astype(np.float32)
    deviation = np.square(bins - centroid(analysis, framing).T)
    variance = np.einsum("ij,ij->i", magnitude, deviation) / _nonzero(magnitude.sum(axis=1))
    return _row(np.sqrt(variance))


def flatness(analysis: Analysis, framing: Framing) -> Floats:
    """Geometric over arithmetic mean of each power spectrum, 1 for white noise, in (0, 1], one row."""
    power = np.maximum(analysis.power(framing), FLATNESS_FLOOR)
    return _row(np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1))


def rolloff(analysis: Analysis, framing: Framing, *, roll_percent: Share = 0.85) -> Floats:
    """Frequency below which a share of each spectrum's magnitude lies, Hz, one row."""
    summed = analysis.once(_summed_magnitude, framing)
    reached = summed >= np.float32(roll_percent) * summed[:, -1:]
    return _row(frequencies(analysis.sampling_rate, framing.n_fft)[reached.argmax(axis=1)])


def _summed_magnitude(analysis: Analysis, framing: Framing) -> Floats:
    return np.cumsum(analysis.magnitude(framing), axis=1)


def spectral_flux(analysis: Analysis, framing: Framing) -> Floats:
    """Change of each spectrum's shape since the frame before, in [0, 2**0.5], one row; 0 in the first frame.

    The spectra are divided by their sum, so that loudness does not count.
    """
    magnitude = analysis.magnitude(framing)
    shapes = magnitude / _nonzero(magnitude.sum(axis=1, keepdims=True))
    change = np.diff(shapes, axis=0, prepend=shapes[:1])
    return _row(np.sqrt(np.vecdot(change, change)))


def spectral_slope(analysis: Analysis, framing: Framing) -> Floats:
    """Slope of the line fitted to each power spectrum in dB, dB per kHz, one row."""
    decibels = power_to_db(analysis.power(framing)[:, 1:])
    kilohertz = frequencies(analysis.sampling_rate, framing.n_fft)[1:].astype(np.float32) / 1000
    kilohertz -= kilohertz.mean()
    return _row(decibels @ kilohertz / (kilohertz @ kilohertz))


def f0(
    analysis: Analysis,
    framing: Framing,
    *,
    fmin: Pitches = 65.0,
    fmax: Pitches = 500.0,
    frame_length: Count | None = None,
) -> Floats:
    """Fundamental frequency by YIN, Hz, one row; a mere guess where the frame is not voiced."""
    return _row(_pitch(analysis, framing, fmin, fmax, frame_length).f0)


def voicing(
    analysis: Analysis,
    framing: Framing,
    *,
    fmin: Pitches = 65.0,
    fmax: Pitches = 500.0,
    frame_length: Count | None = None,
) -> Floats:
    """How periodic each frame is, 1 for a steady tone and 0 for noise and silence, one row."""
    return _row(_pitch(analysis, framing, fmin, fmax, frame_length).voicing)


def hnr(
    analysis: Analysis,
    framing: Framing,
    *,
    fmin: Pitches = 65.0,
    fmax: Pitches = 500.0,
    frame_length: Count | None = None,
) -> Floats:
    """Harmonics-to-noise ratio, dB in [-20, 40], one row."""
    return _row(_pitch(analysis, framing, fmin, fmax, frame_length).hnr)


def _pitch(analysis: Analysis, framing: Framing, fmin: float, fmax: float, frame_length: int | None) -> Pitch:
    settings = PitchSettings(framing.hop_length, framing.pad_mode, fmin, fmax, frame_length)
    return analysis.once(track_pitch, settings)


def wave(analysis: Analysis, _framing: Framing) -> Floats:
    """Largest, smallest, mean, standard deviation, median and range of all samples, shape (6,)."""
    # Sorting all of it is faster than to look for the median of many equal values.
    ordered = np.sort(analysis.signal)
    low, high = ordered[[0, -1]].astype(np.float64)
    median = ordered[[(ordered.size - 1) // 2, ordered.size // 2]].mean()
    signal = analysis.signal.astype(np.float64)
    mean = signal.mean()
    signal -= mean
    std = np.sqrt(signal @ signal / signal.size)
    return np.array([high, low, mean, std, median, high - low], dtype=np.float32)


def samples(analysis: Analysis, framing: Framing, *, n_samples: Count = 320) -> Floats:
    """Waveform: samples from the start of each frame on, `n_samples` rows; each once if as far apart."""
    filled_up = np.pad(analysis.signal, (0, n_samples))
    first = np.arange(analysis.signal.size // framing.hop_length) * framing.hop_length
    return np.ascontiguousarray(sliding_window_view(filled_up, n_samples)[first].T)


def _row(values: ArrayLike) -> Floats:
    """Make one contour of one value a frame."""
    return np.asarray(values, dtype=np.float32).reshape(1, -1)


def _nonzero(divisor: Floats) -> Floats:
    """Replace what is too small to divide by with 1."""
    return np.where(divisor < np.finfo(np.float32).tiny, np.float32(1), divisor)
