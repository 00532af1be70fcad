"""From the states of a clip to one vector.

References
----------
.. [1] Okabe, K., Koshinaka, T. & Shinoda, K. (2018). Attentive statistics pooling for deep speaker
   embedding. Interspeech.
"""

from __future__ import annotations

import math

import torch
from torch import nn

LEAST_VARIANCE = 1e-6


class StatisticsPooling(nn.Module):
    """Mean and standard deviation over the states of a clip, each state weighted by attention if wanted.

    Parameters
    ----------
    units : int
        Values of a state.
    attention : int, default 0
        Hidden units of the layer that weights states; 0 weights all alike.
    deviations : bool, default True
        Whether deviations are returned beside the means.

    Examples
    --------
    >>> StatisticsPooling(2)(torch.tensor([[[1.0, 5.0], [3.0, 5.0]]])).round(decimals=2).tolist()
    [[2.0, 5.0, 1.0, 0.0]]
    """

    def __init__(self, units: int, attention: int = 0, *, deviations: bool = True) -> None:
        super().__init__()
        self.deviations = deviations
        self.n_values = (1 + deviations) * units
        self.attend: nn.Module | None = None
        if attention:
            self.attend = nn.Sequential(nn.Linear(units, attention), nn.Tanh(), nn.Linear(attention, 1))

    def forward(
        self,
        states: torch.Tensor,
        outside: torch.Tensor | None = None,
        votes: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return means, then deviations, (N, n_values), of the states that are not `outside` of the clip.

        The weights of states are the softmax of `votes`, (N, n_states, 1), if these are given.
        """
        weights = self._weights(states, outside, votes)
        states = states.to(weights.dtype)
        # Products are faster than sums of weighted states, and in half precision they would lose digits.
        with torch.autocast(states.device.type, enabled=False):
            mean = weights @ states
            if not self.deviations:
                return mean.squeeze(1)
            variance = weights @ (states - mean).square()
        return torch.cat([mean, variance.clamp(min=LEAST_VARIANCE).sqrt()], dim=2).squeeze(1)

    def _weights(
        self, states: torch.Tensor, outside: torch.Tensor | None, votes: torch.Tensor | None
    ) -> torch.Tensor:
        """Return the weights of states, (N, 1, n_states)."""
        if votes is None:
            votes = torch.zeros_like(states[..., :1]) if self.attend is None else self.attend(states)
        if outside is not None:
            votes = votes.masked_fill(outside.unsqueeze(-1), -math.inf)
        return votes.flatten(1).softmax(dim=1).unsqueeze(1)
