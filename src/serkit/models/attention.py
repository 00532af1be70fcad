"""Self-attention over sequences.

References
----------
.. [1] Vaswani, A. et al. (2017). Attention is all you need. NeurIPS.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from serkit.models.batches import after_end


class AttentionLayer(nn.Module):
    """Attention of every frame to every frame, and two dense layers, each added to its input and normalised.

    `torch.nn.TransformerEncoderLayer` computes the same, but its ONNX form takes one number of frames only.

    Parameters
    ----------
    units : int
        Values of a frame, a multiple of `heads`.
    heads : int
        Attentions side by side.
    dropout : float, in [0, 1)
        Share of the values that a training step leaves out.
    """

    def __init__(self, units: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(units, 3 * units)
        self.join = nn.Linear(units, units)
        self.dense = nn.Sequential(
            nn.Linear(units, 2 * units), nn.ReLU(), nn.Dropout(dropout), nn.Linear(2 * units, units)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(units) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, frames: torch.Tensor, padding: torch.Tensor | None = None) -> torch.Tensor:
        """Return the frames, (N, n_frames, units), none of which attends to where `padding` is true."""
        first, second = self.norms
        frames = first(frames + self.dropout(self._attention(frames, padding)))
        changed: torch.Tensor = second(frames + self.dropout(self.dense(frames)))
        return changed

    def _attention(self, frames: torch.Tensor, padding: torch.Tensor | None) -> torch.Tensor:
        n, n_frames, units = frames.shape
        parts = self.project(frames).reshape(n, n_frames, 3, self.heads, units // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        likeness = query @ key.transpose(-1, -2) / math.sqrt(units // self.heads)
        if padding is not None:
            likeness = likeness.masked_fill(padding[:, None, None, :], -math.inf)
        mixed = self.dropout(likeness.softmax(dim=-1)) @ value
        joined: torch.Tensor = self.join(mixed.transpose(1, 2).reshape(n, n_frames, units))
        return joined


class AttentionEncoder(nn.Module):
    """Encoder of self-attention layers, the mean of its frames, and a dense layer of scores.

    Parameters
    ----------
    n_rows, n_classes : int
        Values of a frame, and number of scores.
    units : int, even
        Values that a frame is projected to.
    heads, layers : int
        Attentions of a layer, and how many layers.
    dropout : float, in [0, 1)
        Share of the values of a layer that a training step leaves out.

    Examples
    --------
    >>> AttentionEncoder(8, 6, units=16, heads=2, layers=1, dropout=0.1)(torch.zeros(2, 106, 8)).shape
    torch.Size([2, 6])
    """

    def __init__(  # noqa: PLR0913 - every choice has a name
        self, n_rows: int, n_classes: int, *, units: int, heads: int, layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.project = nn.Linear(n_rows, units)
        self.layers = nn.ModuleList(AttentionLayer(units, heads, dropout) for _ in range(layers))
        self.head = nn.Linear(units, n_classes)

    def forward(self, features: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the scores, (N, n_classes).

        Parameters
        ----------
        features : Tensor, shape (N, n_frames, n_rows)
            Sequences, padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each; without them all are as long as the longest.
        """
        frames = self.project(features)
        frames = frames + positions(frames.shape[1], frames.shape[2]).to(frames)
        padding = None if lengths is None else after_end(lengths, frames.shape[1])
        for layer in self.layers:
            frames = layer(frames, padding)
        scores: torch.Tensor = self.head(_mean(frames, padding))
        return scores


def positions(n_frames: int, units: int) -> torch.Tensor:
    """Return waves of many lengths, (n_frames, units), that tell frames apart: sines, then cosines.

    Examples
    --------
    >>> positions(2, 4)[0].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    rates = torch.exp(torch.arange(0, units, 2) * (-math.log(10_000.0) / units))
    angles = torch.arange(n_frames)[:, None] * rates
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)


def _mean(frames: torch.Tensor, padding: torch.Tensor | None) -> torch.Tensor:
    if padding is None:
        return frames.mean(dim=1)
    heard = (~padding).unsqueeze(-1).to(frames)
    return (frames * heard).sum(dim=1) / heard.sum(dim=1)
