"""Held-out groups within the training rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.errors import SplitError
from serkit.models.inner_folds import inner_folds


@settings(deadline=None)
@given(st.integers(2, 9), st.integers(2, 6), st.integers(0, 10**6))
def test_no_group_stands_on_both_sides_and_each_row_is_held_out_once(n_groups, folds, seed):
    groups = np.repeat(np.arange(n_groups), 6)
    labels = np.tile(list("abc"), 2 * n_groups)
    order = np.random.default_rng(seed).permutation(groups.size)
    splits = inner_folds(labels[order], groups[order], folds=folds)
    assert len(splits) == min(folds, n_groups)
    assert sorted(np.concatenate([held_out for _, held_out in splits])) == list(range(groups.size))
    for train, held_out in splits:
        assert not set(groups[order][train]) & set(groups[order][held_out])
        assert set(labels[order][train]) == set("abc")


def test_without_groups_classes_are_held_out_evenly():
    labels = np.array(["a"] * 10 + ["b"] * 5)
    for _, held_out in inner_folds(labels):
        assert sorted(labels[held_out]) == ["a", "a", "b"]


def test_one_group_cannot_be_held_out():
    with pytest.raises(SplitError, match=r"1 groups .* nothing can be held out"):
        inner_folds(list("abab"), ["x"] * 4)


def test_a_class_of_one_speaker_is_named():
    with pytest.raises(SplitError, match="calm: too few speakers have it"):
        inner_folds(["calm", "calm", "sad", "sad", "sad"], [1, 1, 1, 2, 3])
