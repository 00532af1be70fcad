"""Recurrent networks over sequences."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

Cell = Literal["lstm", "gru"]
_CELLS: dict[str, type[nn.LSTM | nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


class LastState(nn.Module):
    """Recurrent layers, and the state in which the last of them ends, in each of its directions.

    Parameters
    ----------
    cell : {"lstm", "gru"}
        Kind of layer.
    n_rows : int
        Values of a frame.
    units : int
        Of each layer, in each direction.
    layers : int
        How many.
    bidirectional : bool
        Whether each layer also reads the sequence backwards.
    dropout : float, in [0, 1)
        Share of the values between two layers that a training step leaves out.
    """

    def __init__(  # noqa: PLR0913 - every choice has a name
        self, cell: Cell, n_rows: int, *, units: int, layers: int, bidirectional: bool, dropout: float = 0.0
    ) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0  # torch warns of dropout that is between nothing
        self.layers = _CELLS[cell](
            n_rows, units, layers, batch_first=True, bidirectional=bidirectional, dropout=between
        )

    def forward(self, features: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the last states, (N, directions x units), of (N, n_frames, n_rows).

        Parameters
        ----------
        features : Tensor, shape (N, n_frames, n_rows)
            Sequences, padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each; without them all are as long as the longest.
        """
        sequences: torch.Tensor | PackedSequence = features
        if lengths is not None:
            sequences = pack_padded_sequence(features, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, state = self.layers(sequences)
        hidden = state[0] if isinstance(state, tuple) else state
        directions = 2 if self.layers.bidirectional else 1
        return torch.cat(list(hidden[-directions:]), dim=1)


class RecurrentNetwork(nn.Module):
    """Recurrent layers with dense layers upon their last state.

    Parameters
    ----------
    layers : LastState
        The recurrent layers.
    head : torch.nn.Module
        From the last state to scores.

    Examples
    --------
    >>> bidirectional("gru", 8, 6, units=4, layers=1, dropout=0.0)(torch.zeros(2, 106, 8)).shape
    torch.Size([2, 6])
    """

    def __init__(self, layers: LastState, head: nn.Module) -> None:
        super().__init__()
        self.layers = layers
        self.head = head

    def forward(self, features: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the scores, (N, n_classes), of (N, n_frames, n_rows)."""
        scores: torch.Tensor = self.head(self.layers(features, lengths))
        return scores


class AsSteps(nn.Module):
    """Make a sequence of a vector, one value a step: (N, n) to (N, n, 1)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the sequence."""
        return features.unsqueeze(-1)


def bidirectional(  # noqa: PLR0913 - every choice has a name
    cell: Cell, n_rows: int, n_classes: int, *, units: int, layers: int, dropout: float
) -> RecurrentNetwork:
    """Build recurrent layers in both directions and a dense layer of scores.

    Parameters
    ----------
    cell : {"lstm", "gru"}
        Kind of layer.
    n_rows, n_classes : int
        Values of a frame, and number of scores.
    units, layers : int
        Units of each layer in each direction, and how many layers.
    dropout : float, in [0, 1)
        Share of the values between two layers, and before the scores, that a training step leaves out.

    Returns
    -------
    RecurrentNetwork
        (N, n_frames, n_rows) to (N, n_classes).
    """
    states = LastState(cell, n_rows, units=units, layers=layers, bidirectional=True, dropout=dropout)
    return RecurrentNetwork(states, nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * units, n_classes)))


def functionals_lstm(n_classes: int) -> nn.Sequential:
    """Build two LSTM of 128 units over a vector, one value a step, and two dense layers.

    Torch gives an LSTM two offsets that are always added, Keras one; the second one stays 0 here.

    Parameters
    ----------
    n_classes : int
        Number of scores.

    Returns
    -------
    torch.nn.Sequential
        (N, n_features) to (N, n_classes); 202,536 parameters for 8 classes, as Keras counts.
    """
    states = LastState("lstm", 1, units=128, layers=2, bidirectional=False)
    for name, offset in states.layers.named_parameters():
        if name.startswith("bias_hh"):
            nn.init.zeros_(offset.requires_grad_(False))
    head = nn.Sequential(nn.Linear(128, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, n_classes))
    return nn.Sequential(AsSteps(), RecurrentNetwork(states, head))
