"""Pictures of how a model was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from serkit.selection import Candidate
    from serkit.training.fitting import FitRecord


def choice_figures(record: FitRecord) -> dict[str, Figure]:
    """Draw the validation score of every step and of every value that was tried.

    Parameters
    ----------
    record : FitRecord
        How the model was chosen.

    Returns
    -------
    dict of str to Figure
        "selection" after a backward selection; "hyper-parameter", or one for each, after a grid search.
    """
    from serkit.evaluation.plots.choices import plot_hyper_parameter, plot_selection

    figures = {}
    path = record.selection
    if path:
        dropped, uars = [step.dropped for step in path], [step.uar for step in path]
        figures["selection"] = plot_selection(dropped, uars, spread=[step.deviation for step in path])
    curves = dict(_curves(record.candidates))
    for name, curve in curves.items():
        values = sorted(curve)
        uars, deviations = [curve[v].uar for v in values], [curve[v].deviation for v in values]
        picture = "hyper-parameter" if len(curves) == 1 else f"hyper-parameter-{name}"
        figures[picture] = plot_hyper_parameter(name, values, uars, spread=deviations)
    return figures


def _curves(candidates: tuple[Candidate, ...]) -> Iterator[tuple[str, dict[float, Candidate]]]:
    """Yield each parameter of which several numbers were tried, with the best candidate of each number."""
    for name in candidates[0].parameters if candidates else ():
        curve: dict[float, Candidate] = {}
        for candidate in candidates:
            value = candidate.parameters[name]
            if isinstance(value, int | float) and value > 0:
                curve[value] = max(candidate, curve.get(value, candidate), key=lambda one: one.uar)
        if len(curve) > 1:
            yield name, curve
