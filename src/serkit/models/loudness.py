"""How loud the frames of a clip are, and which of them stand out: what a voice says, and not its room.

Among other voices, in noise and in rooms, what is quiet in a clip is not its speaker. Means and deviations
over its loud states keep what is said of the speaker there.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from serkit.models.batches import after_end

# From a Whisper log-mel value, a quarter of the decades of power, to the natural logarithm of power.
_PER_VALUE = 4 * math.log(10)
# 15 dB below the loudest state a state counts half, and a tenth of that for each 8 dB further down.
_HALF, _SLOPE = 1.5 * math.log(10), 3 / math.log(10)


def log_power(frames: torch.Tensor) -> torch.Tensor:
    """Return the natural logarithm of the power of log-mel frames, (N, n_frames, 1)."""
    return torch.logsumexp(_PER_VALUE * frames, dim=2, keepdim=True)


def loud_votes(frames: torch.Tensor, lengths: torch.Tensor | None, *, each: int = 2) -> torch.Tensor:
    """Return votes whose softmax over time weights loud states, (N, n_states, 1).

    Parameters
    ----------
    frames : Tensor, shape (N, n_frames, n_mels)
        Log-mel frames as Whisper takes them.
    lengths : Tensor of int, shape (N,), optional
        Frames of each clip; without them all are as long as the longest.
    each : int, default 2
        Frames that make a state, which is as loud as the loudest of them.

    Examples
    --------
    >>> frames = torch.tensor([0.0, 0.0, 0.0, 0.0, -0.375, -0.375]).reshape(1, 6, 1)  # 15 dB less
    >>> loud_votes(frames, None).exp().flatten()
    tensor([0.9890, 0.9890, 0.5000])
    """
    power = log_power(frames)
    if lengths is not None:
        outside = after_end(lengths, frames.shape[1]).unsqueeze(-1)
        power = power.masked_fill(outside, torch.finfo(power.dtype).min)
    states = functional.max_pool1d(power.transpose(1, 2), each, ceil_mode=True).transpose(1, 2)
    below = states - states.amax(dim=1, keepdim=True)
    return functional.logsigmoid(_SLOPE * (below + _HALF))
