"""What the blocks below those that are tuned make of a clip, computed once for all epochs and folds."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import torch
from torch.nn.utils.rnn import pad_sequence

from serkit.models.batches import after_end
from serkit.models.remembered import clip_key

if TYPE_CHECKING:
    from serkit.models.whisper_encoder import WhisperEncoder


class RememberedStates:
    """States of clips that no training changes, in memory, as precise as products are computed.

    A second of speech takes 50 kB in half precision with Whisper base.

    Parameters
    ----------
    number : int
        Number of the state: the blocks below it are frozen.
    *identity : object
        All that the state depends on but the clip, in a form that `repr` tells apart.

    Examples
    --------
    >>> from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder
    >>> shape = EncoderShape(d_model=8, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=16)
    >>> encoder, frames, lengths = WhisperEncoder(shape), torch.zeros(2, 60, 80), torch.tensor([60, 41])
    >>> states = RememberedStates(1)(encoder, frames, lengths, last=2)
    >>> sorted(states), states[1].shape
    ([1, 2], torch.Size([2, 30, 8]))
    """

    def __init__(self, number: int, *identity: object) -> None:
        self.number = number
        self._identity = repr((number, *identity)).encode()
        self._known: dict[bytes, torch.Tensor] = {}

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        # Another process computes anew: what is known is large.
        return {**self.__dict__, "_known": {}}

    def __call__(
        self,
        encoder: WhisperEncoder,
        frames: torch.Tensor,
        lengths: torch.Tensor | None,
        *,
        last: int | None = None,
    ) -> dict[int, torch.Tensor]:
        """Return the remembered state and those after it, by their numbers.

        Parameters
        ----------
        encoder : WhisperEncoder
            Computes what is not remembered.
        frames : Tensor, shape (N, n_frames, n_values)
            Clips, padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.
        last : int, optional
            Number of the last state that is wanted; without it all are.
        """
        if lengths is None:
            lengths = torch.full((len(frames),), frames.shape[1], device=frames.device)
        clips = [clip[:end] for clip, end in zip(frames, lengths.tolist(), strict=True)]
        keys = [clip_key(self._identity, clip) for clip in clips]
        for key, clip in zip(keys, clips, strict=True):
            if key not in self._known:
                self._known[key] = _compute(encoder, clip, self.number)
        known = pad_sequence([self._known[key] for key in keys], batch_first=True).to(frames.device).float()
        outside = after_end(encoder.n_states(lengths), known.shape[1])
        states = encoder.go_on(known, outside, first=self.number, last=last)
        return dict(enumerate(states, start=self.number))


@torch.no_grad()
def _compute(encoder: WhisperEncoder, clip: torch.Tensor, number: int) -> torch.Tensor:
    """Return a state of one clip, (n_states, units): in a batch its last bits would depend on the others."""
    kind = clip.device.type
    precise = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.float32
    state: torch.Tensor = encoder(clip[None], last=number)[-1][0]
    return state.to(precise).cpu()


@lru_cache(maxsize=1)
def remembered_states(number: int, *identity: object) -> RememberedStates:
    """Return what is remembered of this state; another one takes its place."""
    return RememberedStates(number, *identity)
