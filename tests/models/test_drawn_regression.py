"""Logistic regression that is drawn to given weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from serkit.models.drawn_regression import fit_drawn
from serkit.onnx.head import Head

LABELS = np.arange(90) % 3


def rows(n_values: int) -> np.ndarray:
    random = np.random.default_rng(n_values)
    return random.standard_normal((90, n_values)) + np.eye(3, n_values)[LABELS]


def nothing(n_values: int) -> Head:
    return Head(np.zeros((n_values, 3)), np.zeros(3))


@pytest.mark.parametrize("n_values", [4, 400])  # with 400, there are fewer rows than values
def test_drawn_to_zero_it_is_logistic_regression(n_values: int) -> None:
    values = rows(n_values)
    found = fit_drawn(values, LABELS, nothing(n_values), penalty=0.1)
    with_one = np.column_stack([values, np.full(90, np.sqrt(n_values))])
    expected = LogisticRegression(C=1 / (0.1 * 90), fit_intercept=False, tol=1e-8, max_iter=5000)
    weights = expected.fit(with_one, LABELS).coef_.T
    assert found.weights == pytest.approx(weights[:-1], abs=2e-3)
    assert found.offsets == pytest.approx(np.sqrt(n_values) * weights[-1], abs=2e-2)


def test_weights_of_rows_count_as_their_repetition() -> None:
    values = rows(4)
    once, weights = fit_drawn(values, LABELS, nothing(4), penalty=0.1), np.where(LABELS == 0, 2, 1)
    twice = fit_drawn(values, LABELS, nothing(4), penalty=0.1, row_weights=weights)
    repeated = np.repeat(np.arange(90), weights)
    expected = fit_drawn(values[repeated], LABELS[repeated], nothing(4), penalty=0.1)
    assert twice.weights == pytest.approx(expected.weights, abs=1e-3)
    assert np.abs(twice.weights - once.weights).max() > 0.01


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), penalty=st.floats(0.01, 10))
def test_it_never_fits_worse_than_what_it_is_drawn_to(seed: int, penalty: float) -> None:
    values, random = rows(6), np.random.default_rng(seed)
    start = Head(random.standard_normal((6, 3)), random.standard_normal(3))
    found = fit_drawn(values, LABELS, start, penalty=penalty)
    assert loss(values, found) <= loss(values, start) + 1e-9


def loss(values: np.ndarray, head: Head) -> float:
    scores = values @ head.weights + head.offsets
    return float((np.logaddexp.reduce(scores, axis=1) - scores[np.arange(90), LABELS]).mean())


def test_a_large_penalty_leaves_what_it_is_drawn_to() -> None:
    random = np.random.default_rng(0)
    start = Head(random.standard_normal((6, 3)), random.standard_normal(3))
    found = fit_drawn(rows(6), LABELS, start, penalty=1e6)
    assert found.weights == pytest.approx(start.weights, abs=1e-4)
