"""Fold lists that others published, so that a score here can stand beside theirs.

A list names the test part of each fold, by speakers or, where its authors split speakers, by files.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from serkit.errors import SplitError
from serkit.unknown import unknown_name


@dataclass(frozen=True)
class PublishedFolds:
    """One published list.

    Attributes
    ----------
    name, corpus : str
        Name of the list, and the corpus that it cuts.
    source : str
        Where it was published.
    test : tuple of tuple of str
        For each fold, its test speakers or the stems of its test files.
    train, dev : tuple of str
        Training and development speakers, where the list names them; training is the rest otherwise.
    by_file : bool
        Whether `test` holds files instead of speakers.
    speakers_disjoint : bool
        Whether no speaker stands on both sides.
    """

    name: str
    corpus: str
    source: str
    test: tuple[tuple[str, ...], ...]
    train: tuple[str, ...]
    dev: tuple[str, ...]
    by_file: bool
    speakers_disjoint: bool


def published_names() -> list[str]:
    """Return the names of all published lists.

    Examples
    --------
    >>> "emobox-ravdess" in published_names()
    True
    """
    return list(_entries())


def published_folds(name: str) -> PublishedFolds:
    """Return one published list.

    Parameters
    ----------
    name : str
        One of :func:`published_names`.

    Returns
    -------
    PublishedFolds

    Raises
    ------
    SplitError
        If no list has that name.

    Examples
    --------
    >>> published_folds("emobox-savee").test
    (('JE',), ('KL',), ('DC',), ('JK',))
    """
    entries = _entries()
    if name not in entries:
        raise unknown_name(SplitError, "published folds", name, entries)
    entry = entries[name]
    return PublishedFolds(
        name=name,
        corpus=entry["corpus"],
        source=entry["source"],
        test=tuple(tuple(fold) for fold in entry.get("test_files") or entry["test_speakers"]),
        train=tuple(entry.get("train_speakers", ())),
        dev=tuple(entry.get("dev_speakers", ())),
        by_file="test_files" in entry,
        speakers_disjoint=entry["speakers_disjoint"],
    )


@functools.cache
def _entries() -> dict[str, dict[str, Any]]:
    text = resources.files("serkit.splits").joinpath("published_folds.json").read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = json.loads(text)
    return entries
