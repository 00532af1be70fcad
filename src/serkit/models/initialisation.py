"""First weights of a network, and how many there are.

References
----------
.. [1] Glorot, X. & Bengio, Y. (2010). Understanding the difficulty of training deep feedforward neural
   networks. AISTATS.
.. [2] He, K., Zhang, X., Ren, S. & Sun, J. (2015). Delving deep into rectifiers. ICCV.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

RUNNING = ("running_mean", "running_var")


def initialise(network: nn.Module, how: Literal["torch", "keras", "he"]) -> None:
    """Draw the weights anew, from torch's generator.

    Parameters
    ----------
    network : torch.nn.Module
        Network whose weights are drawn in place.
    how : {"torch", "keras", "he"}
        "torch" leaves them. "keras": Glorot's uniform, orthogonal from state to state, offsets 0, but 1 of
        the forget gate. "he": He's uniform for all that has two axes or more, the rest as torch has it.

    Examples
    --------
    >>> layer = nn.Linear(3, 3)
    >>> initialise(layer, "keras")
    >>> layer.bias.tolist()
    [0.0, 0.0, 0.0]
    """
    if how == "he":
        for weights in network.parameters():
            if weights.ndim >= 2:
                nn.init.kaiming_uniform_(weights)
    if how == "keras":
        for layer in network.modules():
            _as_keras(layer)


def _as_keras(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.LSTM):
        _lstm_as_keras(layer)


def _lstm_as_keras(layer: nn.LSTM) -> None:
    """Draw each kind of weight as Keras does: it counts the four gates as one matrix."""
    for name, weights in layer.named_parameters():
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(weights)
        elif name.startswith("weight_hh"):
            nn.init.orthogonal_(weights)
        else:
            nn.init.zeros_(weights)
        if name.startswith("bias_ih"):  # gates in the order input, forget, cell, output
            with torch.no_grad():
                weights[layer.hidden_size : 2 * layer.hidden_size] = 1.0


def count_parameters(network: nn.Module, *, running: bool = False) -> int:
    """Count what training changes.

    Parameters
    ----------
    network : torch.nn.Module
        Network.
    running : bool, default False
        Count the running mean and variance of batch normalisation, too, as Keras does.

    Returns
    -------
    int

    Examples
    --------
    >>> count_parameters(nn.BatchNorm1d(10)), count_parameters(nn.BatchNorm1d(10), running=True)
    (20, 40)
    """
    counted: list[torch.Tensor] = [weights for weights in network.parameters() if weights.requires_grad]
    if running:
        counted += [values for name, values in network.named_buffers() if name.endswith(RUNNING)]
    return sum(weights.numel() for weights in counted)
