"""A head that compares: how near a clip comes to each of some training clips makes its scores.

A comparison can say what one weight for each value cannot: that a value means one thing in one voice or room,
and another thing in another. The weights are those of kernel ridge regression over all training clips,
written with some of these clips as landmarks (Nyström's method) [1]_. Nothing is found by small steps: one
system of equations has one answer.

References
----------
.. [1] Rudi, A., Camoriano, R. & Rosasco, L. (2015). Less is more: Nyström computational regularization.
   NeurIPS.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import nn

from serkit.models.coarse import coarse, random_turn
from serkit.models.degraded_scores import DegradedScores
from serkit.models.principal_axes import principal_axes
from serkit.models.ridge import ridge, sum_up, tell_degraded
from serkit.models.standardise import Standardise
from serkit.models.steady_axes import steady_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from serkit.models.labelled import Labelled, Positions

# Of the longest direction among landmarks: shorter ones are rounding alone.
_LEAST = 1e-7


class KernelHead(nn.Module):
    """Pooled values, standardised, on their principal axes, compared with landmarks by a Gaussian.

    Parameters
    ----------
    n_values, n_classes : int
        Pooled values of a clip, and scores.
    axes : int
        Principal axes of the training clips in which clips are compared.
    landmarks : int
        Training clips to compare with; all of them, where there are fewer.
    gated : bool, default False
        Whether clips that sound degraded are scored by weights of their own.

    Examples
    --------
    >>> KernelHead(6, 3, axes=2, landmarks=4)(torch.zeros(5, 6)).shape
    torch.Size([5, 3])
    """

    def __init__(
        self, n_values: int, n_classes: int, *, axes: int, landmarks: int, gated: bool = False
    ) -> None:
        super().__init__()
        self.standardise = Standardise(np.zeros(n_values, np.float32), np.ones(n_values, np.float32))
        self.axes = nn.Parameter(torch.zeros(n_values, axes))
        self.landmarks = nn.Parameter(torch.zeros(axes, landmarks))
        self.offsets = nn.Parameter(torch.zeros(landmarks))
        self.degraded = DegradedScores(landmarks) if gated else None
        self.scores = nn.Linear(landmarks * (1 + gated), n_classes)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return the scores, (N, n_classes)."""
        near = self.near(pooled)
        scores: torch.Tensor = self.scores(self.degraded(near) if self.degraded else near)
        return scores

    def near(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return how near clips are to each landmark, (N, landmarks)."""
        return self.likeness(self.place(pooled))

    def place(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return where clips lie on the axes, (N, axes)."""
        standardised: torch.Tensor = self.standardise(pooled)
        return standardised @ self.axes

    def likeness(self, placed: torch.Tensor) -> torch.Tensor:
        """Return how near clips are to each landmark, (N, landmarks), 1 at the landmark itself.

        exp(-|x - y|² / 2) as exp(xy - y²/2 - x²/2), so that a product with landmarks is all it takes.
        """
        lengths = placed.square().sum(dim=1, keepdim=True)
        return torch.exp(placed @ self.landmarks + self.offsets - lengths / 2)


class KernelHeads(nn.Module):
    """Comparisons of different parts of the pooled values, whose scores are added up.

    One last layer makes the scores from how near a clip is to the landmarks of all parts.

    Parameters
    ----------
    heads : sequence of KernelHead
        One for each part, fitted by itself. They lose their layer of scores.
    shares : sequence of float
        How much the scores of each part count. A landmark is as near to itself as the root of its share, so
        that products of what enters the last layer count the parts by the same shares.
    degraded_shares : sequence of float, optional
        How much they count for clips that sound degraded, in all as much as the others; of heads that are
        gated. How degraded a clip sounds is said by all heads together, by their first shares.

    Examples
    --------
    >>> heads = [KernelHead(size, 3, axes=2, landmarks=4) for size in (6, 5)]
    >>> KernelHeads(heads, shares=(1.0, 0.2))(torch.zeros(5, 11)).shape
    torch.Size([5, 3])
    """

    @torch.no_grad()
    def __init__(
        self,
        heads: Sequence[KernelHead],
        *,
        shares: Sequence[float],
        degraded_shares: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.parts = nn.ModuleList(heads)
        self.sizes = [len(head.axes) for head in heads]
        for head, share in zip(heads, shares, strict=True):
            head.offsets.add_(math.log(share) / 2)
        roots = [math.sqrt(share) for share in shares]
        self.degraded: DegradedScores | None = None
        if degraded_shares is None:
            self.scores = _layer([root * head.scores.weight for head, root in zip(heads, roots, strict=True)])
        else:
            whole, first, change = sum(shares), [], []
            for head, root, share in zip(heads, roots, degraded_shares, strict=True):
                well, differs = head.scores.weight.chunk(2, dim=1)
                degraded = whole * share / sum(degraded_shares) / root * (well + differs)
                first.append(root * well)
                change.append(degraded - root * well)
            self.scores = _layer([*first, *change])
            gates = [cast("DegradedScores", head.degraded).sounds.weight for head in heads]
            self.degraded = DegradedScores(self.scores.in_features // 2)
            self.degraded.sounds = _layer(
                [root / whole * gate for gate, root in zip(gates, roots, strict=True)]
            )
        for head in heads:
            del head.scores, head.degraded

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return the scores, (N, n_classes)."""
        parts = zip(self.parts, torch.split(pooled, self.sizes, dim=1), strict=True)
        near = [cast("KernelHead", head).near(part) for head, part in parts]
        joined = torch.cat(near, dim=1)
        scores: torch.Tensor = self.scores(self.degraded(joined) if self.degraded else joined)
        return scores


def _layer(parts: Sequence[torch.Tensor]) -> nn.Linear:
    """Return a layer on what enters several, of their weights end to end."""
    weights = torch.cat(list(parts), dim=1)
    layer = nn.Linear(weights.shape[1], weights.shape[0], device=weights.device)
    layer.weight.copy_(weights)
    layer.bias.zero_()
    return layer


@torch.no_grad()
def fit_kernel_head(  # noqa: PLR0913 - every choice has a name
    head: KernelHead,
    pooled: torch.Tensor,
    train: Labelled,
    *,
    penalty: float,
    width: float,
    seed: int,
    rounded: bool = False,
    steady: float = 0.0,
    rest: float = 1.0,
) -> None:
    """Fit axes, landmarks and scores to training clips; `head.standardise` is fitted already.

    Axes and landmarks are those of the originals; on steady axes copies lie near these.

    Parameters
    ----------
    head : KernelHead
        Changed in place.
    pooled : Tensor, shape (n, n_values)
        Pooled values of the training clips.
    train : Labelled
        The clips.
    penalty : float
        How much the squared norm of the scores, as functions, counts beside the sum of squared errors.
    width : float
        Of the Gaussian: its variance over the mean squared length of a clip's place.
    seed : int
        Of the draw of landmarks.
    rounded : bool, default False
        Whether axes and landmarks are rounded before the scores are fitted, see `serkit.models.coarse`.
    steady : float, default 0.0
        How much an altered copy counts beside its original where axes are looked for on which both lie alike,
        see `serkit.models.steady_axes`.
    rest : float, default 1.0
        In a head that is gated, how much clips that are not degraded count beside those that are, in the
        scores of clips that sound degraded.
    """
    n_axes, n_landmarks = head.landmarks.shape
    originals = train.originals
    turn = principal_axes(head.standardise(pooled[originals]).cpu().numpy(), n_axes, seed=seed)
    if steady:
        turn = steady_axes(turn, head.standardise(pooled).cpu().numpy(), train, steady)
    if rounded:
        turn = turn @ random_turn(n_axes, seed=seed)
    axes = torch.from_numpy(turn / np.float32(np.sqrt(width * n_axes)))
    head.axes.copy_(coarse(axes) if rounded else axes)
    placed = head.place(pooled)
    corpora = np.zeros(len(placed), dtype=str) if train.corpora is None else train.corpora
    marks = placed[originals[_draw_landmarks(corpora[originals], n_landmarks, seed)]].T.contiguous()
    head.landmarks.data = coarse(marks) if rounded else marks
    head.offsets.data = -head.landmarks.square().sum(dim=0) / 2
    whiten = _whitening(head.likeness(head.landmarks.T).double()).float()
    degraded = np.zeros(len(placed), dtype=bool)
    if head.degraded and train.degraded is not None:
        degraded = train.degraded
    targets = train.targets(slice(None), str(pooled.device))
    sums = sum_up(head.likeness(placed) @ whiten, targets, torch.from_numpy(degraded))
    scores = ridge(sums, penalty)
    if head.degraded:
        scores = torch.cat([scores, ridge(sums, penalty, rest=rest) - scores])
        head.degraded.sounds.weight.data = _on_likeness(whiten, tell_degraded(sums, penalty))
        head.degraded.sounds.bias.zero_()
    head.scores.weight.data = _on_likeness(whiten, scores)
    head.scores.bias.zero_()


def _on_likeness(whiten: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return weights of whitened values as a layer on likeness, which may be there several times over."""
    turned = [whiten.double() @ part for part in torch.split(weights, whiten.shape[1])]
    return torch.cat(turned).T.float().contiguous()


def _draw_landmarks(corpora: NDArray[np.str_], n_landmarks: int, seed: int) -> Positions:
    """Draw as many clips of each corpus as there are, or as it has: a small corpus is soon drawn whole."""
    rng = np.random.default_rng(seed)
    names, counts = np.unique(corpora, return_counts=True)
    drawn: list[Positions] = []
    for left, place in zip(range(len(names), 0, -1), counts.argsort(kind="stable"), strict=True):
        share = (n_landmarks - sum(map(len, drawn))) // left
        rows = rng.permutation(np.flatnonzero(corpora == names[place]))
        drawn.append(rows[:share])
    return np.sort(np.concatenate(drawn))


def _whitening(likeness: torch.Tensor) -> torch.Tensor:
    """Return what turns likeness to landmarks into values whose products are the likeness of clips."""
    lengths, turn = torch.linalg.eigh(likeness)
    kept = lengths > _LEAST * lengths[-1]
    whiten: torch.Tensor = turn[:, kept] / lengths[kept].sqrt()
    return whiten
