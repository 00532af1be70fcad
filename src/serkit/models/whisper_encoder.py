"""Whisper's encoder, cut after any block, on clips of any length up to 30 s.

The published model fills every clip up to 30 s. Here a clip stays as long as it is: positions are those of
its own frames, and what fills a batch up is neither convolved nor attended to. On the same frames the states
equal the published ones.

References
----------
.. [1] Radford, A. et al. (2023). Robust speech recognition via large-scale weak supervision. ICML.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from serkit.errors import FeatureError
from serkit.models.batches import after_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serkit.models.low_rank import LowRank

# States of a clip, 10 s: of longer ones all likenesses would take too much memory.
_SHORT = 512


class EncoderShape(NamedTuple):
    """The size of an encoder, by the names of its ``config.json``.

    Attributes
    ----------
    num_mel_bins : int
        Values of a frame.
    d_model : int
        Values of a state.
    encoder_layers : int
        Blocks.
    encoder_attention_heads : int
        Attentions of a block.
    encoder_ffn_dim : int
        Units of a block's dense layer.
    max_source_positions : int
        Positions; one stands for two frames.
    """

    num_mel_bins: int = 80
    d_model: int = 512
    encoder_layers: int = 6
    encoder_attention_heads: int = 8
    encoder_ffn_dim: int = 2048
    max_source_positions: int = 1500


class SelfAttention(nn.Module):
    """Attention of every state to every state of its clip."""

    def __init__(self, units: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(units, units)
        self.k_proj = nn.Linear(units, units, bias=False)
        self.v_proj = nn.Linear(units, units)
        self.out_proj = nn.Linear(units, units)
        # Of all three projections, in adapted blocks:
        self.change: LowRank | None = None

    def forward(self, states: torch.Tensor, outside: torch.Tensor | None) -> torch.Tensor:
        """Return what each state takes from the others, (N, n_states, units)."""
        # One large product is faster than three.
        projections = (self.q_proj, self.k_proj, self.v_proj)
        weights = torch.cat([project.weight for project in projections])
        biases = torch.cat([self.q_proj.bias, torch.zeros_like(self.q_proj.bias), self.v_proj.bias])
        projected = functional.linear(states, weights, biases)
        if self.change is not None:
            projected = projected + self.change(states)
        query, key, value = map(self._apart, torch.split(projected, self.q_proj.out_features, dim=-1))
        heard = None if outside is None else ~outside[:, None, None, :]
        # The other way becomes twice as many nodes in a file.
        in_memory = torch.onnx.is_in_onnx_export() or (self.training and states.shape[1] <= _SHORT)
        attend = _attend if in_memory else functional.scaled_dot_product_attention
        heads = attend(query, key, value, heard).transpose(1, 2)
        # Shapes of what is reshaped itself are for onnxruntime no values to compute.
        taken: torch.Tensor = self.out_proj(
            heads.reshape(heads.shape[0], heads.shape[1], self.q_proj.out_features)
        )
        return taken

    def _apart(self, projected: torch.Tensor) -> torch.Tensor:
        """Return the part of each attention, (N, heads, n_states, units / heads)."""
        sizes = projected.shape[0], projected.shape[1], self.heads, self.q_proj.out_features // self.heads
        return projected.reshape(sizes).transpose(1, 2)


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, heard: torch.Tensor | None
) -> torch.Tensor:
    """Attend with all likenesses in memory: on a processor, its gradient takes a third of the time."""
    likeness = (query / math.sqrt(query.shape[-1])) @ key.transpose(-1, -2)
    if heard is not None:
        likeness = likeness.masked_fill(~heard, -math.inf)
    return likeness.softmax(dim=-1).to(value.dtype) @ value


class Block(nn.Module):
    """Attention and a dense layer, each of normalised states and added to them."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        units = shape.d_model
        self.self_attn = SelfAttention(units, shape.encoder_attention_heads)
        self.self_attn_layer_norm = nn.LayerNorm(units)
        self.fc1 = nn.Linear(units, shape.encoder_ffn_dim)
        self.fc2 = nn.Linear(shape.encoder_ffn_dim, units)
        self.final_layer_norm = nn.LayerNorm(units)

    def forward(self, states: torch.Tensor, outside: torch.Tensor | None) -> torch.Tensor:
        """Return the states, (N, n_states, units)."""
        states = states + self.self_attn(self.self_attn_layer_norm(states), outside)
        changed: torch.Tensor = self.fc2(functional.gelu(self.fc1(self.final_layer_norm(states))))
        return states + changed


class WhisperEncoder(nn.Module):
    """Two convolutions, positions, and blocks of self-attention.

    The names of the weights are those of the published models.

    Parameters
    ----------
    shape : EncoderShape
        Size.
    blocks : int, optional
        Blocks to keep; without it all.

    Examples
    --------
    >>> shape = EncoderShape(d_model=8, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=16)
    >>> states = WhisperEncoder(shape)(torch.zeros(1, 301, 80))
    >>> len(states), states[0].shape
    (3, torch.Size([1, 151, 8]))
    """

    def __init__(self, shape: EncoderShape, blocks: int | None = None) -> None:
        super().__init__()
        units, n_blocks = shape.d_model, shape.encoder_layers if blocks is None else blocks
        self.conv1 = nn.Conv1d(shape.num_mel_bins, units, 3, padding=1)
        self.conv2 = nn.Conv1d(units, units, 3, stride=2, padding=1)
        positions = sinusoids(shape.max_source_positions, units)
        self.embed_positions = nn.Embedding(*positions.shape)
        self.embed_positions.weight = nn.Parameter(positions, requires_grad=False)
        self.layers = nn.ModuleList(Block(shape) for _ in range(n_blocks))

    def forward(
        self, frames: torch.Tensor, lengths: torch.Tensor | None = None, *, last: int | None = None
    ) -> list[torch.Tensor]:
        """Return the states before the first block and after each.

        Parameters
        ----------
        frames : Tensor, shape (N, n_frames, num_mel_bins)
            Log-mel frames, clips padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.
        last : int, optional
            Number of the last state that is wanted; without it all are.

        Returns
        -------
        list of Tensor, each of shape (N, (n_frames + 1) // 2, d_model)
            What stands after the end of a clip has no meaning.

        Raises
        ------
        FeatureError
            If a clip is longer than the positions reach.
        """
        hidden, outside = frames, None
        if lengths is not None:
            outside = after_end(self.n_states(lengths), (frames.shape[1] + 1) // 2)
            silent = after_end(lengths, frames.shape[1]).unsqueeze(-1)
        for convolution in (self.conv1, self.conv2):
            if lengths is not None:
                hidden = hidden.masked_fill(silent, 0.0)
            hidden = functional.gelu(convolve(hidden, convolution))
        self._check_length(hidden.shape[1])
        entering = hidden + self.embed_positions.weight[: hidden.shape[1]]
        return self.go_on(entering, outside, last=last)

    def go_on(
        self, state: torch.Tensor, outside: torch.Tensor | None, *, first: int = 0, last: int | None = None
    ) -> list[torch.Tensor]:
        """Return a state, which is the one of number `first`, and those after it up to number `last`.

        Parameters
        ----------
        state : Tensor, shape (N, n_states, d_model)
            Clips, padded at their ends.
        outside : Tensor of bool, shape (N, n_states), optional
            What lies after the end of each clip; without it nothing does.
        first, last : int
            Numbers of states; without `last` all follow.
        """
        return states_after(islice(self.layers, first, last), state, outside)

    @property
    def n_values(self) -> int:
        """Values of a frame."""
        return self.conv1.in_channels

    @property
    def units(self) -> int:
        """Values of a state."""
        return self.conv2.out_channels

    def n_states(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return how many states clips of so many frames have."""
        return (lengths + 1) // 2

    def parts(self) -> list[nn.Module]:
        """Return what can be trained by itself, from the input on: the convolutions, then each block."""
        return [nn.ModuleList([self.conv1, self.conv2]), *self.layers]

    def _check_length(self, n_states: int) -> None:
        most = self.embed_positions.num_embeddings
        if n_states > most:
            raise FeatureError(
                f"a clip of {2 * n_states} frames: the encoder takes {2 * most}", hint="set audio.duration_s"
            )


def states_after(
    blocks: Iterable[nn.Module], state: torch.Tensor, outside: torch.Tensor | None
) -> list[torch.Tensor]:
    """Return a state and what leaves each of some blocks, one after the other."""
    states = [state]
    for block in blocks:
        states.append(block(states[-1], outside))
    return states


def convolve(frames: torch.Tensor, convolution: nn.Conv1d) -> torch.Tensor:
    """Convolve frames, (N, n_frames, n_rows), as one product with a matrix, which can be stored as integers.

    Examples
    --------
    >>> convolution = nn.Conv1d(2, 3, 3, stride=2, padding=1)
    >>> frames = torch.randn(1, 5, 2)
    >>> expected = convolution(frames.transpose(1, 2)).transpose(1, 2)
    >>> torch.allclose(convolve(frames, convolution), expected, atol=1e-6)
    True
    """
    (width,), (stride,) = convolution.kernel_size, convolution.stride
    padded = functional.pad(frames, (0, 0, width // 2, width // 2))
    ends = [first + 1 - width or None for first in range(width)]
    windows = torch.cat([padded[:, first:end:stride] for first, end in enumerate(ends)], dim=-1)
    weights = convolution.weight.transpose(1, 2).reshape(convolution.out_channels, -1)
    return functional.linear(windows, weights, convolution.bias)


def sinusoids(n_positions: int, units: int) -> torch.Tensor:
    """Return waves from 1 to 10,000 positions long, over 2 pi: sines, then cosines; (n_positions, units).

    Examples
    --------
    >>> sinusoids(2, 4)[0].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    rates = torch.exp(torch.arange(units // 2) * (-math.log(10_000) / (units // 2 - 1)))
    angles = torch.arange(n_positions)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
