"""Hold out groups within the training rows, to choose and to calibrate a model on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.errors import SplitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Split = tuple[NDArray[np.intp], NDArray[np.intp]]


def inner_folds(labels: ArrayLike, groups: ArrayLike | None = None, *, folds: int = 5) -> list[Split]:
    """Split rows so that no group stands on both sides and every class stands in every training part.

    Parameters
    ----------
    labels : array_like, shape (n,)
        Class of each row.
    groups : array_like, shape (n,), optional
        Speaker, or whatever else must not stand on both sides. Without groups every row is its own.
    folds : int, default 5
        Number of splits; fewer where there are fewer groups, or fewer rows of a class.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Positions of the training and of the held-out rows. The same for the same input.

    Raises
    ------
    SplitError
        If there are fewer than two groups, or holding some out takes every row of a class.

    Examples
    --------
    >>> [held_out.tolist() for _, held_out in inner_folds(list("abab"), [1, 1, 2, 2])]
    [[0, 1], [2, 3]]
    """
    from sklearn.model_selection import StratifiedGroupKFold

    labels = np.asarray(labels)
    groups = np.arange(labels.size) if groups is None else np.asarray(groups)
    n_groups = np.unique(groups).size
    rarest = np.unique(labels, return_counts=True)[1].min()
    folds = min(folds, n_groups, rarest)
    if folds < 2:
        raise SplitError(
            f"{n_groups} groups and {rarest} rows of the rarest class: nothing can be held out",
            hint="train on two speakers or more, with two recordings or more of each emotion",
        )
    # Without its shuffle the splitter draws nothing.
    splits = list(StratifiedGroupKFold(folds).split(labels, labels, groups))
    for train, _ in splits:
        _check_classes(labels, train)
    return splits


def _check_classes(labels: NDArray[np.generic], train: NDArray[np.intp]) -> None:
    lost = sorted(set(labels.tolist()) - set(labels[train].tolist()))
    if lost:
        raise SplitError(
            f"{', '.join(map(str, lost))}: too few speakers have it to hold some out",
            hint="leave it out (data.emotions), or add speakers",
        )
