"""Find what stands on both sides of a split: speakers, recordings, augmentation parents.

A model that has heard the test speaker, the very recording or an altered copy of it is not tested
on what it will meet. Each such crossing fails the run unless the protocol allows it by name.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from serkit.augment import parents
from serkit.errors import LeakError, SplitError

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    import pandas
    from numpy.typing import NDArray

    from serkit.splits.folds import Fold
    from serkit.splits.protocol import Leak

_PLURAL = {"speaker": "speakers", "content": "recordings", "parent": "augmentation parents"}
_WAY_OUT = {
    "speaker": "split by speaker, e.g. kind = 'speaker_folds'",
    "content": "drop the duplicates (the audit lists them)",
    "parent": "split first and augment the training rows only",
}


def speaker_groups(manifest: pandas.DataFrame) -> NDArray[np.object_]:
    """Return ``"corpus/speaker"`` of each row, the name that is unique over corpora.

    Parameters
    ----------
    manifest : pandas.DataFrame
        With the columns ``corpus`` and ``speaker``.

    Returns
    -------
    ndarray of str, shape (n_rows,)

    Raises
    ------
    SplitError
        If a row has no speaker.

    Examples
    --------
    >>> import pandas
    >>> speaker_groups(pandas.DataFrame({"corpus": ["savee"], "speaker": ["DC"]})).tolist()
    ['savee/DC']
    """
    unknown = _unknown_speakers(manifest)
    if unknown:
        raise SplitError(
            f"{unknown} of {len(manifest)} rows have no speaker, and this split is by speaker",
            hint="add a 'speaker' column, or use kind = 'random' with allow_leaks = ['speaker']",
        )
    return (manifest["corpus"].astype(str) + "/" + manifest["speaker"].astype(str)).to_numpy(dtype=object)


def check_leaks(manifest: pandas.DataFrame, fold: Fold, *, allow: Collection[Leak] = ()) -> dict[str, int]:
    """Count what stands in more than one of train, dev and test; refuse it unless it is allowed.

    Parameters
    ----------
    manifest : pandas.DataFrame
        The rows that `fold` points into. ``content`` (hash of the samples) and ``parent`` (the file
        that a row was augmented from) are checked where the columns are there.
    fold : Fold
        The parts to compare.
    allow : collection of {"speaker", "content", "parent"}
        What may cross.

    Returns
    -------
    dict of str to int
        For each kind that could be checked, how many speakers, recordings or parents cross.

    Raises
    ------
    LeakError
        If something crosses that `allow` does not name, or if speakers are unknown and may not cross.

    Examples
    --------
    >>> import numpy, pandas
    >>> from serkit.splits import Fold
    >>> manifest = pandas.DataFrame({"corpus": "savee", "speaker": ["DC", "JE", "DC"]})
    >>> check_leaks(manifest, Fold("1", train=numpy.array([0, 2]), test=numpy.array([1])))
    {'speaker': 0}
    >>> check_leaks(manifest, Fold("1", train=numpy.array([0, 1]), test=numpy.array([2])))
    Traceback (most recent call last):
    serkit.errors.LeakError: fold '1': 1 speakers stand in more than one of train, dev and test, e.g. ...
    """
    crossing = {kind: _crossing(keys, fold) for kind, keys in _keys(manifest, allow).items()}
    for kind, values in crossing.items():
        if values and kind not in allow:
            raise LeakError(
                f"fold '{fold.name}': {len(values)} {_PLURAL[kind]} stand in more than one of train, dev and "
                f"test, e.g. {values[0]}",
                hint=f"{_WAY_OUT[kind]}; a protocol kept as published names it in allow_leaks = ['{kind}']",
            )
    return {kind: len(values) for kind, values in crossing.items()}


def _keys(manifest: pandas.DataFrame, allow: Collection[Leak]) -> dict[Leak, NDArray[np.object_]]:
    """Return what identifies the speaker, the recording and the parent of each row; "" = unknown."""
    keys: dict[Leak, NDArray[np.object_]] = {}
    unknown = _unknown_speakers(manifest)
    if not unknown:
        keys["speaker"] = speaker_groups(manifest)
    elif "speaker" not in allow:
        raise LeakError(
            f"{unknown} of {len(manifest)} rows have no speaker, so speakers may cross the split unseen",
            hint="give the manifest a 'speaker' column, or allow_leaks = ['speaker']",
        )
    if "content" in manifest:
        keys["content"] = _text(manifest["content"])
    if "parent" in manifest:
        # An original is its own parent: its augmented copies name it.
        keys["parent"] = parents(manifest)
    return keys


def _crossing(keys: NDArray[np.object_], fold: Fold) -> list[str]:
    parts = [set(keys[rows]) - {""} for rows in (fold.train, fold.dev, fold.test)]
    return sorted(set().union(*(one & other for one, other in itertools.combinations(parts, 2))))


def _unknown_speakers(manifest: pandas.DataFrame) -> int:
    return int((_text(manifest["speaker"]) == "").sum()) if "speaker" in manifest else len(manifest)


def _text(column: pandas.Series) -> NDArray[np.object_]:
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy(dtype=object)
