"""Functionals: what turns a contour of any length into one number."""

from __future__ import annotations

import re
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.errors import FeatureError
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from serkit.features.frames import Floats

    Doubles = NDArray[np.floating[Any]]

PERCENTILE = re.compile(r"(centred_)?percentile_(\d\d)")


class Statistics:
    """Statistics of contours along time, each computed when first asked for and then shared.

    Parameters
    ----------
    contours : ndarray of float32, shape (n_rows, n_frames)
        At least one frame.
    times : ndarray of float64, shape (n_frames,)
        Centre of each frame, s.
    whole : ndarray of float32, shape (n_rows, n_all_frames), optional
        The contours over all frames, where `contours` hold some of them only.
    """

    def __init__(self, contours: Floats, times: Doubles, whole: Floats | None = None) -> None:
        self._contours = contours
        self._times = times
        self._whole = contours if whole is None else whole
        self._n_frames = times.size

    @cached_property
    def mean(self) -> Doubles:
        """Mean of each row."""
        mean: Doubles = self._contours.mean(axis=1)
        return mean

    @cached_property
    def std(self) -> Doubles:
        """Population standard deviation of each row."""
        variance: Doubles = np.vecdot(self._centred, self._centred) / self._n_frames
        return np.sqrt(variance)

    @cached_property
    def ordered(self) -> Doubles:
        """Values of each row from the smallest to the largest."""
        return np.sort(self._contours, axis=1)

    @property
    def min(self) -> Doubles:
        """Smallest value of each row."""
        return self.ordered[:, 0]

    @property
    def max(self) -> Doubles:
        """Largest value of each row."""
        return self.ordered[:, -1]

    def percentile(self, percent: float) -> Doubles:
        """Percentile of each row, linear between the two nearest values."""
        position = percent / 100 * (self._n_frames - 1)
        below = int(position)
        low, high = self.ordered[:, below], self.ordered[:, min(below + 1, self._n_frames - 1)]
        return low + (position - below) * (high - low)

    def centred_percentile(self, percent: float) -> Doubles:
        """Percentile of each row less its mean."""
        return self.percentile(percent) - self.mean

    def mean_shift(self) -> Doubles:
        """Mean of each row less its mean over all frames."""
        shift: Doubles = self.mean - self._whole.mean(axis=1)
        return shift

    def skewness(self) -> Doubles:
        """Third standardised central moment of each row; 0 for a constant row, which has none."""
        return np.where(self._varies, np.vecdot(self._squared, self._standardised) / self._n_frames, 0.0)

    def kurtosis(self) -> Doubles:
        """Fourth standardised central moment of each row less the normal distribution's 3; 0 if constant."""
        return np.where(self._varies, np.vecdot(self._squared, self._squared) / self._n_frames - 3.0, 0.0)

    def slope(self) -> Doubles:
        """Slope of the line fitted to each row, per second; 0 for a single frame."""
        times = self._times - self._times.mean()
        scatter = times @ times
        return self._centred @ times / scatter if scatter > 0 else np.zeros_like(self.mean)

    def curvature(self) -> Doubles:
        """Weight of a parabola over each row, scaled to times in [-1, 1]; 0 for a single frame."""
        times = self._times - self._times.mean()
        parabola = (times / max(np.abs(times).max(), 1e-9)) ** 2
        parabola -= parabola.mean()
        scatter = parabola @ parabola
        return self._centred @ parabola / scatter if scatter > 0 else np.zeros_like(self.mean)

    def third(self, which: int) -> Doubles:
        """Mean of the first (0), middle (1) or last (2) third of each row, less the mean of the row."""
        first, last = self._n_frames * which // 3, self._n_frames * (which + 1) // 3
        return self._centred[:, first:last].mean(axis=1) if last > first else np.zeros_like(self.mean)

    @cached_property
    def _centred(self) -> Doubles:
        return self._contours - self.mean[:, None]

    @cached_property
    def _varies(self) -> NDArray[np.bool_]:
        # Rounding can give a constant row a deviation, and take that of the smallest floats away.
        return (self.min < self.max) & (self.std > 0)

    @cached_property
    def _standardised(self) -> Doubles:
        return self._centred / np.where(self._varies, self.std, 1.0)[:, None]

    @cached_property
    def _squared(self) -> Doubles:
        return np.square(self._standardised)


FUNCTIONALS: dict[str, Callable[[Statistics], Doubles]] = {
    "mean": lambda statistics: statistics.mean,
    "std": lambda statistics: statistics.std,
    "min": lambda statistics: statistics.min,
    "max": lambda statistics: statistics.max,
    "range": lambda statistics: statistics.max - statistics.min,
    "median": lambda statistics: statistics.percentile(50),
    "skewness": lambda statistics: statistics.skewness(),
    "kurtosis": lambda statistics: statistics.kurtosis(),
    "slope": lambda statistics: statistics.slope(),
    "curvature": lambda statistics: statistics.curvature(),
    "spread_20_80": lambda statistics: statistics.percentile(80) - statistics.percentile(20),
    "mean_shift": lambda statistics: statistics.mean_shift(),
    "first_third": lambda statistics: statistics.third(0),
    "middle_third": lambda statistics: statistics.third(1),
    "last_third": lambda statistics: statistics.third(2),
}


@cache
def find_functional(name: str) -> Callable[[Statistics], Doubles]:
    """Return a functional by its name.

    Parameters
    ----------
    name : str
        A key of `FUNCTIONALS`, or ``percentile_00`` to ``percentile_99``, or one of these with ``centred_``
        before it, which is the percentile less the mean.

    Returns
    -------
    callable
        Takes `Statistics`, returns one number a row.

    Raises
    ------
    FeatureError
        If no functional has that name; the nearest is named.

    Examples
    --------
    >>> find_functional("kurtossis")
    Traceback (most recent call last):
    serkit.errors.FeatureError: unknown functional 'kurtossis'; did you mean 'kurtosis'? ...
    """
    if percentile := PERCENTILE.fullmatch(name):
        kind = Statistics.centred_percentile if percentile[1] else Statistics.percentile
        return partial(kind, percent=int(percentile[2]))
    if name not in FUNCTIONALS:
        raise unknown_name(FeatureError, "functional", name, [*FUNCTIONALS, "percentile_NN"])
    return FUNCTIONALS[name]


def apply_functionals(
    contours: Floats, times: Doubles, names: Sequence[str], *, whole: Floats | None = None
) -> Floats:
    """Turn each contour into one number for each functional.

    Parameters
    ----------
    contours : ndarray of float32, shape (n_rows, n_frames)
        At least one frame.
    times : ndarray of float64, shape (n_frames,)
        Centre of each frame, s.
    names : sequence of str
        Functionals.
    whole : ndarray of float32, shape (n_rows, n_all_frames), optional
        The contours over all frames, where `contours` hold some of them only.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_functionals)
        Units of the contours; `skewness` and `kurtosis` have none, `slope` is per second.

    Examples
    --------
    >>> contours = np.array([[1.0, 2.0, 3.0]], dtype=np.float32)
    >>> apply_functionals(contours, np.array([0.0, 0.5, 1.0]), ["mean", "range", "slope"])
    array([[2., 2., 2.]], dtype=float32)
    """
    statistics = Statistics(contours, times, whole)
    values = [find_functional(name)(statistics) for name in names]
    return np.stack(values, axis=1).astype(np.float32)
