"""The manifest: a plain table with one row per clip, and the rules that its columns keep."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serkit.errors import ManifestError
from serkit.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Column:
    """What one column of a manifest means and which values it may hold.

    Attributes
    ----------
    name, meaning : str
        Its name, and what it says about a clip.
    unit : str
        Unit of a number, e.g. "s".
    pattern : str
        Regular expression that a text matches whole; "" for a column of numbers.
    low, high : float
        Smallest and largest number allowed.
    required : bool
        Whether every manifest has it and every row fills it.
    """

    name: str
    meaning: str
    unit: str = ""
    pattern: str = r"(?s).*\S.*"
    low: float = -math.inf
    high: float = math.inf
    required: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the column holds text; otherwise it holds numbers."""
        return bool(self.pattern)

    @property
    def rule(self) -> str:
        """The rule in words."""
        if not self.is_text:
            upper = "" if math.isinf(self.high) else f" and at most {self.high:g}"
            return f"a number of at least {self.low:g}{upper}{self.unit and ' ' + self.unit}"
        if self.pattern == Column.pattern:
            return "text that is not empty"
        # A pattern that only lists words reads as a sentence.
        return self.pattern.replace("|", " or ")

    def allows(self, value: object) -> bool:
        """Whether the column may hold `value`."""
        if self.is_text:
            return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None
        if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
            return False
        return math.isfinite(value) and bool(self.low <= value <= self.high)


def _number(name: str, meaning: str, unit: str = "", *, low: float, high: float = math.inf) -> Column:
    return Column(name, meaning, unit, pattern="", low=low, high=high)


SCHEMA: dict[str, Column] = {
    column.name: column
    for column in (
        Column("file", "absolute path of the recording", required=True),
        Column("corpus", "corpus that the clip belongs to", required=True),
        Column("emotion", "label, a canonical name where there is one", required=True),
        _number("start", "where the clip begins in its recording; missing means 0", "s", low=0),
        _number("end", "where the clip ends in its recording; missing means its end", "s", low=0),
        Column("speaker", "who speaks, unique within the corpus"),
        Column("gender", "of the speaker", pattern="female|male"),
        _number("age", "of the speaker when recorded", "years", low=0, high=130),
        Column("race", "of the speaker, in the words of the corpus"),
        Column("language", "spoken, as an ISO 639 code", pattern="[a-z]{2,3}"),
        Column("text", "words spoken"),
        Column("statement", "code of the sentence spoken; equal within a corpus where the words are equal"),
        Column("intensity", "how strongly the emotion was acted, in the words of the corpus"),
        Column("channel", "how it was voiced", pattern="speech|song"),
        Column("split", "part that the publisher gave the clip to", pattern="train|dev|test"),
        _number("duration", "length of the clip", "s", low=0),
        Column("parent", "file that the clip was altered from; missing for an original"),
        _number("copy", "which altered copy of its parent the clip is; missing or 0 is the original", low=0),
        Column("content", "SHA-256 of the decoded samples as 16-bit mono", pattern="[0-9a-f]{64}"),
        _number("valence", "unpleasant -1 to pleasant 1", low=-1, high=1),
        _number("arousal", "calm -1 to excited 1", low=-1, high=1),
    )
}
VOTES = Column("votes_*", "emotion that most listeners named; ties are joined by ':'")


def column_of(name: str) -> Column | None:
    """Return the schema's column of that name, or None where the schema does not know it."""
    return VOTES if name.startswith("votes_") else SCHEMA.get(name)


def validate_manifest(manifest: pd.DataFrame, *, source: str = "manifest") -> pd.DataFrame:
    """Check a manifest against the schema.

    Columns that the schema does not know are allowed and left alone. A missing value is allowed in every
    column that is not required.

    Parameters
    ----------
    manifest : DataFrame
        One row per clip.
    source : str, default "manifest"
        Name for error messages.

    Returns
    -------
    DataFrame
        The manifest itself.

    Raises
    ------
    ManifestError
        If there is no row, a required column or value is missing, a value breaks its column's rule, a clip
        ends before it begins, or two rows are the same clip.

    Examples
    --------
    >>> rows = pd.DataFrame({"file": ["/a.wav"], "corpus": ["mine"], "emotion": ["sad"], "gender": ["woman"]})
    >>> validate_manifest(rows)
    Traceback (most recent call last):
    serkit.errors.ManifestError: manifest: row 1, column gender: 'woman' breaks the rule: female or male
    """
    missing = [name for name, column in SCHEMA.items() if column.required and name not in manifest]
    if missing:
        raise ManifestError(
            f"{source}: no column {', '.join(missing)}",
            hint="name the columns that hold them, e.g. --column emotion=label",
        )
    if manifest.empty:
        raise ManifestError(f"{source}: not a single row")
    for name in manifest.columns:
        column = column_of(str(name))
        if column is not None:
            _check_values(manifest[name], column, source)
    _check_stretches(manifest, source)
    return manifest


def _check_values(values: pd.Series[Any], column: Column, source: str) -> None:
    missing = values.isna()
    broken = {value for value in values[~missing].unique() if not column.allows(value)}
    wrong = values.isin(broken) | (missing & column.required)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        value = "nothing" if missing.iloc[row] else repr(values.iloc[row])
        place = f"{source}: row {row + 1}, column {values.name}"
        raise ManifestError(f"{place}: {value} breaks the rule: {column.rule}")


def _check_stretches(manifest: pd.DataFrame, source: str) -> None:
    """No clip ends before it begins, and none stands in two rows."""
    stretch = manifest.reindex(columns=["file", "start", "end", "copy"])
    backwards = (stretch["end"] <= stretch["start"].fillna(0)).to_numpy()
    if backwards.any():
        row = int(backwards.argmax())
        end = stretch["end"].iloc[row]
        raise ManifestError(f"{source}: row {row + 1}, column end: {end} breaks the rule: later than start")
    twice = stretch.duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        file = stretch["file"].iloc[row]
        raise ManifestError(
            f"{source}: row {row + 1}, column file: {file!r} breaks the rule: each clip stands in one row",
            hint="drop the duplicate rows, or give start and end",
        )


def is_complete(manifest: pd.DataFrame, column: str) -> bool:
    """Whether a manifest has a column and every row fills it."""
    return column in manifest and bool(manifest[column].notna().all())


def order_columns(manifest: pd.DataFrame) -> pd.DataFrame:
    """Return the manifest with the columns in the schema's order, without those that are all missing."""
    known = [name for name in SCHEMA if name in manifest]
    others = [name for name in manifest if name not in SCHEMA]
    return manifest[[*known, *others]].dropna(axis="columns", how="all").reset_index(drop=True)


def join_manifests(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return manifests as one; a column that a part does not have is missing in its rows."""
    return order_columns(pd.concat(parts, ignore_index=True))


def read_table(path: Path | str, *, text: Iterable[str] = ()) -> pd.DataFrame:
    """Read a CSV or Parquet file; the columns in `text`, and all text of the schema, stay text.

    Parameters
    ----------
    path : Path or str
        File ending in .csv or .parquet.
    text : iterable of str
        Further columns of a CSV file that are text even if they look like numbers.

    Returns
    -------
    DataFrame
        The table; an empty cell is a missing value.

    Raises
    ------
    ManifestError
        If there is no such file, its suffix is another, or it cannot be read.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        if path.suffix.lower() == ".csv":
            return _read_csv(path, set(text))
    except FileNotFoundError as error:
        raise ManifestError(f"{path}: no such file", hint="check the path") from error
    except (OSError, ValueError, csv.Error) as error:
        raise ManifestError(f"{path}: cannot be read as a table: {error}") from error
    raise ManifestError(f"{path}: a table ends in .csv or .parquet", hint="save it as CSV with a header")


def _read_csv(path: Path, text: set[str]) -> pd.DataFrame:
    # "01" is a speaker and "NA" may be one, so neither becomes a number or a missing value.
    names = pd.read_csv(path, nrows=0).columns
    known = {name for name in names if (column := column_of(name)) is not None and column.is_text}
    kinds: dict[Any, Any] = dict.fromkeys(known | (text & set(names)), str)
    return pd.read_csv(path, dtype=kinds, keep_default_na=False, na_values=[""], low_memory=False)


def read_manifest(path: Path | str) -> pd.DataFrame:
    """Read and check a manifest.

    Parameters
    ----------
    path : Path or str
        CSV or Parquet file. Relative paths in its column `file` start at its folder.

    Returns
    -------
    DataFrame
        The manifest, with absolute paths.

    Raises
    ------
    ManifestError
        If the file cannot be read or breaks the schema.
    """
    manifest = read_table(path)
    if "file" in manifest:
        manifest = manifest.assign(file=absolute_paths(manifest["file"], Path(path).parent))
    return validate_manifest(manifest, source=str(path))


def absolute_paths(files: pd.Series[Any], folder: Path) -> pd.Series[Any]:
    """Return paths as absolute text; relative ones start at `folder`, missing ones stay missing."""
    base = folder.absolute()
    return files.map(lambda file: str(base / file), na_action="ignore")


def write_manifest(manifest: pd.DataFrame, path: Path | str) -> None:
    """Check a manifest and write it, atomically.

    Parameters
    ----------
    manifest : DataFrame
        One row per clip.
    path : Path or str
        File ending in .csv or .parquet.

    Raises
    ------
    ManifestError
        If the manifest breaks the schema or the suffix is another.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "manifest.csv"
    >>> rows = pd.DataFrame({"file": ["/a.wav"], "corpus": ["mine"], "emotion": ["sad"], "speaker": ["01"]})
    >>> write_manifest(rows, path)
    >>> read_manifest(path)["speaker"].tolist()
    ['01']
    """
    validate_manifest(manifest)
    suffix = Path(path).suffix.lower()
    if suffix not in {".csv", ".parquet"}:
        raise ManifestError(f"{path}: a manifest ends in .csv or .parquet", hint="choose one of the two")
    with atomic_path(path) as partial:
        if suffix == ".csv":
            manifest.to_csv(partial, index=False)
        else:
            manifest.to_parquet(partial, index=False)
