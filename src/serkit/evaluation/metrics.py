"""The scores of speech emotion recognition, as plain functions of arrays.

``truth`` and ``predicted`` hold labels of any one type; ``probabilities`` has one row for each clip
and one column for each class, and its ``truth`` holds column indices.

References
----------
.. [1] Schuller, B., Steidl, S., & Batliner, A. (2009). The INTERSPEECH 2009 Emotion Challenge.
   Interspeech 2009, 312-315. (unweighted and weighted average recall)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.evaluation import confusion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class MacroScores(NamedTuple):
    """Macro averages over the classes that are present in the truth, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def uar(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the unweighted average recall: the mean of the recalls of the classes present in `truth`.

    The same as balanced accuracy. Chance is one divided by the number of classes, however unequal
    their sizes are.

    Parameters
    ----------
    truth, predicted : array_like, shape (n_clips,)
        Labels.

    Returns
    -------
    float
        In [0, 1]; NaN for no clips.

    Examples
    --------
    >>> uar(["sad", "sad", "sad", "happy"], ["sad", "sad", "sad", "sad"])
    0.5
    """
    return float(confusion.average_recall(_counts(truth, predicted)))


def war(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the weighted average recall: the share of right decisions, or accuracy.

    Parameters
    ----------
    truth, predicted : array_like, shape (n_clips,)
        Labels.

    Returns
    -------
    float
        In [0, 1]; NaN for no clips.

    Examples
    --------
    >>> war(["sad", "sad", "sad", "happy"], ["sad", "sad", "sad", "sad"])
    0.75
    """
    return float(confusion.accuracy(_counts(truth, predicted)))


def macro_scores(truth: ArrayLike, predicted: ArrayLike) -> MacroScores:
    """Return precision, recall and F1, each averaged over the classes present in `truth`.

    A class that is never decided for has precision 0. The macro recall is the UAR.

    Parameters
    ----------
    truth, predicted : array_like, shape (n_clips,)
        Labels.

    Returns
    -------
    MacroScores

    Examples
    --------
    >>> macro_scores(["sad", "sad", "happy"], ["sad", "happy", "happy"])
    MacroScores(precision=0.75, recall=0.75, f1=0.66...)
    """
    counts = _counts(truth, predicted)
    return MacroScores(
        float(confusion.average_precision(counts)),
        float(confusion.average_recall(counts)),
        float(confusion.average_f1(counts)),
    )


def thresholded_precision_recall(
    probabilities: ArrayLike, truth: ArrayLike, *, threshold: float = 0.5
) -> tuple[float, float]:
    """Return micro precision and recall over all cells of the one-hot matrix, as Keras' metrics count them.

    A class is decided for where its probability is above the threshold, so a clip may have no
    decision: precision then stands above and recall below the accuracy. Papers that print
    ``Precision()`` and ``Recall()`` of Keras print these two, not macro averages.

    Parameters
    ----------
    probabilities : array_like, shape (n_clips, n_classes)
        Probabilities in [0, 1].
    truth : array_like of int, shape (n_clips,)
        Index of the true class.
    threshold : float, default 0.5
        In [0, 1].

    Returns
    -------
    tuple of float
        Precision and recall, each in [0, 1]; 0 where nothing is above the threshold.

    Examples
    --------
    >>> thresholded_precision_recall([[0.7, 0.2, 0.1], [0.4, 0.3, 0.3], [0.6, 0.3, 0.1]], [0, 0, 1])
    (0.5, 0.333...)
    """
    above = np.asarray(probabilities) > threshold
    right = int(above[np.arange(len(above)), np.asarray(truth)].sum())
    return right / max(int(above.sum()), 1), right / max(len(above), 1)


def top_k(probabilities: ArrayLike, truth: ArrayLike, k: int) -> float:
    """Return the share of clips whose true class is among the `k` most probable ones.

    Parameters
    ----------
    probabilities : array_like, shape (n_clips, n_classes)
        Probabilities, or any scores.
    truth : array_like of int, shape (n_clips,)
        Index of the true class.
    k : int
        In [1, n_classes].

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> top_k([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
    0.5
    """
    values, index = np.asarray(probabilities), np.asarray(truth)
    best = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == index[:, None]).any(axis=1)))


def _counts(truth: ArrayLike, predicted: ArrayLike) -> NDArray[np.int64]:
    labels, codes = np.unique(np.concatenate([np.asarray(truth), np.asarray(predicted)]), return_inverse=True)
    half = len(codes) // 2
    return confusion.confusion_counts(codes[:half], codes[half:], len(labels))
