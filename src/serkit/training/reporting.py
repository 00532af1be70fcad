"""From the folds of a run to its predictions and its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.augment import is_copy
from serkit.bundle import read_bundle
from serkit.evaluation import Cost, Predictions, RunFacts, evaluate, write_predictions
from serkit.evaluation.bundle_scoring import bundle_facts
from serkit.evaluation.pages import write_report
from serkit.evaluation.predictions import PREDICTIONS_FILE
from serkit.evaluation.robustness import robustness_table, write_robustness
from serkit.evaluation.tables import layer_table, prediction_table
from serkit.models.new_head_settings import NewHeadSettings
from serkit.training.choices import choice_figures
from serkit.training.curves import curve_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from serkit.bundle_info import Loss
    from serkit.evaluation import EvaluationReport
    from serkit.training.fitting import FitRecord
    from serkit.training.plan import TrainingPlan
    from serkit.training.run_folder import FoldResult


def report_folds(
    plan: TrainingPlan,
    folds: Sequence[FoldResult],
    folder: Path,
    *,
    chosen: FitRecord,
    lost: Sequence[Loss] = (),
) -> EvaluationReport:
    """Write the test predictions of all folds, and the report on them.

    Parameters
    ----------
    plan : TrainingPlan
        What was to be done.
    folds : sequence of FoldResult
        Every fold.
    folder : Path
        Where to write.
    chosen : FitRecord
        Whose choices the report draws.
    lost : sequence of Loss
        What altered test recordings cost, if that was measured.

    Returns
    -------
    EvaluationReport
    """
    predictions = Predictions(
        plan.rows.iloc[[row for fold in folds for row in fold.rows]],
        np.array([row for fold in folds for row in fold.probabilities]),
        plan.classes,
        tuple(fold.name for fold in folds for _ in fold.rows),
    )
    write_predictions(folder / PREDICTIONS_FILE, predictions)
    facts = RunFacts(
        name=f"{plan.recipe.name}/{plan.protocol_name}",
        protocol=plan.protocol.describe(),
        leaks=plan.leaks,
        cautions=tuple(_cautions(plan)),
        notes=tuple(_notes(plan, folds)),
        cost=Cost(
            training_s=sum(fold.record.training_s for fold in folds),
            parameters=chosen.n_parameters,
        ),
    )
    report = evaluate(predictions, facts=facts)
    records = [fold.record for fold in folds]
    tables = [prediction_table(predictions), *([layer_table(chosen.layers)] if chosen.layers else [])]
    if lost:
        tables.append(robustness_table(lost))
        write_robustness(folder, lost)
    write_report(report, folder, figures=curve_figures(records) | choice_figures(chosen), tables=tables)
    return report


def _cautions(plan: TrainingPlan) -> Iterator[str]:
    if isinstance(plan.recipe.model, NewHeadSettings):
        yield from bundle_facts(read_bundle(plan.recipe.model.base)[0], plan.rows).cautions
    if "speaker" not in plan.leaks:
        yield "Who speaks is not known: expect less on voices that it was not trained on."
    for kind, what in (
        ("speaker", "speakers"),
        ("content", "recordings"),
        ("parent", "parents of recordings"),
    ):
        count = plan.leaks.get(kind, 0)
        if count:
            yield f"{count} {what} stand on both sides of the split: expect less on recordings of others."


def _notes(plan: TrainingPlan, folds: Sequence[FoldResult]) -> Iterator[str]:
    copies = int(is_copy(plan.rows)[[row for fold in folds for row in fold.rows]].sum())
    if copies:
        yield f"{copies} of the clips tested are altered copies."
    missing = sorted({name for fold in plan.folds for name in fold.missing})
    if missing:
        yield f"The published list names what the manifest lacks: {', '.join(missing)}."
    wanted = plan.recipe.model.parameters().get("precision", "float32")
    if wanted != "float32":
        yield f"Trained in {', '.join(sorted({str(fold.record.precision) for fold in folds}))}."
    if any(epoch.dev_uar is not None for fold in folds for epoch in fold.record.history):
        yield "The network looked at its dev rows after each epoch; it was not trained on them."
    if plan.protocol.dev_by == "row":
        yield "Chosen and calibrated on other recordings of the training speakers, whose voices it knows."
    for unit in ("statement", "clip"):
        names = ", ".join(fold.name for fold in folds if fold.record.held_out == unit)
        if names:
            yield f"Fold {names}: chosen and calibrated on held-out {unit}s, as there is one speaker only."
