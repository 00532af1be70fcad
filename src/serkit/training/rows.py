"""The rows of a manifest that a recipe and one of its protocols are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serkit.errors import TrainingError

if TYPE_CHECKING:
    import pandas

    from serkit.recipe import Recipe


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
