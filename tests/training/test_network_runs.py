"""Runs of neural networks: on vectors, sequences and images, and interrupted in the middle of an epoch."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from serkit.bundle import load_bundle
from serkit.errors import RecipeError
from serkit.features.table import extract_features
from serkit.models import network_training
from serkit.recipe import Recipe, parse_recipe
from serkit.training import fit_model, train
from serkit.training.fitting import TrainingData
from serkit.training.run import TrainingRun

FRONT_ENDS: dict[str, dict[str, Any]] = {
    "vector": {"blocks": [{"name": "rms"}, {"name": "centroid"}, {"name": "mfcc", "n_mfcc": 4}]},
    "sequence": {"layout": "sequence", "hop_length": 2048, "blocks": [{"name": "rms"}, {"name": "centroid"}]},
    "image": {
        "layout": "image",
        "hop_length": 1024,
        "audio": {"sampling_rate": 16_000, "duration_s": 1.1},
        "blocks": [{"name": "mfcc", "n_mfcc": 16}, {"name": "rms"}],
    },
}
MODELS: dict[str, dict[str, Any]] = {
    "vector": {"name": "dense", "widths": [8], "learning_rate": 0.02},
    "sequence": {"name": "bigru", "units": 8, "layers": 1, "learning_rate": 0.02},
    "image": {"name": "mfcc_cnn2d"},
}


def recipe_for(layout: str, **changes: Any) -> Recipe:
    table = {
        "name": layout,
        "protocol": {"speakers": {"kind": "speakers", "speakers": ["05", "06"], "dev": 0.3}},
        "features": FRONT_ENDS[layout],
        "search": {"folds": 2},
        "model": MODELS[layout] | {"epochs": 3, "batch_size": 16},
    }
    return parse_recipe(table | changes)


def separable() -> tuple[np.ndarray, pd.DataFrame]:
    """Six speakers, two emotions; as many features as the recipe for vectors has."""
    rng = np.random.default_rng(0)
    emotions = np.tile(["calm", "sad"], 36)
    features = rng.standard_normal((72, 6)) + (emotions == "sad")[:, None]
    rows = pd.DataFrame({"corpus": "mine", "speaker": np.repeat(list("abcdef"), 12), "emotion": emotions})
    return features.astype(np.float32), rows


def run(recipe: Recipe, manifest: Any, out: Path, cache: Path) -> TrainingRun:
    return train(recipe, manifest, out=out, cache=cache)


@pytest.mark.parametrize("layout", FRONT_ENDS)
def test_a_network_is_trained_tested_and_saved(
    layout: str, manifest: Any, tmp_path: Path, cache: Path
) -> None:
    recipe = recipe_for(layout)
    finished = run(recipe, manifest, tmp_path, cache)
    assert finished.report.n_clips == 32
    assert finished.final is not None
    assert finished.final.held_out == "speaker"
    assert not (tmp_path / "checkpoints").exists()
    bundle = load_bundle(tmp_path / "bundle")
    features = extract_features(manifest, recipe.features, cache=cache).values
    scores = np.concatenate([bundle.scores(one[None]) for one in features[:3]])
    assert scores.shape == (3, len(bundle.info.labels))
    assert np.isfinite(scores).all()


def test_blocks_of_a_sequence_are_chosen(manifest: Any, tmp_path: Path, cache: Path) -> None:
    model = MODELS["sequence"] | {"epochs": 1}
    recipe = recipe_for("sequence", model=model, search={"blocks": "backward", "folds": 2})
    finished = train(recipe, manifest, out=tmp_path, cache=cache, bundle=False)
    (fold,) = finished.folds
    first, last = fold.record.selection
    assert first.blocks == ("rms", "centroid")
    assert last.blocks in (("rms",), ("centroid",))


@pytest.fixture(scope="module")
def whole(manifest: Any, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    """A run that was never interrupted."""
    return run(recipe_for("vector"), manifest, tmp_path_factory.mktemp("run") / "whole", cache)


@pytest.mark.parametrize(
    ("fit", "part"),
    [(1, "1"), (2, "1"), (4, "bundle")],
    ids=["to calibrate", "of the fold", "of the bundle"],
)
def test_a_run_that_is_interrupted_in_an_epoch_goes_on_to_the_same_result(  # noqa: PLR0917 - fixtures
    fit: int,
    part: str,
    whole: TrainingRun,
    manifest: Any,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = recipe_for("vector")
    epochs: list[int] = []
    original = network_training.NetworkTraining._epoch

    def interrupted(self: Any, *arguments: Any) -> Any:
        epochs.append(1)
        if len(epochs) == 3 * fit - 1:
            raise KeyboardInterrupt
        return original(self, *arguments)

    stopped = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        patch.setattr(network_training.NetworkTraining, "_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(recipe, manifest, stopped, cache)
    assert list((stopped / "checkpoints" / part).iterdir())
    resumed = run(recipe, manifest, stopped, cache)
    assert [fold.probabilities for fold in resumed.folds] == [fold.probabilities for fold in whole.folds]
    model = Path("bundle", "model.onnx")
    assert (stopped / model).read_bytes() == (whole.folder / model).read_bytes()


WATCHING = MODELS["vector"] | {"epochs": 12, "batch_size": 16, "monitor": "dev_uar", "keep": "best"}
NO_DEV_PART = {"speakers": {"kind": "speakers", "speakers": ["05", "06"]}}


@pytest.mark.parametrize(("held_out", "changes"), [("dev part", {}), ("speaker", {"protocol": NO_DEV_PART})])
def test_a_network_looks_at_dev_rows_and_keeps_its_best_epoch(
    held_out: str, changes: dict[str, Any], manifest: Any, tmp_path: Path, cache: Path
) -> None:
    model = WATCHING | {"patience": 2}
    finished = run(recipe_for("vector", model=model, **changes), manifest, tmp_path, cache)
    assert finished.final is not None
    record, final = finished.folds[0].record, finished.final
    assert (record.held_out, final.held_out) == (held_out, "speaker")
    for one in (record, final):
        uars = [epoch.dev_uar for epoch in one.history]
        assert len(uars) == 12 or len(uars) == int(np.argmax(uars)) + 3
    assert record.n_parameters == 6 * 8 + 8 + 8 * 4 + 4
    table = pd.read_csv(tmp_path / "history.csv")
    assert table["fold"].tolist() == ["1"] * len(record.history) + ["bundle"] * len(final.history)
    assert table["dev_loss"].notna().all()
    note = "The network looked at its dev rows after each epoch; it was not trained on them."
    assert note in finished.report.facts.notes
    assert finished.report.facts.cost.parameters == record.n_parameters
    assert (tmp_path / "pictures" / "training.svg").exists()


def test_dev_rows_are_not_trained_on_and_nothing_else_is_looked_at() -> None:
    features, rows = separable()
    train_rows, dev, test = np.arange(24), np.arange(24, 48), np.arange(48, 72)
    watching = recipe_for("vector", model=WATCHING)

    def fitted(changed: Any, values: Any) -> tuple[Any, Any]:
        other = features.copy()
        other[changed] += values
        model = fit_model(watching, TrainingData(rows, other), train=train_rows, dev=dev)
        return model.record.history, model.model.estimator_[-1].network_.standardise.mean.numpy()

    history, mean = fitted(test, np.nan)
    other_history, other_mean = fitted(dev, 5.0)
    assert mean == pytest.approx(features[train_rows].mean(axis=0), abs=1e-5)
    assert np.array_equal(mean, other_mean)
    for one, other in zip(history, other_history, strict=True):
        assert (one.train_loss, one.train_accuracy) == (other.train_loss, other.train_accuracy)
    assert [one.dev_loss for one in history] != [other.dev_loss for other in other_history]


@pytest.mark.parametrize(
    ("dev", "changes", "trained", "watched"),
    [
        (np.arange(24, 48), {}, 48, False),
        (np.arange(24, 48), {"watch_dev": True}, 24, True),
        (None, {"watch_dev": True}, 24, False),
    ],
)
def test_a_network_is_trained_on_the_dev_rows_unless_it_looks_at_them(
    dev: Any, changes: dict[str, Any], trained: int, watched: bool
) -> None:
    features, rows = separable()
    recipe = recipe_for("vector", model=MODELS["vector"] | {"epochs": 2} | changes)
    fitted = fit_model(recipe, TrainingData(rows, features), train=np.arange(24), dev=dev)
    mean = fitted.model.estimator_[-1].network_.standardise.mean.numpy()
    assert mean == pytest.approx(features[:trained].mean(axis=0), abs=1e-5)
    assert (fitted.record.history[0].dev_uar is not None) == watched


def test_search_and_calibration_share_the_dev_rows(manifest: Any, tmp_path: Path, cache: Path) -> None:
    search = {"folds": 3, "blocks": "backward", "grid": {"learning_rate": [1e-6, 0.02]}}
    finished = train(
        recipe_for("vector", model=WATCHING | {"epochs": 4}, search=search, protocol=NO_DEV_PART),
        manifest,
        out=tmp_path,
        cache=cache,
        bundle=False,
    )
    record = finished.folds[0].record
    assert record.parameters["learning_rate"] == 0.02
    assert {candidate.deviation for candidate in record.candidates} == {0.0}, "one part is held out"
    best = max(epoch.dev_uar for epoch in record.history if epoch.dev_uar is not None)
    assert best == pytest.approx(max(candidate.uar for candidate in record.candidates))
    assert record.temperature != 1.0


def test_the_same_seed_gives_the_same_score(
    whole: TrainingRun, manifest: Any, tmp_path: Path, cache: Path
) -> None:
    again = run(recipe_for("vector"), manifest, tmp_path / "again", cache)
    other = run(recipe_for("vector", seed=1), manifest, tmp_path / "other", cache)
    assert again.report.scores == whole.report.scores
    assert [fold.probabilities for fold in again.folds] == [fold.probabilities for fold in whole.folds]
    assert [fold.probabilities for fold in other.folds] != [fold.probabilities for fold in whole.folds]


def test_folds_and_epochs_are_shown_on_a_terminal(
    manifest: Any, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", stream)
    recipe = recipe_for("vector", model=WATCHING | {"epochs": 200})  # a bar is drawn ten times a second
    train(recipe, manifest, out=tmp_path, cache=cache, bundle=False, progress=True)
    shown = stream.getvalue()
    assert "folds" in shown
    assert re.search(r"loss \d\.\d{3}, dev UAR \d\.\d{3}", shown)


def test_a_network_names_the_layouts_that_it_takes() -> None:
    with pytest.raises(RecipeError, match=r"features.layout: mfcc_cnn2d takes 'image'"):
        recipe_for("vector", model=MODELS["image"])
    with pytest.raises(RecipeError, match=r"features.layout: dense takes 'vector' or 'contours'"):
        recipe_for("image", model=MODELS["vector"])


def test_corpora_with_other_emotions_are_learned_and_tested_among_their_own(
    manifest: Any, tmp_path: Path, cache: Path
) -> None:
    two = manifest.assign(corpus=np.where(manifest["speaker"].isin(["01", "02", "05"]), "one", "other"))
    two = two[~((two["corpus"] == "other") & (two["emotion"] == "sad"))].reset_index(drop=True)
    recipe = recipe_for("vector", data={"own_emotions": True})
    finished = train(recipe, two, out=tmp_path, cache=cache)
    (fold,) = finished.folds
    probabilities = np.array(fold.probabilities)[:, fold.classes.index("sad")]
    corpora = two["corpus"].to_numpy()[list(fold.rows)]
    assert (probabilities[corpora == "other"] == 0).all()
    assert (probabilities[corpora == "one"] > 0).all()


def test_only_networks_learn_among_the_emotions_of_a_corpus() -> None:
    with pytest.raises(RecipeError, match="own_emotions: random_forest cannot learn so"):
        recipe_for("vector", data={"own_emotions": True}, model={"name": "random_forest"})
