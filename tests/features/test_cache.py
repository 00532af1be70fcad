"""Mistakes of the feature cache: what it says, and what to do about it. The rest: test_table.py."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from serkit import database
from serkit.errors import FeatureError
from serkit.features.cache import FILE_NAME, FeatureCache

if TYPE_CHECKING:
    from pathlib import Path


def test_a_damaged_cache_is_to_be_deleted(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(FeatureError, match="cannot be used") as caught:
        FeatureCache(tmp_path)
    assert caught.value.hint == "delete it, or choose another folder"


def test_a_cache_that_another_process_keeps_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.01)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FeatureError, match="locked") as caught:
            FeatureCache(tmp_path)
    assert caught.value.hint == "another process writes to it: try again"
