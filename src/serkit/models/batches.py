"""Rows of features, and how they are put together in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from serkit.models.calibration import check_finite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Positions = NDArray[np.intp]

POOL_BATCHES = 20
"""Sequences are sorted by length among those of so many batches, drawn anew in every epoch."""


class Batch(NamedTuple):
    """Some rows, together.

    Attributes
    ----------
    features : Tensor, shape (n, ...)
        Their features; shorter sequences are followed by zeros.
    lengths : Tensor of int, shape (n,), or None
        Frames of each, where they differ between rows.
    """

    features: torch.Tensor
    lengths: torch.Tensor | None


class Rows:
    """Features of recordings, all of one shape, or sequences that differ in their frames.

    Parameters
    ----------
    features : ndarray, shape (n, ...), or sequence of ndarray, shape (n_frames, n_rows)
        Of any float type; kept as float32.

    Raises
    ------
    FeatureError
        If a feature is NaN or infinite.

    Examples
    --------
    >>> rows = Rows([np.ones((2, 3)), np.ones((4, 3))])
    >>> batch = rows.batch(np.array([0, 1]))
    >>> batch.features.shape, batch.lengths.tolist()
    (torch.Size([2, 4, 3]), [2, 4])
    """

    def __init__(self, features: NDArray[Any] | Sequence[NDArray[Any]]) -> None:
        self.features = _as_float32(features)
        check_finite(self.features)
        varies = self.features.dtype == object
        self.lengths = np.array([len(sequence) for sequence in self.features]) if varies else None

    def __len__(self) -> int:
        return len(self.features)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row; of sequences, that of the shortest."""
        if self.lengths is None:
            return self.features.shape[1:]
        shape: tuple[int, ...] = self.features[self.lengths.argmin()].shape
        return shape

    def take(self, rows: Positions) -> Rows:
        """Return these rows alone."""
        return Rows(self.features[rows])

    def batch(self, rows: Positions, device: str = "cpu") -> Batch:
        """Put rows together."""
        if self.lengths is None:
            return Batch(torch.from_numpy(self.features[rows]).to(device), None)
        sequences = [torch.tensor(sequence) for sequence in self.features[rows]]
        lengths = torch.from_numpy(self.lengths[rows])
        return Batch(pad_sequence(sequences, batch_first=True).to(device), lengths.to(device))

    def batches(
        self, size: int, rng: np.random.Generator | None = None, *, rows: Positions | None = None
    ) -> list[Positions]:
        """Cut rows into batches, those of about the same length together.

        Parameters
        ----------
        size : int
            Rows of a batch. The last of a pool may have fewer; one row alone joins the batch before it, as
            there is no deviation over one row to normalise by.
        rng : numpy.random.Generator, optional
            Draws the order. Without it rows stay in order, except by length.
        rows : ndarray of int, optional
            Which rows; some may be there more than once. Without it all, once each.

        Returns
        -------
        list of ndarray of int
            Each of the rows in one of them. How many batches there are follows from the number of rows alone.

        Examples
        --------
        >>> Rows(np.zeros((9, 3))).batches(2, rows=np.array([1, 8, 8, 4]))
        [array([1, 8]), array([8, 4])]
        """
        order = np.arange(len(self)) if rows is None else rows
        if rng is not None:
            order = order[rng.permutation(len(order))]
        if self.lengths is None:
            return _cut(order, size)
        lengths = self.lengths
        pools = [order] if rng is None else _cut(order, POOL_BATCHES * size)
        by_length = [pool[np.argsort(lengths[pool], kind="stable")] for pool in pools]
        batches = [batch for pool in by_length for batch in _cut(pool, size)]
        return batches if rng is None else [batches[i] for i in rng.permutation(len(batches))]

    def apply(self, function: Callable[..., torch.Tensor], size: int, device: str = "cpu") -> torch.Tensor:
        """Return what a function makes of all rows, batch by batch, in the order of the rows.

        Parameters
        ----------
        function : callable
            Takes features and lengths of a `Batch`; returns a value for each of its rows.
        size : int
            Rows of a batch.
        device : str, default "cpu"
            Where the batches are put.

        Returns
        -------
        Tensor, shape (n, ...)

        Examples
        --------
        >>> rows = Rows([np.ones((4, 3)), np.ones((2, 3))])
        >>> rows.apply(lambda features, lengths: lengths, 1).tolist()
        [4, 2]
        """
        first, *others = self.batches(size)
        made = function(*self.batch(first, device))
        values = made.new_empty((len(self), *made.shape[1:]))
        values[first] = made
        for batch in others:
            values[batch] = function(*self.batch(batch, device))
        return values


def after_end(lengths: torch.Tensor, longest: int) -> torch.Tensor:
    """Tell what lies after the end of each clip, (N, longest).

    Examples
    --------
    >>> after_end(torch.tensor([1, 2]), 2).tolist()
    [[False, True], [False, False]]
    """
    return torch.arange(longest, device=lengths.device) >= lengths[:, None]


def _cut(order: Positions, size: int) -> list[Positions]:
    starts = list(range(0, len(order), size))
    if len(starts) > 1 and len(order) - starts[-1] == 1:
        starts.pop()
    return np.split(order, starts[1:])


def _as_float32(features: NDArray[Any] | Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return one array of all rows, or an array of objects, which numpy makes only when asked to."""
    if isinstance(features, np.ndarray) and features.dtype != object:
        return np.ascontiguousarray(features, dtype=np.float32)
    rows = np.empty(len(features), dtype=object)
    for position, sequence in enumerate(features):
        rows[position] = np.ascontiguousarray(sequence, dtype=np.float32)
    return rows
