"""The comparison with training rows of other speakers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from serkit.models.batches import Rows
from serkit.models.labelled import Labelled
from serkit.models.neighbours import Neighbours

N, N_VALUES = 40, 6
RNG = np.random.default_rng(0)
VALUES = torch.from_numpy(RNG.normal(size=(N, N_VALUES)).astype(np.float32))
TRUTH = np.arange(N) % 3
SPEAKERS = np.array(["ann", "bob", "eve", "jim"])[np.arange(N) // 3 % 4]


def labelled(**facts: np.ndarray) -> Labelled:
    return Labelled(Rows(VALUES.numpy()), TRUTH, 3, **{"speakers": SPEAKERS} | facts)


def test_scores_are_those_of_the_rows_of_other_speakers() -> None:
    weights = RNG.uniform(0.5, 2, N).astype(np.float32)
    neighbours = Neighbours(VALUES, labelled(weights=weights), seed=0)
    scores = neighbours(VALUES[:8], np.arange(8)).detach().numpy()
    placed = (VALUES @ neighbours.axes).numpy().astype(float)
    assert np.square(placed).sum(axis=1).mean() == pytest.approx(1, rel=0.1), "distances have a known scale"
    for row in range(8):
        distances = np.square(placed - placed[row]).sum(axis=1)
        likeness = np.log(weights) - math.exp(neighbours.sharpness.item()) * distances
        expected = [logsumexp(likeness[(one == TRUTH) & (SPEAKERS[row] != SPEAKERS)]) for one in range(3)]
        np.testing.assert_allclose(scores[row], expected, rtol=1e-4)


def test_a_speaker_learned_by_heart_helps_nothing() -> None:
    """Moving the other rows of its own speaker changes nothing of a row's scores."""
    neighbours = Neighbours(VALUES, labelled(), seed=0)
    before = neighbours(VALUES[:1], np.array([0])).detach()
    own = np.flatnonzero(SPEAKERS[0] == SPEAKERS)[1:]
    neighbours(VALUES[own] + 5, own)
    assert torch.equal(neighbours(VALUES[:1], np.array([0])).detach(), before)
    other = np.flatnonzero(SPEAKERS[0] != SPEAKERS)[:1]
    neighbours(VALUES[other] + 5, other)
    assert not torch.equal(neighbours(VALUES[:1], np.array([0])).detach(), before), (
        "others count as they are now"
    )


def test_copies_are_scored_but_nothing_is_compared_with_them() -> None:
    altered = np.arange(N) >= N // 2
    neighbours = Neighbours(VALUES[~altered], labelled(altered=altered), seed=0)
    assert len(neighbours.places) == N // 2
    before = neighbours(VALUES[:1], np.array([0])).detach()
    assert neighbours(VALUES[-3:] + 5, np.arange(N - 3, N)).shape == (3, 3)
    assert torch.equal(neighbours(VALUES[:1], np.array([0])).detach(), before)


def test_an_emotion_of_one_speaker_alone_is_neither_near_nor_far_for_that_speaker() -> None:
    speakers = np.where(TRUTH == 2, "ann", SPEAKERS)
    neighbours = Neighbours(VALUES, labelled(speakers=speakers), seed=0)
    of_ann = np.flatnonzero(TRUTH == 2)[:2]
    scores = neighbours(VALUES[of_ann], of_ann).detach()
    assert torch.isfinite(scores).all()
    assert (scores[:, 2] <= scores[:, :2].max(dim=1).values).all()
    alone = Neighbours(VALUES, labelled(speakers=np.full(N, "ann")), seed=0)
    shares = alone(VALUES[:2], np.arange(2)).detach().softmax(dim=1)
    np.testing.assert_allclose(shares, 1 / 3, rtol=1e-5)


def test_rows_without_speakers_are_compared_with_all_but_themselves() -> None:
    neighbours = Neighbours(VALUES, labelled(speakers=None), seed=0)
    placed = VALUES @ neighbours.axes
    before = neighbours(VALUES[:1], np.array([0])).detach()
    neighbours.places[1:] = placed[1:]
    assert torch.equal(neighbours(VALUES[:1], np.array([0])).detach(), before)
    assert before.max() < math.log(N), "its own place, at distance 0, is left out"
