"""Reports as files: one HTML page that holds everything, Markdown, JSON, and every picture."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from serkit import __version__
from serkit.errors import MissingDependencyError
from serkit.evaluation.report import REPORT_FILE, EvaluationReport
from serkit.evaluation.tables import SCORES, percent, report_tables, summary_line
from serkit.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment
    from markupsafe import Markup
    from matplotlib.figure import Figure

    from serkit.evaluation.report import Score
    from serkit.evaluation.tables import Table

PICTURES = "pictures"
CAPTIONS = {
    "confusion": "How often each emotion (row) was taken for each other (column).",
    "recall": "Share of the clips of each emotion that were heard right, with 95% intervals over speakers.",
    "reliability": "Accuracy of the clips at each confidence; on the dashed line confidence keeps its word.",
    "abstention": "Accuracy of the answers when clips below a confidence (≥) get none.",
    "groups": "Each group over the emotions that it holds; a fair model lies on the dashed line for all.",
    "selection": "Validation score on held-out speakers as feature blocks are dropped, one after the other.",
    "hyper-parameter": "Validation score on held-out speakers; lines are standard deviations over folds.",
    "training": "Each pass over the training rows. Dev rows are held out of these; test rows are not seen.",
    "folds": "Each test fold; the band is one standard deviation around the mean.",
}


class Picture(NamedTuple):
    """A picture that is ready for a page."""

    name: str
    svg: Markup
    caption: str


class Card(NamedTuple):
    """A number in large type."""

    title: str
    value: str
    note: str


def write_report(
    report: EvaluationReport,
    folder: Path | str,
    *,
    figures: Mapping[str, Figure] | None = None,
    tables: Sequence[Table] = (),
) -> list[Path]:
    """Write a report as files.

    Parameters
    ----------
    report : EvaluationReport
        What to write.
    folder : Path or str
        Made if it is missing. ``report.json``, ``report.html`` (opens from disk and needs nothing
        else), ``report.md``, and ``pictures/*.png`` and ``*.svg``.
    figures : mapping of str to Figure, optional
        Further pictures by name, of how the model was chosen and trained: "selection" and "hyper-parameter"
        from :mod:`serkit.evaluation.plots.choices`, "training" from :mod:`serkit.evaluation.plots.training`.
    tables : sequence of Table, optional
        Further tables, e.g. from :func:`serkit.evaluation.tables.prediction_table`.

    Returns
    -------
    list of Path
        The three reports.

    Raises
    ------
    MissingDependencyError
        If matplotlib or jinja2 is not installed.
    """
    folder = Path(folder)
    drawn = _figures(report) | dict(figures or {})
    content = {
        "report": report,
        "summary": summary_line(report),
        "cards": _cards(report),
        "tables": [*report_tables(report), *tables],
        "pictures": save_pictures(drawn, folder / PICTURES, CAPTIONS),
    }
    report.save(folder / REPORT_FILE)
    for name in ("report.html", "report.md"):
        write_text(folder / name, render(name, **content))
    return [folder / REPORT_FILE, folder / "report.html", folder / "report.md"]


def render(template: str, **content: Any) -> str:
    """Fill one of the package's templates."""
    return _environment().get_template(template).render(version=__version__, **content)


def save_pictures(figures: dict[str, Figure], folder: Path, captions: dict[str, str]) -> list[Picture]:
    """Write every figure as PNG and SVG, and return them for a page."""
    from serkit.evaluation.plots.style import save_png, to_svg

    pictures = []
    for name, figure in figures.items():
        svg = to_svg(figure)
        write_text(folder / f"{name}.svg", svg)
        save_png(figure, folder / f"{name}.png")
        pictures.append(Picture(name, _inline(name, svg), captions.get(name, "")))
    return pictures


def _inline(name: str, svg: str) -> Markup:
    """Return an SVG that can stand in a page and takes its text colour, light or dark."""
    from markupsafe import Markup

    from serkit.evaluation.plots.style import INK

    body = svg[svg.index("<svg") :].replace(INK, "currentColor")
    # Names of groups would repeat from picture to picture; nothing refers to them.
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    return Markup(body.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1))


def _figures(report: EvaluationReport) -> dict[str, Figure]:
    try:
        from serkit.evaluation.plots.scores import report_figures
    except ModuleNotFoundError as error:
        raise missing_library(error) from error
    return report_figures(report)


def run_figures(scores: list[tuple[str, Score]]) -> dict[str, Figure]:
    """Return the picture that shows named runs side by side."""
    try:
        from serkit.evaluation.plots.choices import plot_runs
    except ModuleNotFoundError as error:
        raise missing_library(error) from error
    return {"runs": plot_runs(scores)}


def missing_library(error: ModuleNotFoundError) -> MissingDependencyError:
    """Return the error that says what to install."""
    return MissingDependencyError(
        f"reports and pictures need {error.name}", hint="pip install 'serkit[train]'"
    )


def _cards(report: EvaluationReport) -> list[Card]:
    cards = [
        Card(
            f"{SCORES[name][0]} %",
            percent(report.scores[name].value),
            f"95%: {report.scores[name].interval}",
        )
        for name in ("uar", "war", "macro_f1", "ece")
    ]
    if len(report.folds) > 1:
        mean, deviation = report.fold_mean("uar")
        value = f"{100 * mean:.1f} ± {100 * deviation:.1f}"
        cards.append(Card("UAR over folds %", value, f"{len(report.folds)} test folds"))
    return cards


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("serkit.evaluation"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
