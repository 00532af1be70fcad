"""Scan a folder of a known corpus into a manifest, by its file names alone."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from serkit.audio import find_audio_files
from serkit.corpora.acted import CORPORA, Corpus, find_corpus
from serkit.corpora.manifest import order_columns
from serkit.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable

_log = logging.getLogger(__name__)
# Of two files with the same name, the one without loss is taken.
_LOSSLESS = (".wav", ".flac")


def scan_corpus(name: str, folder: Path | str, *, song: bool = False) -> pd.DataFrame:
    """Make a manifest of a corpus; no recording is opened.

    Case and suffix of the file names do not matter, nor do the folders they are in. A name that comes twice,
    as in archives that hold their tree twice, counts once. Videos are left out: the same sound comes as a
    recording of its own. What is left out is logged as a warning.

    Parameters
    ----------
    name : str
        Key of `CORPORA`.
    folder : Path or str
        Folder with the recordings, at any depth.
    song : bool, default False
        Whether to take RAVDESS's songs too.

    Returns
    -------
    DataFrame
        Manifest; the order of its rows does not depend on where the files lie.

    Raises
    ------
    CorpusError
        If the corpus or the folder does not exist, or no file name belongs to the corpus.
    """
    corpus = find_corpus(name)
    files = recordings_in(folder)
    clips: dict[tuple[str, ...], tuple[Path, dict[str, str]]] = {}
    left_out: Counter[str] = Counter()
    for file in files:
        values = corpus.parse(file.stem, file.parent.name)
        reason = _reason_to_leave_out(values, song=song)
        if values is None or reason:
            left_out[reason] += 1
        elif clips.setdefault(tuple(values.values()), (file, values))[0] != file:
            left_out["repeated file names"] += 1
    if not clips:
        raise CorpusError(f"{folder}: no file name of {corpus.name}", hint=_guess(files, corpus))
    _tell(corpus.name, len(clips), left_out)
    rows = [_row(corpus, file, values) for _, (file, values) in sorted(clips.items())]
    return order_columns(pd.DataFrame(rows))


def recordings_in(folder: Path | str) -> list[Path]:
    """Return every recording below a folder, those without loss and those less deep first."""
    root = Path(folder).absolute()
    if not root.is_dir():
        raise CorpusError(f"{folder}: no such folder", hint="give the folder that holds the recordings")
    files = find_audio_files(root)
    if not files:
        raise CorpusError(f"{folder}: holds no recordings", hint="give the folder that holds the recordings")
    return sorted(files, key=lambda file: (file.suffix.lower() not in _LOSSLESS, len(file.parts), file))


def _reason_to_leave_out(values: dict[str, str] | None, *, song: bool) -> str:
    if values is None:
        return "file names that do not fit"
    if values.get("modality") == "video":
        return "video files"
    return "songs" if values.get("channel") == "song" and not song else ""


def _guess(files: Iterable[Path], wanted: Corpus) -> str:
    """Which corpus the names fit best, as a hint."""
    fits = Counter(c.name for file in files for c in CORPORA.values() if c.parse(file.stem, file.parent.name))
    best = fits.most_common(1)
    if best and best[0][0] != wanted.name:
        return f"the names look like {best[0][0]}"
    return f"its names look like {wanted.example}" + (", and these are songs or videos" if best else "")


def _tell(name: str, n_clips: int, left_out: Counter[str]) -> None:
    if left_out:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
        _log.warning("%s: %s clips; left out %s", name, f"{n_clips:,}", reasons)


def _row(corpus: Corpus, file: Path, values: dict[str, str]) -> dict[str, str | int | None]:
    speaker = corpus.speakers[values["speaker"]]
    statement = values["statement"]
    text = corpus.carrier.format(statement) if corpus.carrier else corpus.statements.get(statement)
    return {
        "file": str(file),
        "corpus": corpus.name,
        "emotion": values["emotion"],
        "speaker": values["speaker"],
        "gender": speaker.gender,
        "age": speaker.age,
        "race": speaker.race,
        "language": corpus.language,
        "text": text,
        "statement": statement,
        "intensity": values.get("intensity") or None,
        "channel": values.get("channel", "speech"),
    }
