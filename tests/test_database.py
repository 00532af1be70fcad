"""A database that several processes use, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from serkit.database import Database
from serkit.errors import SerkitError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "CREATE TABLE IF NOT EXISTS numbers (n INTEGER NOT NULL)"
WRITE, READ = "INSERT INTO numbers VALUES (?)", "SELECT SUM(n) FROM numbers WHERE n > ?"


def opened(path: Path) -> Database:
    return Database(path, SCHEMA, error=SerkitError, trouble="no numbers")


def test_what_one_writes_another_reads(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "new" / "a.db"), opened(tmp_path / "new" / "a.db")
    first.write(WRITE, [(1,), (2,)])
    second.write(WRITE, [(4,)])
    assert first.first(READ, (1,)) == second.first(READ, (1,)) == (6,)
    first.close()
    second.close()


def test_of_rows_of_which_one_is_wrong_none_is_written(tmp_path: Path) -> None:
    database = opened(tmp_path / "a.db")
    with pytest.raises(SerkitError, match=r"a\.db: no numbers \(NOT NULL"):
        database.write(WRITE, [(1,), (None,)])
    assert database.first(READ, (0,)) == (None,)
    database.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"no database" * 100)
    with pytest.raises(SerkitError, match=r"a\.db: no numbers") as caught:
        opened(tmp_path / "a.db")
    assert caught.value.hint == "delete it, or choose another folder"
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)


def test_a_new_file_that_another_is_about_to_write_is_waited_for(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "a.db", check_same_thread=False)
    writer.execute(SCHEMA)
    writer.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, writer.close)
    done.start()
    database = opened(tmp_path / "a.db")
    database.write(WRITE, [(1,)])
    done.join()
    assert database.first(READ, (0,)) == (1,)
    database.close()


def test_one_that_stays_busy_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serkit.database.PATIENCE_S", 0.1)
    with closing(sqlite3.connect(tmp_path / "a.db")) as writer:
        writer.execute(SCHEMA)
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(SerkitError, match=r"a\.db: no numbers \(database is locked") as caught:
            opened(tmp_path / "a.db")
    assert caught.value.hint == "another process writes to it: try again"
