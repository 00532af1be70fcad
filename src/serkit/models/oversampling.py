"""Repeat random rows of rare classes until all classes are equally frequent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike, NDArray


def oversampled_rows(labels: ArrayLike, *, seed: int) -> NDArray[np.intp]:
    """Return row positions in which every class is as frequent as the most frequent one.

    Parameters
    ----------
    labels : array_like, shape (n,)
        Class of each row.
    seed : int
        Of the draw.

    Returns
    -------
    ndarray of int
        Every row once in its order, then the repeated ones.

    Examples
    --------
    >>> oversampled_rows(["sad", "sad", "calm"], seed=0).tolist()
    [0, 1, 2, 2]
    """
    rng = np.random.default_rng(seed)
    _, members, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    repeated = [
        rng.choice(np.flatnonzero(members == index), counts.max() - count)
        for index, count in enumerate(counts)
    ]
    return np.concatenate([np.arange(members.size), *repeated])


class OversampledPipeline(Pipeline):  # type: ignore[misc]  # scikit-learn has no types
    """A pipeline that fits on oversampled rows and predicts on rows as they are.

    Parameters
    ----------
    steps : list of (str, estimator)
        As in scikit-learn.
    seed : int
        Of the draw.
    """

    def __init__(self, steps: list[tuple[str, Any]], *, seed: int) -> None:
        super().__init__(steps)
        self.seed = seed

    def fit(self, features: NDArray[Any], labels: ArrayLike) -> Self:
        """Fit every step on the oversampled rows."""
        rows = oversampled_rows(labels, seed=self.seed)
        return super().fit(np.asarray(features)[rows], np.asarray(labels)[rows])  # type: ignore[no-any-return]
