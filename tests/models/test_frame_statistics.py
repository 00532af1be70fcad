"""Statistics of the frames themselves, beside NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.fft import dct

from serkit.models.frame_statistics import FrameStatistics

LENGTHS = (60, 41, 5)
FRAMES = torch.randn(3, 60, 80, generator=torch.Generator().manual_seed(0)) / 4


def expected(frames: np.ndarray) -> np.ndarray:
    values = np.hstack([frames, dct(frames, norm="ortho")[:, :30]])
    power = (10 ** (4 * frames)).sum(axis=1)
    parts = []
    for weights in (np.ones(len(frames)), np.exp(np.log10(power))):
        mean = np.average(values, axis=0, weights=weights)
        parts += [mean, np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))]
    for lag in (2, 8):
        changes = values[lag:] - values[:-lag]
        parts.append(np.sqrt((changes**2).mean(axis=0)) if len(changes) else np.full(110, 1e-3))
    return np.concatenate(parts)


def test_they_are_means_deviations_and_changes_of_values_and_cepstra() -> None:
    found = FrameStatistics(80).double()(FRAMES.double(), torch.tensor(LENGTHS)).numpy()
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(found[row], expected(FRAMES[row, :length].double().numpy()), atol=1e-6)


@pytest.mark.parametrize("row", range(3))
def test_what_lies_behind_a_clip_counts_for_nothing(row: int) -> None:
    statistics, length = FrameStatistics(80), LENGTHS[row]
    alone = statistics(FRAMES[row : row + 1, :length])
    batch = FRAMES.clone()
    batch[row, length:] = 1e6
    torch.testing.assert_close(statistics(batch, torch.tensor(LENGTHS))[row : row + 1], alone)


def test_gain_moves_means_alone() -> None:
    statistics = FrameStatistics(80)
    louder, clip = statistics(FRAMES + 0.25)[0], statistics(FRAMES)[0]
    moved = (louder - clip).abs() > 1e-4
    # The means of 80 values and of the first cepstrum, with each weighting: 110 means, 110 deviations.
    assert moved.nonzero().flatten().tolist() == [*range(81), *range(220, 301)]
