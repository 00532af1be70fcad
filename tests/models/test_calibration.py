"""Temperatures, against the search that scipy does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import softmax as scipy_softmax
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from serkit.errors import FeatureError
from serkit.models.calibration import (
    MIN_PROBABILITY,
    TEMPERATURE_RANGE,
    check_finite,
    decision_scores,
    fit_temperature,
    softmax,
)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 20))
def test_temperature_is_the_most_likely_one(seed, true_temperature):
    rng = np.random.default_rng(seed)
    scores = 3 * true_temperature * rng.standard_normal((200, 4))
    truth = np.array([rng.choice(4, p=row) for row in scipy_softmax(scores / true_temperature, axis=1)])

    def loss(log_temperature):
        return log_loss(truth, scipy_softmax(scores / np.exp(log_temperature), axis=1), labels=range(4))

    best = minimize_scalar(loss, bounds=np.log(TEMPERATURE_RANGE), method="bounded", options={"xatol": 1e-8})
    assert fit_temperature(scores, truth) == pytest.approx(np.exp(best.x), rel=1e-3)


def test_scores_without_an_error_end_at_the_lowest_temperature():
    assert fit_temperature(np.eye(3), np.arange(3)) == pytest.approx(TEMPERATURE_RANGE[0])


def test_scores_that_know_nothing_end_at_the_highest_temperature():
    assert fit_temperature(np.eye(2)[[0, 0]], np.array([1, 1])) == pytest.approx(TEMPERATURE_RANGE[1])


@settings(deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=8))
def test_softmax_equals_scipys(row):
    assert softmax(np.array([row])) == pytest.approx(scipy_softmax(np.array([row]), axis=1), abs=1e-12)


@pytest.mark.parametrize("classes", ["ab", "abc"])
def test_scores_of_logistic_regression_give_its_own_probabilities(classes):
    rng = np.random.default_rng(0)
    labels = np.array(list(classes))[np.arange(60) % len(classes)]
    features = rng.standard_normal((60, 3))
    model = LogisticRegression().fit(features, labels)
    assert softmax(decision_scores(model, features)) == pytest.approx(model.predict_proba(features))


def test_scores_of_a_forest_are_finite_logarithms():
    features = np.arange(20.0)[:, None]
    model = RandomForestClassifier(10, random_state=0).fit(features, features[:, 0] > 9)
    scores = decision_scores(model, features)
    assert scores.min() == pytest.approx(np.log(MIN_PROBABILITY))
    assert np.exp(scores).clip(0.01) == pytest.approx(model.predict_proba(features).clip(0.01))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_named(value):
    features = np.zeros((3, 4), np.float32)
    check_finite(features)
    features[2, 1] = value
    with pytest.raises(FeatureError, match=f"^row 3, column 2: {value};"):
        check_finite(features)
    model = LogisticRegression().fit(np.eye(4), list("aabb"))
    with pytest.raises(FeatureError, match="row 3, column 2"):
        decision_scores(model, features)
