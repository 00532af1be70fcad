"""Finished runs, read from their folders."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from serkit.errors import RecipeError
from serkit.evaluation import EvaluationReport, Predictions, read_predictions
from serkit.evaluation.metrics import thresholded_precision_recall
from serkit.evaluation.report import REPORT_FILE
from serkit.recipe import load_recipe, parse_recipe
from serkit.training.curves import HISTORY_FILE
from serkit.training.run_folder import RUN_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from serkit.recipe import Recipe

# File systems allow 255 bytes, and folders are renamed with something behind their name.
LONGEST_NAME = 200


class Job(NamedTuple):
    """One run to measure.

    Attributes
    ----------
    recipe, protocol : str
        Their names.
    changes : tuple of str
        Of the recipe, as for ``--set``.
    again : bool
        Whether it repeats another run, to see that it comes to the same.
    """

    recipe: str
    protocol: str
    changes: tuple[str, ...] = ()
    again: bool = False

    @property
    def folder(self) -> str:
        """Name of its folder."""
        words = [self.recipe, self.protocol, *self.changes, *(["again"] if self.again else [])]
        name = "-".join(word.translate(str.maketrans('=[]{}", ', "_" * 8)) for word in words)
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[:LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def load(self) -> Recipe:
        """Return the recipe with its changes."""
        return load_recipe(self.recipe, self.changes)

    @property
    def command(self) -> str:
        """The same run from the command line, but for the folders of the corpora."""
        given = [part for change in self.changes for part in ("--set", change)]
        return shlex.join(
            ["serkit", "train", self.recipe, "--protocol", self.protocol, *given, "--no-bundle"]
        )


@dataclass(frozen=True)
class RunRecord:
    """What a finished run left behind.

    Attributes
    ----------
    job : Job
        What was run.
    report : EvaluationReport
        Its scores, each clip among the emotions of its corpus.
    predictions : Predictions
        Its test predictions.
    chosen : dict
        For each fold how its model was chosen.
    seed : int
        Of the recipe.
    train_accuracy : float or None
        Of the last epoch of the first fold's network, dropout at work; None for other models.
    """

    job: Job
    report: EvaluationReport
    predictions: Predictions
    chosen: dict[str, dict[str, Any]]
    seed: int
    train_accuracy: float | None

    @property
    def accuracy(self) -> float:
        """Share of right decisions among all emotions of the recipe, as published systems count it."""
        return float(np.mean(self.predictions.probabilities.argmax(axis=1) == self.predictions.truth))

    @property
    def digest(self) -> str:
        """First digits of the checksum of its test probabilities, to five decimals."""
        rounded = np.round(self.predictions.probabilities, 5) + 0.0
        return hashlib.sha256(rounded.astype("<f8").tobytes()).hexdigest()[:10]

    @property
    def at_half(self) -> tuple[float, float]:
        """Precision and recall of the probabilities above 0.5."""
        return thresholded_precision_recall(self.predictions.probabilities, self.predictions.truth)

    @property
    def training_s(self) -> float:
        """Wall time of search, calibration and fit of all folds."""
        return float(sum(record["training_s"] for record in self.chosen.values()))

    @property
    def n_parameters(self) -> int | None:
        """Of the model of the first fold."""
        first: dict[str, Any] = next(iter(self.chosen.values()))
        return first.get("n_parameters")


def read_run(job: Job, runs: Path) -> RunRecord | None:
    """Return a run if it is finished and was made with the recipe as it is now."""
    folder = runs / job.folder
    if not (folder / REPORT_FILE).exists():
        return None
    plan = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    if "chosen" not in plan or not _same_recipe(plan["recipe"], job):
        return None
    return RunRecord(
        job,
        EvaluationReport.load(folder),
        read_predictions(folder),
        plan["chosen"],
        plan["recipe"]["seed"],
        _train_accuracy(folder / HISTORY_FILE),
    )


def _train_accuracy(history: Path) -> float | None:
    import pandas

    if not history.exists():
        return None
    epochs = pandas.read_csv(history)
    return float(epochs["train_accuracy"][epochs["fold"] == epochs["fold"].iloc[0]].iloc[-1])


def _same_recipe(found: dict[str, Any], job: Job) -> bool:
    """Tell whether a recipe says the same; settings that it does not know yet count as their defaults."""
    try:
        then, now = parse_recipe(found), job.load()
    except RecipeError:
        return False
    parts = {"seed", "data", "features", "augment", "model", "search", "calibration"}
    same = then.model_dump(include=parts) == now.model_dump(include=parts)
    return same and then.protocol.get(job.protocol) == now.protocol.get(job.protocol)
