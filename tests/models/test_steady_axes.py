"""Axes that altered copies do not move on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from serkit.models.batches import Rows
from serkit.models.coarse import random_turn
from serkit.models.kernel_head import KernelHead, fit_kernel_head
from serkit.models.labelled import Labelled
from serkit.models.steady_axes import steady_axes

N, N_VALUES = 60, 5


def noisy(spread: float = 3.0) -> tuple[np.ndarray, Labelled]:
    """Clips, and a copy of each that differs in the first value alone; copies stand in another order."""
    rng = np.random.default_rng(0)
    clips = rng.standard_normal((N, N_VALUES)).astype(np.float32)
    order = rng.permutation(N)
    copies = clips[order] + np.eye(1, N_VALUES, dtype=np.float32) * spread * rng.standard_normal((N, 1))
    values = np.concatenate([clips, copies]).astype(np.float32)
    truth = np.concatenate([clips, clips[order]])[:, 1] > 0
    parents = np.concatenate([np.arange(N), order])
    train = Labelled(Rows(values), truth.astype(int), 2, altered=np.arange(2 * N) >= N, parents=parents)
    return values, train


def test_pairs_are_a_copy_and_its_original() -> None:
    values, train = noisy()
    copies, originals = train.pairs
    assert len(copies) == N
    assert (values[copies][:, 1:] == values[originals][:, 1:]).all()
    fewer = train.take(np.arange(10, 2 * N))
    assert len(fewer.pairs[0]) == N - 10
    assert (fewer.parents[fewer.pairs[0]] == fewer.parents[fewer.pairs[1]]).all()
    for unknown in (train._replace(parents=None), train._replace(altered=None)):
        assert not unknown.pairs[0].size


def test_it_is_the_regression_from_clips_and_copies_to_where_clips_lie() -> None:
    values, train = noisy()
    axes = random_turn(N_VALUES, seed=1)[:, :2]
    found = steady_axes(axes, values, train, 3.0)
    counted = np.repeat([1.0, 3.0], N)
    reference = Ridge(alpha=0.01 * (counted @ np.square(values)).mean(), fit_intercept=False)
    expected = reference.fit(values, values[train.parents] @ axes, sample_weight=counted).coef_.T
    assert found / np.linalg.norm(found) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)
    assert np.square(values[:N] @ found).sum() == pytest.approx(np.square(values[:N] @ axes).sum(), rel=1e-4)


def test_what_copies_differ_in_is_hardly_looked_at() -> None:
    values, train = noisy()
    found = steady_axes(np.eye(N_VALUES, dtype=np.float32), values, train, 1.0)
    assert np.abs(found[0]).max() < 0.3 * np.abs(found[1, 1])


def test_what_noise_hides_is_told_by_what_says_the_same() -> None:
    values, train = noisy()
    values[:N, 1] = values[:N, 0]
    values[N:, 1] = values[train.parents[N:], 0]
    found = steady_axes(np.eye(N_VALUES, 1, dtype=np.float32), values, train, 1.0)
    assert np.abs(found[0, 0]) < 0.1 * np.abs(found[1, 0])


def test_axes_that_nothing_is_known_of_stay_zero() -> None:
    values, train = noisy()
    axes = np.eye(N_VALUES, dtype=np.float32)
    few = axes * [1, 1, 0, 1, 0]
    found = steady_axes(few.astype(np.float32), values, train, 1.0)
    assert not found[:, [2, 4]].any()
    assert found[:, [0, 1, 3]].any(axis=0).all()


def test_without_copies_axes_stay() -> None:
    values, train = noisy()
    axes = np.eye(N_VALUES, dtype=np.float32)
    assert steady_axes(axes, values[:N], train.take(np.arange(N)), 1.0) is axes


def test_likeness_of_a_copy_to_its_original_rises() -> None:
    values, train = noisy()
    copies, originals = train.pairs
    near = []
    for steady in (0.0, 1.0):
        head = KernelHead(N_VALUES, 2, axes=N_VALUES, landmarks=N)
        fit_kernel_head(head, torch.from_numpy(values), train, penalty=0.3, width=1.0, seed=0, steady=steady)
        placed = head.place(torch.from_numpy(values)).detach()
        lengths = placed[:N].square().sum(dim=1).mean()
        assert lengths.item() == pytest.approx(1.0, rel=0.05)
        near.append((placed[copies] - placed[originals]).square().sum(dim=1).mean().item())
    assert near[1] < near[0] / 2
