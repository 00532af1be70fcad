"""Any other corpus: a table of annotations, or a tree with one folder per emotion."""

from __future__ import annotations

import difflib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from serkit.corpora.manifest import (
    SCHEMA,
    absolute_paths,
    column_of,
    order_columns,
    read_table,
    validate_manifest,
)
from serkit.corpora.scan import recordings_in
from serkit.emotions import EMOTIONS, canonical_emotion
from serkit.errors import CorpusError, ManifestError

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)


def scan_table(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    corpus: str = "",
) -> pd.DataFrame:
    r"""Make a manifest of a table of annotations.

    Columns that already have a name of the schema are taken as they are; others only if `columns` names them.

    Parameters
    ----------
    path : Path or str
        CSV or Parquet file with one row per clip. Relative paths of recordings start at its folder.
    columns : mapping of str to str, optional
        Column of the manifest to column of the table, e.g. ``{"file": "path", "emotion": "label"}``.
    labels : mapping of str to str, optional
        Label of the table to emotion, e.g. ``{"1": "angry"}``; "" leaves the rows of a label out. Other
        labels become their canonical emotion, or stay what they are.
    corpus : str, default ""
        Name of the corpus where the table has no column for it; the name of the file by default.

    Returns
    -------
    DataFrame
        Manifest.

    Raises
    ------
    ManifestError
        If the mapping names a column that is not there or not in the schema, or a value breaks its rule.
    CorpusError
        If none of the recordings exists.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.wav").write_bytes(b"")
    >>> _ = (folder / "mine.csv").write_text("path,label\na.wav,Joy\n")
    >>> scan_table(folder / "mine.csv", columns={"file": "path", "emotion": "label"})[["corpus", "emotion"]]
      corpus emotion
    0   mine   happy
    """
    path = Path(path)
    columns = dict(columns or {})
    text = [source for target, source in columns.items() if (known := column_of(target)) and known.is_text]
    table = read_table(path, text=text)
    manifest = _take_columns(table, columns, str(path))
    if "corpus" not in manifest:
        manifest = manifest.assign(corpus=corpus or path.stem)
    if "emotion" in manifest:
        manifest = _map_labels(manifest, dict(labels or {}))
    if "file" in manifest:
        manifest = manifest.assign(file=absolute_paths(manifest["file"], path.parent))
    validate_manifest(manifest, source=str(path))
    _check_some_exist(manifest, path)
    return order_columns(manifest)


def _take_columns(table: pd.DataFrame, columns: dict[str, str], source: str) -> pd.DataFrame:
    for target, name in columns.items():
        _check_known(target, source)
        if name not in table:
            have = ", ".join(map(str, table.columns))
            raise ManifestError(f"{source}: no column {name!r} for {target}", hint=f"its columns are {have}")
    own = [name for name in table.columns if column_of(str(name)) is not None]
    wanted = {name: name for name in own if name not in columns.values()} | columns
    return pd.DataFrame({target: _as_kind(table[name], target) for target, name in wanted.items()})


def _as_kind(values: pd.Series[Any], target: str) -> pd.Series[Any]:
    """Return numbers as text where the manifest wants text: many tables number their speakers."""
    column = column_of(target)
    if column is not None and column.is_text:
        return values.map(str, na_action="ignore")
    return values


def _check_known(target: str, source: str) -> None:
    if column_of(target) is None:
        near = difflib.get_close_matches(target, SCHEMA, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the columns of a manifest are {', '.join(SCHEMA)}"
        raise ManifestError(f"{source}: {target!r} is no column of a manifest", hint=hint)


def _map_labels(manifest: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """Emotions under their canonical names, without the rows whose label maps to nothing."""
    emotions = manifest["emotion"].map(
        lambda label: labels.get(str(label), canonical_emotion(str(label))), na_action="ignore"
    )
    return manifest.assign(emotion=emotions)[emotions != ""]


def _check_some_exist(manifest: pd.DataFrame, path: Path) -> None:
    if not manifest["file"].map(lambda file: Path(file).exists()).any():
        first = manifest["file"].iloc[0]
        raise CorpusError(
            f"{path}: none of its recordings exists, the first would be {first}",
            hint=f"write paths that start at {path.parent.absolute()}, or absolute ones",
        )


def scan_folders(
    folder: Path | str, *, labels: Mapping[str, str] | None = None, corpus: str = ""
) -> pd.DataFrame:
    """Make a manifest of a tree whose folders are named after emotions.

    The nearest folder above a recording whose name is an emotion decides, whatever lies between.

    Parameters
    ----------
    folder : Path or str
        Top of the tree.
    labels : mapping of str to str, optional
        Folder name to emotion, for names that serkit does not know; "" leaves a folder out.
    corpus : str, default ""
        Name of the corpus; the folder's name by default.

    Returns
    -------
    DataFrame
        Manifest.

    Raises
    ------
    CorpusError
        If the folder does not exist or no recording lies below a folder named after an emotion.

    Examples
    --------
    >>> import tempfile
    >>> tree = Path(tempfile.mkdtemp())
    >>> (tree / "Anger").mkdir()
    >>> _ = (tree / "Anger" / "1.wav").write_bytes(b"")
    >>> scan_folders(tree, corpus="mine")[["corpus", "emotion"]]
      corpus emotion
    0   mine   angry
    """
    root = Path(folder).absolute()
    known = {name.lower(): emotion for name, emotion in (labels or {}).items()}
    files = sorted(recordings_in(root))
    emotions = [_emotion_above(file.relative_to(root), known) for file in files]
    rows = [
        {"file": str(file), "corpus": corpus or root.name, "emotion": emotion}
        for file, emotion in zip(files, emotions, strict=True)
        if emotion
    ]
    if not rows:
        folders = sorted({file.parent.name for file in files})
        raise CorpusError(
            f"{folder}: no folder is named after an emotion, but {', '.join(folders[:5])}",
            hint="name the emotion of each folder with labels",
        )
    _tell_unknown(str(folder), files, emotions)
    return order_columns(pd.DataFrame(rows))


def _tell_unknown(folder: str, files: list[Path], emotions: list[str | None]) -> None:
    unknown = sorted({f.parent.name for f, emotion in zip(files, emotions, strict=True) if emotion is None})
    if unknown:
        _log.warning(
            "%s: left out %s recordings below no folder of a known emotion: %s",
            folder,
            f"{emotions.count(None):,}",
            ", ".join(unknown),
        )


def _emotion_above(file: Path, labels: dict[str, str]) -> str | None:
    """Emotion of the nearest folder that names one; "" if it is left out, None if there is none."""
    for name in reversed(file.parts[:-1]):
        emotion = labels.get(name.lower(), canonical_emotion(name))
        if name.lower() in labels or emotion in EMOTIONS:
            return emotion
    return None
