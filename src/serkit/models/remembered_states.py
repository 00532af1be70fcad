"""What enters the first block that is trained, of each clip, computed once for all epochs and folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.utils.rnn import pad_sequence

from serkit.models.batches import after_end
from serkit.models.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class RememberedStates:
    """Sequences of states of clips, in half precision: a second of speech takes 50 kB with Whisper base.

    Parameters
    ----------
    number : int
        Number of the state: the blocks below it are frozen.
    units : int
        Values of a state.
    hear : callable
        From frames of one clip, (1, n_frames, n_values), to its states, (1, n_states, units).
    *identity : object
        All that the states depend on but the clip, in a form that `repr` tells apart.

    Examples
    --------
    >>> halved = RememberedStates(0, 2, lambda frames: frames[:, ::2], "every other frame")
    >>> states, outside = halved(torch.zeros(2, 5, 2), torch.tensor([5, 2]))
    >>> states.shape, outside.tolist()
    (torch.Size([2, 3, 2]), [[False, False, False], [False, True, True]])
    """

    def __init__(
        self, number: int, units: int, hear: Callable[[torch.Tensor], torch.Tensor], *identity: object
    ) -> None:
        self.number = number
        self._units, self._hear = units, hear
        self._memory = remembered(number, *identity, precision="float16")

    def keep_in(self, folder: Path) -> None:
        """Know from now on what a folder holds of these states, and keep there what is computed."""
        self._memory.keep_in(folder)

    def __call__(
        self, frames: torch.Tensor, lengths: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the states, (N, longest, units), and what lies after the end of each clip, (N, longest).

        Parameters
        ----------
        frames : Tensor, shape (N, n_frames, n_values)
            Clips, padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.
        """
        each = [values.view(-1, self._units) for values in self._memory.each(self._hear, frames, lengths)]
        states = pad_sequence(each, batch_first=True).to(frames.device)
        ends = torch.tensor([len(one) for one in each], device=frames.device)
        return states, after_end(ends, states.shape[1])
