"""Several runs side by side, and which of them differ by more than chance.

Two runs that were tested on the same clips are compared pair by pair: both are scored on the same
draws of speakers, and they differ where the interval of the difference does not hold 0. Other runs
are compared by their own intervals alone: they differ where these do not overlap, which overlooks
small differences. A score that is not honest is not compared with one that is, nor scores on other
clips that were split in another way.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from serkit.errors import TrainingError
from serkit.evaluation.bootstrap import paired_difference
from serkit.evaluation.confusion import average_recall
from serkit.evaluation.pairing import align
from serkit.evaluation.predictions import PREDICTIONS_FILE, Predictions, read_predictions
from serkit.evaluation.report import EvaluationReport
from serkit.evaluation.scoring import FEW_SPEAKERS
from serkit.evaluation.tables import Table, percent
from serkit.files import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIRED = "the same clips, paired over speakers"
OVERLAP = "other clips, overlap of the intervals"
DISHONEST = "only one of the scores is honest"
OTHER_SPLIT = "other clips, split in another way"


@dataclass(frozen=True, eq=False)
class Run:
    """One run to compare.

    Attributes
    ----------
    name : str
        Of the run.
    report : EvaluationReport
        Its scores.
    predictions : Predictions, optional
        Its test predictions, where they were kept.
    """

    name: str
    report: EvaluationReport
    predictions: Predictions | None = None


class Difference(NamedTuple):
    """How two runs differ in UAR.

    Attributes
    ----------
    one, other : str
        Names of the runs.
    value : float
        UAR of `one` minus that of `other`.
    low, high : float or None
        Its 95 % interval where the runs are paired.
    differ : bool or None
        Whether they differ by more than chance; None = cannot be said.
    how : str
        How that was found.
    """

    one: str
    other: str
    value: float
    low: float | None
    high: float | None
    differ: bool | None
    how: str

    @property
    def verdict(self) -> str:
        """The outcome in words."""
        if self.how in (DISHONEST, OTHER_SPLIT):
            return "not comparable"
        if self.differ is None:
            return "cannot be said: no interval"
        if not self.differ:
            return "no difference shown"
        return f"{self.one if self.value > 0 else self.other} is better"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs side by side.

    Attributes
    ----------
    runs : tuple of Run
        In the order given.
    differences : tuple of Difference
        One for each pair.
    notes : tuple of str
        What keeps the runs from being compared as they stand.
    """

    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def tables(self) -> list[Table]:
        """Return the table of the runs and that of their differences."""
        runs = Table("Runs", _RUN_HEADER, tuple(_run_row(run) for run in self.runs))
        pairs = Table("Differences", _PAIR_HEADER, tuple(_pair_row(pair) for pair in self.differences))
        return [runs, pairs]

    def to_json(self) -> str:
        """Return scores and differences as JSON."""
        runs = [{"name": run.name, **_scores(run.report)} for run in self.runs]
        differences = [{**pair._asdict(), "verdict": pair.verdict} for pair in self.differences]
        document = {"runs": runs, "differences": differences, "notes": list(self.notes)}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_RUN_HEADER = ("run", "UAR %", "95% interval", "over folds", "WAR %", "F1 %", "ECE %", "clips", "protocol")
_PAIR_HEADER = ("runs", "UAR points", "95% interval", "verdict", "how")


def load_run(folder: Path | str) -> Run:
    """Read the report of a run, and its predictions where they were kept.

    Parameters
    ----------
    folder : Path or str
        Holds ``report.json`` and perhaps ``predictions.csv``.

    Raises
    ------
    TrainingError
        If there is no report, or a file is damaged.
    """
    folder = Path(folder)
    report = EvaluationReport.load(folder)
    kept = (folder / PREDICTIONS_FILE).is_file()
    return Run(report.facts.name, report, read_predictions(folder) if kept else None)


def compare_runs(runs: Sequence[Run], *, seed: int = 0) -> Comparison:
    """Compare every run with every other.

    Parameters
    ----------
    runs : sequence of Run
        At least two.
    seed : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    Comparison

    Raises
    ------
    TrainingError
        If there are fewer than two runs.
    """
    if len(runs) < 2:
        raise TrainingError("one run cannot be compared", hint="name two run folders or more")
    named = tuple(_with_unique_names(runs))
    pairs = tuple(_difference(one, other, seed) for one, other in itertools.combinations(named, 2))
    return Comparison(named, pairs, tuple(_notes(named, pairs)))


def write_comparison(comparison: Comparison, folder: Path | str) -> list[Path]:
    """Write ``comparison.html``, ``comparison.md`` and ``comparison.json``; return their paths."""
    from serkit.evaluation import pages

    folder = Path(folder)
    figures = pages.run_figures([(run.name, run.report.uar) for run in comparison.runs])
    pictures = pages.save_pictures(figures, folder / pages.PICTURES, {})
    content = {"comparison": comparison, "tables": comparison.tables(), "pictures": pictures}
    write_text(folder / "comparison.json", comparison.to_json())
    for name in ("comparison.html", "comparison.md"):
        write_text(folder / name, pages.render(name, **content))
    return [folder / f"comparison.{suffix}" for suffix in ("html", "md", "json")]


def _with_unique_names(runs: Sequence[Run]) -> list[Run]:
    counts, seen, unique = Counter(run.name for run in runs), Counter[str](), []
    for run in runs:
        seen[run.name] += 1
        name = f"{run.name} #{seen[run.name]}" if counts[run.name] > 1 else run.name
        unique.append(Run(name, run.report, run.predictions))
    return unique


def _difference(one: Run, other: Run, seed: int) -> Difference:
    if _is_honest(one) != _is_honest(other):
        return Difference(one.name, other.name, _gap(one, other), None, None, None, DISHONEST)
    pair = align(one.predictions, other.predictions) if one.predictions and other.predictions else None
    if pair is None:
        return _by_overlap(one, other)
    interval = paired_difference(average_recall, pair.one, pair.other, pair.speakers, seed=seed)
    if np.isnan(interval.low):
        return Difference(one.name, other.name, interval.value, None, None, None, PAIRED)
    differ = not interval.low <= 0 <= interval.high
    return Difference(one.name, other.name, *interval, differ, PAIRED)


def _by_overlap(one: Run, other: Run) -> Difference:
    first, second, value = one.report.uar, other.report.uar, _gap(one, other)
    if one.report.facts.protocol != other.report.facts.protocol:
        return Difference(one.name, other.name, value, None, None, None, OTHER_SPLIT)
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Difference(one.name, other.name, value, None, None, None, OVERLAP)
    differ = first.high < second.low or second.high < first.low
    return Difference(one.name, other.name, value, None, None, differ, OVERLAP)


def _gap(one: Run, other: Run) -> float:
    return (one.report.uar.value or 0.0) - (other.report.uar.value or 0.0)


def _is_honest(run: Run) -> bool:
    return not any(run.report.facts.leaks.values()) and not run.report.facts.cautions


def _notes(runs: tuple[Run, ...], pairs: tuple[Difference, ...]) -> list[str]:
    notes = []
    if len({run.report.facts.protocol for run in runs}) > 1:
        notes.append("The runs were split in different ways: their scores are not comparable as they stand.")
    leaky = [run.name for run in runs if not _is_honest(run)]
    if leaky:
        notes.append(f"Not honest scores (see their reports): {', '.join(leaky)}.")
    few = [run.name for run in runs if 1 < run.report.n_speakers < FEW_SPEAKERS]
    if few:
        notes.append(f"Few test speakers, so that intervals are rough: {', '.join(few)}.")
    if len(pairs) > 1:
        notes.append(f"{len(pairs)} pairs were compared without a correction for their number.")
    return notes


def _run_row(run: Run) -> tuple[str, ...]:
    report, scores = run.report, run.report.scores
    folds = " ± ".join(percent(value) for value in report.fold_mean("uar"))
    rest = (percent(scores[name].value) for name in ("war", "macro_f1", "ece"))
    tested = (f"{report.n_clips:,}", report.facts.protocol)
    return (run.name, percent(report.uar.value), report.uar.interval, folds, *rest, *tested)


def _pair_row(pair: Difference) -> tuple[str, ...]:
    bounds = (
        "–" if pair.low is None or pair.high is None else f"{100 * pair.low:+.1f} to {100 * pair.high:+.1f}"
    )
    return (f"{pair.one} − {pair.other}", f"{100 * pair.value:+.1f}", bounds, pair.verdict, pair.how)


def _scores(report: EvaluationReport) -> dict[str, Any]:
    return report.model_dump(mode="json", include={"n_clips", "n_speakers", "scores"})
