"""Runs of neural networks: on vectors, sequences and images, and interrupted in the middle of an epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serkit.bundle import load_bundle
from serkit.errors import RecipeError
from serkit.features.table import extract_features
from serkit.models import network_training
from serkit.recipe import Recipe, parse_recipe
from serkit.training import train
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


@pytest.mark.parametrize("fit", [1, 2, 4], ids=["to calibrate", "of the fold", "of the bundle"])
def test_a_run_that_is_interrupted_in_an_epoch_goes_on_to_the_same_result(  # noqa: PLR0917 - fixtures
    fit: int,
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
    assert list((stopped / "checkpoints").iterdir())
    resumed = run(recipe, manifest, stopped, cache)
    assert [fold.probabilities for fold in resumed.folds] == [fold.probabilities for fold in whole.folds]
    model = Path("bundle", "model.onnx")
    assert (stopped / model).read_bytes() == (whole.folder / model).read_bytes()


def test_a_network_names_the_layouts_that_it_takes() -> None:
    with pytest.raises(RecipeError, match=r"features.layout: mfcc_cnn2d takes 'image'"):
        recipe_for("vector", model=MODELS["image"])
    with pytest.raises(RecipeError, match=r"features.layout: dense takes 'vector' or 'contours'"):
        recipe_for("image", model=MODELS["vector"])
