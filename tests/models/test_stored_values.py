"""Vectors on disk, read by whoever has the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.errors import TrainingError
from serkit.models.stored_values import FILE_NAME, StoredValues

if TYPE_CHECKING:
    from pathlib import Path

VECTOR = np.array([0.1, -2.0, np.pi], np.float32)


def test_a_vector_comes_back_bit_by_bit_and_may_be_changed(tmp_path: Path) -> None:
    StoredValues(tmp_path / "new" / "folder").update({b"key": VECTOR})
    stored = StoredValues(tmp_path / "new" / "folder")
    found = stored.get(b"key")
    assert found is not None
    np.testing.assert_array_equal(found, VECTOR)
    found[0] = 5.0
    np.testing.assert_array_equal(stored.get(b"key"), VECTOR)
    assert stored.get(b"another") is None


def test_two_that_are_open_at_once_share_what_they_keep(tmp_path: Path) -> None:
    first, second = StoredValues(tmp_path), StoredValues(tmp_path)
    first.update({b"a": VECTOR})
    second.update({b"a": VECTOR, b"b": 2 * VECTOR})
    np.testing.assert_array_equal(first.get(b"b"), 2 * VECTOR)


def test_nothing_to_keep_is_no_mistake(tmp_path: Path) -> None:
    StoredValues(tmp_path).update({})


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(TrainingError, match=f"{FILE_NAME}.*cannot be kept.*delete it"):
        StoredValues(tmp_path)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be kept"):
        StoredValues(tmp_path / "file")
