"""The picture of how the emotion changes in a long recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.cm import ScalarMappable
from matplotlib.lines import Line2D

from serkit.evaluation.plots import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from serkit.prediction import Prediction

_WIDTH, _ROW_HEIGHT, _MARGINS = 9.0, 0.26, 1.1
_BAR = 0.86


def plot_timeline(stretches: Sequence[Prediction], labels: Sequence[str], *, title: str) -> Figure:
    """Draw the probability of each emotion over time; where nobody speaks, nothing is drawn.

    Parameters
    ----------
    stretches : sequence of Prediction
        Of one recording, in order.
    labels : sequence of str
        Emotions, from top to bottom.
    title : str
        What stands above the picture.

    Returns
    -------
    matplotlib.figure.Figure
        One row for each emotion, dark where it is probable. The emotion that is answered has a line below it,
        dashed where the answer is abstained from.
    """
    figure, axes = style.new_axes(width=_WIDTH, height=_MARGINS + _ROW_HEIGHT * len(labels))
    times = [(one.start, one.end - one.start) for one in stretches]
    for row, label in enumerate(labels):
        shades = style.SHARES([one.probabilities[label] for one in stretches])
        axes.broken_barh(times, (row - _BAR / 2, _BAR), facecolors=shades, linewidth=0)
    for one in stretches:
        _underline(axes, one, labels.index(one.emotion) + 0.5)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.35, -0.6)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda seconds, _: _clock(seconds))
    axes.tick_params(axis="y", length=0)
    style.label(axes, title=title, x="time (minutes:seconds)")
    bar = figure.colorbar(ScalarMappable(cmap=style.SHARES), ax=axes, pad=0.01, aspect=14)
    bar.set_label("probability", fontsize=style.LABEL_SIZE, color=style.INK)
    bar.ax.tick_params(labelsize=style.TICK_SIZE, labelcolor=style.INK, color=style.MUTED, length=3)
    bar.outline.set_visible(False)
    return figure


def _underline(axes: Axes, stretch: Prediction, y: float) -> None:
    look: dict[str, Any] = {"color": style.ORANGE, "linewidth": 2.0, "solid_capstyle": "butt"}
    if stretch.abstained:
        look |= {"linestyle": (0, (1, 1)), "linewidth": 1.2}
    axes.add_line(Line2D([stretch.start, stretch.end], [y, y], **look))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}:{rest:04.1f}".removesuffix(".0")
