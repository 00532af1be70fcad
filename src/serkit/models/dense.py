"""Dense networks over a vector."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence


def dense(
    n_features: int,
    n_classes: int,
    *,
    widths: Sequence[int],
    dropout: Sequence[float],
    batch_norm: bool,
) -> nn.Sequential:
    """Stack dense layers with ReLU, and one of scores upon them.

    Parameters
    ----------
    n_features, n_classes : int
        Length of the vector and of the scores.
    widths : sequence of int
        Units of each hidden layer.
    dropout : sequence of float, in [0, 1)
        Share of the units of each hidden layer that a training step leaves out.
    batch_norm : bool
        Whether each hidden layer normalises over the batch before its ReLU.

    Returns
    -------
    torch.nn.Sequential
        (N, n_features) to (N, n_classes).

    Examples
    --------
    >>> dense(4, 3, widths=[8], dropout=[0.5], batch_norm=False)
    Sequential(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): ReLU()
      (2): Dropout(p=0.5, inplace=False)
      (3): Linear(in_features=8, out_features=3, bias=True)
    )
    """
    layers: list[nn.Module] = []
    for (n_inputs, n_units), share in zip(pairwise([n_features, *widths]), dropout, strict=True):
        layers.append(nn.Linear(n_inputs, n_units))
        if batch_norm:
            layers.append(nn.BatchNorm1d(n_units))
        layers.append(nn.ReLU())
        if share:
            layers.append(nn.Dropout(share))
    return nn.Sequential(*layers, nn.Linear(widths[-1], n_classes))
