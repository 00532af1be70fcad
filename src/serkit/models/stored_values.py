"""Vectors on disk, under keys of what they were computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.database import Database
from serkit.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Vector = NDArray[np.floating]

FILE_NAME = "embeddings.sqlite3"
SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID"
QUERY = "SELECT content FROM vectors WHERE key = ?"
COMMAND = "INSERT OR IGNORE INTO vectors VALUES (?, ?)"


class StoredValues:
    """One SQLite database in a folder; several processes may use it at once.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    precision : {"float32", "float16"}, default "float32"
        Of all values that are read and written.

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

    def __init__(self, folder: Path, precision: str = "float32") -> None:
        self._precision = precision
        self._database = Database(
            folder / FILE_NAME, SCHEMA, error=TrainingError, trouble="what the encoder heard cannot be kept"
        )

    def get(self, key: bytes) -> Vector | None:
        """Return the vector of a key, or None if there is none."""
        row = self._database.first(QUERY, (key,))
        return None if row is None else np.frombuffer(bytearray(row[0]), dtype=self._precision)

    def update(self, vectors: dict[bytes, Vector]) -> None:
        """Keep vectors, all of them or none."""
        rows = [(key, np.asarray(vector, self._precision).tobytes()) for key, vector in vectors.items()]
        self._database.write(COMMAND, rows)
