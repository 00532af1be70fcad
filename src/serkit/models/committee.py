"""A committee: small networks side by side that learn alone and decide together."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Committee(nn.Module):
    """Networks of one hidden layer each, over the same vector.

    Members differ by their first weights and by the units that dropout leaves them; each is trained on its
    own loss, so that none leans on another. What they say together is the mean of their scores, which errs
    less than any of them [1]_. Their layers lie side by side in one: a committee computes as fast as one
    network of its size.

    Parameters
    ----------
    n_features, n_classes : int
        Length of the vector and of the scores.
    members : int
        Networks.
    units : int
        Hidden units of each.
    dropout : float, in [0, 1)
        Share of the hidden units that a training step leaves out.

    References
    ----------
    .. [1] Lakshminarayanan, B., Pritzel, A. & Blundell, C. (2017). Simple and scalable predictive uncertainty
       estimation using deep ensembles. NeurIPS.

    Examples
    --------
    >>> committee = Committee(5, 3, members=4, units=8, dropout=0.5)
    >>> committee(torch.zeros(2, 5)).shape, committee.eval()(torch.zeros(2, 5)).shape
    (torch.Size([2, 3, 4]), torch.Size([2, 3]))
    """

    def __init__(self, n_features: int, n_classes: int, *, members: int, units: int, dropout: float) -> None:
        super().__init__()
        self.shape = members, n_classes
        self.hidden = nn.Linear(n_features, members * units)
        self.dropout = nn.Dropout(dropout)
        # A convolution over nothing, in groups: the scores of a member come from its own units alone.
        self.heads = nn.Conv1d(members * units, members * n_classes, 1, groups=members)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the scores: in training those of each member, (N, n_classes, members), else their mean."""
        active = self.dropout(functional.relu(self.hidden(features)))
        of_members: torch.Tensor = self.heads(active.unsqueeze(2))
        scores = of_members.reshape(-1, *self.shape).transpose(1, 2)
        return scores if self.training else scores.mean(dim=2)
