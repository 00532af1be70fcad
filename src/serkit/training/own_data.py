"""The recipe that puts a new last layer on a saved model, for whatever recordings there are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from serkit.bundle import read_bundle
from serkit.bundle_info import plain_name
from serkit.corpora.manifest import is_complete
from serkit.errors import TrainingError
from serkit.recipe import parse_recipe
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas

    from serkit.recipe import Recipe

FEWEST_CLIPS = 5
"""Of an emotion: with less, neither a test nor a choice has one of each."""
_MOST_FOLDS = 5
_PENALTIES = [0.01, 0.03, 0.1, 0.3, 1.0]


def own_data_recipe(base: Path | str, manifest: pandas.DataFrame, changes: Iterable[str] = ()) -> Recipe:
    """Return the recipe of a new last layer for recordings of one's own.

    It is tested on held-out speakers where there are two or more, else on held-out recordings, which the
    report then warns of.

    Parameters
    ----------
    base : Path or str
        Name or folder of the saved model.
    manifest : pandas.DataFrame
        The recordings, of any emotions.
    changes : iterable of str, optional
        Settings that replace those of the recipe, e.g. ``"model.penalty=1"``.

    Returns
    -------
    Recipe

    Raises
    ------
    BundleError
        If there is no such model.
    TrainingError
        If there are less than two emotions, or too few recordings of one.
    RecipeError
        If a change is wrong.
    """
    _check_counts(manifest)
    info, content = read_bundle(base)
    corpora = ", ".join(sorted(set(manifest["corpus"])))
    table: dict[str, Any] = {
        "name": plain_name(f"{corpora}-on-{info.name}"),
        "summary": f"A new last layer for {corpora}, on top of {info.name}: {info.summary}",
        "protocol": _protocol(manifest),
        "features": info.front_end.model_dump(),
        "model": {"name": "new_head", "base": str(base), "checksum": hashlib.sha256(content).hexdigest()},
        "search": {"grid": {"penalty": _PENALTIES}},
    }
    return parse_recipe(table, changes, source="train --base")


def _check_counts(manifest: pandas.DataFrame) -> None:
    counts = manifest["emotion"].value_counts()
    rarest, fewest = counts.idxmin(), counts.min()
    if fewest < FEWEST_CLIPS:
        raise TrainingError(
            f"{rarest}: {fewest} recordings; at least {FEWEST_CLIPS} of each emotion are needed",
            hint="add some, or leave that emotion out",
        )


def _protocol(manifest: pandas.DataFrame) -> dict[str, Any]:
    """Return one protocol under its name: by speaker if there are two, else by recording."""
    speakers = set(speaker_groups(manifest)) if is_complete(manifest, "speaker") else set()
    if len(speakers) < 2:
        return {"recordings": {"kind": "stratified", "test": 0.2, "seed": 0, "allow_leaks": ["speaker"]}}
    if len(speakers) <= _MOST_FOLDS:
        return {"speakers": {"kind": "leave_one_speaker_out"}}
    return {"speakers": {"kind": "speaker_folds", "folds": _MOST_FOLDS, "seed": 0}}
