"""How much states count by how loud they are."""

from __future__ import annotations

import pytest
import torch

from serkit.models.loudness import log_power, loud_votes


def frames_of(*decibels: float) -> torch.Tensor:
    """Frames of one value each, by their level, as Whisper takes them: a quarter of the decades of power."""
    return torch.tensor(decibels).reshape(1, -1, 1) / 40


def test_power_is_that_of_all_values_together() -> None:
    frames = torch.tensor([[[0.0, 0.0, 0.25], [1.0, -9.0, -9.0]]])
    torch.testing.assert_close(log_power(frames).exp().flatten(), torch.tensor([12.0, 10_000.0]))


@pytest.mark.parametrize("each", [1, 2, 4])
def test_a_state_is_as_loud_as_its_loudest_frame(each: int) -> None:
    quiet = [-80.0] * (each - 1)
    votes = loud_votes(frames_of(0, *quiet, *quiet, -15, -23, *quiet), None, each=each)
    torch.testing.assert_close(votes.exp().flatten(), torch.tensor([0.99, 0.5, 0.083]), atol=2e-3, rtol=0)


def test_gain_does_not_count() -> None:
    frames = frames_of(-20, -3, -50, -12)
    torch.testing.assert_close(loud_votes(frames + 0.7, None), loud_votes(frames, None))


def test_what_lies_after_the_end_is_neither_loud_nor_heard() -> None:
    alone = loud_votes(frames_of(-20, -3, -50), None)
    padded = loud_votes(frames_of(-20, -3, -50, 30, 30, 30), torch.tensor([3]))
    torch.testing.assert_close(padded[:, :2], alone)
    assert padded[0, 2] < -80
