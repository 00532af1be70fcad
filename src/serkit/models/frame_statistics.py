"""What the frames of a clip tell without an encoder: how loud, bright and lively a clip is.

An encoder was taught to hear words, and leaves out of its states what they do not need. The frames still hold
it: means and deviations over the clip, of loud frames before all, and how fast the values change.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from serkit.features.filterbanks import dct_matrix
from serkit.models.batches import after_end
from serkit.models.loudness import log_power
from serkit.models.pooling import LEAST_VARIANCE, StatisticsPooling

N_CEPSTRA = 30
# Of the power of a frame, in its weight: all frames alike, and a factor of e for each 10 dB.
_EXPONENTS = (0.0, 1 / math.log(10))
# Over how many frames changes are measured: 20 and 80 ms.
_LAGS = (2, 8)


class FrameStatistics(nn.Module):
    """Statistics of log-mel frames and their cepstra over a clip.

    They are mean and deviation, once with all frames alike and once with louder ones counting more, then the
    root mean square of changes over 20 and 80 ms; each of all values and of their first 30 cepstra.

    Parameters
    ----------
    n_mels : int
        Values of a frame, log-mel as Whisper takes them.

    Examples
    --------
    >>> statistics = FrameStatistics(80)
    >>> statistics(torch.zeros(3, 50, 80)).shape, statistics.n_values
    (torch.Size([3, 660]), 660)
    """

    cepstra: torch.Tensor

    def __init__(self, n_mels: int) -> None:
        super().__init__()
        turn = torch.tensor(dct_matrix(min(N_CEPSTRA, n_mels), n_mels))
        self.register_buffer("cepstra", turn.T.contiguous(), persistent=False)
        self.pool = StatisticsPooling(sum(turn.shape))
        self.n_values = (2 * len(_EXPONENTS) + len(_LAGS)) * sum(turn.shape)

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the statistics, (N, n_values).

        Parameters
        ----------
        frames : Tensor, shape (N, n_frames, n_mels)
            Clips, padded at their ends.
        lengths : Tensor of int, shape (N,), optional
            Frames of each clip; without them all are as long as the longest.
        """
        outside = None if lengths is None else after_end(lengths, frames.shape[1])
        with torch.autocast(frames.device.type, enabled=False):  # cepstra are differences of large numbers
            values = torch.cat([frames, frames @ self.cepstra], dim=2)
        power = log_power(frames)
        pooled = [self.pool(values, outside, votes=exponent * power) for exponent in _EXPONENTS]
        return torch.cat([*pooled, *(_change(values, outside, lag) for lag in _LAGS)], dim=1)


def _change(values: torch.Tensor, outside: torch.Tensor | None, lag: int) -> torch.Tensor:
    """Return the root mean square of what values change by over so many frames, next to 0 in a short clip."""
    squares = (values[:, lag:] - values[:, :-lag]).square()
    within = torch.ones_like(squares[..., :1])
    if outside is not None:
        within = within.masked_fill(outside[:, lag:].unsqueeze(-1), 0.0)
    mean = (within * squares).sum(dim=1) / within.sum(dim=1).clamp(min=1.0)
    return mean.clamp(min=LEAST_VARIANCE).sqrt()
