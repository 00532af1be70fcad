"""Feature tables: one feature set over a whole manifest, in parallel, kept on disk.

The cache is one SQLite file per folder. A row is found by the feature set's key and by the recording's path, size,
time of change and stretch, so that a changed file or setting is seen; what a killed extraction has finished is found
again, and several processes may share the file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from serkit.audio import load_audio
from serkit.errors import FeatureError, SerkitError
from serkit.files import atomic_path
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serkit.features.feature_set import FeatureSet
    from serkit.features.frames import Floats

_SCHEMA = """
create table if not exists features (
  feature_set text, file text, size integer, changed integer, start real, stop real, content blob,
  primary key (feature_set, file, size, changed, start, stop)
) without rowid
"""
# How long one process waits while another writes, s.
_PATIENCE_S = 60.0
# Recordings between two commits: what a killed extraction loses at most.
_BATCH = 64


class _Stretch(NamedTuple):
    file: str
    size: int
    changed: int
    start: float
    end: float


@dataclass(frozen=True)
class FeatureTable:
    """Features of the rows of a manifest.

    Attributes
    ----------
    values : ndarray of float32, shape (n_rows, ...)
        Features in the order of the manifest. Layouts whose shape depends on the recording are refused.
    names : tuple of str
        Name of each column.
    """

    values: Floats
    names: tuple[str, ...]

    def to_frame(self, manifest: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of the manifest, then one column for each feature."""
        if self.values.ndim != 2:
            raise FeatureError("table: only vectors and contours have columns", hint="choose another layout")
        features = pd.DataFrame(self.values, columns=list(self.names), index=manifest.index)
        return pd.concat([manifest, features], axis=1)

    def write(self, path: Path | str, manifest: pd.DataFrame) -> None:
        """Write the table as CSV or Parquet, by the suffix of `path`, atomically."""
        suffix = Path(path).suffix.lower()
        if suffix not in {".csv", ".parquet"}:
            raise FeatureError(f"{path}: tables end in .csv or .parquet", hint="choose one of them")
        frame = self.to_frame(manifest)
        with atomic_path(path) as partial_path:
            if suffix == ".csv":
                frame.to_csv(partial_path, index=False)
            else:
                frame.to_parquet(partial_path, index=False)


def extract_features(
    manifest: pd.DataFrame,
    feature_set: FeatureSet,
    *,
    cache: Path | str | None = None,
    workers: int = 1,
    progress: bool = False,
) -> FeatureTable:
    """Compute a feature set for each row of a manifest.

    Parameters
    ----------
    manifest : DataFrame
        Columns `file` and, where rows are stretches, `start` and `end` in s.
    feature_set : FeatureSet
        Of a fixed shape.
    cache : Path or str, optional
        Folder where features are kept; without it everything is computed anew.
    workers : int, default 1
        Processes.
    progress : bool, default False
        Whether to draw a progress bar on a terminal.

    Returns
    -------
    FeatureTable
        One row for each row of the manifest.

    Raises
    ------
    FeatureError
        If recordings failed: how many, and the first; the others are in the cache. Or if the shape is not fixed.
    """
    if None in feature_set.shape:
        raise FeatureError(f"layout {feature_set.layout}: the shape varies", hint="set audio.duration_s")
    stretches = _stretches(manifest)
    found = dict(_read(cache, feature_set, stretches)) if cache else {}
    missing = sorted(set(stretches) - set(found))
    failures: list[str] = []
    label = "features" if progress else None
    results = map_parallel(partial(_extract, feature_set), missing, workers=workers, progress=label)
    batch: dict[_Stretch, Floats] = {}
    for stretch, result in zip(missing, results, strict=True):
        if isinstance(result, str):
            failures.append(result)
            continue
        found[stretch] = batch[stretch] = result
        if cache and len(batch) >= _BATCH:
            _write(cache, feature_set, batch)
            batch.clear()
    if cache:
        _write(cache, feature_set, batch)
    if failures:
        raise FeatureError(f"{len(failures)} of {len(stretches)} recordings failed; the first: {failures[0]}")
    values = [found[stretch].reshape(feature_set.shape) for stretch in stretches]
    return FeatureTable(np.stack(values) if values else np.empty((0, 0), np.float32), feature_set.names)


def _extract(feature_set: FeatureSet, stretch: _Stretch) -> Floats | str:
    end = None if stretch.end < 0 else stretch.end
    try:
        return feature_set.extract(load_audio(stretch.file, start=stretch.start, end=end))
    except SerkitError as error:
        return str(error)


def _stretches(manifest: pd.DataFrame) -> list[_Stretch]:
    """Identify what each row reads; an end of -1 is the end of the recording."""
    starts = _column(manifest, "start", 0.0)
    ends = _column(manifest, "end", -1.0)
    return [
        _stretch(str(file), float(start), float(end))
        for file, start, end in zip(manifest["file"], starts, ends, strict=True)
    ]


def _column(manifest: pd.DataFrame, name: str, default: float) -> pd.Series[float]:
    if name not in manifest:
        return pd.Series(default, index=manifest.index)
    return manifest[name].astype(float).fillna(default)


def _stretch(file: str, start: float, end: float) -> _Stretch:
    try:
        facts = Path(file).stat()
    except OSError:
        # Loading it says what is wrong.
        return _Stretch(file, 0, 0, start, end)
    return _Stretch(file, facts.st_size, facts.st_mtime_ns, start, end)


def _open(cache: Path | str) -> sqlite3.Connection:
    folder = Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / "features.sqlite", timeout=_PATIENCE_S)
    database.execute("pragma journal_mode=wal")
    database.execute(_SCHEMA)
    return database


def _read(
    cache: Path | str, feature_set: FeatureSet, stretches: list[_Stretch]
) -> Iterator[tuple[_Stretch, Floats]]:
    query = "select content from features where (feature_set, file, size, changed, start, stop) = (?, ?, ?, ?, ?, ?)"
    with closing(_open(cache)) as database:
        for stretch in stretches:
            row = database.execute(query, (feature_set.key, *stretch)).fetchone()
            if row:
                yield stretch, np.frombuffer(row[0], dtype=np.float32)


def _write(cache: Path | str, feature_set: FeatureSet, batch: dict[_Stretch, Floats]) -> None:
    rows = [(feature_set.key, *stretch, values.tobytes()) for stretch, values in batch.items()]
    with closing(_open(cache)) as database, database:
        database.executemany("insert or replace into features values (?, ?, ?, ?, ?, ?, ?)", rows)
