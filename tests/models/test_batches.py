"""Rows and their batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.errors import FeatureError
from serkit.models.batches import POOL_BATCHES, Rows
from serkit.models.standardise import fit_standardise


def sequences(lengths: list[int]) -> list[np.ndarray]:
    return [np.full((length, 2), position, dtype=np.float32) for position, length in enumerate(lengths)]


@given(st.lists(st.integers(1, 40), min_size=2, max_size=60), st.integers(2, 9), st.booleans())
def test_every_row_is_in_one_batch_and_none_is_alone(lengths: list[int], size: int, varies: bool) -> None:
    rows = Rows(sequences(lengths) if varies else np.zeros((len(lengths), 3)))
    for rng in (None, np.random.default_rng(0)):
        batches = rows.batches(size, rng)
        assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
        assert all(2 <= len(batch) <= size + 1 for batch in batches)


def test_rows_of_a_batch_are_of_about_the_same_length() -> None:
    lengths = np.random.default_rng(0).integers(10, 1000, 4000)
    rows = Rows([np.zeros((length, 1)) for length in lengths])
    padded = sum(len(batch) * lengths[batch].max() for batch in rows.batches(8, np.random.default_rng(1)))
    at_random = np.random.default_rng(1).permutation(4000).reshape(-1, 8)
    padded_at_random = sum(8 * lengths[batch].max() for batch in at_random)
    assert padded < 1.1 * lengths.sum()
    assert padded_at_random > 1.7 * lengths.sum()


def test_batches_change_from_epoch_to_epoch() -> None:
    rows = Rows(sequences([5] * POOL_BATCHES * 8))
    first, second = (rows.batches(4, np.random.default_rng(epoch)) for epoch in (1, 2))
    assert any((one != other).any() for one, other in zip(first, second, strict=True))


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=3, max_size=9), st.integers(2, 30), st.integers(2, 5), st.booleans()
)
def test_given_rows_are_cut_into_as_many_batches_as_others(
    lengths: list[int], n_given: int, size: int, varies: bool
) -> None:
    rows = Rows(sequences(lengths) if varies else np.zeros((len(lengths), 3)))
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        given_rows = rng.integers(0, len(lengths), n_given)
        for order in (None, rng):
            batches = rows.batches(size, order, rows=given_rows)
            assert sorted(np.concatenate(batches).tolist()) == sorted(given_rows.tolist())
            assert all(2 <= len(batch) <= size + 1 for batch in batches)
            found.append(len(batches))
    assert len(set(found)) == 1


def test_all_rows_are_drawn_in_the_order_that_they_always_had() -> None:
    order = np.random.default_rng(3).permutation(20)
    for rows in (None, np.arange(20)):
        batches = Rows(np.zeros((20, 1))).batches(6, np.random.default_rng(3), rows=rows)
        assert np.array_equal(np.concatenate(batches), order)


def test_shorter_sequences_are_followed_by_zeros() -> None:
    batch = Rows(sequences([3, 1])).batch(np.array([1, 0]))
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [1, 3]
    assert batch.features[:, :, 0].tolist() == [[1, 0, 0], [0, 0, 0]]


def test_features_that_must_not_be_written_to_are_read() -> None:
    frozen = sequences([3, 1, 2])
    for one in frozen:
        one.flags.writeable = False
    assert Rows(frozen).batch(np.arange(3)).features.shape == (3, 3, 2)
    fixed = np.zeros((3, 4), dtype=np.float32)
    fixed.flags.writeable = False
    assert Rows(fixed).batch(np.arange(3)).features.shape == (3, 4)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_named(bad: float) -> None:
    image = np.zeros((3, 4, 5))
    image[1, 2, 3] = bad
    with pytest.raises(FeatureError, match=f"^row 2, column 3, 4: {bad}; "):
        Rows(image)
    with pytest.raises(FeatureError, match=f"^row 3, column 1, 2: {bad}; "):
        Rows([*sequences([2, 3]), np.array([[1.0, bad]])])


def test_standardising_is_scikit_learns() -> None:
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    image = (rng.standard_normal((50, 4, 6)) * rng.uniform(0.1, 100, (4, 6)) + 30).astype(np.float32)
    image[:, 0, 0] = 0.1  # a cell that never changes
    rows = Rows(image)
    cells = StandardScaler().fit_transform(image.reshape(50, -1)).reshape(image.shape)
    batch = rows.batch(np.arange(50)).features
    np.testing.assert_allclose(fit_standardise(rows, (0,))(batch), cells, atol=1e-4)
    by_row = StandardScaler().fit_transform(image.transpose(0, 2, 1).reshape(-1, 4)).reshape(50, 6, 4)
    np.testing.assert_allclose(fit_standardise(rows, (0, 2))(batch), by_row.transpose(0, 2, 1), atol=1e-4)
    assert fit_standardise(rows, None)(batch) is batch
    limited = fit_standardise(rows, (0,), limit=1.5)(batch)
    np.testing.assert_allclose(limited, np.clip(cells, -1.5, 1.5), atol=1e-4)


def test_frames_of_sequences_count_alike_when_standardised() -> None:
    rows = Rows(sequences([30, 10]))
    layer = fit_standardise(rows, (0, 1))
    assert layer.mean.tolist() == [[0.25, 0.25]]
