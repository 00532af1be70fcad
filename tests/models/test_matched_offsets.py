"""Offsets with which emotions are as frequent as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serkit.models.calibration import softmax
from serkit.models.matched_offsets import match_offsets


@given(st.integers(0, 1000), st.integers(2, 6))
def test_without_a_penalty_probabilities_are_the_shares(seed: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    scores, shares = 2 * rng.standard_normal((200, n_classes)), rng.dirichlet(np.full(n_classes, 5.0))
    offsets = match_offsets(scores, shares, penalty=0.0)
    assert softmax(scores + offsets).mean(axis=0) == pytest.approx(shares, abs=1e-3)
    assert offsets.sum() == pytest.approx(0, abs=1e-6)


def test_what_moves_all_recordings_alike_is_taken_back() -> None:
    rng = np.random.default_rng(0)
    truth, moved = np.arange(400) % 4, np.array([3.0, 0.0, 0.0, -1.0])
    scores = 2 * np.eye(4)[truth] + 0.5 * rng.standard_normal((400, 4)) + moved
    offsets = match_offsets(scores, np.full(4, 0.25))
    assert (scores.argmax(axis=1) == truth).mean() < 0.6
    assert ((scores + offsets).argmax(axis=1) == truth).mean() > 0.9
    assert offsets == pytest.approx(moved.mean() - moved, abs=0.2)


def test_few_recordings_move_less_than_many() -> None:
    scores = np.log([[0.9, 0.1]])
    sizes = [
        abs(match_offsets(np.repeat(scores, n, axis=0), np.array([0.5, 0.5]))[0]) for n in (1, 3, 10, 1000)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.7 * sizes[-1]
    assert sizes[-1] == pytest.approx(np.log(9) / 2, abs=0.01)


def test_what_is_added_to_all_scores_of_a_recording_does_not_count() -> None:
    rng = np.random.default_rng(1)
    scores, shares = rng.standard_normal((30, 3)), np.full(3, 1 / 3)
    same = match_offsets(scores + 100 * rng.standard_normal((30, 1)), shares)
    assert same == pytest.approx(match_offsets(scores, shares), abs=1e-4)
