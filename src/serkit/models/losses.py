"""The loss of a network: cross-entropy, among the classes that a row may be."""

from __future__ import annotations

from typing import NamedTuple

import torch

from serkit.models.emotion_sets import OUTSIDE


class Targets(NamedTuple):
    """What is to be learned from some rows.

    Attributes
    ----------
    shares : Tensor, shape (n, n_classes)
        Probability of each class; 1 for the class of a row, unless rows are mixed.
    allowed : Tensor of bool, shape (n, n_classes), optional
        Classes that each row may be; without it all.
    weights : Tensor, shape (n,), optional
        How much each row counts.
    """

    shares: torch.Tensor
    allowed: torch.Tensor | None = None
    weights: torch.Tensor | None = None

    @property
    def truth(self) -> torch.Tensor:
        """Class of each row."""
        return self.shares.argmax(dim=1)

    def among(self, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores, those of classes that a row may not be out of reach."""
        return scores if self.allowed is None else scores.masked_fill(~self.allowed, OUTSIDE)


def cross_entropy(scores: torch.Tensor, targets: Targets, *, smoothing: float = 0.0) -> torch.Tensor:
    """Return the mean cross-entropy of some rows.

    Parameters
    ----------
    scores : Tensor, shape (n, n_classes)
        Scores.
    targets : Targets
        What they should be.
    smoothing : float, in [0, 1), default 0.0
        Share of each target that is spread evenly over the classes that the row may be.

    Examples
    --------
    >>> targets = Targets(torch.tensor([[1.0, 0.0, 0.0]]), allowed=torch.tensor([[True, True, False]]))
    >>> round(cross_entropy(torch.tensor([[0.0, 0.0, 9.0]]), targets).item(), 3)
    0.693
    """
    shares, allowed, weights = targets
    if smoothing:
        even = torch.ones_like(shares) if allowed is None else allowed.float()
        shares = torch.lerp(shares, even / even.sum(dim=1, keepdim=True), smoothing)
    losses = -(shares * targets.among(scores).log_softmax(dim=1)).sum(dim=1)
    return losses.mean() if weights is None else (losses * weights).sum() / weights.sum()
