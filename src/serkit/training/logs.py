"""Runs in TensorBoard and MLflow, through their own libraries."""

from __future__ import annotations

import shutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

from serkit.errors import MissingDependencyError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from serkit.evaluation import EvaluationReport
    from serkit.training.fitting import FitRecord

_LIBRARIES = {"tensorboard": "torch.utils.tensorboard", "mlflow": "mlflow"}


def check_log(kind: str) -> None:
    """Refuse a kind of log that is not known, or whose library is not installed.

    Parameters
    ----------
    kind : {"tensorboard", "mlflow"}
        Where a run shall be logged.

    Raises
    ------
    TrainingError
        If there is no such log.
    MissingDependencyError
        If its library is missing.
    """
    if kind not in _LIBRARIES:
        raise TrainingError(f"log {kind}: not one of {', '.join(_LIBRARIES)}")
    try:
        import_module(_LIBRARIES[kind])
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"log {kind}: {error.name} is not installed", hint="pip install 'serkit[log]'"
        ) from error


def log_run(kind: str, folder: Path, records: Mapping[str, FitRecord], report: EvaluationReport) -> None:
    """Log a finished run: the epochs of its networks, and its test scores.

    Parameters
    ----------
    kind : {"tensorboard", "mlflow"}
        "tensorboard" writes into the folder ``tensorboard`` of the run; "mlflow" to its tracking server, or
        wherever else MLFLOW_TRACKING_URI says.
    folder : Path
        Of the run.
    records : mapping of str to FitRecord
        By the name of the fold.
    report : EvaluationReport
        Scores of all test predictions.
    """
    _WRITERS[kind](folder, records, report)


def _epochs(record: FitRecord) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield the number of each epoch and what is known of it."""
    for number, epoch in enumerate(record.history, start=1):
        yield number, epoch.model_dump(exclude_none=True)


def _test_scores(report: EvaluationReport) -> dict[str, float]:
    return {f"test_{name}": one.value for name, one in report.scores.items() if one.value is not None}


def _to_tensorboard(folder: Path, records: Mapping[str, FitRecord], report: EvaluationReport) -> None:
    open_log: Any = import_module(_LIBRARIES["tensorboard"]).SummaryWriter
    target = folder / "tensorboard"
    shutil.rmtree(target, ignore_errors=True)  # a run that is finished again is not logged twice
    for name, record in records.items():
        with open_log(str(target / name)) as writer:
            for number, values in _epochs(record):
                for score, value in values.items():
                    writer.add_scalar(score, value, number)
    with open_log(str(target)) as writer:
        for score, value in _test_scores(report).items():
            writer.add_scalar(score, value)


def _to_mlflow(folder: Path, records: Mapping[str, FitRecord], report: EvaluationReport) -> None:
    mlflow: Any = import_module(_LIBRARIES["mlflow"])
    with mlflow.start_run(run_name=report.facts.name):
        mlflow.log_metrics(_test_scores(report))
        mlflow.log_artifact(str(folder / "report.html"))
        for name, record in records.items():
            with mlflow.start_run(run_name=name, nested=True):
                mlflow.log_params(_settings(record))
                for number, values in _epochs(record):
                    mlflow.log_metrics(values, step=number)


def _settings(record: FitRecord) -> dict[str, Any]:
    return {**record.parameters, "blocks": ", ".join(record.blocks), "temperature": record.temperature}


_WRITERS: dict[str, Callable[..., None]] = {"tensorboard": _to_tensorboard, "mlflow": _to_mlflow}
