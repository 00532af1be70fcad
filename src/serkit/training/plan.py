"""What a run is going to do, known before anything is trained."""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit import __version__
from serkit.augment import is_copy
from serkit.corpora.manifest import is_complete
from serkit.errors import TrainingError
from serkit.splits import count_leaks, speaker_groups
from serkit.training.rows import select_rows, split_rows
from serkit.training.run_folder import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas

    from serkit.recipe import Recipe
    from serkit.recipe_tables import RecipeProtocol
    from serkit.splits import Fold

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """A recipe, one of its protocols, and the rows and folds that follow from them.

    Attributes
    ----------
    recipe : Recipe
        What to train.
    protocol_name : str
        Name of the protocol.
    rows : pandas.DataFrame
        Rows of the manifest that they are for, then their altered copies.
    folds : list of Fold
        Positions among them.
    leaks : dict of str to int
        For each kind that could be checked, the most that crosses in a fold; only what the protocol allows.
    """

    recipe: Recipe
    protocol_name: str
    rows: pandas.DataFrame
    folds: list[Fold]
    leaks: dict[str, int]

    @property
    def protocol(self) -> RecipeProtocol:
        """The protocol itself."""
        return self.recipe.protocol[self.protocol_name]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Emotions to tell apart, sorted."""
        return tuple(sorted(set(self.rows["emotion"])))

    @property
    def fold_numbers(self) -> range:
        """Numbers of the folds, from 1 on."""
        return range(1, len(self.folds) + 1)

    def check_folds(self, numbers: Sequence[int]) -> None:
        """Raise TrainingError if one of these is the number of no fold."""
        for number in numbers:
            if number not in self.fold_numbers:
                raise TrainingError(
                    f"fold {number}: protocol {self.protocol_name} has {len(self.folds)} folds",
                    hint="they are counted from 1",
                )

    def describe(self, *, device: str = "cpu", threads: int = 1) -> dict[str, Any]:
        """Return what the record of a run on such a machine says before anything is trained."""
        versions, augment = library_versions(), self.recipe.augment
        originals = self.rows[~is_copy(self.rows)]
        matters = {
            "recipe": self.recipe.model_dump(mode="json", include={"seed", "model", "search", "calibration"}),
            "features": self.recipe.features.key,
            "augment": augment and [augment.key, augment.n_copies],
            "protocol": self.protocol.model_dump(mode="json"),
            "versions": versions,
            "device": device,
            "threads": threads,
        }
        return {
            "fingerprint": fingerprint(matters, originals),
            "recipe": self.recipe.model_dump(mode="json"),
            "protocol": self.protocol_name,
            "versions": versions,
            "device": device,
            "threads": threads,
            "clips": originals["corpus"].value_counts(sort=False).to_dict(),
            "emotions": originals["emotion"].value_counts().sort_index().to_dict(),
            "folds": [_describe_fold(self.rows, fold) for fold in self.folds],
        }


def make_plan(recipe: Recipe, manifest: pandas.DataFrame, protocol: str | None) -> TrainingPlan:
    """Select the rows and cut them into folds, none of which leaks.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    manifest : pandas.DataFrame
        Recordings.
    protocol : str or None
        Name of the protocol; None for the only one that fits the corpora of the manifest.

    Returns
    -------
    TrainingPlan

    Raises
    ------
    RecipeError
        If there is no such protocol, or none or several fit.
    TrainingError
        If recordings are missing, or no fold is left to calibrate another one by.
    SplitError, LeakError
        If the rows cannot be split so, or something crosses that the protocol does not allow.
    """
    name = recipe.choose_protocol(protocol, set(manifest["corpus"]))
    rows, folds = split_rows(select_rows(manifest, recipe, name), recipe, recipe.protocol[name])
    if recipe.calibration.by_clip and len(folds) == 1:
        raise TrainingError(
            f"calibration.method: clip_temperature takes two folds or more, {name} has one",
            hint='set calibration.method = "temperature"',
        )
    found = [count_leaks(rows, fold, recipe.protocol[name]) for fold in folds]
    leaks = {kind: max(counts[kind] for counts in found) for kind in found[0]}
    return TrainingPlan(recipe, name, rows, folds, leaks)


def library_versions() -> dict[str, str]:
    """Return the versions that a result depends on, of what is installed.

    Examples
    --------
    >>> sorted({"torch": "", **library_versions()})
    ['numpy', 'python', 'scikit-learn', 'scipy', 'serkit', 'torch']
    """
    libraries = {}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):  # a classical model needs no torch
            libraries[name] = version(name)
    return {"serkit": __version__, "python": platform.python_version(), **libraries}


def _describe_fold(rows: pandas.DataFrame, fold: Fold) -> dict[str, Any]:
    known = is_complete(rows, "speaker")
    speakers = speaker_groups(rows) if known else np.full(len(rows), "unknown", dtype=object)
    parts = {"train": fold.train, "dev": fold.dev, "test": fold.test}
    copy = is_copy(rows)
    described = {
        name: {
            "clips": int((~copy[part]).sum()),
            "copies": int(copy[part].sum()),
            "speakers": sorted(set(speakers[part])),
        }
        for name, part in parts.items()
    }
    return {"name": fold.name, **described, "missing": list(fold.missing)}
