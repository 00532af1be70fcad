"""An SQLite database in a folder, whose troubles are errors that a user can act on."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from serkit.errors import SerkitError

    Row = Sequence[object]

# How long a process waits for another one that is writing, and how long between two looks, s.
PATIENCE_S = 60.0
PAUSE_S = 0.01


class Database:
    """One SQLite database; several processes may use it at once.

    Parameters
    ----------
    path : Path
        Its file, made with its folder where they are missing.
    schema : str
        What makes its table unless it is there.
    error : type of SerkitError
        Raised, here and by all methods, if the file cannot be used or is damaged.
    trouble : str
        What the error says is the matter.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from serkit.errors import SerkitError
    >>> with TemporaryDirectory() as folder:
    ...     path, schema = Path(folder) / "a.sqlite3", "CREATE TABLE IF NOT EXISTS t (n INTEGER)"
    ...     database = Database(path, schema, error=SerkitError, trouble="no numbers")
    ...     database.write("INSERT INTO t VALUES (?)", [(1,), (2,)])
    ...     database.first("SELECT n FROM t WHERE n > ?", (1,))
    ...     database.close()
    (2,)
    """

    def __init__(self, path: Path, schema: str, *, error: type[SerkitError], trouble: str) -> None:
        self._path, self._error, self._trouble = path, error, trouble
        with self._mistakes():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=PATIENCE_S)
        try:
            with self._mistakes():
                self._write_ahead()
                self._connection.execute(schema)
        except error:
            self.close()
            raise

    def first(self, query: str, values: Row) -> tuple[Any, ...] | None:
        """Return the first row that a query finds, or None."""
        with self._mistakes():
            row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        return row

    def write(self, command: str, rows: Sequence[Row]) -> None:
        """Run a command for each of these rows, for all of them or for none."""
        with self._mistakes(), self._connection:
            self._connection.executemany(command, rows)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _write_ahead(self) -> None:
        # SQLite itself does not wait here: two that make a new file at once would wait for each other.
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if not _busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_S)
            else:
                return

    @contextmanager
    def _mistakes(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._error(
                f"{self._path}: {self._trouble} ({error})",
                hint="another process writes to it: try again"
                if _busy(error)
                else "delete it, or choose another folder",
            ) from error


def _busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
