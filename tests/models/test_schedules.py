"""Learning rates against torch's schedulers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from serkit.models.networks import DenseSettings
from serkit.models.schedules import learning_rate


def optimizer(rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)


def rates_of(scheduler: lr_scheduler.LRScheduler, n_steps: int) -> list[float]:
    rates = []
    for _ in range(n_steps):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("n_steps", [10, 37, 400])
def test_one_cycle_is_torchs(n_steps: int) -> None:
    settings = DenseSettings(schedule="one_cycle", learning_rate=0.02)
    reference = lr_scheduler.OneCycleLR(optimizer(0.1), 0.02, total_steps=n_steps, cycle_momentum=False)
    ours = [learning_rate(settings, [], step, n_steps) for step in range(n_steps)]
    np.testing.assert_allclose(ours, rates_of(reference, n_steps - 1) + ours[-1:], rtol=1e-9)
    assert ours[-1] == pytest.approx(0.02 / 25 / 1e4)


def test_one_cycle_ends_also_where_there_are_few_steps() -> None:
    settings = DenseSettings(schedule="one_cycle", learning_rate=0.02)
    for n_steps in (1, 2, 3, 4):
        rates = [learning_rate(settings, [], step, n_steps) for step in range(n_steps)]
        assert all(0 < rate <= 0.02 for rate in rates)


def test_cosine_is_torchs() -> None:
    settings = DenseSettings(schedule="cosine", learning_rate=0.1, minimum_learning_rate=0.01)
    reference = lr_scheduler.CosineAnnealingLR(optimizer(0.1), T_max=50, eta_min=0.01)
    ours = [learning_rate(settings, [], step, 50) for step in range(50)]
    np.testing.assert_allclose(ours, rates_of(reference, 50), rtol=1e-6)


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_plateau_is_torchs_with_the_patience_of_keras(patience: int) -> None:
    """Keras lowers the rate in the epoch in which patience ends, torch one epoch later."""
    losses = (2 + np.cumsum(np.random.default_rng(patience).normal(0, 0.01, 60))).tolist()
    settings = DenseSettings(
        schedule="plateau",
        learning_rate=1e-3,
        plateau_factor=0.4,
        plateau_patience=patience,
        minimum_learning_rate=1e-7,
    )
    stepped = optimizer(1e-3)
    reference = lr_scheduler.ReduceLROnPlateau(
        stepped, factor=0.4, patience=patience - 1, threshold=1e-4, threshold_mode="abs", min_lr=1e-7, eps=0
    )
    for epoch in range(60):
        rate = learning_rate(settings, losses[:epoch], step=0, n_steps=1)
        assert rate == pytest.approx(stepped.param_groups[0]["lr"], rel=1e-9)
        reference.step(losses[epoch])
    assert rate < 1e-3


def test_constant_stays() -> None:
    settings = DenseSettings(learning_rate=0.3)
    assert {learning_rate(settings, [1.0] * step, step, 9) for step in range(9)} == {0.3}
