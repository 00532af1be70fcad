"""Matrices of few steps."""

from __future__ import annotations

import numpy as np
import torch

from serkit.models.coarse import STEPS, coarse, random_turn


def test_a_column_has_few_values_and_keeps_its_largest() -> None:
    matrix = torch.from_numpy(np.random.default_rng(0).standard_normal((500, 4)).astype(np.float32))
    rounded = coarse(matrix)
    for column, before in zip(rounded.T, matrix.T, strict=True):
        assert len(column.unique()) <= 2 * STEPS + 1
        assert torch.isclose(column.abs().max(), before.abs().max())
    assert ((rounded - matrix).abs() <= matrix.abs().amax(dim=0) / STEPS / 2 + 1e-6).all()


def test_rounding_twice_is_rounding_once_and_zeros_stay() -> None:
    rounded = coarse(torch.randn(20, 3))
    assert torch.allclose(coarse(rounded), rounded, atol=1e-6)
    assert torch.equal(coarse(torch.zeros(5, 2)), torch.zeros(5, 2))


def test_a_turn_keeps_distances_and_makes_axes_alike() -> None:
    rows = np.random.default_rng(1).standard_normal((400, 64)) * np.geomspace(1, 0.01, 64)
    turned = rows @ random_turn(64, seed=3)
    assert np.allclose(
        np.linalg.norm(turned[1:] - turned[:-1], axis=1), np.linalg.norm(np.diff(rows, axis=0), axis=1)
    )
    deviations = turned.std(axis=0)
    assert deviations.max() / deviations.min() < 4 < rows.std(axis=0).max() / rows.std(axis=0).min()
