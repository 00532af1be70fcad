"""A speech encoder that hears emotion: published blocks, a learned mix of their states, and a small head.

Emotion sits in the middle of speech encoders: later blocks tell words apart, and how they were said no
longer [1]_. So the encoder is cut after some blocks, and what each of them hears is weighted.

References
----------
.. [1] Pepino, L., Riera, P. & Ferrer, L. (2021). Emotion recognition from speech using wav2vec 2.0
   embeddings. Interspeech.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import torch
from torch import nn

from serkit.models.adapted_blocks import in_pairs
from serkit.models.batches import after_end
from serkit.models.frame_statistics import FrameStatistics
from serkit.models.loudness import loud_votes
from serkit.models.pooling import StatisticsPooling
from serkit.models.standardise import Standardise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.models.adapted_blocks import AdaptedBlocks
    from serkit.models.encoder_weights import Encoder
    from serkit.models.kernel_head import KernelHead, KernelHeads
    from serkit.models.neighbours import Neighbours
    from serkit.models.remembered import Remembered
    from serkit.models.remembered_states import RememberedStates
    from serkit.models.whisper_encoder import WhisperEncoder


Pooling = Literal["alike", "loud"]


class SpeechEncoder(nn.Module):
    """An encoder, means and deviations of its states over the clip, and a head.

    Parameters
    ----------
    encoder : WhisperEncoder or WaveEncoder
        With its weights.
    n_classes : int
        Number of scores.
    states : sequence of int, optional
        States to hear: 0 is what enters the first block, 1 what leaves it. Without them all.
    join : {"mix", "concatenate"}, default "mix"
        Whether states are averaged with learned shares, or pooled one by one and laid end to end.
    attention : int, default 0
        Hidden units of the attention that weights a clip's states; 0 weights all alike.
    deviations : bool, default True
        Whether the deviations of states are heard beside their means.
    hidden : int, default 0
        Units of a layer between pooling and scores; 0 for none.
    dropout : float, in [0, 1), default 0.0
        Share of the pooled values that a training step leaves out.
    poolings : sequence of {"alike", "loud"}, default ("alike",)
        How states are pooled, end to end: by attention or all alike, or loud ones before all.
    frames : bool, default False
        Whether statistics of the frames themselves are laid behind what is pooled.
    adapted : AdaptedBlocks, optional
        Adapted copies of some blocks, whose pooled values are laid behind all others. As long as they are
        trained, nothing else is heard, and their states are pooled as those of the encoder are first.
    memory : Remembered, optional
        What the pooled values of clips are remembered in, but for those of adapted blocks, where nothing
        that they come from is trained.

    Examples
    --------
    >>> from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder
    >>> shape = EncoderShape(d_model=8, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=16)
    >>> network = SpeechEncoder(WhisperEncoder(shape), 4).eval()
    >>> network(torch.zeros(2, 60, 80), torch.tensor([60, 41])).shape
    torch.Size([2, 4])
    """

    def __init__(  # noqa: PLR0913 - every choice has a name
        self,
        encoder: Encoder,
        n_classes: int,
        *,
        states: Sequence[int] | None = None,
        join: Literal["mix", "concatenate"] = "mix",
        attention: int = 0,
        deviations: bool = True,
        hidden: int = 0,
        dropout: float = 0.0,
        poolings: Sequence[Pooling] = ("alike",),
        frames: bool = False,
        adapted: AdaptedBlocks | None = None,
        memory: Remembered | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.adapted = adapted
        self.adapting = adapted is not None
        self.memory = memory
        self.attention = attention
        self.deviations = deviations
        self.mix: nn.Parameter | None = None
        self.pools = nn.ModuleList()
        self.statistics: FrameStatistics | None = None
        self.hear(states, poolings, frames=frames)
        if join == "mix":
            self.mix = nn.Parameter(torch.zeros(len(self.states)))
            self.pools = self.pools[:1]
        # Landmarks take the place of this head once there is something to compare with.
        self.head: Head | KernelHead | KernelHeads = Head(
            sum(self.sizes), n_classes, hidden=hidden, dropout=dropout
        )
        # Only while blocks are trained:
        self.neighbours: Neighbours | None = None
        self.below: RememberedStates | None = None

    def hear(
        self,
        states: Sequence[int] | None,
        poolings: Sequence[Pooling] = ("alike",),
        *,
        frames: bool = False,
        adapted: Sequence[Pooling] = (),
    ) -> None:
        """Hear these states from now on, each pooled by itself; without them all. Frames, too, or not.

        States of adapted blocks are pooled as `adapted` says; unless it does, as the others are first.
        """
        self.states = tuple(range(len(self.encoder.layers) + 1) if states is None else states)
        self.pools = nn.ModuleList(
            StatisticsPooling(self.encoder.units, self.attention, deviations=self.deviations)
            for _ in self.states
        )
        self.poolings = tuple(poolings)
        self.adapted_poolings = tuple(adapted) or self.poolings[:1]
        device = next(self.encoder.parameters()).device
        self.statistics = FrameStatistics(self.encoder.n_values).to(device) if frames else None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of pooled values of states, and of all else that is heard, in its order."""
        of_adapted = (self.adapted.n_values,) * len(self.adapted_poolings) if self.adapted else ()
        if self.adapting:
            return of_adapted
        of_states = self._n_of_states
        of_frames = (self.statistics.n_values,) if self.statistics else ()
        return (*(of_states for _ in self.poolings), *of_frames, *of_adapted)

    @property
    def _n_of_states(self) -> int:
        return sum(cast("int", pool.n_values) for pool in self.pools)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the scores, (N, n_classes).

        Parameters
        ----------
        frames : Tensor, shape (N, n_frames, n_mels)
            Log-mel frames, clips padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.
        """
        scores: torch.Tensor = self.head(self.embed(frames, lengths))
        return scores

    def with_heard(
        self, frames: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores, and with them what `hear_states` returns."""
        values = self.embed(frames, lengths)
        return self.head(values), values[:, : self._n_of_states]

    def hear_states(self, frames: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return what is pooled of the states of published blocks, whatever else is heard."""
        return self._published(frames, lengths)[:, : self._n_of_states]

    def embed(self, frames: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return what is heard in each clip, (N, sum(sizes))."""
        if torch.onnx.is_in_onnx_export() and self.adapted is not None:  # computes each state once
            states = self.encoder(frames, lengths, last=max(self.states))
            pairs = in_pairs(states[self.adapted.entering])
            adapted = self.adapted(pairs, None, self._votes_of_pairs(frames, lengths))
            return torch.cat([self._pool(states, frames, lengths), adapted], dim=1)
        heard = [] if self.adapting else [self._published(frames, lengths)]
        if self.adapted is not None:
            pairs, outside = self._entering(frames, lengths)
            heard.append(self.adapted(pairs, outside, self._votes_of_pairs(frames, lengths)))
        return torch.cat(heard, dim=1)

    def _published(self, frames: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        """Return what is heard, but for what adapted copies of blocks hear."""
        if self.memory is None or torch.onnx.is_in_onnx_export():
            return self._embed(frames, lengths)
        return self.memory(self._embed, frames, lengths)

    def _embed(self, frames: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        last = max(self.states)
        if self.below is None or self.adapted is not None:
            return self._pool(self.encoder(frames, lengths, last=last), frames, lengths)
        first, encoder = self.below.number, cast("WhisperEncoder", self.encoder)
        states = encoder.go_on(*self.below(frames, lengths), first=first, last=last)
        return self._pool(dict(enumerate(states, start=first)), frames, lengths)

    def _entering(
        self, frames: torch.Tensor, lengths: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return what enters adapted blocks, and what lies after the end of each clip."""
        if self.below is not None:
            return self.below(frames, lengths)
        states = self.encoder(frames, lengths, last=cast("AdaptedBlocks", self.adapted).entering)[-1]
        if lengths is None:
            return in_pairs(states), None
        outside = after_end(self.encoder.n_states(lengths), states.shape[1])
        return in_pairs(states, outside), outside[:, ::2]

    def _votes_of_pairs(
        self, frames: torch.Tensor, lengths: torch.Tensor | None
    ) -> list[torch.Tensor | None]:
        """Return what weights the states of adapted blocks, for each way to pool them."""
        loud = loud_votes(frames, lengths, each=4) if "loud" in self.adapted_poolings else None
        return [loud if pooling == "loud" else None for pooling in self.adapted_poolings]

    def _pool(
        self,
        states: Sequence[torch.Tensor] | dict[int, torch.Tensor],
        frames: torch.Tensor,
        lengths: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return what is pooled of states, and statistics of frames, end to end."""
        heard = [states[number] for number in self.states]
        if self.mix is not None:
            shares = self.mix.softmax(dim=0)
            heard = [torch.stack([share * one for share, one in zip(shares, heard, strict=True)]).sum(dim=0)]
        outside = None if lengths is None else after_end(self.encoder.n_states(lengths), heard[0].shape[1])
        pooled = []
        for pooling in self.poolings:
            votes = loud_votes(frames, lengths) if pooling == "loud" else None
            pooled += [pool(one, outside, votes) for pool, one in zip(self.pools, heard, strict=True)]
        if self.statistics is not None:
            pooled.append(self.statistics(frames, lengths))
        return torch.cat(pooled, dim=1)


class Head(nn.Module):
    """Pooled values, standardised as the training rows have them, and a layer or two to the scores.

    Encoders' values differ in scale a thousandfold.
    """

    def __init__(self, n_values: int, n_classes: int, *, hidden: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.standardise = Standardise(np.zeros(n_values, np.float32), np.ones(n_values, np.float32))
        layers: list[nn.Module] = [nn.Dropout(dropout)]
        if hidden:
            layers += [nn.Linear(n_values, hidden), nn.GELU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.scores = nn.Linear(hidden or n_values, n_classes)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return the scores, (N, n_classes)."""
        scores: torch.Tensor = self.scores(self.layers(self.standardise(pooled)))
        return scores
