"""Copies of some blocks, adapted to emotion, that hear beside the encoder as it was published.

They hear every two states as one, which takes half the time and lets them overlook less of a clip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from serkit.models.low_rank import changed_block
from serkit.models.pooling import StatisticsPooling
from serkit.models.whisper_encoder import states_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.models.whisper_encoder import WhisperEncoder

# Of two states that lie after the end there is no mean; their sum, 0, is divided by this.
_LEAST = 0.5


class AdaptedBlocks(nn.Module):
    """Adapted blocks, and mean and deviation over a clip of what leaves them.

    Parameters
    ----------
    encoder : WhisperEncoder
        Has the published blocks, whose weights are shared.
    states : sequence of int
        Numbers of the states that are pooled. The first of them leaves the first adapted block.
    rank : int
        Of the changes of each matrix.

    Examples
    --------
    >>> from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder
    >>> shape = EncoderShape(d_model=8, encoder_layers=3, encoder_attention_heads=2, encoder_ffn_dim=16)
    >>> blocks = AdaptedBlocks(WhisperEncoder(shape), (2, 3), rank=2)
    >>> blocks.entering, blocks(torch.zeros(5, 20, 8)).shape
    (1, torch.Size([5, 32]))
    """

    def __init__(self, encoder: WhisperEncoder, states: Sequence[int], *, rank: int) -> None:
        super().__init__()
        self.entering = min(states) - 1
        self.pooled = [number - self.entering for number in states]
        published = encoder.layers[self.entering : max(states)]
        self.blocks = nn.ModuleList(changed_block(block, rank) for block in published)  # type: ignore[arg-type]
        self.pool = StatisticsPooling(encoder.units)
        self.n_values = 2 * encoder.units * len(states)  # for each way to pool

    def forward(
        self,
        states: torch.Tensor,
        outside: torch.Tensor | None = None,
        votes: Sequence[torch.Tensor | None] = (None,),
    ) -> torch.Tensor:
        """Return what is heard in clips, (N, n_values), once for each way to pool, end to end.

        Parameters
        ----------
        states : Tensor, shape (N, n_pairs, units)
            What enters the first of the blocks, from `in_pairs`.
        outside : Tensor of bool, shape (N, n_pairs), optional
            What lies after the end of each clip.
        votes : sequence of Tensor, shape (N, n_pairs, 1), or None, default (None,)
            Ways to pool: the softmax of votes weights pairs; without them all count alike.
        """
        heard = states_after(self.blocks, states, outside)
        return torch.cat(
            [self.pool(heard[number], outside, one) for one in votes for number in self.pooled], dim=1
        )


def in_pairs(states: torch.Tensor, outside: torch.Tensor | None = None) -> torch.Tensor:
    """Return the mean of each two states, (N, (n_states + 1) // 2, units); of an odd number the last alone.

    Parameters
    ----------
    states : Tensor, shape (N, n_states, units)
        Of clips.
    outside : Tensor of bool, shape (N, n_states), optional
        What lies after the end of each clip, and does not count.

    Examples
    --------
    >>> in_pairs(torch.tensor([[[1.0], [3.0], [5.0]]])).tolist()
    [[[2.0], [5.0]]]
    """
    inside = torch.ones_like(states[..., :1])
    if outside is not None:
        inside = (~outside).unsqueeze(-1).to(states.dtype)
    counts = _sums(inside).clamp(min=_LEAST)
    return _sums(states * inside) / counts


def _sums(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of each two; what is missing at the end counts as 0."""
    padded = functional.pad(values, (0, 0, 0, 1))
    n_pairs = (values.shape[1] + 1) // 2
    return padded[:, 0 : 2 * n_pairs : 2] + padded[:, 1 : 2 * n_pairs : 2]
