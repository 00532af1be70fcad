"""What a frozen encoder makes of a clip, computed once: every fold and calibration hears the same clips."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


class Remembered:
    """A function of one clip, such as a frozen encoder, that is computed once for each clip.

    Clips are computed one by one, so that the result does not depend on the batch that a clip stood in.

    Examples
    --------
    >>> remembered, calls = Remembered(), []
    >>> def total(frames):
    ...     calls.append(frames.shape)
    ...     return frames.sum(dim=1)
    >>> batch = torch.tensor([[[1.0], [2.0]], [[5.0], [0.0]]])
    >>> remembered(total, batch, torch.tensor([2, 1])).tolist()
    [[3.0], [5.0]]
    >>> remembered(total, batch[1:], torch.tensor([1])).tolist(), len(calls)
    ([[5.0]], 2)
    """

    def __init__(self) -> None:
        self._known: dict[bytes, torch.Tensor] = {}

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __call__(
        self,
        function: Callable[[torch.Tensor], torch.Tensor],
        frames: torch.Tensor,
        lengths: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return what the function makes of each clip.

        Parameters
        ----------
        function : callable
            From frames, (1, n_frames, n_values), to values, (1, n).
        frames : Tensor, shape (N, n_frames, n_values)
            Clips, padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.

        Returns
        -------
        Tensor, shape (N, n)
        """
        ends = [frames.shape[1]] * len(frames) if lengths is None else lengths.tolist()
        clips = [clip[:end] for clip, end in zip(frames, ends, strict=True)]
        return torch.stack([self._value(function, clip) for clip in clips])

    def _value(self, function: Callable[[torch.Tensor], torch.Tensor], clip: torch.Tensor) -> torch.Tensor:
        key = hashlib.blake2b(clip.cpu().contiguous().numpy().tobytes(), digest_size=16).digest()
        if key not in self._known:
            with torch.no_grad():
                self._known[key] = function(clip[None])[0]
        return self._known[key]


@lru_cache(maxsize=1)
def remembered(*_identity: object) -> Remembered:
    """Return what is remembered of the encoder of this identity; another one takes its place."""
    return Remembered()
