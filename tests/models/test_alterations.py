"""Masks and mixtures of batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from serkit.augment import mixup, spec_augment
from serkit.models.alterations import masked, mixed
from serkit.models.batches import Batch
from serkit.models.losses import Targets
from serkit.models.network_settings import Masks

MASKS = Masks(frames=(2, 5), rows=(1, 3))


def test_masks_are_those_of_spec_augment_with_the_mean_of_the_training_rows() -> None:
    features = torch.randn(4, 20, 6)
    altered = masked(Batch(features, None), MASKS, np.random.default_rng(0), frames_last=False).features
    rng = np.random.default_rng(0)
    for row, one in zip(altered, features, strict=True):
        reference = spec_augment(one.numpy(), rng, frames=(2, 5), rows=(1, 3))
        hidden = torch.from_numpy(reference) != one
        assert torch.equal(row == 0, hidden)
        assert torch.equal(row[~hidden], one[~hidden])


def test_the_frames_of_an_image_are_its_last_axis() -> None:
    features = torch.randn(3, 20, 6)
    one = masked(Batch(features, None), MASKS, np.random.default_rng(1), frames_last=False).features
    image = masked(Batch(features.mT, None), MASKS, np.random.default_rng(1), frames_last=True).features
    assert torch.equal(one.mT, image)


def test_masks_end_where_a_sequence_ends() -> None:
    lengths = torch.tensor([3, 20])
    wide = Masks(frames=(1, 20), rows=(0, 0))
    rng = np.random.default_rng(0)
    hidden = torch.zeros(2, 20)
    for _ in range(50):
        altered = masked(Batch(torch.ones(2, 20, 4), lengths), wide, rng, frames_last=False)
        assert altered.lengths is lengths
        hidden += (altered.features == 0).all(dim=2)
    assert (hidden[0, 3:] == 0).all()
    assert (hidden[0, :3] > 0).all()
    assert (hidden[1] > 0).all()


def test_mixtures_are_those_of_mixup() -> None:
    features, targets = torch.randn(6, 5, 3), torch.eye(6)
    batch, found = mixed(Batch(features, None), Targets(targets), 0.4, np.random.default_rng(2))
    expected = mixup(features.numpy(), targets.numpy(), np.random.default_rng(2), alpha=0.4)
    np.testing.assert_allclose(batch.features, expected[0], atol=1e-6)
    np.testing.assert_allclose(found.shares, expected[1], atol=1e-6)
    assert batch.lengths is None


def test_a_mixture_is_as_long_as_the_longer_sequence() -> None:
    lengths = torch.tensor([2, 9, 4, 7])
    before = Batch(torch.randn(4, 9, 2), lengths)
    batch, (targets, *_) = mixed(before, Targets(torch.eye(4)), 0.4, np.random.default_rng(3))
    assert batch.lengths is not None
    for target, length in zip(targets, batch.lengths, strict=True):
        assert length == lengths[target > 0].max()
    assert targets.sum(dim=1).tolist() == pytest.approx([1] * 4)


def test_a_mixture_may_be_what_either_may_be_and_weighs_in_between() -> None:
    allowed = torch.eye(4, dtype=torch.bool)
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0])
    before = Batch(torch.randn(4, 3), None)
    _, found = mixed(before, Targets(torch.eye(4), allowed, weights), 0.4, np.random.default_rng(3))
    assert torch.equal(found.allowed, found.shares > 0)
    torch.testing.assert_close(found.weights, found.shares @ weights)
