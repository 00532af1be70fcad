"""Intervals over speakers: what is drawn, how wide they are, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from serkit.evaluation.bootstrap import bootstrap_interval, paired_difference, resampled_sums


def share(total: np.ndarray) -> np.ndarray:
    """Hits over clips, from summed (hit, 1) pairs."""
    return total[..., 0] / total[..., 1]


def simulate(
    rng: np.random.Generator, n_speakers: int, *, spread: float = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    rates = np.clip(rng.normal(0.6, spread, n_speakers), 0, 1)
    hits = rng.random((n_speakers, 30)) < rates[:, None]
    speakers = np.repeat([f"crema-d/{1001 + i}" for i in range(n_speakers)], 30)
    return np.column_stack([hits.ravel(), np.ones(hits.size)]), speakers


def test_every_corpus_keeps_its_number_of_speakers_in_every_draw():
    speakers = np.array(["savee/DC", "savee/JE", "savee/JE", "tess/OAF", "tess/YAF", "tess/YAF"])
    first_of_speaker = np.array([1, 1, 0, 1, 1, 0])
    in_savee = np.array([1, 1, 0, 0, 0, 0])
    sums = resampled_sums(np.column_stack([first_of_speaker, in_savee]), speakers, n_resamples=50)
    assert np.array_equal(sums, np.tile([4, 2], (50, 1)))


def test_clips_of_a_speaker_are_drawn_together():
    speakers = np.repeat(["savee/DC", "savee/JE", "savee/KL"], 10)
    sums = resampled_sums(np.ones(30), speakers, n_resamples=20)
    assert np.all(sums == 30)
    assert set(resampled_sums(np.repeat([1, 0, 0], 10), speakers, n_resamples=200)) == {0, 10, 20, 30}


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_the_clips():
    evidence, speakers = simulate(np.random.default_rng(0), 12)
    order = np.random.default_rng(1).permutation(len(speakers))
    one = bootstrap_interval(share, evidence, speakers, seed=3)
    assert one == bootstrap_interval(share, evidence[order], speakers[order], seed=3)
    assert one != bootstrap_interval(share, evidence, speakers, seed=4)


def test_the_interval_holds_the_value_and_narrows_with_more_speakers():
    few = bootstrap_interval(share, *simulate(np.random.default_rng(0), 10))
    many = bootstrap_interval(share, *simulate(np.random.default_rng(0), 200))
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 2


def test_speakers_make_it_wider_than_clips_would():
    evidence, speakers = simulate(np.random.default_rng(5), 20)
    alone = np.array([f"crema-d/{i}" for i in range(len(speakers))])
    by_speaker = bootstrap_interval(share, evidence, speakers)
    by_clip = bootstrap_interval(share, evidence, alone)
    assert by_speaker.high - by_speaker.low > 1.3 * (by_clip.high - by_clip.low)


def test_it_covers_the_true_rate_about_as_often_as_it_says():
    rng = np.random.default_rng(6)
    intervals = [
        bootstrap_interval(share, *simulate(rng, 40, spread=0.1), n_resamples=300) for _ in range(200)
    ]
    covered = np.mean([interval.low <= 0.6 <= interval.high for interval in intervals])
    assert 0.88 <= covered <= 0.99


def test_one_speaker_has_no_interval():
    interval = bootstrap_interval(share, np.ones((5, 2)), ["tess/OAF"] * 5)
    assert interval.value == 1.0
    assert np.isnan(interval.low)
    two_corpora = bootstrap_interval(share, np.ones((2, 2)), ["tess/OAF", "savee/DC"])
    assert np.isnan(two_corpora.high)


def test_a_small_steady_gain_is_found_by_pairs_though_the_intervals_overlap():
    evidence, speakers = simulate(np.random.default_rng(7), 40)
    better = evidence.copy()
    for start in range(0, len(better), 15):
        wrong = start + np.flatnonzero(better[start : start + 15, 0] == 0)[:1]
        better[wrong, 0] = 1
    low = bootstrap_interval(share, evidence, speakers).high
    high = bootstrap_interval(share, better, speakers).low
    difference = paired_difference(share, better, evidence, speakers)
    assert high < low
    assert 0 < difference.low < difference.value < difference.high


def test_a_model_does_not_differ_from_itself():
    evidence, speakers = simulate(np.random.default_rng(8), 10)
    assert paired_difference(share, evidence, evidence, speakers) == pytest.approx((0, 0, 0))
