"""Features on disk, under a key of everything that changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from serkit.database import Database
from serkit.errors import FeatureError

if TYPE_CHECKING:
    from pathlib import Path

    from serkit.features.frames import Floats

FILE_NAME = "features.sqlite3"
# Recordings whose features are written at once; what a killed extraction loses at most.
BATCH = 32
SCHEMA = """
    CREATE TABLE IF NOT EXISTS features (
        feature_key TEXT, file TEXT, start REAL, stop REAL, size INTEGER, modified_ns INTEGER,
        shape TEXT, content BLOB, PRIMARY KEY (feature_key, file, start, stop)
    )
"""
QUERY = """
    SELECT shape, content FROM features
    WHERE feature_key = ? AND file = ? AND start = ? AND stop = ? AND size = ? AND modified_ns = ?
"""
COMMAND = "INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class Stretch(NamedTuple):
    """A stretch of a file, and the state of the file.

    Attributes
    ----------
    file : str
        Absolute path.
    start : float
        Where the stretch begins, s.
    end : float or None
        Where it ends, s; None is the end of the file.
    size, modified_ns : int
        Bytes of the file, and when it was changed last, ns.
    """

    file: str
    start: float
    end: float | None
    size: int
    modified_ns: int

    @property
    def place(self) -> tuple[str, float, float]:
        """File, start and end, with -1 for the end of the file: a key holds no None."""
        return self.file, self.start, -1.0 if self.end is None else self.end


class FeatureCache:
    """One SQLite database in a folder; several processes may use it at once.

    Parameters
    ----------
    folder : Path
        Made if it is missing.

    Raises
    ------
    FeatureError
        If the folder cannot be used, or its database is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._waiting: list[tuple[object, ...]] = []
        self._database = Database(
            folder / FILE_NAME, SCHEMA, error=FeatureError, trouble="the feature cache cannot be used"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # After an error, too: what is done is done.
        self.flush()
        self._database.close()

    def get(self, feature_key: str, stretch: Stretch) -> Floats | None:
        """Return the features of a stretch, or None if they are not there or the file has changed since."""
        state = feature_key, *stretch.place, stretch.size, stretch.modified_ns
        row = self._database.first(QUERY, state)
        if row is None:
            return None
        shape, content = row
        return np.frombuffer(content, dtype="<f4").reshape([int(length) for length in shape.split()])

    def add(self, feature_key: str, stretch: Stretch, features: Floats) -> None:
        """Keep the features of a stretch; they are written together with others, or by `flush`."""
        shape = " ".join(str(length) for length in features.shape)
        state = feature_key, *stretch.place, stretch.size, stretch.modified_ns
        self._waiting.append((*state, shape, features.astype("<f4").tobytes()))
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits, all of it or nothing."""
        self._database.write(COMMAND, self._waiting)
        self._waiting.clear()
