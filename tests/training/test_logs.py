"""Runs in TensorBoard and MLflow."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from serkit.errors import MissingDependencyError, TrainingError
from serkit.evaluation import EvaluationReport, RunFacts, Score
from serkit.models.history import Epoch
from serkit.training import FitRecord, train
from serkit.training.logs import check_log, log_run

if TYPE_CHECKING:
    from pathlib import Path

LOSSES = [1.5, 0.75]


@pytest.fixture
def records() -> dict[str, FitRecord]:
    history = [
        Epoch(learning_rate=0.5, train_loss=loss, train_accuracy=0.25, dev_loss=2.0, dev_uar=0.5)
        for loss in LOSSES
    ]
    record = FitRecord(
        held_out="speaker",
        blocks=("mfcc",),
        selection=(),
        parameters={"epochs": 2},
        candidates=(),
        temperature=1.5,
        training_s=1.0,
        history=tuple(history),
    )
    return {"mine/01": record, "bundle": record.model_copy(update={"history": ()})}


@pytest.fixture
def report() -> EvaluationReport:
    scores = {"uar": Score(value=0.5), "ece": Score(value=None)}
    return EvaluationReport(
        facts=RunFacts(name="tiny/speakers"),
        classes=("calm", "sad"),
        n_clips=2,
        n_speakers=1,
        scores=scores,
        per_class=(),
        confusion=((1, 0), (1, 0)),
        groups={},
        folds=(),
        reliability=(),
        abstention=(),
    )


@pytest.mark.parametrize("kind", ["tensorboard", "mlflow"])
def test_a_library_that_is_missing_is_named_before_anything_is_trained(
    kind: str, recipe: Any, manifest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("torch.utils.tensorboard", "tensorboard", "mlflow"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"^log {kind}: .* pip install 'serkit\[log\]'$"):
        train(recipe, manifest, protocol="folds", out=tmp_path / "run", log=kind)
    assert not (tmp_path / "run").exists()


def test_an_unknown_log_is_refused() -> None:
    with pytest.raises(TrainingError, match="log wandb: not one of tensorboard, mlflow"):
        check_log("wandb")


def test_tensorboard_reads_what_was_logged(
    records: dict[str, FitRecord], report: EvaluationReport, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for _ in range(2):  # a run that is finished again is not logged twice
        log_run("tensorboard", tmp_path, records, report)

    def read(folder: Path) -> dict[str, list[tuple[int, float]]]:
        events = EventAccumulator(str(folder)).Reload()
        return {
            name: [(one.step, one.value) for one in events.Scalars(name)] for name in events.Tags()["scalars"]
        }

    fold = read(tmp_path / "tensorboard" / "mine" / "01")
    assert fold["train_loss"] == [(1, 1.5), (2, 0.75)]
    assert set(fold) == {"learning_rate", "train_loss", "train_accuracy", "dev_loss", "dev_uar"}
    assert read(tmp_path / "tensorboard") == {"test_uar": [(0, 0.5)]}


def test_mlflow_reads_what_was_logged(
    records: dict[str, FitRecord], report: EvaluationReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    (tmp_path / "report.html").write_text("report")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # a database needs more than the client
    mlflow.set_tracking_uri((tmp_path / "store").as_uri())
    log_run("mlflow", tmp_path, records, report)
    client = mlflow.MlflowClient()
    runs = {run.info.run_name: run for run in client.search_runs(["0"])}
    assert runs["tiny/speakers"].data.metrics == {"test_uar": 0.5}
    assert [file.path for file in client.list_artifacts(runs["tiny/speakers"].info.run_id)] == ["report.html"]
    fold = runs["mine/01"]
    assert fold.data.params == {"epochs": "2", "blocks": "mfcc", "temperature": "1.5"}
    values = client.get_metric_history(fold.info.run_id, "train_loss")
    assert [(one.step, one.value) for one in values] == [(1, 1.5), (2, 0.75)]
