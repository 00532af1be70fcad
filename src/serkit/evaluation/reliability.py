"""Whether a model's confidence, its highest probability, keeps its word.

References
----------
.. [1] Guo, C., Pleiss, G., Sun, Y., & Weinberger, K. Q. (2017). On calibration of modern neural
   networks. ICML 2017, 1321-1330.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ECE_BINS = 15


class ReliabilityBin(NamedTuple):
    """The clips whose confidence lies in (`lower`, `upper`]; `confidence` and `accuracy` are their means."""

    lower: float
    upper: float
    n_clips: int
    confidence: float
    accuracy: float


def reliability_table(
    probabilities: ArrayLike, truth: ArrayLike, *, n_bins: int = ECE_BINS
) -> list[ReliabilityBin]:
    """Compare confidence with accuracy, in bins of equal width over (0, 1].

    Confidence is the highest probability of a clip.

    Parameters
    ----------
    probabilities : array_like, shape (n_clips, n_classes)
        Probabilities in [0, 1].
    truth : array_like of int, shape (n_clips,)
        Index of the true class.
    n_bins : int, default 15
        Number of bins.

    Returns
    -------
    list of ReliabilityBin
        One for each bin, from low to high; means of an empty bin are NaN.

    Examples
    --------
    >>> for row in reliability_table([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], [0, 1, 0], n_bins=2):
    ...     print(row.lower, row.upper, row.n_clips)
    0.0 0.5 0
    0.5 1.0 3
    """
    sums = calibration_sums(probabilities, truth, n_bins=n_bins).sum(axis=0)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    means = np.divide(sums[:, 1:], sums[:, :1], out=np.full((n_bins, 2), np.nan), where=sums[:, :1] > 0)
    return [
        ReliabilityBin(float(edges[i]), float(edges[i + 1]), int(sums[i, 0]), *map(float, means[i]))
        for i in range(n_bins)
    ]


def ece(probabilities: ArrayLike, truth: ArrayLike, *, n_bins: int = ECE_BINS) -> float:
    """Return the expected calibration error: how far confidence lies from accuracy, on average over clips.

    Parameters
    ----------
    probabilities : array_like, shape (n_clips, n_classes)
        Probabilities in [0, 1].
    truth : array_like of int, shape (n_clips,)
        Index of the true class.
    n_bins : int, default 15
        Number of bins of equal width.

    Returns
    -------
    float
        In [0, 1]; 0 is perfect.

    References
    ----------
    Equation 3 of [1]_.

    Examples
    --------
    >>> round(ece([[0.9, 0.1], [0.9, 0.1]], [0, 1]), 3)
    0.4
    """
    return float(ece_from_sums(calibration_sums(probabilities, truth, n_bins=n_bins).sum(axis=0)))


def calibration_sums(probabilities: ArrayLike, truth: ArrayLike, *, n_bins: int = ECE_BINS) -> Floats:
    """Return for each clip and bin (1, confidence, hit) where the clip falls into the bin, else zeros.

    Sums over any set of clips are all that its calibration error needs; shape (n_clips, n_bins, 3).
    """
    values, index = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    confidence = values.max(axis=1)
    bins = np.clip(np.ceil(confidence * n_bins).astype(np.intp) - 1, 0, n_bins - 1)
    sums = np.zeros((len(values), n_bins, 3))
    hit = values.argmax(axis=1) == index
    sums[np.arange(len(values)), bins] = np.column_stack([np.ones(len(values)), confidence, hit])
    return sums


def ece_from_sums(sums: Floats) -> Floats:
    """Return the calibration error of summed :func:`calibration_sums`, shape (..., n_bins, 3) to (...)."""
    gap = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return np.asarray(gap / np.maximum(sums[..., 0].sum(axis=-1), 1.0))


def accuracy_of_surest(probabilities: ArrayLike, truth: ArrayLike, *, coverage: float = 0.5) -> float:
    """Return the accuracy on the clips whose decisions are surest.

    Parameters
    ----------
    probabilities : array_like, shape (n_clips, n_classes)
        Probabilities in [0, 1].
    truth : array_like of int, shape (n_clips,)
        Index of the true class.
    coverage : float, default 0.5
        Share of the clips that are answered, in (0, 1]. Of equally sure clips the first are.

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> accuracy_of_surest([[0.9, 0.1], [0.6, 0.4]], [0, 1])
    1.0
    """
    values, index = np.asarray(probabilities), np.asarray(truth)
    n_answered = max(1, round(coverage * len(values)))
    surest = np.argsort(-values.max(axis=1), kind="stable")[:n_answered]
    return float(np.mean(values[surest].argmax(axis=1) == index[surest]))


class Abstention(NamedTuple):
    """What is left when clips below a confidence get no answer: their share and the accuracy of the rest."""

    threshold: float
    coverage: float
    accuracy: float


def abstention(probabilities: ArrayLike, truth: ArrayLike, threshold: float) -> Abstention:
    """Return coverage and accuracy when clips of a confidence below `threshold` are not answered.

    Parameters
    ----------
    probabilities : array_like, shape (n_clips, n_classes)
        Probabilities in [0, 1].
    truth : array_like of int, shape (n_clips,)
        Index of the true class.
    threshold : float
        In [0, 1].

    Returns
    -------
    Abstention
        Accuracy is NaN where nothing is answered.

    Examples
    --------
    >>> abstention([[0.9, 0.1], [0.6, 0.4]], [0, 1], threshold=0.7)
    Abstention(threshold=0.7, coverage=0.5, accuracy=1.0)
    """
    values, index = np.asarray(probabilities), np.asarray(truth)
    answered = values.max(axis=1) >= threshold
    hit = (values.argmax(axis=1) == index)[answered]
    return Abstention(threshold, float(answered.mean()), float(hit.mean()) if hit.size else float("nan"))
