"""Scores of their own for clips that sound degraded: what enters the last layer enters it once more there.

In a quiet room one thing tells most of an emotion; in noise, among other voices and on a telephone it is
another, and what serves there costs points in the quiet. So there is a second answer for clips that sound
degraded, and how much they do moves from one to the other, as a gate does between two experts [1]_. The
last layer stays one linear layer: its first half answers for every clip, its second half says by how much
degraded ones differ.

References
----------
.. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J. & Hinton, G. E. (1991). Adaptive mixtures of local experts.
   Neural Computation 3.
"""

from __future__ import annotations

import torch
from torch import nn

# From a regression to 1 for degraded clips and -1 for others to the logarithm of the odds that count.
_SHARPNESS = 12.0


class DegradedScores(nn.Module):
    """Values, and behind them the same values times how degraded their clip sounds, 0 to 1.

    Parameters
    ----------
    n_values : int
        Values that enter.

    Examples
    --------
    >>> DegradedScores(4)(torch.ones(2, 4)).shape
    torch.Size([2, 8])
    """

    def __init__(self, n_values: int) -> None:
        super().__init__()
        self.sounds = nn.Linear(n_values, 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return twice as many values, (N, 2 * n_values)."""
        return torch.cat([values, self.share(values) * values], dim=1)

    def share(self, values: torch.Tensor) -> torch.Tensor:
        """Return how degraded clips sound, (N, 1)."""
        return torch.sigmoid(_SHARPNESS * self.sounds(values))
