"""Blocks that share the weights of published ones and change what these make, through a few values [1]_.

A block of Whisper base has three million weights. A change of rank 32 has a twelfth of that, in training and
in a file.

References
----------
.. [1] Hu, E. J. et al. (2022). LoRA: low-rank adaptation of large language models. ICLR.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    import torch

    from serkit.models.whisper_encoder import Block


class LowRank(nn.Module):
    """A change of what a linear layer makes: down to a few values and up again; none before training.

    Parameters
    ----------
    n_values, n_results : int
        Of the layer.
    rank : int
        Values in between.

    Examples
    --------
    >>> import torch
    >>> LowRank(8, 4, 2)(torch.ones(8)).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, n_values: int, n_results: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Linear(n_values, rank, bias=False)
        self.up = nn.Linear(rank, n_results)
        nn.init.normal_(self.down.weight, std=n_values**-0.5)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return the change, (..., n_results)."""
        change: torch.Tensor = self.up(self.down(values))
        return change


class Changed(nn.Module):
    """A linear layer, and a change of what it makes."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer
        self.change = LowRank(layer.in_features, layer.out_features, rank)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return what both make, (..., n_results)."""
        results: torch.Tensor = self.layer(values) + self.change(values)
        return results


def changed_block(block: Block, rank: int) -> Block:
    """Return a block of the same weights, with changes and normalisation of its own, which alone are trained.

    Parameters
    ----------
    block : Block
        Its matrices are shared, and no longer trained; else it is left as it is.
    rank : int
        Of the changes.

    Examples
    --------
    >>> from serkit.models.whisper_encoder import Block, EncoderShape
    >>> block = Block(EncoderShape(d_model=8, encoder_attention_heads=2, encoder_ffn_dim=16))
    >>> changed = changed_block(block, 2)
    >>> changed.fc1.layer.weight is block.fc1.weight
    True
    """
    layers = [layer for layer in block.modules() if isinstance(layer, nn.Linear)]
    shared = {id(weights): weights for layer in layers for weights in layer.parameters()}
    changed = copy.deepcopy(block, shared)
    attention, units = changed.self_attn, block.fc1.in_features
    attention.change = LowRank(units, 3 * units, rank)
    attention.out_proj = Changed(attention.out_proj, rank)  # type: ignore[assignment]
    changed.fc1, changed.fc2 = Changed(changed.fc1, rank), Changed(changed.fc2, rank)  # type: ignore[assignment]
    for name, weights in changed.named_parameters():
        weights.requires_grad_("norm" in name or "change" in name)
    return changed
