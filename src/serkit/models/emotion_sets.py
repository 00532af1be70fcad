"""Corpora that do not contain the same emotions: a recording counts only among those of its own corpus.

No recording of CREMA-D is calm or surprised, since none was asked for. A model of several corpora that is
told "not calm" by all of them learns their rooms and microphones. So the scores of what a corpus does not
contain are left out, in training and in tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    EmotionSets = Mapping[str, frozenset[str]]

OUTSIDE = -1e9
"""Score of an emotion that a recording's corpus does not contain."""


def emotion_sets(labels: ArrayLike, corpora: ArrayLike) -> dict[str, frozenset[str]]:
    """Return the emotions of each corpus.

    Examples
    --------
    >>> sets = emotion_sets(["sad", "calm", "sad"], ["a", "a", "b"])
    >>> sorted(sets["a"]), sorted(sets["b"])
    (['calm', 'sad'], ['sad'])
    """
    labels, corpora = np.asarray(labels), np.asarray(corpora)
    return {str(name): frozenset(labels[corpora == name].tolist()) for name in np.unique(corpora)}


def allowed_classes(corpora: ArrayLike, classes: ArrayLike, sets: EmotionSets) -> NDArray[np.bool_]:
    """Tell which classes each row may be; all, in a corpus that is not known.

    Returns
    -------
    ndarray of bool, shape (n, n_classes)

    Examples
    --------
    >>> allowed_classes(["b", "c"], ["calm", "sad"], {"b": frozenset(["sad"])}).tolist()
    [[False, True], [True, True]]
    """
    labels: list[str] = np.asarray(classes).tolist()
    rows = {name: [label in found for label in labels] for name, found in sets.items()}
    every = [True] * len(labels)
    return np.array([rows.get(str(name), every) for name in np.asarray(corpora)], dtype=bool)


def own_scores(scores: NDArray[Any], allowed: NDArray[np.bool_] | None) -> NDArray[Any]:
    """Return scores with those of classes that are not allowed out of reach."""
    return scores if allowed is None else np.where(allowed, scores, OUTSIDE)


def balanced_weights(labels: ArrayLike, corpora: ArrayLike | None = None) -> NDArray[np.float32]:
    """Return a weight for each row, so that all classes of a corpus weigh the same together.

    Parameters
    ----------
    labels : array_like, shape (n,)
        Class of each row.
    corpora : array_like, shape (n,), optional
        Corpus of each row; without them all rows are of one. A corpus weighs as much as it has rows.

    Examples
    --------
    >>> balanced_weights(["sad", "sad", "sad", "calm"])
    array([0.6666667, 0.6666667, 0.6666667, 2.       ], dtype=float32)
    """
    labels = np.asarray(labels)
    corpora = np.zeros(labels.size) if corpora is None else np.asarray(corpora)
    weights = np.empty(labels.size, dtype=np.float32)
    for corpus in np.unique(corpora):
        rows = np.flatnonzero(corpora == corpus)
        _, members, counts = np.unique(labels[rows], return_inverse=True, return_counts=True)
        weights[rows] = rows.size / (counts.size * counts[members])
    return weights
