"""The tables of a report, the same for HTML, Markdown and the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from serkit.evaluation.reliability import ECE_BINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from serkit.evaluation.predictions import Predictions
    from serkit.evaluation.report import EvaluationReport, Score
    from serkit.models.layer import Layer

SCORES = {
    "uar": ("UAR", "unweighted average recall: mean of the recalls of the emotions present"),
    "war": ("WAR", "weighted average recall: share of right decisions (accuracy)"),
    "macro_precision": ("macro precision", "mean of the precisions of the emotions present"),
    "macro_f1": ("macro F1", "mean of the F1 of the emotions present"),
    "thresholded_precision": ("precision at 0.5", "of all probabilities above 0.5, the share that is right"),
    "thresholded_recall": ("recall at 0.5", "share of clips whose emotion has a probability above 0.5"),
    "top_2": ("top 2", "share of clips whose emotion is among the two most probable"),
    "top_3": ("top 3", "share of clips whose emotion is among the three most probable"),
    "ece": ("ECE", f"expected calibration error in {ECE_BINS} bins: lower is better"),
    "surer_half": ("WAR of surer half", "accuracy where only the half that it is surest of is answered"),
}
GROUPS = {"corpus": "Corpora", "gender": "Sex", "age": "Age", "race": "Race", "intensity": "Intensity"}
LEAKS = {"speaker": "speakers", "content": "identical recordings", "parent": "augmented copies"}


class Table(NamedTuple):
    """One table; every cell is text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def summary_line(report: EvaluationReport) -> str:
    """Return what was tested and how, on one line."""
    speakers = f"{report.n_speakers:,} speakers" if report.n_speakers else "speakers not known"
    parts = [
        report.facts.protocol,
        f"{report.n_clips:,} test clips",
        speakers,
        f"{len(report.classes)} emotions",
    ]
    return " · ".join(part for part in parts if part)


def report_tables(report: EvaluationReport) -> list[Table]:
    """Return every table that the report has data for."""
    tables = [_scores(report), _classes(report), _leaks(report)]
    tables += [_group(report, attribute) for attribute in report.groups]
    tables += [_folds(report)] if len(report.folds) > 1 else []
    return [*tables, *_cost(report)]


def layer_table(layers: Sequence[Layer]) -> Table:
    """Return the layers of a network with their totals."""
    rows = [
        (
            one.name,
            one.kind,
            " × ".join(map(str, one.shape)),
            f"{one.trainable:,}",
            f"{one.running:,}",
        )
        for one in layers
    ]
    trainable, running = sum(one.trainable for one in layers), sum(one.running for one in layers)
    note = f"{trainable + running:,} parameters, of which {running:,} are running statistics."
    total = ("total", "", "", f"{trainable:,}", f"{running:,}")
    return _table("Layers of the network", "layer|kind|output|trainable|running", [*rows, total], note=note)


def prediction_table(predictions: Predictions, *, n_rows: int = 10) -> Table:
    """Return what was said of the first clips."""
    best = predictions.probabilities.argmax(axis=1)
    rows = [
        (
            Path(file).name,
            actual,
            predictions.classes[column],
            percent(probabilities[column]),
        )
        for file, actual, column, probabilities in zip(
            predictions.rows["file"],
            predictions.rows["emotion"],
            best,
            predictions.probabilities,
            strict=True,
        )
    ][:n_rows]
    note = f"The first {len(rows)} of {len(best):,} test clips; predictions.csv holds them all."
    return _table("Actual and predicted", "recording|actual|predicted|probability %", rows, note=note)


def _scores(report: EvaluationReport) -> Table:
    rows = ((SCORES[name][0], *_cells(score), SCORES[name][1]) for name, score in report.scores.items())
    return _table(
        "Scores", "score|%|95% interval|meaning", rows, note="Intervals are bootstrapped over speakers."
    )


def _classes(report: EvaluationReport) -> Table:
    rows = (
        (one.emotion, f"{one.n_clips:,}", *_cells(one.recall), percent(one.precision), percent(one.f1))
        for one in report.per_class
    )
    return _table("Emotions", "emotion|clips|recall %|95% interval|precision %|F1 %", rows)


def _leaks(report: EvaluationReport) -> Table:
    found = report.facts.leaks
    rows = ((name, f"{found[kind]:,}" if kind in found else "not checked") for kind, name in LEAKS.items())
    return _table("What stands on both sides of the split", "kind|count", rows)


def _group(report: EvaluationReport, attribute: str) -> Table:
    rows = (
        (
            *(one.group, f"{one.n_clips:,}", f"{one.n_speakers:,}"),
            *(*_cells(one.uar), str(one.war), percent(one.ece.value), percent(one.surer_half)),
        )
        for one in report.groups[attribute]
    )
    header = f"{attribute}|clips|speakers|UAR %|95% interval|WAR %|ECE %|WAR of surer half %"
    note = f"Best minus worst UAR: {percent(report.gap(attribute))} points."
    return _table(GROUPS[attribute], header, rows, note=note)


def _folds(report: EvaluationReport) -> Table:
    rows = [(one.fold, f"{one.n_clips:,}", percent(one.uar), percent(one.war)) for one in report.folds]
    means = [" ± ".join(percent(value) for value in report.fold_mean(name)) for name in ("uar", "war")]
    note = "The mean is that of the folds, ± their standard deviation; the scores above pool all clips."
    return _table("Test folds", "fold|clips|UAR %|WAR %", [*rows, ("mean", "", *means)], note=note)


def _cost(report: EvaluationReport) -> list[Table]:
    cost = report.facts.cost
    rows = [
        ("training time", f"{cost.training_s or 0:,.1f} s", cost.training_s),
        ("parameters", f"{cost.parameters or 0:,}", cost.parameters),
        ("prediction time of a clip", f"{cost.ms_per_clip or 0:,.2f} ms", cost.ms_per_clip),
    ]
    known = [(name, text) for name, text, value in rows if value is not None]
    return [_table("Cost", "what|value", known)] if known else []


def _table(title: str, header: str, rows: Iterable[tuple[str, ...]], *, note: str = "") -> Table:
    return Table(title, tuple(header.split("|")), tuple(rows), note)


def _cells(score: Score) -> tuple[str, str]:
    return percent(score.value), score.interval


def percent(share: float | None) -> str:
    """Return a share in per cent with one decimal; "–" where there is none."""
    return "–" if share is None else f"{100 * share:.1f}"
