"""Descriptors of a whole recording: its rhythm, and how its contours move together."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field

from serkit.features.contours import power_to_db
from serkit.features.descriptors import Count, mel, mfcc

# The catalogue reads these in the signatures.
from serkit.features.frames import Analysis, Floats, Framing  # noqa: TC001
from serkit.features.voicing import voiced_frames

# Edges of the modulation bands, Hz: words, syllables (around 5 Hz), sounds, roughness.
MODULATION_EDGES = (0.5, 2.0, 3.5, 5.0, 8.0, 14.0, 25.0, 50.0)
# Transforms at least this long resolve the slowest band.
MODULATION_SECONDS = 5.12
# Of modulation, in dB squared: quieter is not heard.
MODULATION_FLOOR = 1e-3
# A contour that deviates by less, of the largest coefficient, is constant: processors round sums differently.
CONSTANT = 4e-6

Bands = Annotated[int, Field(ge=1, le=32)]


def rhythm(analysis: Analysis, framing: Framing) -> Floats:
    """Length in seconds, share of voiced frames, and stretches of voice in a second, shape (3,)."""
    duration = analysis.signal.size / analysis.sampling_rate
    voiced = voiced_frames(analysis, framing)
    stretches = np.count_nonzero(np.diff(voiced.astype(np.int8), prepend=0) == 1)
    return np.array([duration, voiced.mean(), stretches / duration], dtype=np.float32)


def modulation_spectrum(analysis: Analysis, framing: Framing, *, n_bands: Bands = 8) -> Floats:
    """How fast the loudness of each frequency band swings, dB, shape (7 * n_bands,); slowest first.

    The spectrum of each band's loudness in dB, in seven ranges of modulation between 0.5 and 50 Hz.
    """
    frame_rate = analysis.sampling_rate / framing.hop_length
    loudness = power_to_db(mel(analysis, framing, n_mels=4 * n_bands, fmin=20.0))
    swings = loudness - loudness.mean(axis=1, keepdims=True)
    n_frames = swings.shape[1]
    n_fft = max(int(MODULATION_SECONDS * frame_rate), n_frames)
    spectrum = np.abs(np.fft.rfft(swings * np.hanning(n_frames), n=n_fft)) / n_frames
    rates = np.fft.rfftfreq(n_fft, 1 / frame_rate)
    edges = np.searchsorted(rates, MODULATION_EDGES)
    ranges = [_mean(spectrum[:, low:high]) for low, high in pairwise(edges)]
    strength = np.stack(ranges).reshape(len(ranges), n_bands, 4).mean(axis=2)
    decibels: Floats = (20 * np.log10(strength + MODULATION_FLOOR)).ravel().astype(np.float32)
    return decibels


def _mean(spectra: Floats) -> Floats:
    """Mean over the rates, 0 where the frames are too few for these rates."""
    return spectra.mean(axis=1) if spectra.shape[1] else np.zeros(len(spectra), dtype=np.float32)


def mfcc_correlation(analysis: Analysis, framing: Framing, *, n_mfcc: Count = 13) -> Floats:
    """Correlation of every two MFCC along time, in [-1, 1], 0 for a constant one."""
    contours = mfcc(analysis, framing, n_mfcc=n_mfcc).astype(np.float64)
    rounding = CONSTANT * np.abs(contours).max()
    contours -= contours.mean(axis=1, keepdims=True)
    power = np.vecdot(contours, contours) / contours.shape[1]
    varies = power > rounding**2
    contours *= (varies / np.sqrt(np.where(varies, power, 1)))[:, None]
    correlation = contours @ contours.T / contours.shape[1]
    pairs: Floats = correlation[np.triu_indices(n_mfcc, 1)].astype(np.float32)
    return pairs
