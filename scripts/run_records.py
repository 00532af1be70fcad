"""What the pages need to know of each finished run, kept in one file of the repository.

The folder of a run is large and stays where it was made. Its record is short: it goes to
docs/results-runs.json, from which the pages are written.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from serkit.errors import RecipeError
from serkit.evaluation import EvaluationReport, Score, read_predictions
from serkit.evaluation.metrics import thresholded_precision_recall
from serkit.evaluation.tables import summary_line
from serkit.files import write_text
from serkit.recipe import load_recipe
from serkit.training.curves import HISTORY_FILE
from serkit.training.run_folder import RUN_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from serkit.evaluation import Predictions
    from serkit.recipe import Recipe

# File systems allow 255 bytes, and folders are renamed with something behind their name.
LONGEST_NAME = 200
DIGITS = 4
SCORES = ("uar", "war", "macro_f1", "ece")


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

    def settings(self) -> dict[str, Any]:
        """Return what its recipe says that changes a result and is not the default."""
        recipe = self.load()
        parts = {"seed", "data", "augment", "model", "search", "calibration"}
        settings = recipe.model_dump(mode="json", include=parts, exclude_defaults=True)
        settings["model"] = {"name": recipe.model.name, **settings.get("model", {})}
        features = recipe.features.model_dump_json(exclude_defaults=True)
        settings["features"] = f"{recipe.features.name} {_checksum(features.encode())}"
        protocol = recipe.protocol[recipe.choose_protocol(self.protocol, ())]
        return {**settings, "protocol": protocol.model_dump(mode="json", exclude_defaults=True)}

    @property
    def command(self) -> str:
        """The same run from the command line, but for the folders of the corpora."""
        given = [part for change in self.changes for part in ("--set", change)]
        return shlex.join(
            ["serkit", "train", self.recipe, "--protocol", self.protocol, *given, "--no-bundle"]
        )


class Figure(NamedTuple):
    """A score as a share, and the bounds of its 95 % interval over speakers; None = cannot be said."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        return str(Score(value=self.value, low=self.low, high=self.high))


class RunRecord(BaseModel):
    """What the pages say of a finished run; what they do not say of a run may be missing.

    Attributes
    ----------
    recipe, protocol, changes, again
        As in :class:`Job`.
    settings : dict
        As in :meth:`Job.settings`, when it was run.
    versions : str
        Of serkit and the libraries that a result depends on.
    tested : str
        What was tested and how, in words.
    n_clips, n_speakers, n_folds : int
        Size of the test part.
    training_s : float
        Wall time of search, calibration and fit of all folds.
    n_parameters : int, optional
        Of the model of the first fold.
    chosen : dict of str to tuple of float
        The lowest and the highest value of each searched parameter that the folds chose.
    digest : str
        First digits of the checksum of its test probabilities, to five decimals.
    accuracy : float
        Share of right decisions among all emotions of the recipe, as published systems count it.
    at_half : tuple of float, optional
        Precision and recall of the probabilities above 0.5.
    train_accuracy : float, optional
        Of the last epoch of the first fold's network, dropout at work.
    scores : dict of str to Figure
        Those of `SCORES`, each clip among the emotions of its corpus.
    fold_uar : tuple of float, optional
        Mean and standard deviation of the UAR over the folds.
    recalls : dict of str to Figure
        Of each emotion.
    corpora : dict of str to Figure
        UAR on the test clips of each corpus, where there are several.
    remarks : tuple of str
        Cautions and notes of the report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    protocol: str
    changes: tuple[str, ...] = ()
    again: bool = False
    settings: dict[str, Any]
    versions: str
    tested: str = ""
    n_clips: int
    n_speakers: int = 0
    n_folds: int = 1
    training_s: float
    n_parameters: int | None = None
    chosen: dict[str, tuple[float, float]] = {}
    digest: str
    accuracy: float
    at_half: tuple[float, float] | None = None
    train_accuracy: float | None = None
    scores: dict[str, Figure]
    fold_uar: tuple[float, float] | None = None
    recalls: dict[str, Figure] = {}
    corpora: dict[str, Figure] = {}
    remarks: tuple[str, ...] = ()

    @property
    def job(self) -> Job:
        """What was run."""
        return Job(self.recipe, self.protocol, self.changes, self.again)

    @property
    def seed(self) -> int:
        """Of the recipe."""
        return int(self.settings.get("seed", 0))

    @property
    def uar(self) -> Figure:
        """The headline: unweighted average recall over all test clips."""
        return self.scores["uar"]

    def corpus_uar(self, corpus: str) -> Figure:
        """Return the UAR on the test clips of one of its corpora."""
        return self.corpora.get(corpus, self.uar)

    def is_current(self) -> bool:
        """Tell whether it was made with the recipe as it is now; settings at their defaults do not count."""
        try:
            return self.settings == self.job.settings()
        except RecipeError:
            return False


class Results(BaseModel):
    """The file of all records.

    Attributes
    ----------
    ms_per_clip : dict of str to float
        Milliseconds per clip of each recipe.
    runs : list of RunRecord
        In any order; saved sorted.
    """

    model_config = ConfigDict(extra="forbid")

    ms_per_clip: dict[str, float] = {}
    runs: list[RunRecord] = []

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read the file; without one there are no results yet."""
        return cls.model_validate_json(path.read_bytes()) if path.exists() else cls()

    def current(self) -> dict[Job, RunRecord]:
        """Return the runs that were made with the recipes as they are now."""
        return {run.job: run for run in self.runs if run.is_current()}

    def add(self, record: RunRecord) -> None:
        """Add a run, in the place of an older one."""
        self.runs = [run for run in self.runs if run.job != record.job] + [record]

    def save(self, path: Path) -> None:
        """Write the file, atomically: one line for each thing that is said of a run."""
        self.runs.sort(key=lambda run: run.job)
        content = self.model_dump(mode="json", exclude_defaults=True)
        write_text(path, _lay_out(content, depth=3) + "\n")


def _lay_out(value: Any, depth: int, indent: str = "") -> str:
    """Return JSON, its outer tables with one line for each entry."""
    if not depth or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    deeper = indent + " "
    names = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    entries = value.values() if isinstance(value, dict) else value
    lines = [
        f"{deeper}{name}{_lay_out(entry, depth - 1, deeper)}"
        for name, entry in zip(names, entries, strict=True)
    ]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([left, ",\n".join(lines), indent + right])


def read_run(job: Job, runs: Path) -> RunRecord:
    """Return the record of a run that has just been finished with the recipe as it is now."""
    folder = runs / job.folder
    plan = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    folds: list[dict[str, Any]] = list(plan["chosen"].values())
    report, predictions = EvaluationReport.load(folder), read_predictions(folder)
    return RunRecord(
        **job._asdict(),
        settings=job.settings(),
        versions=versions_text(plan["versions"]),
        tested=summary_line(report),
        n_clips=report.n_clips,
        n_speakers=report.n_speakers,
        n_folds=len(report.folds),
        training_s=round(sum(fold["training_s"] for fold in folds), 1),
        n_parameters=folds[0].get("n_parameters"),
        chosen=chosen_parameters(folds),
        train_accuracy=_train_accuracy(folder / HISTORY_FILE),
        scores={name: _figure(report.scores[name]) for name in SCORES},
        fold_uar=_rounded(*report.fold_mean("uar")),
        recalls={one.emotion: _figure(one.recall) for one in report.per_class},
        corpora={one.group: _figure(one.uar) for one in report.groups.get("corpus", ())},
        remarks=(*report.facts.cautions, *report.facts.notes),
        **decisions(predictions),
    )


def decisions(predictions: Predictions) -> dict[str, Any]:
    """Return what the test probabilities say by themselves, among all emotions of the recipe."""
    probabilities, truth = predictions.probabilities, predictions.truth
    accuracy = np.mean(probabilities.argmax(axis=1) == truth)
    return {
        "accuracy": round(float(accuracy), DIGITS),
        "at_half": _rounded(*thresholded_precision_recall(probabilities, truth)),
        "digest": _checksum((np.round(probabilities, 5) + 0.0).astype("<f8").tobytes()),
    }


def chosen_parameters(folds: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return from where to where each searched parameter was chosen."""
    candidates = folds[0]["candidates"]
    searched = candidates[0]["parameters"] if candidates else {}
    values = {name: [fold["parameters"][name] for fold in folds] for name in searched}
    return {name: (min(few), max(few)) for name, few in values.items()}


def versions_text(versions: Mapping[str, str]) -> str:
    """Say with which versions a run was made."""
    libraries = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "serkit")
    return f"serkit {versions['serkit']} ({libraries})"


def _figure(score: Score) -> Figure:
    return Figure(*_rounded(score.value, score.low, score.high))


def _rounded(*values: float | None) -> tuple[float | None, ...]:
    return tuple(value if value is None else round(value, DIGITS) for value in values)


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]


def _train_accuracy(history: Path) -> float | None:
    import pandas

    if not history.exists():
        return None
    epochs = pandas.read_csv(history)
    return round(float(epochs["train_accuracy"][epochs["fold"] == epochs["fold"].iloc[0]].iloc[-1]), DIGITS)
