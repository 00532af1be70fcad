"""Oversampling of rare classes."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

from serkit.models.oversampling import OversampledPipeline, oversampled_rows


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=50), st.integers(0, 2**32 - 1))
def test_every_row_stays_and_every_class_is_as_frequent(labels, seed):
    rows = oversampled_rows(labels, seed=seed)
    assert rows[: len(labels)].tolist() == list(range(len(labels)))
    assert set(Counter(labels[row] for row in rows).values()) == {max(Counter(labels).values())}


def test_the_seed_decides_the_draw():
    labels = ["a"] * 50 + ["b"] * 10
    assert np.array_equal(oversampled_rows(labels, seed=1), oversampled_rows(labels, seed=1))
    assert not np.array_equal(oversampled_rows(labels, seed=1), oversampled_rows(labels, seed=2))


def test_a_copy_keeps_its_seed_and_fits_on_balanced_rows():
    pipeline = clone(OversampledPipeline([("classifier", DummyClassifier(strategy="prior"))], seed=5))
    assert pipeline.seed == 5
    features, labels = np.zeros((4, 1)), ["a", "a", "a", "b"]
    assert pipeline.fit(features, labels).predict_proba(features[:1]).tolist() == [[0.5, 0.5]]
