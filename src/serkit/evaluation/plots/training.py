"""The picture of how networks were trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from serkit.evaluation.plots import style

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from serkit.models.history import Epoch

_HIGH = 10.0
"""A loss that begins so high, far above chance, would press all that follows to the floor."""


def plot_curves(histories: Collection[Sequence[Epoch]]) -> Figure:
    """Draw loss and accuracy of each epoch, one line for each training.

    Parameters
    ----------
    histories : collection of sequence of Epoch
        Of each fold; at least one. Dev rows are drawn where they were looked at.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = style.new_figure(width=2 * style.NARROW, height=3.2)
    loss, accuracy = (style.plain(axes) for axes in figure.subplots(1, 2))
    _draw(loss, histories, "train_loss", "dev_loss")
    _draw(accuracy, histories, "train_accuracy", "dev_uar")
    if max(epoch.train_loss for history in histories for epoch in history) > _HIGH:
        loss.set_yscale("log")
    else:
        loss.set_ylim(bottom=0)
    style.percent(accuracy, "y")
    several = f", {len(histories)} folds" if len(histories) > 1 else ""
    style.label(loss, title=f"Loss and accuracy of each epoch{several}", x="epoch", y="cross-entropy")
    style.label(accuracy, x="epoch", y="accuracy (train), UAR (dev)")
    return figure


def _draw(axes: Axes, histories: Collection[Sequence[Epoch]], train: str, dev: str) -> None:
    """Draw a score of the training rows and one of the dev rows, and name both."""
    look: dict[str, Any] = {
        "linewidth": 1.4 if len(histories) == 1 else 0.9,
        "alpha": 1.0 if len(histories) == 1 else 0.7,
    }
    handles = []
    for name, score, color in (("train", train, style.BLUE), ("dev", dev, style.ORANGE)):
        curves = [[getattr(epoch, score) for epoch in history] for history in histories]
        known = [curve for curve in curves if None not in curve]
        for curve in known:
            marker = "o" if len(curve) == 1 else None
            axes.plot(range(1, len(curve) + 1), curve, color=color, marker=marker, **look)
        handles += [Line2D([], [], color=color, label=name)] if known else []
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.grid(axes, "y")
    style.legend(axes, handles)
