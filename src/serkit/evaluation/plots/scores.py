"""The pictures of an evaluation report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.evaluation.confusion import confusion_shares
from serkit.evaluation.plots import style

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from serkit.evaluation.report import EvaluationReport, FoldScore, GroupScore, Score

GROUP_TITLES = {"corpus": "Corpus", "gender": "Sex", "age": "Age", "race": "Race", "intensity": "Intensity"}
# More folds than this have no room for a name under each.
MOST_NAMED_FOLDS = 30
# Fewer answers than this say nothing about their accuracy.
FEWEST_ANSWERS = 20


def plot_confusion(report: EvaluationReport) -> Figure:
    """Draw the confusion matrix: share of the true emotion in the colour and in large, count in small."""
    counts = np.array(report.confusion)
    shares = np.nan_to_num(confusion_shares(counts))
    side = 0.62 * len(report.classes)
    figure, axes = style.new_axes(width=side + 1.15, height=side + 1.1)
    axes.imshow(shares, cmap=style.SHARES, vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            _write_cell(axes, (row, column), float(shares[row, column]), count)
    positions = range(len(report.classes))
    axes.set_xticks(positions, report.classes, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(positions, report.classes)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    style.label(axes, title="Confusion, % of the true emotion (clips below)", x="predicted", y="true")
    return figure


def _write_cell(axes: Axes, cell: tuple[int, ...], share: float, count: int) -> None:
    row, column = cell
    look = {"ha": "center", "color": style.ink_on(share)}
    weight = "bold" if row == column else "normal"
    style.write(axes, column, row - 0.1, f"{100 * share:.0f}", fontsize=9, weight=weight, **look)
    style.write(axes, column, row + 0.26, f"{count:,}", fontsize=6, alpha=0.85, **look)


def plot_recall(report: EvaluationReport) -> Figure:
    """Draw the recall of each emotion with its interval, the UAR and the level of chance."""
    heard = [one for one in report.per_class if one.n_clips]
    figure, axes = style.new_axes(height=0.36 * len(heard) + 1.2)
    for position, one in enumerate(reversed(heard)):
        recall = one.recall.value or 0.0
        axes.barh(position, recall, height=0.62, color=style.BLUE)
        _draw_interval(axes, one.recall, position, color=style.INK)
        style.write(axes, (one.recall.high or recall) + 0.015, position, f"{100 * recall:.0f}")
    style.mark(axes, report.uar.value or 0.0, "UAR")
    style.mark(axes, 1 / len(heard), "chance", color=style.MUTED)
    axes.set_yticks(range(len(heard)), [f"{one.emotion} ({one.n_clips:,})" for one in reversed(heard)])
    axes.set_xlim(0, 1.06)
    axes.set_xticks(np.linspace(0, 1, 6))
    style.percent(axes, "x")
    style.grid(axes, "x")
    style.label(axes, title="Recall of each emotion, 95% interval over speakers", x="recall")
    return figure


def plot_reliability(report: EvaluationReport) -> Figure:
    """Draw accuracy against confidence, over the number of clips at each confidence."""
    figure = style.new_figure(width=style.NARROW, height=4.8)
    upper, lower = map(style.plain, figure.subplots(2, 1, sharex=True, height_ratios=(3.4, 1)))
    filled = [one for one in report.reliability if one.n_clips]
    width = 1 / len(report.reliability)
    middles = [one.lower + width / 2 for one in filled]
    upper.bar(middles, [one.accuracy or 0.0 for one in filled], width=0.9 * width, color=style.BLUE)
    upper.plot([0, 1], [0, 1], color=style.ORANGE, linewidth=1.2, linestyle=style.DASHED)
    lower.bar(middles, [one.n_clips for one in filled], width=0.9 * width, color=style.MUTED)
    upper.set(xlim=(0, 1), ylim=(0, 1))
    style.percent(upper, "y")
    style.percent(lower, "x")
    style.thousands(lower, "y")
    style.label(upper, title=f"Reliability of the confidence, ECE {report.scores['ece']}%", y="accuracy")
    style.label(lower, x="confidence", y="clips")
    return figure


def plot_groups(report: EvaluationReport) -> Figure:
    """Draw the UAR of each group with its interval, against the UAR of all clips."""
    lines: list[str | GroupScore] = []
    for attribute, groups in report.groups.items():
        lines += [attribute, *groups]
    figure, axes = style.new_axes(height=0.27 * len(lines) + 1.1)
    for position, line in enumerate(reversed(lines)):
        if not isinstance(line, str):
            _draw_interval(axes, line.uar, position, color=style.BLUE)
            axes.plot(line.uar.value or 0.0, position, "o", color=style.BLUE, markersize=5)
    axes.set_yticks(range(len(lines)), [_line_name(line) for line in reversed(lines)])
    for tick, line in zip(axes.get_yticklabels(), reversed(lines), strict=True):
        tick.set_fontweight("bold" if isinstance(line, str) else "normal")
    style.mark(axes, report.uar.value or 0.0, "all clips")
    axes.set_xlim(*_tens(axes.get_xlim()))
    axes.set_ylim(-0.6, len(lines) - 0.4)
    style.percent(axes, "x")
    style.grid(axes, "x")
    style.label(axes, title="UAR of each group, 95% interval over speakers", x="UAR")
    return figure


def _line_name(line: str | GroupScore) -> str:
    return GROUP_TITLES[line] if isinstance(line, str) else f"{line.group} ({line.n_clips:,})"


def _tens(limits: tuple[float, float]) -> tuple[float, float]:
    """Return the limits, widened to full tens of per cent."""
    return max(math.floor(limits[0] * 10) / 10, 0.0), min(math.ceil(limits[1] * 10) / 10, 1.0)


def plot_folds(report: EvaluationReport) -> Figure:
    """Draw the UAR of each test fold, and their mean and standard deviation."""
    values = [fold.uar for fold in report.folds]
    mean, deviation = report.fold_mean("uar")
    figure, axes = style.new_axes(height=2.9)
    axes.axhspan(mean - deviation, mean + deviation, color=style.ORANGE, alpha=0.15, linewidth=0)
    axes.axhline(mean, color=style.ORANGE, linewidth=1.2)
    axes.vlines(range(len(values)), 0, values, color=style.BLUE, linewidth=1.5, alpha=0.5)
    axes.plot(values, "o", color=style.BLUE, markersize=5)
    _name_folds(axes, report.folds)
    axes.set(xlim=(-0.6, len(values) - 0.4), ylim=(0, 1))
    style.percent(axes, "y")
    style.grid(axes, "y")
    title = f"UAR of each test fold: mean {100 * mean:.1f}, standard deviation {100 * deviation:.1f}"
    style.label(axes, title=title, x="fold", y="UAR")
    return figure


def _name_folds(axes: Axes, folds: tuple[FoldScore, ...]) -> None:
    names = [fold.fold.rsplit("/", maxsplit=1)[-1] for fold in folds]
    if len(names) > MOST_NAMED_FOLDS:
        axes.set_xticks([])
        return
    axes.set_xticks(range(len(names)), names)
    crowded = sum(map(len, names)) > 60
    axes.tick_params(axis="x", rotation=90 if crowded else 0)


def plot_abstention(report: EvaluationReport) -> Figure:
    """Draw the accuracy of the answers against the share of clips that get one."""
    points = [point for point in report.abstention if point.coverage * report.n_clips >= FEWEST_ANSWERS]
    figure, axes = style.new_axes(width=style.NARROW, height=3.2)
    coverage, accuracy = [p.coverage for p in points], [p.accuracy or 0.0 for p in points]
    axes.plot(coverage, accuracy, "o-", color=style.BLUE, markersize=4, linewidth=1.4)
    axes.margins(y=0.12)
    named = 2.0
    for point in points:
        if named - point.coverage > 0.12:
            named = point.coverage
            _name_point(axes, named, point.accuracy or 0.0, f"≥ {point.threshold:.2f}")
    axes.set_xlim(0, 1.1)
    style.percent(axes, "x")
    style.percent(axes, "y")
    style.grid(axes, "y")
    style.label(axes, title="Answering only when confident", x="clips answered", y="accuracy of the answers")
    return figure


def _name_point(axes: Axes, x: float, y: float, name: str) -> None:
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": style.NOTE_SIZE, "color": style.MUTED}
    axes.annotate(name, (x, y), xytext=(4, 5), **look)


def _draw_interval(axes: Axes, score: Score, position: float, *, color: str) -> None:
    if score.low is not None and score.high is not None:
        axes.hlines(position, score.low, score.high, color=color, linewidth=1.5)


_ALWAYS: dict[str, Callable[[EvaluationReport], Figure]] = {
    "confusion": plot_confusion,
    "recall": plot_recall,
    "reliability": plot_reliability,
    "abstention": plot_abstention,
}
_ORDER = ("confusion", "recall", "folds", "reliability", "abstention", "groups")


def report_figures(report: EvaluationReport) -> dict[str, Figure]:
    """Return every picture that the report has data for, by name."""
    figures = {name: plot(report) for name, plot in _ALWAYS.items()}
    if report.groups:
        figures["groups"] = plot_groups(report)
    if len(report.folds) > 1:
        figures["folds"] = plot_folds(report)
    return {name: figures[name] for name in _ORDER if name in figures}
