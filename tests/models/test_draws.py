"""The rows of an epoch that are drawn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.models.batches import Rows
from serkit.models.draws import drawn_rows
from serkit.models.labelled import Labelled


def labelled(*corpora: tuple[int, int, int]) -> Labelled:
    """Corpora of so many speakers, with so many originals each, and copies of each original."""
    table = [
        (f"corpus {number}", f"{number}-{speaker}", copy > 0)
        for number, (n_speakers, n_originals, n_copies) in enumerate(corpora)
        for copy in range(n_copies + 1)
        for speaker in range(n_speakers)
        for _ in range(n_originals)
    ]
    names, speakers, altered = (np.array(column) for column in zip(*table, strict=True))
    rows, truth = Rows(np.zeros((len(table), 1))), np.zeros(len(table), dtype=int)
    return Labelled(rows, truth, 2, corpora=names, altered=altered, speakers=speakers)


def drawn(train: Labelled, copy_weight: float = 1.0, seed: int = 0) -> np.ndarray:
    return drawn_rows(train, copy_weight, np.random.default_rng(seed))


def counts(train: Labelled, rows: np.ndarray) -> dict[tuple[str, bool], int]:
    assert train.corpora is not None
    assert train.altered is not None
    return dict(Counter(zip(train.corpora[rows].tolist(), train.altered[rows].tolist(), strict=True)))


def test_corpora_are_drawn_by_the_root_of_their_speakers() -> None:
    train = labelled((16, 50, 0), (4, 15, 0), (1, 700, 0))  # 800, 60 and 700 originals
    assert counts(train, drawn(train)) == {
        ("corpus 0", False): 800,
        ("corpus 1", False): 400,
        ("corpus 2", False): 200,
    }


@pytest.mark.parametrize(("copy_weight", "originals"), [(1.0, 40), (0.5, 60), (0.25, 80), (1e-9, 120)])
def test_copies_are_drawn_in_proportion_to_their_weight(copy_weight: float, originals: int) -> None:
    train = labelled((4, 30, 2), (1, 30, 0))
    found = counts(train, drawn(train, copy_weight))
    assert found.pop(("corpus 1", False)) == 60
    assert found.pop(("corpus 0", False)) == originals
    assert sum(found.values()) == 120 - originals


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=4),
    st.floats(0.1, 2.0),
)
def test_rows_of_a_group_are_drawn_in_turn(corpora: list[tuple[int, int, int]], copy_weight: float) -> None:
    train = labelled(*corpora)
    rows = drawn(train, copy_weight)
    assert train.corpora is not None
    assert train.altered is not None
    times = np.bincount(rows, minlength=len(train.truth))
    for corpus in np.unique(train.corpora):
        assert times[train.corpora == corpus].sum() > 0
        for altered in (False, True):
            group = times[(train.corpora == corpus) & (train.altered == altered)]
            assert group.size == 0 or np.ptp(group) <= 1
    largest = max(speakers * originals for speakers, originals, _ in corpora)
    assert max(Counter(train.corpora[rows].tolist()).values()) >= largest


def test_the_seed_decides_the_draw_but_not_how_many_there_are() -> None:
    train = labelled((9, 5, 2), (2, 40, 2))
    first, same, other = drawn(train), drawn(train), drawn(train, seed=1)
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert counts(train, first) == counts(train, other)


def test_without_speakers_every_corpus_is_drawn_once_an_original() -> None:
    train = labelled((4, 10, 1), (1, 30, 1))._replace(speakers=None)
    assert counts(train, drawn(train)) == {
        ("corpus 0", False): 20,
        ("corpus 0", True): 20,
        ("corpus 1", False): 15,
        ("corpus 1", True): 15,
    }


def test_rows_of_one_corpus_that_are_all_original_are_each_drawn_once() -> None:
    train = labelled((3, 4, 0))
    for known in (train, train._replace(corpora=None), train._replace(altered=None, speakers=None)):
        assert sorted(drawn(known).tolist()) == list(range(12))


def test_copies_without_originals_stand_for_them() -> None:
    train = labelled((4, 10, 1), (1, 20, 1))
    assert train.altered is not None
    assert train.corpora is not None
    altered = train.altered | (train.corpora == "corpus 1")  # now 40 rows, as many as originals of the other
    found = counts(train._replace(altered=altered), drawn(train._replace(altered=altered)))
    assert found == {("corpus 0", False): 20, ("corpus 0", True): 20, ("corpus 1", True): 20}
