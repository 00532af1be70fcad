"""Compare rows with training rows of other speakers, while an encoder is tuned.

A row is scored by how near it comes to the rows of each class, those of its own speaker left out: what helps
is what the speakers of an emotion have in common, and a voice that is learned by heart helps nothing. This is
neighbourhood components analysis [1]_, with places of rows that are remembered from when they were last
computed [2]_.

References
----------
.. [1] Goldberger, J., Roweis, S., Hinton, G. & Salakhutdinov, R. (2004). Neighbourhood components analysis.
   NeurIPS.
.. [2] Wu, Z., Efros, A. A. & Yu, S. X. (2018). Improving generalization via scalable neighborhood component
   analysis. ECCV.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from serkit.models.emotion_sets import OUTSIDE
from serkit.models.principal_axes import principal_axes

if TYPE_CHECKING:
    from serkit.models.labelled import Labelled, Positions

_AXES = 256
# Of the squared distance, where training rows lie 1 from their centre on average; learned from there.
_SHARPNESS = 12.0
_NOT_REMEMBERED = -1


class Neighbours(nn.Module):
    """Scores of training rows by their likeness to those of other speakers.

    Only originals are compared with, so that no altered copy stands for its speaker a second time.

    Parameters
    ----------
    values : Tensor, shape (n_originals, n_values)
        Standardised values of the training rows but altered copies, before tuning.
    train : Labelled
        All training rows; those without a speaker are compared with all others.
    seed : int
        Of the principal axes on which rows are compared.

    Examples
    --------
    >>> from serkit.models.batches import Rows
    >>> from serkit.models.labelled import Labelled
    >>> values, speakers = torch.eye(4), np.array(["ann", "ann", "bob", "bob"])
    >>> train = Labelled(Rows(values.numpy()), np.array([0, 1, 0, 1]), 2, speakers=speakers)
    >>> Neighbours(values, train, seed=0)(values[:1], np.array([0])).shape
    torch.Size([1, 2])
    """

    axes: torch.Tensor
    places: torch.Tensor
    classes: torch.Tensor
    speakers: torch.Tensor
    others: torch.Tensor
    weights: torch.Tensor
    remembered: torch.Tensor

    def __init__(self, values: torch.Tensor, train: Labelled, *, seed: int) -> None:
        super().__init__()
        originals = train.originals
        n_axes = min(_AXES, *values.shape)
        turn = principal_axes(values.cpu().numpy(), n_axes, seed=seed) / math.sqrt(n_axes)
        numbers = np.arange(len(train.truth))
        speakers = numbers if train.speakers is None else np.unique(train.speakers, return_inverse=True)[1]
        remembered = np.full(len(numbers), _NOT_REMEMBERED)
        remembered[originals] = np.arange(len(originals))
        weights = np.ones(len(numbers)) if train.weights is None else train.weights
        self.n_classes = train.n_classes
        self.sharpness = nn.Parameter(torch.tensor(math.log(_SHARPNESS)))
        facts = {
            "axes": turn.astype(np.float32),
            "classes": train.truth[originals],
            "speakers": speakers,
            "others": speakers[originals],
            "weights": np.log(weights[originals]).astype(np.float32),
            "remembered": remembered,
        }
        for name, array in facts.items():
            self.register_buffer(name, torch.from_numpy(array).to(values.device))
        self.register_buffer("places", values @ self.axes)

    def forward(self, values: torch.Tensor, rows: Positions) -> torch.Tensor:
        """Return the scores of training rows, (N, n_classes), and remember where they lie.

        Parameters
        ----------
        values : Tensor, shape (N, n_values)
            Their standardised values, now.
        rows : ndarray of int, shape (N,)
            Which they are.
        """
        placed = values @ self.axes
        numbers = torch.from_numpy(rows).to(values.device)
        self._remember(placed.detach(), self.remembered[numbers])
        lengths, known = (one.square().sum(dim=1) for one in (placed, self.places))
        distances = lengths[:, None] + known - 2 * placed @ self.places.T
        likeness = self.weights - self.sharpness.exp() * distances
        likeness = likeness.masked_fill(self.speakers[numbers][:, None] == self.others, OUTSIDE)
        each = [
            likeness.masked_fill(self.classes != one, OUTSIDE).logsumexp(dim=1)
            for one in range(self.n_classes)
        ]
        scores = torch.stack(each, dim=1)
        # What no other speaker shows can neither be near nor far.
        middling = likeness.logsumexp(dim=1, keepdim=True) - math.log(self.n_classes)
        return torch.where(scores > OUTSIDE / 2, scores, middling)

    def _remember(self, placed: torch.Tensor, positions: torch.Tensor) -> None:
        known = positions != _NOT_REMEMBERED
        self.places[positions[known]] = placed[known].to(self.places.dtype)
