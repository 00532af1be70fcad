"""The pictures of how a model was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.evaluation.plots import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from serkit.evaluation.report import Score


def plot_selection(
    dropped: Sequence[str],
    scores: Sequence[float],
    *,
    spread: Sequence[float] | None = None,
    score: str = "UAR",
) -> Figure:
    """Draw the score of a backward selection against the number of feature blocks that are left.

    Parameters
    ----------
    dropped : sequence of str
        The block that each step took away; "" for the first, which has all of them.
    scores : sequence of float
        Validation score of each step, in [0, 1].
    spread : sequence of float, optional
        Standard deviation of each score over the validation folds.
    score : str, default "UAR"
        Name of the score.

    Returns
    -------
    matplotlib.figure.Figure
    """
    left = np.arange(len(scores), 0, -1)
    figure, axes = style.new_axes(height=3.2)
    axes.errorbar(
        left, scores, yerr=spread, fmt="o-", color=style.BLUE, markersize=5, linewidth=1.4, capsize=0
    )
    best = int(np.argmax(scores))
    axes.plot(left[best], scores[best], "o", color=style.ORANGE, markersize=8, zorder=5)
    names = [f"{left[0]} (all)", *(f"{n} (– {name})" for n, name in zip(left[1:], dropped[1:], strict=True))]
    axes.set_xticks(left, names, rotation=35, ha="right", rotation_mode="anchor")
    axes.invert_xaxis()
    style.percent(axes, "y")
    style.grid(axes, "y")
    title = f"Backward selection: best with {left[best]} of {len(scores)} feature blocks"
    style.label(axes, title=title, x="feature blocks left (– taken away)", y=f"validation {score}")
    return figure


def plot_hyper_parameter(
    name: str, values: Sequence[float], scores: Sequence[float], *, spread: Sequence[float] | None = None
) -> Figure:
    """Draw the validation UAR against a hyper-parameter on a logarithmic axis, e.g. C.

    Parameters
    ----------
    name : str
        Of the hyper-parameter.
    values : sequence of float
        Positive, ascending.
    scores : sequence of float
        Validation UAR of each value, in [0, 1].
    spread : sequence of float, optional
        Standard deviation of each score over the validation folds.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = style.new_axes(width=style.NARROW, height=3.0)
    axes.errorbar(
        values, scores, yerr=spread, fmt="o-", color=style.BLUE, markersize=5, linewidth=1.4, capsize=0
    )
    best = int(np.argmax(scores))
    axes.plot(values[best], scores[best], "o", color=style.ORANGE, markersize=8, zorder=5)
    axes.set_xscale("log")
    axes.minorticks_off()
    style.percent(axes, "y")
    style.grid(axes, "y")
    style.label(axes, title=f"Best {name}: {values[best]:g}", x=name, y="validation UAR")
    return figure


def plot_runs(scores: Sequence[tuple[str, Score]]) -> Figure:
    """Draw the UAR of each run with its interval.

    Parameters
    ----------
    scores : sequence of (str, Score)
        Name and UAR of each run, from top to bottom.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = style.new_axes(height=0.34 * len(scores) + 1.1)
    for position, (_, score) in enumerate(reversed(scores)):
        value = score.value or 0.0
        bounds = [[value - (score.low or value)], [(score.high or value) - value]]
        axes.errorbar(value, position, xerr=bounds, fmt="o", color=style.BLUE, markersize=6, linewidth=1.5)
    axes.set_yticks(range(len(scores)), [name for name, _ in reversed(scores)])
    axes.set_ylim(-0.6, len(scores) - 0.4)
    axes.margins(x=0.1)
    style.percent(axes, "x")
    style.grid(axes, "x")
    style.label(axes, title="UAR of each run, 95% interval over speakers", x="UAR")
    return figure
