"""Intervals of a score, bootstrapped over speakers.

Clips of one speaker resemble each other, so a score is uncertain by the speakers that happened to be
tested, not by the clips. Speakers are drawn with replacement within each corpus, as many as it has,
with all their clips, and the score is computed anew; the interval holds the middle 95 % of the
results (percentile bootstrap [1]_). It covers the choice of test speakers, not that of the training
speakers or of the model's seed; with fewer than about ten speakers it tends to be too narrow.

References
----------
.. [1] Efron, B., & Tibshirani, R. J. (1993). An introduction to the bootstrap. Chapman & Hall.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]

RESAMPLES = 1000
LEVEL = 0.95


class Interval(NamedTuple):
    """A score with the bounds of its interval; NaN bounds = no interval."""

    value: float
    low: float
    high: float


def bootstrap_interval(
    statistic: Statistic,
    evidence: ArrayLike,
    speakers: ArrayLike,
    *,
    seed: int = 0,
    n_resamples: int = RESAMPLES,
) -> Interval:
    """Return a score and its 95 % interval over speakers.

    Parameters
    ----------
    statistic : callable
        Turns summed evidence of the shape (..., *evidence) into scores of the shape (...).
    evidence : array_like, shape (n_clips, ...)
        What each clip adds, e.g. its cell of the confusion matrix.
    speakers : array_like of str, shape (n_clips,)
        ``"corpus/speaker"`` of each clip.
    seed : int, default 0
        Seed of the draws.
    n_resamples : int, default 1000
        Number of draws.

    Returns
    -------
    Interval
        Without bounds (NaN) where no corpus has two speakers.

    Examples
    --------
    >>> hits = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    >>> speakers = ["savee/DC", "savee/DC", "savee/JE", "savee/JE", "savee/KL", "savee/KL"]
    >>> bootstrap_interval(lambda total: total / 6, hits, speakers)
    Interval(value=0.66..., low=0.5, high=1.0)
    """
    value = float(statistic(np.asarray(evidence, dtype=np.float64).sum(axis=0)))
    results = statistic(resampled_sums(evidence, speakers, seed=seed, n_resamples=n_resamples))
    return Interval(value, *_bounds(results, speakers))


def resampled_sums(
    evidence: ArrayLike, speakers: ArrayLike, *, seed: int = 0, n_resamples: int = RESAMPLES
) -> Floats:
    """Return the evidence summed over `n_resamples` draws of the speakers, shape (n_resamples, ...).

    The draws depend on the names of the speakers and the seed alone: two models scored on the same
    speakers are resampled alike, which makes their difference a paired one.
    """
    names, codes = np.unique(np.asarray(speakers, dtype=str), return_inverse=True)
    clips = np.asarray(evidence, dtype=np.float64)
    sums = np.zeros((len(names), *clips.shape[1:]))
    np.add.at(sums, codes, clips)
    return np.tensordot(_draws(names, np.random.default_rng(seed), n_resamples), sums, axes=1)


def paired_difference(
    statistic: Statistic, one: ArrayLike, other: ArrayLike, speakers: ArrayLike, *, seed: int = 0
) -> Interval:
    """Return by how much the score of `one` exceeds that of `other` on the same clips, with its interval.

    Parameters
    ----------
    statistic : callable
        As for :func:`bootstrap_interval`.
    one, other : array_like, shape (n_clips, ...)
        Evidence of the two models, clip by clip.
    speakers : array_like of str, shape (n_clips,)
        ``"corpus/speaker"`` of each clip.
    seed : int, default 0
        Seed of the draws.

    Returns
    -------
    Interval
        The models differ where it does not hold 0.
    """
    totals = [np.asarray(evidence, dtype=np.float64).sum(axis=0) for evidence in (one, other)]
    drawn = [resampled_sums(evidence, speakers, seed=seed) for evidence in (one, other)]
    value = float(statistic(totals[0]) - statistic(totals[1]))
    return Interval(value, *_bounds(statistic(drawn[0]) - statistic(drawn[1]), speakers))


def _draws(names: NDArray[np.str_], rng: np.random.Generator, n_resamples: int) -> Floats:
    """Return how often each speaker is drawn in each resample, shape (n_resamples, n_speakers)."""
    corpora = np.array([name.split("/")[0] for name in names])
    draws = np.zeros((n_resamples, len(names)))
    for corpus in np.unique(corpora):
        members = np.flatnonzero(corpora == corpus)
        draws[:, members] = rng.multinomial(
            len(members), np.full(len(members), 1 / len(members)), n_resamples
        )
    return draws


def _bounds(results: Floats, speakers: ArrayLike) -> tuple[float, float]:
    names = np.unique(np.asarray(speakers, dtype=str))
    corpora = [name.split("/")[0] for name in names]
    valid = results[~np.isnan(results)]
    if valid.size == 0 or len(set(corpora)) == len(corpora):
        return float("nan"), float("nan")
    low, high = np.quantile(valid, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
