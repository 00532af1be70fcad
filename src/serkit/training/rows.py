"""The rows of a manifest that a recipe and one of its protocols are for, and their altered copies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from serkit.augment import add_copies
from serkit.errors import TrainingError
from serkit.splits import Fold, make_folds, sides

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from serkit.recipe import Recipe
    from serkit.recipe_tables import RecipeProtocol


def select_rows(manifest: pandas.DataFrame, recipe: Recipe, protocol: str) -> pandas.DataFrame:
    """Keep the corpora and emotions of the recipe, and songs only where it wants them.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Recordings.
    recipe : Recipe
        What they are for.
    protocol : str
        Name of one of its protocols.

    Returns
    -------
    pandas.DataFrame
        The rows, numbered anew.

    Raises
    ------
    TrainingError
        If a corpus or an emotion that they need is not in the manifest, or less than two emotions are left.
    """
    corpora, emotions = recipe.corpora(protocol), frozenset(recipe.data.emotions)
    rows = manifest
    if corpora:
        _check_present("corpus", corpora, manifest, "scan it too, e.g. --corpus NAME=DIR")
        rows = rows[rows["corpus"].isin(corpora)]
    if emotions:
        _check_present("emotion", emotions, rows, "see data.emotions of the recipe")
        rows = rows[rows["emotion"].isin(emotions)]
    if "channel" in rows and not recipe.data.include_song:
        rows = rows[rows["channel"] != "song"]
    if recipe.data.votes and f"votes_{recipe.data.votes}" not in rows:
        raise TrainingError(
            f"{recipe.name}: the manifest has no column votes_{recipe.data.votes}",
            hint="`serkit corpora scan --votes summaryTable.csv` adds it",
        )
    if rows["emotion"].nunique() < 2:
        raise TrainingError(
            f"{recipe.name}, protocol {protocol}: {rows['emotion'].nunique()} emotions to tell apart",
            hint="a model needs two or more",
        )
    return rows.reset_index(drop=True)


def _check_present(column: str, wanted: frozenset[str], rows: pandas.DataFrame, hint: str) -> None:
    missing = sorted(wanted - set(rows[column]))
    if missing:
        raise TrainingError(f"{column} {', '.join(missing)}: not in the manifest", hint=hint)


def split_rows(
    rows: pandas.DataFrame, recipe: Recipe, protocol: RecipeProtocol
) -> tuple[pandas.DataFrame, list[Fold]]:
    """Cut rows into folds, and give each training part the altered copies of its rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Recordings, from `select_rows`.
    recipe : Recipe
        Its plan of augmentation, if it has one, makes the copies.
    protocol : RecipeProtocol
        How to cut; and whether copies are made before, so that they are cut like recordings.

    Returns
    -------
    rows : pandas.DataFrame
        The recordings, and behind them their copies.
    folds : list of Fold
        Positions among them.

    Raises
    ------
    SplitError, LeakError
        If the rows cannot be split so, or something crosses that the protocol does not allow.
    """
    if recipe.augment is None:
        return rows, make_folds(rows, protocol)
    if protocol.augment_before_split:
        everything = add_copies(rows, recipe.augment, sides=np.arange(len(rows)))
        return everything, make_folds(everything, protocol)
    folds = make_folds(rows, protocol)
    everything = add_copies(rows, recipe.augment, sides=sides(len(rows), folds))
    return everything, [replace(fold, train=_with_copies(fold.train, rows, everything)) for fold in folds]


def _with_copies(
    train: NDArray[np.intp], rows: pandas.DataFrame, everything: pandas.DataFrame
) -> NDArray[np.intp]:
    """Return positions of rows and, ascending, of their copies, which follow in the order of the rows."""
    return np.concatenate([train + first for first in range(0, len(everything), len(rows))])
