"""What is done to contours before functionals: decibels, logarithm, deltas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from serkit.features.frames import Floats

Transform = Literal["none", "log1p", "db", "semitones"]

LOWEST_POWER = 1e-10
DYNAMIC_RANGE_DB = 80.0
# The A two octaves and a third below middle C, from which semitones count, Hz.
SEMITONE_ZERO = 55.0
DELTA_WIDTH = 9
# Savitzky-Golay weights over nine frames: slope of the fitted line, curvature of the fitted parabola.
STEPS = np.arange(DELTA_WIDTH) - DELTA_WIDTH // 2
DELTA_WEIGHTS = {1: (STEPS / 60).astype(np.float32), 2: ((3 * STEPS**2 - 20) / 462).astype(np.float32)}


def power_to_db(power: Floats) -> Floats:
    """Convert power to decibels, as ``librosa.power_to_db`` does.

    Parameters
    ----------
    power : ndarray of float32
        0 or more; 1 is 0 dB, and less than 1e-10 counts as 1e-10.

    Returns
    -------
    ndarray of float32
        dB, same shape; nothing lies more than 80 dB below the largest.

    Examples
    --------
    >>> power_to_db(np.array([10.0, 1.0, 0.0], dtype=np.float32))
    array([ 10.,   0., -70.], dtype=float32)
    """
    decibels: Floats = 10 * np.log10(np.maximum(power, LOWEST_POWER))
    return decibels.clip(min=decibels.max() - DYNAMIC_RANGE_DB)


def hertz_to_semitones(hertz: Floats) -> Floats:
    """Convert frequencies to semitones above 55 Hz.

    Parameters
    ----------
    hertz : ndarray of float32
        More than 0, Hz.

    Returns
    -------
    ndarray of float32
        Semitones, same shape.

    Examples
    --------
    >>> hertz_to_semitones(np.array([55.0, 110.0], dtype=np.float32))
    array([ 0., 12.], dtype=float32)
    """
    semitones: Floats = 12 * np.log2(hertz / np.float32(SEMITONE_ZERO))
    return semitones


def delta(contours: Floats, order: int = 1) -> Floats:
    """Return the local slope or curvature of contours, as ``librosa.feature.delta`` does.

    A line (or parabola) is fitted to the nine frames around each; the first and last four frames take the
    value of the first and last full fit. A contour of fewer than nine frames is continued with its first and
    last value, which is librosa's ``mode="nearest"``.

    Parameters
    ----------
    contours : ndarray of float32, shape (n_rows, n_frames)
        Contours.
    order : {1, 2}, default 1
        Slope per frame, or curvature per frame squared.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_frames)
        Same unit per frame.

    References
    ----------
    A. Savitzky and M. Golay, "Smoothing and differentiation of data by simplified least squares
    procedures", Analytical Chemistry 36(8), 1964.

    Examples
    --------
    >>> delta(np.arange(0, 20, 2, dtype=np.float32)[None])
    array([[2., 2., 2., 2., 2., 2., 2., 2., 2., 2.]], dtype=float32)
    """
    weights = DELTA_WEIGHTS[order]
    half = DELTA_WIDTH // 2
    if contours.shape[1] < DELTA_WIDTH:
        return _weighted_sums(_continued(contours, half), weights)
    return _continued(_weighted_sums(contours, weights), half)


def _continued(contours: Floats, n_frames: int) -> Floats:
    """Repeat the first and the last frame."""
    return np.pad(contours, [(0, 0), (n_frames, n_frames)], mode="edge")


def _weighted_sums(contours: Floats, weights: Floats) -> Floats:
    """Weighted sum of each nine frames; one multiplication a weight is faster than a convolution a row."""
    n_sums = contours.shape[1] - DELTA_WIDTH + 1
    sums = np.zeros((len(contours), n_sums), dtype=np.float32)
    for i, weight in enumerate(weights):
        sums += weight * contours[:, i : i + n_sums]
    return sums
