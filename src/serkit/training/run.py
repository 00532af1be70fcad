"""A training run: folds, predictions, report, and the model of all rows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.evaluation import Predictions
from serkit.evaluation.robustness import altered_decisions, draw_recordings, losses
from serkit.features.table import extract_features
from serkit.models.emotion_sets import OUTSIDE
from serkit.models.network_settings import NetworkSettings
from serkit.parallel import map_parallel
from serkit.training.bundle import save_model
from serkit.training.calibrating import calibrate_by_clip, rows_to_score
from serkit.training.computing import Computing, choose_device, limited_threads
from serkit.training.curves import HISTORY_FILE, write_history
from serkit.training.fitting import FitRecord, TrainingData, fit_model
from serkit.training.logs import check_log, log_run
from serkit.training.plan import make_plan
from serkit.training.reporting import report_folds
from serkit.training.run_folder import BUNDLE, FoldResult, HeldOut, RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas
    from numpy.typing import NDArray

    from serkit.bundle_info import Loss
    from serkit.evaluation import EvaluationReport
    from serkit.recipe import Recipe
    from serkit.training.calibrating import Calibrated
    from serkit.training.computing import Device
    from serkit.training.fitting import FittedModel
    from serkit.training.plan import TrainingPlan


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
    with _started(
        plan,
        out=out,
        cache=cache,
        workers=workers,
        device=device,
        threads=threads,
        progress=progress,
        resume=resume,
        robustness=robustness,
    ) as run:
        folds, calibrated = _run_folds(run, plan.fold_numbers), None
        if recipe.calibration.by_clip:
            calibrated = calibrate_by_clip(plan, run.data, folds, run.computing)
            folds = calibrated.folds
        final = _train_on_everything(run, calibrated) if bundle else None
        chosen = final.record if final else folds[0].record
        lost = _losses(plan, folds) if robustness else []
        report = report_folds(plan, folds, run.folder.path, chosen=chosen, lost=lost)
        if final:
            save_model(
                run.folder.path / BUNDLE,
                recipe,
                final,
                data=run.data,
                report=report,
                lost=lost,
                of_clips=calibrated and calibrated.temperature,
            )
    records = {fold.name: fold.record for fold in folds}
    trained = records | ({BUNDLE: final.record} if final else {})
    write_history(run.folder.path / HISTORY_FILE, trained)
    if log:
        log_run(log, run.folder.path, trained, report)
    run.folder.finish(
        {
            "chosen": {name: record.describe() for name, record in records.items()},
            "final": final.record.describe() if final else None,
            "layers": [layer.model_dump(mode="json") for layer in chosen.layers],
        }
    )
    return TrainingRun(run.folder.path, plan.protocol_name, folds, report, final.record if final else None)


def train_folds(  # noqa: PLR0913 - every choice of a run has a name
    recipe: Recipe,
    manifest: pandas.DataFrame,
    *,
    folds: Sequence[int],
    out: Path | str,
    protocol: str | None = None,
    cache: Path | str | None = None,
    workers: int = 1,
    device: Device = "cpu",
    threads: int = 1,
    progress: bool = False,
    robustness: int | None = None,
) -> dict[int, FoldResult | None]:
    """Train and test these folds of a run alone, so that other processes or machines can take the others.

    Nothing is reported and no model is saved: `train`, with the same choices, does that once all folds are
    there, and trains those that are missing then. What it finds does not depend on who trained which fold.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    manifest : pandas.DataFrame
        Recordings; all of them, also those of other folds.
    folds : sequence of int
        Numbers of the folds, from 1 on. One that is finished in `out` is not trained again.
    out : Path or str
        Folder of the run. Several processes may share it as long as no two train the same fold.
    protocol, cache, workers, device, threads, progress, robustness : optional
        As in `train`.

    Returns
    -------
    dict of int to FoldResult or None
        Every fold of the run by its number, whoever trained it; None for those that are not finished.

    Raises
    ------
    TrainingError
        If there is no fold of such a number. Otherwise as in `train`.
    """
    plan = make_plan(recipe, manifest, protocol)
    plan.check_folds(folds)
    with _started(
        plan,
        out=out,
        cache=cache,
        workers=workers,
        device=device,
        threads=threads,
        progress=progress,
        resume=True,
        robustness=robustness,
    ) as run:
        _run_folds(run, sorted(set(folds)))
        return {number: run.finished(number) for number in plan.fold_numbers}


@dataclass(frozen=True, eq=False)
class _Started:
    """A run that is under way: what to do, with what, where and how."""

    plan: TrainingPlan
    data: TrainingData
    folder: RunFolder
    computing: Computing
    robustness: int | None

    def finished(self, number: int) -> FoldResult | None:
        """Return a fold that is finished, with altered recordings where they are wanted, or None."""
        result = self.folder.load_fold(number)
        return None if result and self.robustness and not result.altered_rows else result

    def computing_of(self, part: int | str) -> Computing:
        """Return how a fold, by its number, or the bundle is computed."""
        return replace(self.computing, checkpoints=self.folder.checkpoints(part))


@contextmanager
def _started(  # noqa: PLR0913 - see train
    plan: TrainingPlan,
    *,
    out: Path | str,
    cache: Path | str | None,
    workers: int,
    device: Device,
    threads: int,
    progress: bool,
    resume: bool,
    robustness: int | None,
) -> Iterator[_Started]:
    """Open the folder, extract the features, and limit the threads of what follows."""
    recipe, chosen = plan.recipe, choose_device(plan.recipe.model, device)
    folder = RunFolder(Path(out), plan.describe(device=chosen, threads=threads), resume=resume)
    computing = Computing(workers, chosen, cache=Path(cache) if cache else None, progress=progress)
    table = extract_features(
        plan.rows,
        recipe.features,
        augment=recipe.augment,
        cache=cache,
        workers=workers,
        progress=progress,
    )
    with limited_threads(threads, torch_too=isinstance(recipe.model, NetworkSettings)):
        yield _Started(plan, TrainingData(plan.rows, table.values), folder, computing, robustness)


def _run_folds(run: _Started, numbers: Sequence[int]) -> tuple[FoldResult, ...]:
    """Return the result of each of these folds, from the folder where it is finished."""

    def result(number: int) -> FoldResult:
        return run.finished(number) or _run_fold(run, number)

    return tuple(map_parallel(result, numbers, progress="folds" if run.computing.progress else None))


def _run_fold(run: _Started, number: int) -> FoldResult:
    """Train, test and keep a fold."""
    plan, fold, computing = run.plan, run.plan.folds[number - 1], run.computing_of(number)
    fitted = fit_model(plan.recipe, run.data, train=fold.train, dev=fold.dev, computing=computing)
    by_clip = plan.recipe.calibration.by_clip
    scored = rows_to_score(plan.rows, fold.test) if by_clip else fold.test
    scores = fitted.scores(run.data.take(scored))
    probabilities = fitted.probabilities_of(scores[: len(fold.test)], run.data.take(fold.test), plan.classes)
    among_all = fitted.spread(scores, plan.classes, elsewhere=OUTSIDE)
    count = run.robustness
    altered = fold.test[draw_recordings(plan.rows.iloc[fold.test], count)] if count else fold.test[:0]
    result = FoldResult(
        name=fold.name,
        rows=fold.test.tolist(),
        classes=plan.classes,
        probabilities=probabilities.tolist(),
        record=fitted.record,
        altered_rows=altered.tolist(),
        altered=tuple(_altered(plan, plan.rows.iloc[altered], fitted, computing)),
        held_out=HeldOut(rows=scored.tolist(), scores=among_all.tolist()) if by_clip else None,
    )
    run.folder.save_fold(number, result)
    return result


def _train_on_everything(run: _Started, calibrated: Calibrated | None) -> FittedModel:
    everything = np.arange(len(run.data.rows))
    fitted = fit_model(run.plan.recipe, run.data, train=everything, computing=run.computing_of(BUNDLE))
    return fitted.with_temperature(calibrated.typical) if calibrated else fitted


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
