"""Ridge regression of classes in groups, as scikit-learn fits one class after the other."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import Ridge

from serkit.models.losses import Targets
from serkit.models.ridge import ridge, sum_up, tell_degraded

N, PENALTY, REST = 60, 0.7, 0.2
RNG = np.random.default_rng(0)
VALUES = RNG.standard_normal((N, 5))
TRUTH = RNG.integers(0, 3, N)
WEIGHTS = RNG.uniform(0.5, 2.0, N)
DEGRADED = np.arange(N) % 3 == 0
# Rows of a second corpus may not be of the last class.
ALLOWED = np.tile([True, True, True], (N, 1))
ALLOWED[(TRUTH < 2) & (np.arange(N) % 2 == 0), 2] = False


def sums():
    shares = torch.eye(3)[torch.from_numpy(TRUTH)].double()
    weights = torch.from_numpy(WEIGHTS)
    targets = Targets(shares, torch.from_numpy(ALLOWED), weights)
    return sum_up(torch.from_numpy(VALUES), targets, torch.from_numpy(DEGRADED))


def reference(rows: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    model = Ridge(alpha=PENALTY, fit_intercept=False)
    return model.fit(VALUES[rows], wanted[rows], sample_weight=(weights / weights.mean())[rows]).coef_


def expected(weights: np.ndarray) -> np.ndarray:
    others = ALLOWED.sum(axis=1) - 1
    columns = [
        reference(ALLOWED[:, one], np.where(one == TRUTH, 1.0, -1.0 / others), weights) for one in range(3)
    ]
    return np.stack(columns, axis=1)


def test_a_class_is_learned_from_the_clips_that_may_be_of_it() -> None:
    np.testing.assert_allclose(ridge(sums(), PENALTY).numpy(), expected(WEIGHTS), rtol=1e-5, atol=1e-7)


def test_clips_that_are_not_degraded_count_less_where_that_is_wanted() -> None:
    found = ridge(sums(), PENALTY, rest=REST).numpy()
    np.testing.assert_allclose(
        found, expected(np.where(DEGRADED, WEIGHTS, REST * WEIGHTS)), rtol=1e-5, atol=1e-7
    )


def test_degraded_clips_are_told_by_all_clips() -> None:
    wanted = np.where(DEGRADED, 1.0, -1.0)
    (found,) = tell_degraded(sums(), PENALTY).T.numpy()
    np.testing.assert_allclose(found, reference(np.full(N, True), wanted, WEIGHTS), rtol=1e-5, atol=1e-7)


def test_where_no_clip_is_degraded_or_every_one_is_all_count_alike() -> None:
    for degraded in (np.full(N, False), np.full(N, True)):
        shares = torch.eye(3)[torch.from_numpy(TRUTH)].double()
        found = sum_up(torch.from_numpy(VALUES), Targets(shares), torch.from_numpy(degraded))
        assert torch.allclose(ridge(found, PENALTY, rest=REST), ridge(found, PENALTY))
