"""Scores of decisions, each a function of the confusion counts alone.

Every function takes counts of the shape (..., n_classes, n_classes), truth in the rows, and keeps
the leading axes: a thousand resampled confusion matrices are scored in one call. A class that has no
clip (its row is empty) takes part in no average: macro averages run over the classes that are present.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Counts = NDArray[np.int64] | NDArray[np.float64]
    Values = NDArray[np.float64]


def confusion_counts(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """Count how often each class was taken for each other.

    Parameters
    ----------
    truth, predicted : array_like of int, shape (n_clips,)
        Class indices in [0, n_classes).
    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of int, shape (n_classes, n_classes)
        Truth in the rows, decisions in the columns.

    Examples
    --------
    >>> confusion_counts([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = np.asarray(truth, dtype=np.intp) * n_classes + np.asarray(predicted, dtype=np.intp)
    counts: NDArray[np.int64] = np.bincount(cells, minlength=n_classes**2).astype(np.int64)
    return counts.reshape(n_classes, n_classes)


def confusion_shares(counts: Counts) -> Values:
    """Return the counts as shares of their row, in [0, 1]; a row without a clip is NaN.

    Examples
    --------
    >>> confusion_shares(np.array([[3, 1], [0, 2]])).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    return _ratio(counts, counts.sum(axis=-1, keepdims=True))


def class_recall(counts: Counts) -> Values:
    """Return the recall of each class, shape (..., n_classes), in [0, 1]; NaN for a class without a clip.

    Examples
    --------
    >>> class_recall(np.array([[3, 1], [0, 2]])).tolist()
    [0.75, 1.0]
    """
    return _ratio(_hits(counts), counts.sum(axis=-1))


def class_precision(counts: Counts) -> Values:
    """Return the precision of each class, shape (..., n_classes), in [0, 1]; 0 for a class never decided for.

    Examples
    --------
    >>> class_precision(np.array([[3, 1], [0, 2]])).round(3).tolist()
    [1.0, 0.667]
    """
    return _of_present(counts, np.nan_to_num(_ratio(_hits(counts), counts.sum(axis=-2))))


def class_f1(counts: Counts) -> Values:
    """Return the F1 of each class, shape (..., n_classes), in [0, 1].

    Examples
    --------
    >>> class_f1(np.array([[3, 1], [0, 2]])).round(3).tolist()
    [0.857, 0.8]
    """
    found = counts.sum(axis=-1) + counts.sum(axis=-2)
    return _of_present(counts, _ratio(2 * _hits(counts), found))


def average_recall(counts: Counts) -> Values:
    """Return the unweighted average recall (UAR, balanced accuracy) over the classes present, shape (...).

    Examples
    --------
    >>> float(average_recall(np.array([[3, 1], [0, 2]])))
    0.875
    """
    return _mean(class_recall(counts))


def accuracy(counts: Counts) -> Values:
    """Return the share of right decisions (WAR), shape (...).

    Examples
    --------
    >>> round(float(accuracy(np.array([[3, 1], [0, 2]]))), 3)
    0.833
    """
    return _ratio(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def average_precision(counts: Counts) -> Values:
    """Return the macro precision over the classes present, shape (...)."""
    return _mean(class_precision(counts))


def average_f1(counts: Counts) -> Values:
    """Return the macro F1 over the classes present, shape (...)."""
    return _mean(class_f1(counts))


def _hits(counts: Counts) -> Values:
    return np.asarray(np.diagonal(counts, axis1=-2, axis2=-1), dtype=np.float64)


def _of_present(counts: Counts, values: Values) -> Values:
    return np.where(counts.sum(axis=-1) > 0, values, np.nan)


def _ratio(part: Counts, whole: Counts) -> Values:
    """Divide; nothing by nothing is NaN."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    ratio: Values = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio


def _mean(values: Values) -> Values:
    """Return the mean over the last axis of what is not NaN; NaN where all is."""
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0.0).sum(axis=-1), present.sum(axis=-1))
