"""What frozen blocks make of a clip, computed once: every fold and calibration hears the same clips."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import torch

from serkit.models.stored_values import StoredValues

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serkit.models.stored_values import Vector

# Raised whenever an encoder makes other values of the same clip than before.
EMBEDDINGS_VERSION = 1


class Remembered:
    """A function of one clip, such as a frozen encoder, that is computed once for each clip.

    Clips are computed one by one, so that the result does not depend on the batch that a clip stood in. What
    is computed within `torch.autocast`, as in trainings in bfloat16, is remembered apart from all else.

    Parameters
    ----------
    *identity : object
        All that the result depends on but the clip, in a form that `repr` tells apart.
    precision : {"float32", "float16"}, default "float32"
        What values are remembered in.

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

    def __init__(self, *identity: object, precision: str = "float32") -> None:
        self._identity = repr((EMBEDDINGS_VERSION, *identity)).encode()
        self._precision = precision
        self._folder: Path | None = None
        self._known: dict[bytes, Vector] | StoredValues = {}

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        # Another process computes anew: what is known is large.
        return {**self.__dict__, "_folder": None, "_known": {}}

    def keep_in(self, folder: Path) -> None:
        """Know from now on what a folder holds for this identity, and keep there what is computed."""
        if folder != self._folder:
            self._folder, self._known = folder, StoredValues(folder, self._precision)

    def __call__(
        self,
        function: Callable[[torch.Tensor], torch.Tensor],
        frames: torch.Tensor,
        lengths: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return what the function makes of each clip, of as many values for each.

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
        Tensor of float32, shape (N, n)
        """
        return torch.stack(self.each(function, frames, lengths)).to(frames.device)

    def each(
        self,
        function: Callable[[torch.Tensor], torch.Tensor],
        frames: torch.Tensor,
        lengths: torch.Tensor | None,
    ) -> list[torch.Tensor]:
        """Return what the function makes of each clip, values of any number, float32, on the CPU."""
        ends = [frames.shape[1]] * len(frames) if lengths is None else lengths.tolist()
        clips = [clip[:end] for clip, end in zip(frames, ends, strict=True)]
        autocast = torch.is_autocast_enabled(frames.device.type)
        identity = self._identity + b"autocast" if autocast else self._identity
        computed: dict[bytes, Vector] = {}
        values = []
        for clip in clips:
            key = clip_key(identity, clip)
            value = self._known.get(key)
            if value is None:
                value = computed[key] = self._value(function, clip)
            values.append(torch.from_numpy(value).float())
        self._known.update(computed)
        return values

    @torch.no_grad()
    def _value(self, function: Callable[[torch.Tensor], torch.Tensor], clip: torch.Tensor) -> Vector:
        value: Vector = function(clip[None])[0].flatten().float().cpu().numpy()
        return value.astype(self._precision)


def clip_key(identity: bytes, clip: torch.Tensor) -> bytes:
    """Return the key of a clip and of what is made of it."""
    digest = hashlib.blake2b(identity, digest_size=16)
    digest.update(clip.cpu().contiguous().numpy().tobytes())
    return digest.digest()


@lru_cache(maxsize=2)
def remembered(*identity: object, precision: str = "float32") -> Remembered:
    """Return what is remembered under this identity; a third one takes its place."""
    return Remembered(*identity, precision=precision)
