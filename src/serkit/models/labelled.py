"""Rows of features with what is to be learned from each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch
from torch.nn import functional

from serkit.models.losses import Targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.models.batches import Rows

    Positions = NDArray[np.intp]

Kind = TypeVar("Kind", bound=np.generic)


class Labelled(NamedTuple):
    """Rows and the class of each.

    Attributes
    ----------
    rows : Rows
        Features.
    truth : ndarray of int, shape (n,)
        Position of each row's class.
    n_classes : int
        Classes that there are.
    allowed : ndarray of bool, shape (n, n_classes), optional
        Classes that each row may be; without it all.
    weights : ndarray of float32, shape (n,), optional
        How much each row counts.
    corpora : ndarray of str, shape (n,), optional
        Corpus of each row; without it all are of one.
    shares : ndarray of float32, shape (n, n_classes), optional
        How much of each class a row teaches, where that is not its class alone.
    altered : ndarray of bool, shape (n,), optional
        Which rows are altered copies of others.
    parents : ndarray of int, shape (n,), optional
        Number of the recording that each row is, or is an altered copy of.
    degraded : ndarray of bool, shape (n,), optional
        Which altered copies may sound worse than their originals; without it none.
    speakers : ndarray of str, shape (n,), optional
        Speaker of each row, told apart from those of other corpora.
    """

    rows: Rows
    truth: NDArray[np.intp]
    n_classes: int
    allowed: NDArray[np.bool_] | None = None
    weights: NDArray[np.float32] | None = None
    corpora: NDArray[np.str_] | None = None
    shares: NDArray[np.float32] | None = None
    altered: NDArray[np.bool_] | None = None
    parents: Positions | None = None
    degraded: NDArray[np.bool_] | None = None
    speakers: NDArray[np.str_] | None = None

    @property
    def originals(self) -> Positions:
        """Positions of the rows that are no altered copies; all rows, where there are only copies."""
        rows = np.arange(len(self.truth))
        return rows if self.altered is None or self.altered.all() else rows[~self.altered]

    @property
    def pairs(self) -> tuple[Positions, Positions]:
        """Positions of the altered copies whose originals are there, too, and of these."""
        if self.altered is None or self.parents is None:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
        originals, copies = (np.flatnonzero(kind) for kind in (~self.altered, self.altered))
        place = np.full(self.parents.max() + 1, -1)
        place[self.parents[originals]] = originals
        found = place[self.parents[copies]]
        return copies[found >= 0], found[found >= 0]

    def take(self, rows: Positions) -> Labelled:
        """Return these rows alone."""
        return self._replace(
            rows=self.rows.take(rows),
            truth=self.truth[rows],
            allowed=_taken(self.allowed, rows),
            weights=_taken(self.weights, rows),
            corpora=_taken(self.corpora, rows),
            shares=_taken(self.shares, rows),
            altered=_taken(self.altered, rows),
            parents=_taken(self.parents, rows),
            degraded=_taken(self.degraded, rows),
            speakers=_taken(self.speakers, rows),
        )

    def targets(self, rows: Positions | slice, device: str = "cpu") -> Targets:
        """Return what is to be learned from these rows."""
        truth = torch.from_numpy(self.truth[rows]).to(device)
        shares, allowed, weights = (
            None if part is None else torch.from_numpy(part[rows]).to(device)
            for part in (self.shares, self.allowed, self.weights)
        )
        if shares is None:
            shares = functional.one_hot(truth, self.n_classes).float()
        return Targets(shares, allowed, weights)

    @property
    def arrays(self) -> list[NDArray[np.generic]]:
        """Everything that a training follows from."""
        known = (
            self.allowed,
            self.weights,
            self.corpora,
            self.shares,
            self.altered,
            self.parents,
            self.degraded,
            self.speakers,
        )
        return [values for values in (self.rows.features, self.truth, *known) if values is not None]


def _taken(values: NDArray[Kind] | None, rows: Positions) -> NDArray[Kind] | None:
    return None if values is None else values[rows]
