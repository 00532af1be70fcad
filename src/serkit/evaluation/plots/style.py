"""One look for all pictures: few colours that colour-blind readers tell apart, axes without a frame.

The colours are those of Okabe and Ito [1]_; shares and levels use maps that grow evenly in lightness.

References
----------
.. [1] Okabe, M., & Ito, K. (2008). Color universal design: how to make figures and presentations
   that are friendly to colorblind people.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

import matplotlib
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from serkit.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

INK = "#1f2933"
MUTED = "#7b8794"
# On a colour of medium lightness only these two can be read.
DARK, LIGHT = "#000000", "#ffffff"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
PALETTE = (BLUE, ORANGE, GREEN, "#cc79a7", "#e69f00", "#56b4e9", "#7b8794", "#8a7f00")
SHARES = LinearSegmentedColormap.from_list("shares", ["#f5f8fb", "#a6cbe3", "#3d8fc4", "#08507f"])
LIGHT_FROM = 0.76
LEVELS = "magma"
DASHED = (0, (4, 3))

WIDTH, NARROW = 5.4, 4.6
TITLE_SIZE, LABEL_SIZE, TICK_SIZE, NOTE_SIZE = 10.5, 9, 8.5, 7.5
PNG_DPI = 200


def new_figure(*, width: float = WIDTH, height: float) -> Figure:
    """Return an empty figure; width and height in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def new_axes(*, width: float = WIDTH, height: float = 3.2) -> tuple[Figure, Axes]:
    """Return a new figure and its plain axes; width and height in inches."""
    figure = new_figure(width=width, height=height)
    return figure, plain(figure.subplots())


def plain(axes: Axes) -> Axes:
    """Take everything off the axes that shows no data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(labelsize=TICK_SIZE, labelcolor=INK, color=MUTED, length=3)
    axes.set_axisbelow(True)
    return axes


def label(axes: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """Write the title, at the left end of the figure, and the names of the axes."""
    if title:
        look: dict[str, Any] = {"fontsize": TITLE_SIZE, "fontweight": "bold", "color": INK}
        axes.get_figure(root=True).suptitle(title, x=0.01, ha="left", **look)  # type: ignore[union-attr]
    axes.set_xlabel(x, fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(y, fontsize=LABEL_SIZE, color=INK)


def write(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    """Write `text` at a place given in data coordinates."""
    default: dict[str, Any] = {"fontsize": TICK_SIZE, "color": INK, "va": "center"}
    axes.text(x, y, text, **(default | look))


def mark(axes: Axes, value: float, name: str, *, color: str = ORANGE) -> None:
    """Draw a dashed vertical line with its name on top."""
    axes.axvline(value, color=color, linewidth=1.1, linestyle=DASHED, zorder=3)
    look = {"fontsize": NOTE_SIZE, "color": color, "ha": "center", "va": "bottom"}
    write(axes, value, 1.005, name, transform=axes.get_xaxis_transform(), **look)


def grid(axes: Axes, axis: Literal["x", "y"]) -> None:
    """Draw faint lines at the ticks of one axis, and take the ticks of the other away."""
    axes.grid(axis=axis, color=MUTED, alpha=0.35, linewidth=0.6)
    axes.tick_params(axis="y" if axis == "x" else "x", length=0)


def percent(axes: Axes, axis: Literal["x", "y"]) -> None:
    """Write the shares of an axis in per cent."""
    (axes.xaxis if axis == "x" else axes.yaxis).set_major_formatter(lambda share, _: f"{100 * share:.3g}%")


def thousands(axes: Axes, axis: Literal["x", "y"]) -> None:
    """Write the counts of an axis with a comma at the thousands."""
    (axes.xaxis if axis == "x" else axes.yaxis).set_major_formatter("{x:,.0f}")


def legend(axes: Axes, handles: Sequence[Artist] | None = None) -> None:
    """Draw the legend, of all that is labelled unless told otherwise, where it hides least."""
    axes.legend(handles=handles, frameon=False, fontsize=TICK_SIZE, labelcolor=INK, handlelength=1.4)


def ink_on(share: float) -> str:
    """Return the colour of text that can be read on `share` of the map `SHARES`."""
    return LIGHT if share > LIGHT_FROM else DARK


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG whose text stays text, without a background; the same for the same figure."""
    stream = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "serkit"}):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return stream.getvalue()


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, 200 dpi on white."""
    with atomic_path(path) as partial:
        figure.savefig(partial, dpi=PNG_DPI, facecolor="white")
