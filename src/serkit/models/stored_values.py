"""Vectors on disk, under keys of what they were computed from."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from serkit.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

FILE_NAME = "embeddings.sqlite3"
# How long a process waits for another one that is writing, s.
PATIENCE_S = 60.0
SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID"
QUERY = "SELECT content FROM vectors WHERE key = ?"
COMMAND = "INSERT OR IGNORE INTO vectors VALUES (?, ?)"


class StoredValues:
    """One SQLite database in a folder; several processes may use it at once.

    Parameters
    ----------
    folder : Path
        Made if it is missing.

    Raises
    ------
    TrainingError
        If the folder cannot be used, or its database is damaged; so do all methods.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     StoredValues(Path(folder)).update({b"a clip": np.ones(2, np.float32)})
    ...     StoredValues(Path(folder)).get(b"a clip")
    array([1., 1.], dtype=float32)
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        with self._mistakes():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=PATIENCE_S)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(SCHEMA)

    def get(self, key: bytes) -> Vector | None:
        """Return the vector of a key, or None if there is none."""
        with self._mistakes():
            row = self._database.execute(QUERY, (key,)).fetchone()
        return None if row is None else np.frombuffer(bytearray(row[0]), dtype=np.float32)

    def update(self, vectors: dict[bytes, Vector]) -> None:
        """Keep vectors, all of them or none."""
        rows = [(key, vector.tobytes()) for key, vector in vectors.items()]
        with self._mistakes(), self._database:
            self._database.executemany(COMMAND, rows)

    @contextmanager
    def _mistakes(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise TrainingError(
                f"{self._path}: what the encoder heard cannot be kept ({error})",
                hint="delete it, or try again when no other process writes to it",
            ) from error
