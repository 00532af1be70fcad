"""Temperatures of clips: those that made the labels are found, decisions stay, and nothing runs away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from serkit.models.calibration import fit_temperature, softmax
from serkit.models.clip_temperature import ClipTemperature, fit_clip_temperature, leads

N, N_CLASSES, N_VALUES = 4000, 5, 7


def drawn(of_heard: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores, what is heard, labels drawn from calibrated probabilities, and the temperatures of these."""
    rng = np.random.default_rng(seed)
    heard = rng.standard_normal((N, N_VALUES)) * 10.0 ** np.arange(N_VALUES) + 3
    scores = rng.standard_normal((N, N_CLASSES))
    temperatures = 0.5 * np.exp(of_heard * (heard[:, 0] - 3))
    chances = softmax(scores / temperatures[:, None])
    truth = (chances.cumsum(axis=1) > rng.random((N, 1))).argmax(axis=1)
    return scores, heard, truth, temperatures


def test_temperatures_that_follow_from_what_is_heard_are_found() -> None:
    scores, heard, truth, temperatures = drawn(0.8)
    found = fit_clip_temperature(scores, heard, truth, penalty=1e-3)
    logarithms = np.log([found.of(scores, heard), temperatures])
    assert np.corrcoef(logarithms)[0, 1] > 0.98
    assert logarithms[0].std() == pytest.approx(logarithms[1].std(), rel=0.1)
    drawn_together = np.log(fit_clip_temperature(scores, heard, truth).of(scores, heard))
    assert drawn_together.std() < 0.7 * logarithms[0].std()
    one = fit_temperature(scores, truth)
    unseen = drawn(0.8, seed=1)
    by_one, by_clip, by_truth = (
        log_loss(unseen[2], softmax(unseen[0] / np.reshape(divisor, (-1, 1))))
        for divisor in (one, found.of(*unseen[:2]), unseen[3])
    )
    assert by_one - by_clip > 0.9 * (by_one - by_truth)


def test_where_nothing_follows_from_the_clip_it_is_nearly_one_temperature() -> None:
    scores, heard, truth, _ = drawn(0.0)
    found = np.log(fit_clip_temperature(scores, heard, truth).of(scores, heard))
    assert found.std() < 0.15
    assert found.mean() == pytest.approx(np.log(fit_temperature(scores, truth)), abs=0.1)


def test_a_lead_that_means_less_than_it_says_counts_less() -> None:
    rng = np.random.default_rng(0)
    scores = np.column_stack([rng.uniform(0, 4, N), np.zeros(N), np.zeros(N) - 1])
    truth = np.where(rng.random(N) < 0.7, 0, 1)  # however far ahead the first is
    found = fit_clip_temperature(scores, rng.standard_normal((N, 1)), truth)
    near, far = found.of(np.array([[0.5, 0.0, -1.0], [3.5, 0.0, -1.0]]), np.zeros((2, 1)))
    assert far > 2 * near


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.0, 1e6))
def test_no_clip_is_given_more_than_clips_were_and_decisions_stay(seed: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    found = ClipTemperature(0.1, np.array([0.3, -0.2]), np.ones(3), rng.standard_normal(3), -0.5, 0.7)
    scores, heard = rng.standard_normal((20, 4)), far * rng.standard_normal((20, 3))
    of_clips = found.of(scores, heard)
    assert (of_clips >= np.exp(-0.5)).all()
    assert (of_clips <= np.exp(0.7)).all()
    assert ((scores / of_clips[:, None]).argmax(axis=1) == scores.argmax(axis=1)).all()
    assert found.relative_to(2.0).of(scores, heard) * 2 == pytest.approx(of_clips)


def test_classes_that_a_clip_cannot_be_of_do_not_count() -> None:
    scores, heard, truth, _ = drawn(0.8)
    allowed = np.ones((N, N_CLASSES), dtype=bool)
    allowed[:, 4] = False
    kept = truth != 4
    scores[:, 4] = scores[:, :4].min(axis=1) - 0.1  # among the first three of no clip
    found = fit_clip_temperature(scores[kept], heard[kept], truth[kept], allowed=allowed[kept])
    lower = np.where(allowed, scores, -1e6)
    same = fit_clip_temperature(lower[kept], heard[kept], truth[kept])
    assert found.of(scores, heard) == pytest.approx(same.of(lower, heard), rel=1e-3)


def test_weights_count_rows_as_often() -> None:
    scores, heard, truth, _ = (values[:300] for values in drawn(0.5))
    times = 1 + np.arange(300) % 3
    often = fit_clip_temperature(*(np.repeat(values, times, axis=0) for values in (scores, heard, truth)))
    once = fit_clip_temperature(scores, heard, truth, weights=times.astype(float))
    # Axes are those of the rows themselves, so that they differ a little.
    assert np.log(once.of(scores, heard)) == pytest.approx(np.log(often.of(scores, heard)), abs=0.1)


def test_of_two_classes_there_is_one_lead() -> None:
    assert leads(np.array([[1.0, 3.0]])).tolist() == [[2.0]]
