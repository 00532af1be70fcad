"""Scores of decisions against scikit-learn, and the two of Keras against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from serkit.evaluation import confusion
from serkit.evaluation.metrics import macro_scores, thresholded_precision_recall, top_k, uar, war

EMOTIONS = np.array(["angry", "happy", "neutral", "sad"])


@pytest.fixture(scope="module")
def decisions() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.choice(4, size=300, p=[0.6, 0.2, 0.15, 0.05])
    return truth, np.where(rng.random(300) < 0.5, truth, rng.integers(0, 4, 300))


def test_scores_of_labels_equal_sklearn(decisions):
    truth, predicted = (EMOTIONS[codes] for codes in decisions)
    precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
        truth, predicted, average="macro"
    )
    assert macro_scores(truth, predicted) == pytest.approx((precision, recall, f1))
    assert uar(truth, predicted) == pytest.approx(sklearn_metrics.balanced_accuracy_score(truth, predicted))
    assert war(truth, predicted) == pytest.approx(sklearn_metrics.accuracy_score(truth, predicted))


def test_averages_run_over_the_classes_of_the_truth_only():
    truth, predicted = [0, 0, 1, 1], [0, 2, 1, 1]
    options = {"labels": [0, 1], "average": "macro"}
    assert macro_scores(truth, predicted) == pytest.approx(
        (
            sklearn_metrics.precision_score(truth, predicted, **options),
            sklearn_metrics.recall_score(truth, predicted, **options),
            sklearn_metrics.f1_score(truth, predicted, **options),
        )
    )
    assert uar(truth, predicted) == 0.75


def test_a_class_that_is_never_decided_for_has_precision_zero():
    scores = macro_scores(["sad", "happy"], ["sad", "sad"])
    expected = sklearn_metrics.precision_score(
        ["sad", "happy"], ["sad", "sad"], average="macro", zero_division=0
    )
    assert scores.precision == expected == 0.25


def test_one_always_guessed_class_has_the_uar_of_chance(decisions):
    truth, _ = decisions
    assert uar(truth, np.zeros_like(truth)) == pytest.approx(1 / 4)


def test_scores_of_no_clip_are_nan():
    assert np.isnan(uar([], []))
    assert np.isnan(war([], []))


def test_confusion_equals_sklearn(decisions):
    truth, predicted = decisions
    counts = confusion.confusion_counts(truth, predicted, 4)
    assert np.array_equal(counts, sklearn_metrics.confusion_matrix(truth, predicted))
    shares = sklearn_metrics.confusion_matrix(truth, predicted, normalize="true")
    assert confusion.confusion_shares(counts) == pytest.approx(shares)
    _, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(truth, predicted)
    assert confusion.class_recall(counts) == pytest.approx(recall)
    assert confusion.class_f1(counts) == pytest.approx(f1)


def test_a_class_without_clips_has_no_recall_and_joins_no_average():
    counts = confusion.confusion_counts([0, 0, 1], [0, 2, 1], 3)
    assert np.isnan(confusion.class_recall(counts)[2])
    assert np.isnan(confusion.class_precision(counts)[2])
    assert float(confusion.average_recall(counts)) == 0.75


def test_many_matrices_are_scored_as_each_of_them():
    rng = np.random.default_rng(1)
    stack = rng.integers(0, 5, size=(2, 7, 3, 3))
    for score in (
        confusion.average_recall,
        confusion.accuracy,
        confusion.average_precision,
        confusion.average_f1,
    ):
        assert score(stack).shape == (2, 7)
        assert float(score(stack)[1, 3]) == pytest.approx(float(score(stack[1, 3])), nan_ok=True)


def test_keras_definition_of_precision_and_recall():
    """Precision().update_state(one_hot, p): true and predicted positives over all cells, p > 0.5."""
    rng = np.random.default_rng(2)
    probabilities = rng.dirichlet(np.full(8, 0.3), size=200)
    truth = rng.integers(0, 8, 200)
    one_hot = np.eye(8)[truth]
    positives = (probabilities > 0.5).ravel()
    precision = sklearn_metrics.precision_score(one_hot.ravel(), positives)
    recall = sklearn_metrics.recall_score(one_hot.ravel(), positives)
    assert thresholded_precision_recall(probabilities, truth) == pytest.approx((precision, recall))


def test_a_probability_at_the_threshold_is_no_decision():
    assert thresholded_precision_recall([[0.5, 0.5]], [0]) == (0.0, 0.0)


def test_thresholded_recall_never_exceeds_accuracy_which_never_exceeds_precision_of_a_calibrated_model():
    """The signature of the published row with accuracy 69.5, precision 80.7 and recall 57.2."""
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.full(8, 0.35), size=4000)
    truth = np.array([rng.choice(8, p=row) for row in probabilities])
    precision, recall = thresholded_precision_recall(probabilities, truth)
    assert recall < war(truth, probabilities.argmax(axis=1)) < precision


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_equals_sklearn(k):
    rng = np.random.default_rng(4)
    probabilities, truth = rng.dirichlet(np.ones(5), size=100), rng.integers(0, 5, 100)
    expected = sklearn_metrics.top_k_accuracy_score(truth, probabilities, k=k, labels=range(5))
    assert top_k(probabilities, truth, k) == pytest.approx(expected)


def test_top_k_gives_ties_no_second_chance():
    assert top_k(np.full((4, 4), 0.25), [0, 1, 2, 3], 1) == 0.25


labels = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(labels, st.permutations(range(4)))
def test_scores_do_not_depend_on_what_the_classes_are_called(pairs, names):
    truth, predicted = np.array(pairs).T
    renamed = np.array(names)
    assert uar(truth, predicted) == pytest.approx(uar(renamed[truth], renamed[predicted]))
    assert macro_scores(truth, predicted) == pytest.approx(macro_scores(renamed[truth], renamed[predicted]))


@given(labels)
def test_scores_stay_between_0_and_1_and_are_1_when_all_is_right(pairs):
    truth, predicted = np.array(pairs).T
    assert all(0 <= score <= 1 for score in (uar(truth, predicted), war(truth, predicted)))
    assert macro_scores(truth, truth) == (1.0, 1.0, 1.0)
