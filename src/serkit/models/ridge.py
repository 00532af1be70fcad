"""Ridge regression of classes, each from the clips that may be of it.

Clips are summed up in groups: those that may be of the same classes and sound equally well. Then other
weights of the groups cost no second look at the clips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from serkit.models.losses import Targets


class Sums(NamedTuple):
    """Weighted sums over groups of clips.

    Attributes
    ----------
    normals : Tensor, shape (n_groups, n_values, n_values)
        Of the products of values with values.
    moments : Tensor, shape (n_groups, n_values, n_classes)
        Of the products of values with what is wanted.
    totals : Tensor, shape (n_groups, n_values)
        Of the values.
    weights : Tensor of float64, shape (n_groups,)
        Of the weights, which are 1 in the mean of all clips.
    allowed : Tensor of bool, shape (n_groups, n_classes)
        Classes that the clips of a group may be.
    degraded : Tensor of bool, shape (n_groups,)
        Which groups are of clips that may sound degraded.
    """

    normals: torch.Tensor
    moments: torch.Tensor
    totals: torch.Tensor
    weights: torch.Tensor
    allowed: torch.Tensor
    degraded: torch.Tensor

    def counts(self, rest: float) -> torch.Tensor:
        """Return what groups count, where those that are not degraded count `rest` beside those that are."""
        counts = torch.where(self.degraded, 1.0, rest).double()
        return counts * self.weights.sum() / (counts * self.weights).sum()


def sum_up(values: torch.Tensor, targets: Targets, degraded: torch.Tensor) -> Sums:
    """Sum up clips in groups.

    Parameters
    ----------
    values : Tensor, shape (n, n_values)
        Values of the clips.
    targets : Targets
        What they teach.
    degraded : Tensor of bool, shape (n,)
        Which of them may sound degraded.
    """
    shares = targets.shares
    allowed = torch.ones_like(shares, dtype=torch.bool) if targets.allowed is None else targets.allowed
    # A clip should score 1 where it is right, and where it is not, so little that its classes sum up to 0.
    wanted = shares - (1 - shares) / (allowed.sum(dim=1, keepdim=True) - 1)
    weights = torch.ones(len(values)) if targets.weights is None else targets.weights
    weights = weights / weights.mean()
    kinds, group = torch.unique(torch.cat([allowed, degraded[:, None]], dim=1), dim=0, return_inverse=True)
    parts = []
    for number in range(len(kinds)):
        clips = group == number
        weighted = (values[clips] * weights[clips, None]).T
        products = (weighted @ values[clips], weighted @ wanted[clips])
        parts.append((*products, weighted.sum(dim=1), weights[clips].sum().double()))
    normals, moments, totals, counted = map(torch.stack, zip(*parts, strict=True))
    return Sums(normals, moments, totals, counted, kinds[:, :-1], kinds[:, -1])


def ridge(sums: Sums, penalty: float, *, rest: float = 1.0) -> torch.Tensor:
    """Return the weights of values for each class, (n_values, n_classes), float64.

    Parameters
    ----------
    sums : Sums
        Of the clips.
    penalty : float
        How much the squares of the weights count beside the sum of squared errors.
    rest : float, default 1.0
        How much clips that are not degraded count beside those that are.
    """
    counts = sums.counts(rest)
    found = torch.zeros(sums.moments.shape[1:], dtype=torch.float64)
    for groups in torch.unique(sums.allowed, dim=1).T:  # classes of the same clips share their equations
        classes = (sums.allowed == groups[:, None]).all(dim=0)
        wanted = _weighted(sums.moments[..., classes], counts, groups)
        found[:, classes] = _solve(_weighted(sums.normals, counts, groups), wanted, penalty)
    return found


def tell_degraded(sums: Sums, penalty: float) -> torch.Tensor:
    """Return the weights of values that tell degraded clips, 1, from others, -1, (n_values, 1)."""
    every = torch.ones_like(sums.degraded)
    signs = torch.where(sums.degraded, 1.0, -1.0).double()
    wanted = _weighted(sums.totals[..., None], signs, every)
    return _solve(_weighted(sums.normals, torch.ones_like(signs), every), wanted, penalty)


def _weighted(sums: torch.Tensor, counts: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Return the sum over some groups, one group at a time: they are large."""
    total = torch.zeros(sums.shape[1:], dtype=torch.float64)
    for number in groups.nonzero().flatten():
        total += counts[number] * sums[number].double()
    return total


def _solve(normal: torch.Tensor, wanted: torch.Tensor, penalty: float) -> torch.Tensor:
    found: torch.Tensor = torch.linalg.solve(normal + penalty * torch.eye(len(normal)), wanted)
    return found
