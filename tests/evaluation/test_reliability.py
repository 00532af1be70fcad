"""Calibration error against a plain reading of its definition."""

from __future__ import annotations

import numpy as np
import pytest

from serkit.evaluation.reliability import (
    abstention,
    accuracy_of_surest,
    calibration_sums,
    ece,
    ece_from_sums,
    reliability_table,
)


def slow_ece(probabilities: np.ndarray, truth: np.ndarray, n_bins: int) -> float:
    confidence, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    total = 0.0
    for low in np.arange(n_bins) / n_bins:
        inside = (confidence > low) & (confidence <= low + 1 / n_bins)
        if inside.any():
            total += inside.mean() * abs(hit[inside].mean() - confidence[inside].mean())
    return total


@pytest.fixture(scope="module")
def predictions() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(6, 0.4), size=500)
    return probabilities, np.array([rng.choice(6, p=row) for row in probabilities])


@pytest.mark.parametrize("n_bins", [10, 15])
def test_ece_is_what_its_definition_says(predictions, n_bins):
    probabilities, truth = predictions
    assert ece(probabilities, truth, n_bins=n_bins) == pytest.approx(slow_ece(probabilities, truth, n_bins))


def test_a_model_that_says_what_it_knows_is_better_calibrated_than_one_that_exaggerates(predictions):
    probabilities, truth = predictions
    bold = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert ece(probabilities, truth) < 0.08 < ece(bold, truth)


def test_certain_and_right_is_perfect_and_certain_and_wrong_is_worst():
    assert ece(np.eye(3), [0, 1, 2]) == 0.0
    assert ece(np.eye(3), [1, 2, 0]) == 1.0


def test_the_table_counts_every_clip_once_and_bounds_its_confidence(predictions):
    probabilities, truth = predictions
    table = reliability_table(probabilities, truth)
    assert sum(row.n_clips for row in table) == len(truth)
    assert all(row.lower < row.confidence <= row.upper for row in table if row.n_clips)
    assert np.isnan(table[0].accuracy)
    hits = sum(row.n_clips * row.accuracy for row in table if row.n_clips)
    assert hits == pytest.approx((probabilities.argmax(axis=1) == truth).sum())


def test_sums_of_parts_give_the_error_of_the_whole(predictions):
    probabilities, truth = predictions
    sums = calibration_sums(probabilities, truth)
    halves = np.stack([sums[:250].sum(axis=0), sums[250:].sum(axis=0)])
    expected = [ece(probabilities[:250], truth[:250]), ece(probabilities[250:], truth[250:])]
    assert ece_from_sums(halves) == pytest.approx(expected)


def test_abstaining_trades_coverage_for_accuracy(predictions):
    probabilities, truth = predictions
    everything = abstention(probabilities, truth, 0.0)
    sure = abstention(probabilities, truth, 0.8)
    assert everything.coverage == 1.0
    assert sure.coverage == pytest.approx((probabilities.max(axis=1) >= 0.8).mean())
    assert sure.accuracy > everything.accuracy


def test_the_surest_are_those_that_a_threshold_at_the_median_leaves(predictions):
    probabilities, truth = predictions
    median = np.median(probabilities.max(axis=1))
    assert accuracy_of_surest(probabilities, truth) == abstention(probabilities, truth, median).accuracy
    assert accuracy_of_surest(probabilities, truth, coverage=1.0) == pytest.approx(
        (probabilities.argmax(axis=1) == truth).mean()
    )
    assert accuracy_of_surest(probabilities[:1], truth[:1]) in {0.0, 1.0}


def test_when_nothing_is_answered_there_is_no_accuracy():
    nothing = abstention([[0.6, 0.4]], [0], 0.9)
    assert nothing.coverage == 0.0
    assert np.isnan(nothing.accuracy)
