"""A saved model on other recordings, with emotions old and new."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.bundle import load_bundle, read_bundle
from serkit.errors import BundleNotFoundError, RecipeError, TrainingError
from serkit.training import train
from serkit.training.own_data import own_data_recipe

if TYPE_CHECKING:
    from pathlib import Path

    import pandas


@pytest.fixture(scope="module")
def mine(manifest: pandas.DataFrame) -> pandas.DataFrame:
    """Recordings of a corpus of one's own; "bored" is no emotion that the base knows."""
    return manifest.assign(corpus="Meine Stimmen", emotion=manifest["emotion"].replace("neutral", "bored"))


def test_a_model_of_own_recordings_is_tested_on_unheard_speakers_and_saved(
    tiny_bundle: Path, mine: pandas.DataFrame, tmp_path: Path, cache: Path
) -> None:
    recipe = own_data_recipe(tiny_bundle, mine)
    assert (recipe.name, list(recipe.protocol)) == ("meine-stimmen-on-tiny", ["speakers"])
    run = train(recipe, mine, out=tmp_path / "run", protocol="speakers", cache=cache)
    assert run.report.facts.leaks["speaker"] == 0
    assert run.report.uar.value > 0.8
    bundle = load_bundle(tmp_path / "run" / "bundle")
    assert bundle.info.labels == ("angry", "bored", "happy", "sad")
    assert [corpus.name for corpus in bundle.info.corpora] == ["Meine Stimmen", "synthetic"]
    assert "on top of tiny" in bundle.card
    assert run.final.parameters["penalty"] in recipe.search.grid["penalty"]


def test_the_protocol_fits_the_speakers_there_are(tiny_bundle: Path, mine: pandas.DataFrame) -> None:
    def kind(rows: pandas.DataFrame) -> str:
        (protocol,) = own_data_recipe(tiny_bundle, rows).protocol.values()
        return protocol.kind

    speakers = sorted(set(mine["speaker"]))
    assert kind(mine) == "speaker_folds"
    assert kind(mine[mine["speaker"].isin(speakers[:2])]) == "leave_one_speaker_out"
    assert kind(mine[mine["speaker"].isin(speakers[:1])].pipe(_five_times)) == "stratified"
    assert kind(mine.drop(columns="speaker")) == "stratified"


def _five_times(rows: pandas.DataFrame) -> pandas.DataFrame:
    return rows.iloc[np.tile(np.arange(len(rows)), 5)]


def test_without_speakers_the_report_warns(
    tiny_bundle: Path, mine: pandas.DataFrame, tmp_path: Path, cache: Path
) -> None:
    rows = mine.drop(columns="speaker")
    recipe = own_data_recipe(tiny_bundle, rows, ["search.grid={}"])
    run = train(recipe, rows, out=tmp_path, protocol="recordings", cache=cache, bundle=False)
    assert any("Who speaks is not known" in caution for caution in run.report.facts.cautions)


def test_speakers_that_the_base_has_heard_are_no_honest_test(
    tiny_bundle: Path, mine: pandas.DataFrame, tmp_path: Path, cache: Path
) -> None:
    first = own_data_recipe(tiny_bundle, mine)
    train(first, mine, out=tmp_path / "first", protocol="speakers", cache=cache)
    again = own_data_recipe(tmp_path / "first" / "bundle", mine, ["search.grid={}"])
    run = train(again, mine, out=tmp_path / "again", protocol="speakers", cache=cache)
    assert any("Not an honest score" in caution for caution in run.report.facts.cautions)
    names = [corpus.name for corpus in load_bundle(tmp_path / "again" / "bundle").info.corpora]
    assert names == ["Meine Stimmen", "synthetic"]


def test_settings_can_be_changed(tiny_bundle: Path, mine: pandas.DataFrame) -> None:
    assert own_data_recipe(tiny_bundle, mine, ["model.penalty=3"]).model.penalty == 3
    with pytest.raises(RecipeError, match="penalty"):
        own_data_recipe(tiny_bundle, mine, ["model.penaltyy=3"])


def test_mistakes_are_told_before_anything_is_heard(tiny_bundle: Path, mine: pandas.DataFrame) -> None:
    with pytest.raises(BundleNotFoundError):
        own_data_recipe("defualt", mine)
    rare = np.flatnonzero(mine["emotion"] == "bored")[2:]
    with pytest.raises(TrainingError, match="bored: 2 recordings"):
        own_data_recipe(tiny_bundle, mine.drop(index=mine.index[rare]))


def test_the_run_says_which_model_it_builds_on(tiny_bundle: Path, mine: pandas.DataFrame) -> None:
    info, _ = read_bundle(tiny_bundle)
    settings = json.loads(own_data_recipe(tiny_bundle, mine).model_dump_json())["model"]
    assert settings["base"] == str(tiny_bundle)
    assert len(settings["checksum"]) == 64
    assert own_data_recipe(tiny_bundle, mine).features == info.front_end


def test_neither_own_data_nor_adapting_needs_torch() -> None:
    code = (
        "import sys, serkit.training.own_data, serkit.training.adapt, serkit.models.new_head;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
