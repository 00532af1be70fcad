"""The scaler with a limit and weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from serkit.models.limited_scaler import LimitedScaler


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((50, 3)) * [1, 10, 0.1] + 5


def test_without_settings_it_is_scikit_learns(rows):
    np.testing.assert_array_equal(LimitedScaler().fit_transform(rows), StandardScaler().fit_transform(rows))


def test_far_values_are_cut_off_and_near_ones_are_not(rows):
    scaled = LimitedScaler(limit=2.0).fit(rows).transform(np.vstack([rows, rows + 100, rows - 100]))
    plain = StandardScaler().fit(rows).transform(rows)
    near = np.abs(plain) <= 2
    np.testing.assert_allclose(scaled[:50][near], plain[near])
    assert np.abs(scaled).max() == 2
    assert scaled[50:100].min() == 2
    assert scaled[100:].max() == -2


def test_weights_come_after_the_limit(rows):
    weights = np.array([1.0, 2.0, 3.0])
    scaled = LimitedScaler(limit=1.0, weights=weights).fit(rows).transform(rows + 1000)
    np.testing.assert_allclose(scaled, np.broadcast_to(weights, scaled.shape))


def test_float32_stays_float32(rows):
    scaler = LimitedScaler(limit=2.0, weights=np.ones(3)).fit(rows.astype(np.float32))
    assert scaler.transform(rows.astype(np.float32)).dtype == np.float32


def test_columns_keep_their_weights(rows):
    scaler = LimitedScaler(limit=1.5, weights=np.array([1.0, 2.0, 3.0]))
    kept = scaler.keep(np.array([2, 0]))
    expected = clone(scaler).fit(rows).transform(rows)[:, [2, 0]]
    np.testing.assert_allclose(kept.fit_transform(rows[:, [2, 0]]), expected)
