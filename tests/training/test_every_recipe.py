"""Every recipe that ships, from recordings to a saved model that answers; briefly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from serkit.bundle import load_bundle
from serkit.evaluation.report import REPORT_FILE
from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.network_settings import NetworkSettings
from serkit.predictor import Predictor
from serkit.recipe import list_recipes, load_recipe
from serkit.training import reporting, train

if TYPE_CHECKING:
    from pathlib import Path

    import pandas

    from serkit.recipe import Recipe

SPEAKERS = ("01", "02", "03")
ONE_FOLD = "protocol={brief={kind='speakers', speakers=['03']}}"
THREE_FOLDS = "protocol={brief={kind='speaker_folds', folds=3}}"
BRIEF = [
    "data.emotions=['angry', 'happy', 'neutral', 'sad']",
    "search.folds=2",
]


SMALLER = {"alexnet1d": ["model.units=64"]}


def brief(name: str, encoder: Path) -> Recipe:
    """The recipe with one fold, two inner splits and one epoch, and a small encoder where it takes one."""
    whole = load_recipe(name)
    model, by_others = whole.model, whole.calibration.by_clip
    epochs = ["model.epochs=1"] if isinstance(model, NetworkSettings) and model.epochs else []
    if isinstance(model, SpeechEncoderSettings):
        epochs = [f"model.encoder='{encoder}'", "model.checksum=''", "model.axes=8"]
        epochs += ["model.blocks=2", "model.states=[1, 2]", "model.adapted_states=[2]"]
        if model.landmarks:  # distances in what a tiny encoder of random weights hears are lost in 8 bits
            epochs.append("export.weights='float32'")
    folds = THREE_FOLDS if by_others else ONE_FOLD
    return load_recipe(name, [folds, *BRIEF, *epochs, *SMALLER.get(model.name, [])])


def few_clips(manifest: pandas.DataFrame, corpora: frozenset[str]) -> pandas.DataFrame:
    """Two clips of each emotion of three speakers, as if of these corpora by turns."""
    rows = manifest[manifest["speaker"].isin(SPEAKERS)].groupby(["speaker", "emotion"]).head(2)
    names = sorted(corpora) or ["ravdess"]
    return rows.assign(corpus=np.resize(names, len(rows)), votes_multimodal="sad")


@pytest.mark.parametrize("name", list_recipes())
def test_a_recipe_trains_exports_and_predicts(  # noqa: PLR0917 - pytest hands over fixtures by name
    name: str,
    manifest: Any,
    cache: Path,
    encoder_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(  # drawing takes longer than training here
        reporting, "write_report", lambda report, folder, **_: report.save(folder / REPORT_FILE)
    )
    recipe = brief(name, encoder_dir)
    rows = few_clips(manifest, recipe.corpora("brief"))
    run = train(recipe, rows, out=tmp_path / "run", cache=cache)
    assert run.report.n_clips == 8 * len(run.folds)
    assert run.final is not None
    assert run.final.n_parameters
    assert len(run.final.history) == getattr(recipe.model, "epochs", 0)
    bundle = load_bundle(run.folder / "bundle")
    prediction = Predictor(bundle).predict(rows["file"].iloc[0])
    assert prediction.emotion in bundle.info.labels == ("angry", "happy", "neutral", "sad")
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
