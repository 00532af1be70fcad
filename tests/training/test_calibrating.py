"""Runs that give each clip a temperature: by other folds, by the file as by the fit, and never by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
import pytest

from serkit.bundle import load_bundle
from serkit.errors import RecipeError, TrainingError
from serkit.features.table import extract_features
from serkit.models.calibration import softmax
from serkit.onnx.export import exported_scores
from serkit.onnx.file import INPUT_NAME
from serkit.onnx.head import embedding_model, plain_scores
from serkit.onnx.session import open_session
from serkit.recipe import Recipe, parse_recipe
from serkit.training import train, train_folds
from serkit.training.calibrating import rows_to_score
from serkit.training.run_folder import BUNDLE, FoldResult

if TYPE_CHECKING:
    from pathlib import Path

    from serkit.training.run import TrainingRun

FOLDS = {"kind": "speaker_folds", "folds": 3}


def recipe_for(encoder: Path, protocol: dict[str, Any] = FOLDS, **model: Any) -> Recipe:
    return parse_recipe(
        {
            "name": "small",
            "protocol": {"folds": protocol},
            "data": {"own_emotions": True},
            "features": {"set": "whisper-80"},
            "augment": {
                "chains": [
                    [{"name": "pink-noise", "snr_db": [5.0, 20.0]}],
                    [{"name": "telephone"}],
                    [{"name": "speed"}],
                ]
            },
            "model": {
                "name": "speech_encoder",
                "encoder": str(encoder),
                "states": [1, 2],
                "join": "concatenate",
                "landmarks": 40,
                "axes": 4,
                "steady": 0.3,
                "frame_share": 0.2,
                "degraded_shares": {"states": 1.0},
                "epochs": 0,
                **model,
            },
            "calibration": {"method": "clip_temperature"},
        }
    )


@pytest.fixture(scope="module")
def run(
    encoder_dir: Path, manifest: Any, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> TrainingRun:
    return train(recipe_for(encoder_dir), manifest, out=tmp_path_factory.mktemp("by_clip"), cache=cache)


def stored(run: TrainingRun, number: int) -> FoldResult:
    """A fold as it was before calibration."""
    return FoldResult.model_validate_json((run.folder / "folds" / f"{number}.json").read_bytes())


def test_decisions_stay_and_probabilities_change(run: TrainingRun) -> None:
    for number, fold in enumerate(run.folds, start=1):
        before = np.array(stored(run, number).probabilities)
        after = np.array(fold.probabilities)
        assert after.sum(axis=1) == pytest.approx(1.0)
        assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
        assert np.abs(after - before).max() > 0.01
        assert fold.record.temperature != stored(run, number).record.temperature == 1.0


def after_other_scores(folder: Path, rows: slice, *given: Any, cache: Path) -> TrainingRun:
    """The run after some of what the model of its first fold made of rows was turned around."""
    train_folds(*given, folds=[1, 2, 3], out=folder, cache=cache)
    file = folder / "folds" / "1.json"
    first = FoldResult.model_validate_json(file.read_bytes())
    assert first.held_out is not None
    scores = np.array(first.held_out.scores)
    scores[rows] = scores[rows, ::-1]
    changed = first.held_out.model_copy(update={"scores": tuple(map(tuple, scores.tolist()))})
    file.write_text(first.model_copy(update={"held_out": changed}).model_dump_json())
    return train(*given, out=folder, cache=cache, bundle=False)


def test_a_fold_is_calibrated_by_others_alone(
    run: TrainingRun, encoder_dir: Path, manifest: Any, cache: Path, tmp_path: Path
) -> None:
    """Other scores of its own change which emotion it hears, and nothing of how it is calibrated."""
    again = after_other_scores(tmp_path / "run", slice(None), recipe_for(encoder_dir), manifest, cache=cache)
    sure = np.sort(np.array(run.folds[0].probabilities))
    assert np.sort(np.array(again.folds[0].probabilities)) == pytest.approx(sure)
    assert np.abs(np.array(again.folds[1].probabilities) - run.folds[1].probabilities).max() > 1e-3


@pytest.mark.parametrize("copy_weight", [1e-9, 1.0])
def test_copies_count_as_they_do_in_training(
    encoder_dir: Path, manifest: Any, cache: Path, tmp_path: Path, copy_weight: float
) -> None:
    recipe = recipe_for(encoder_dir, copy_weight=copy_weight)
    as_it_was = train(recipe, manifest, out=tmp_path / "as_it_was", cache=cache, bundle=False)
    copies = slice(len(as_it_was.folds[0].rows), None)
    changed = after_other_scores(tmp_path / "changed", copies, recipe, manifest, cache=cache)
    differ = np.array(changed.folds[1].probabilities) - as_it_was.folds[1].probabilities
    assert (np.abs(differ).max() > 1e-3) == (copy_weight == 1)


def test_the_file_gives_each_clip_its_temperature(run: TrainingRun, manifest: Any, cache: Path) -> None:
    bundle = load_bundle(run.folder / BUNDLE)
    features = extract_features(manifest, bundle.info.front_end, cache=cache).values
    scores = np.concatenate([bundle.scores(one[None]) for one in features[:12]])
    assert scores.shape == (12, len(bundle.info.labels))
    assert run.final is not None
    assert bundle.info.temperature == run.final.temperature
    assert 0.01 < bundle.info.temperature < 1.0
    assert softmax(scores / bundle.info.temperature).max() < 1.0
    plain = plain_scores(onnx.load(run.folder / BUNDLE / "model.onnx")).SerializeToString()
    factors = exported_scores(plain, features[:12]) / scores  # of each clip one, whatever the label
    assert factors == pytest.approx(np.tile(factors[:, :1], factors.shape[1]), rel=1e-3)
    assert factors[:, 0].std() > 0.01


def test_the_model_has_learned_how_degraded_copies_sound(
    run: TrainingRun, encoder_dir: Path, manifest: Any, cache: Path
) -> None:
    """What enters the last layer is there twice, the second time as much as a clip sounds degraded."""
    recipe = recipe_for(encoder_dir)
    session = open_session(embedding_model((run.folder / BUNDLE / "model.onnx").read_bytes()))
    shares = []
    for copy in range(4):
        rows = manifest.assign(copy=copy, parent=manifest["file"])
        features = extract_features(rows, recipe.features, augment=recipe.augment, cache=cache).values
        values = np.concatenate([session.run(None, {INPUT_NAME: one[None]})[0] for one in features])
        near, again = np.split(values, 2, axis=1)
        shares.append(again.sum() / near.sum())
    original, noisy, telephone, sped = shares
    assert min(noisy, telephone) > 0.6
    assert max(original, sped) < 0.4


def test_test_rows_and_a_copy_of_each_are_scored() -> None:
    rows = pd.DataFrame({"file": list("abcabcabc"), "copy": np.repeat([0, 1, 2], 3)})
    rows["parent"] = [None] * 3 + list("abcabc")
    assert rows_to_score(rows, np.array([0, 2])).tolist() == [0, 2, 3, 8]
    assert rows_to_score(rows[:3], np.array([2])).tolist() == [2]
    assert rows_to_score(rows, np.array([1, 4])).tolist() == [1, 4]


def test_one_fold_has_no_other_to_be_calibrated_by(encoder_dir: Path, manifest: Any, tmp_path: Path) -> None:
    recipe = recipe_for(encoder_dir, {"kind": "speakers", "speakers": ["03"]})
    for start in (
        lambda: train(recipe, manifest, out=tmp_path),
        lambda: train_folds(recipe, manifest, folds=[1], out=tmp_path),
    ):
        with pytest.raises(TrainingError, match="takes two folds or more, folds has one"):
            start()
    assert not list(tmp_path.iterdir())


def test_a_model_that_hears_nothing_published_is_refused(encoder_dir: Path) -> None:
    table = recipe_for(encoder_dir).model_dump(mode="json")
    table["model"] = {"name": "speech_encoder", "encoder": str(encoder_dir), "tuned_blocks": 1}
    with pytest.raises(RecipeError, match="hears nothing that stays as it was published"):
        parse_recipe(table)
