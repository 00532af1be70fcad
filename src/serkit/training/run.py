"""A training run: folds, predictions, report, and the model of all rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.evaluation import Predictions
from serkit.evaluation.robustness import altered_decisions, draw_recordings, losses
from serkit.features.table import extract_features
from serkit.models.network_settings import NetworkSettings
from serkit.parallel import map_parallel
from serkit.training.bundle import save_model
from serkit.training.computing import Computing, choose_device, limited_threads
from serkit.training.curves import HISTORY_FILE, write_history
from serkit.training.fitting import FitRecord, TrainingData, fit_model
from serkit.training.logs import check_log, log_run
from serkit.training.plan import make_plan
from serkit.training.reporting import report_folds
from serkit.training.run_folder import FoldResult, RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas
    from numpy.typing import NDArray

    from serkit.bundle_info import Loss
    from serkit.evaluation import EvaluationReport
    from serkit.recipe import Recipe
    from serkit.splits import Fold
    from serkit.training.computing import Device
    from serkit.training.fitting import FittedModel
    from serkit.training.plan import TrainingPlan

BUNDLE = "bundle"


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """What a training run leaves behind.

    Attributes
    ----------
    folder : Path
        Its files.
    protocol : str
        Name of the protocol that it followed.
    folds : tuple of FoldResult
        Test probabilities of each fold and how its model was chosen.
    report : EvaluationReport
        Scores of all test predictions.
    final : FitRecord or None
        How the saved model was chosen; None where none was saved.
    """

    folder: Path
    protocol: str
    folds: tuple[FoldResult, ...]
    report: EvaluationReport
    final: FitRecord | None


def train(  # noqa: PLR0913 - every choice of a run has a name
    recipe: Recipe,
    manifest: pandas.DataFrame,
    *,
    out: Path | str,
    protocol: str | None = None,
    cache: Path | str | None = None,
    workers: int = 1,
    device: Device = "cpu",
    threads: int = 1,
    progress: bool = False,
    resume: bool = True,
    bundle: bool = True,
    robustness: int | None = None,
    log: str | None = None,
) -> TrainingRun:
    """Train and test a recipe fold by fold, report, and save a model trained on all recordings.

    In each fold everything is chosen, fitted and calibrated on training rows; the test rows are
    predicted once. The result depends neither on `workers` nor on where a run was interrupted; on `device`
    and `threads` it depends in the last bits, from which a network may go another way.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    manifest : pandas.DataFrame
        Recordings; those that the recipe is not for are left out.
    out : Path or str
        Folder of the run. A run that was interrupted there goes on with the first fold that is missing.
    protocol : str, optional
        Name of the protocol; not needed where only one is for the corpora of the manifest.
    cache : Path or str, optional
        Folder that keeps features, and what a frozen encoder makes of them, between runs.
    workers : int, default 1
        Recordings to extract, and models to fit, at once.
    device : {"cpu", "cuda", "auto"}, default "cpu"
        Where networks are trained; "auto" takes a GPU where there is one.
    threads : int, default 1
        Threads of this process; those that `workers` adds have one each.
    progress : bool, default False
        Show progress bars on a terminal.
    resume : bool, default True
        Keep the finished folds of `out`; otherwise begin anew.
    bundle : bool, default True
        Train the model of all recordings, too, and save it.
    robustness : int, optional
        Alter so many test recordings of each corpus in each fold, too, and report what its model loses.
    log : {"tensorboard", "mlflow"}, optional
        Log the run there, too, once it is done.

    Returns
    -------
    TrainingRun

    Raises
    ------
    RecipeError
        If the recipe has no such protocol, or several fit.
    TrainingError
        If recordings are missing that recipe or protocol need, there is no such device, or `out` holds
        another run.
    SplitError, LeakError
        If the manifest cannot be split by the protocol, or a speaker or recording would cross the split.
    MissingDependencyError
        If the library of `log` is not installed.
    """
    if log:
        check_log(log)
    plan = make_plan(recipe, manifest, protocol)
    chosen_device = choose_device(recipe.model, device)
    folder = RunFolder(Path(out), plan.describe(device=chosen_device, threads=threads), resume=resume)
    kept = Path(cache) if cache else None
    computing = Computing(workers, chosen_device, folder.checkpoints, kept, progress)
    table = extract_features(
        plan.rows,
        recipe.features,
        augment=recipe.augment,
        cache=cache,
        workers=workers,
        progress=progress,
    )
    data = TrainingData(plan.rows, table.values)
    with limited_threads(threads, torch_too=isinstance(recipe.model, NetworkSettings)):
        folds = _run_folds(plan, data, folder, computing, robustness=robustness)
        everything = np.arange(len(data.rows))
        final = fit_model(recipe, data, train=everything, computing=computing) if bundle else None
        chosen = final.record if final else folds[0].record
        lost = _losses(plan, folds) if robustness else []
        report = report_folds(plan, folds, folder.path, chosen=chosen, lost=lost)
        if final:
            save_model(folder.path / BUNDLE, recipe, final, data=data, report=report, lost=lost)
    records = {fold.name: fold.record for fold in folds}
    trained = records | ({BUNDLE: final.record} if final else {})
    write_history(folder.path / HISTORY_FILE, trained)
    if log:
        log_run(log, folder.path, trained, report)
    folder.finish(
        {
            "chosen": {name: record.describe() for name, record in records.items()},
            "final": final.record.describe() if final else None,
            "layers": [layer.model_dump(mode="json") for layer in chosen.layers],
        }
    )
    return TrainingRun(folder.path, plan.protocol_name, folds, report, final.record if final else None)


def _run_folds(
    plan: TrainingPlan, data: TrainingData, folder: RunFolder, computing: Computing, *, robustness: int | None
) -> tuple[FoldResult, ...]:
    """Return the result of every fold, from the folder where it is finished."""

    def run(number: int) -> FoldResult:
        result = folder.load_fold(number)
        if result is None or (robustness and not result.altered_rows):
            result = _run_fold(plan, data, plan.folds[number - 1], computing, robustness=robustness)
            folder.save_fold(number, result)
        return result

    numbers = range(1, len(plan.folds) + 1)
    return tuple(map_parallel(run, numbers, progress="folds" if computing.progress else None))


def _run_fold(
    plan: TrainingPlan, data: TrainingData, fold: Fold, computing: Computing, *, robustness: int | None
) -> FoldResult:
    fitted = fit_model(plan.recipe, data, train=fold.train, dev=fold.dev, computing=computing)
    probabilities = fitted.probabilities(data.take(fold.test), plan.classes)
    altered = (
        fold.test[draw_recordings(plan.rows.iloc[fold.test], robustness)] if robustness else fold.test[:0]
    )
    return FoldResult(
        name=fold.name,
        rows=fold.test.tolist(),
        classes=plan.classes,
        probabilities=probabilities.tolist(),
        record=fitted.record,
        altered_rows=altered.tolist(),
        altered=tuple(_altered(plan, plan.rows.iloc[altered], fitted, computing)),
    )


def _altered(
    plan: TrainingPlan, rows: pandas.DataFrame, fitted: FittedModel, computing: Computing
) -> Iterator[tuple[str, ...]]:
    """Yield what the model of a fold hears in each of these recordings, altered in each way."""

    def hear(row: pandas.DataFrame, features: NDArray[Any]) -> Predictions:
        data = TrainingData(row, features)
        return Predictions(row, fitted.probabilities(data, plan.classes), plan.classes)

    for decided in altered_decisions(rows, plan.recipe.features, hear, workers=computing.workers):
        yield tuple(decided.tolist())


def _losses(plan: TrainingPlan, folds: Sequence[FoldResult]) -> list[Loss]:
    tested = plan.rows.iloc[[row for fold in folds for row in fold.altered_rows]]
    return losses(tested, [np.array(decided) for fold in folds for decided in fold.altered])
