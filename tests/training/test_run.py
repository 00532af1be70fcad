"""Training runs on synthetic speakers."""

import json

import numpy as np
import pytest

import serkit.training.run as run_module
from serkit.bundle import load_bundle
from serkit.errors import LeakError, RecipeError, TrainingError
from serkit.evaluation import EvaluationReport, read_predictions
from serkit.evaluation.report import REPORT_FILE
from serkit.evaluation.robustness import CONDITIONS
from serkit.predictor import Predictor
from serkit.recipe import load_recipe, parse_recipe
from serkit.training import reporting, train, train_folds


@pytest.fixture
def no_pictures(monkeypatch):
    """Drawing takes longer than training here."""
    monkeypatch.setattr(
        reporting, "write_report", lambda report, folder, **_: report.save(folder / REPORT_FILE)
    )


@pytest.fixture(scope="module")
def finished(recipe, manifest, cache, tmp_path_factory):
    return train(recipe, manifest, protocol="folds", out=tmp_path_factory.mktemp("runs") / "run", cache=cache)


def test_every_clip_is_tested_once_by_a_model_that_did_not_hear_its_speaker(finished, manifest):
    predictions = read_predictions(finished.folder)
    assert sorted(predictions.rows["file"]) == sorted(manifest["file"])
    record = json.loads((finished.folder / "run.json").read_text())
    for fold, result in zip(record["folds"], finished.folds, strict=True):
        assert len(fold["test"]["speakers"]) == 2
        assert not set(fold["train"]["speakers"]) & set(fold["test"]["speakers"])
        tested = {f"ravdess/{name}" for name in manifest["speaker"].iloc[list(result.rows)]}
        assert tested == set(fold["test"]["speakers"])


def test_emotions_that_are_easy_to_tell_apart_are_told_apart(finished):
    assert finished.report.uar.value > 0.9
    assert finished.report.scores["ece"].value < 0.2
    assert finished.report.facts.leaks == {"speaker": 0, "content": 0}
    assert finished.report.facts.cautions == ()
    assert EvaluationReport.load(finished.folder) == finished.report
    assert (finished.folder / "report.html").stat().st_size > 10_000
    assert (finished.folder / "pictures" / "hyper-parameter.svg").exists()


def test_the_record_says_what_was_chosen_from_what(finished, recipe):
    record = json.loads((finished.folder / "run.json").read_text())
    assert parse_recipe(record["recipe"]) == recipe
    assert record["protocol"] == "folds"
    assert record["emotions"] == {"angry": 24, "happy": 24, "neutral": 24, "sad": 24}
    assert set(record["versions"]) == {"serkit", "python", "numpy", "scipy", "scikit-learn", "torch"}
    for fit in (*record["chosen"].values(), record["final"]):
        assert fit["held_out"] == "speaker"
        assert fit["parameters"]["C"] in (0.01, 1)
        assert [candidate["parameters"]["C"] for candidate in fit["candidates"]] == [0.01, 1]
        assert fit["temperature"] > 0
        assert fit["training_s"] > 0


def test_the_saved_model_predicts_and_says_what_it_is(finished, manifest, recipe):
    bundle = load_bundle(finished.folder / "bundle")
    assert bundle.info.labels == ("angry", "happy", "neutral", "sad")
    assert bundle.info.front_end == recipe.features
    assert bundle.info.temperature == finished.final.temperature
    assert bundle.info.scores[0].value == finished.report.uar.value
    of_groups = {score.measured_on.rpartition(", ")[2]: score.value for score in bundle.info.scores}
    for group in finished.report.groups["gender"]:
        assert of_groups[f"gender {group.group}"] == group.uar.value
    assert (bundle.info.corpora[0].name, bundle.info.corpora[0].speakers) == ("ravdess", 6)
    predictor = Predictor(bundle)
    said = [predictor.predict(file).emotion for file in manifest["file"].iloc[::10]]
    assert np.mean(np.array(said) == manifest["emotion"].iloc[::10]) > 0.9


@pytest.mark.usefixtures("no_pictures")
def test_finished_folds_are_not_trained_again(finished, recipe, manifest, cache, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("a fold was trained again")

    monkeypatch.setattr(run_module, "fit_model", forbidden)
    again = train(recipe, manifest, protocol="folds", out=finished.folder, cache=cache, bundle=False)
    assert again.folds == finished.folds
    assert again.report == finished.report


@pytest.mark.usefixtures("no_pictures")
def test_two_workers_find_the_same(finished, recipe, manifest, cache, tmp_path):
    other = train(recipe, manifest, protocol="folds", out=tmp_path / "run", cache=cache, workers=2)
    assert [fold.probabilities for fold in other.folds] == [fold.probabilities for fold in finished.folds]
    model = (finished.folder / "bundle" / "model.onnx").read_bytes()
    assert (other.folder / "bundle" / "model.onnx").read_bytes() == model


@pytest.mark.usefixtures("no_pictures")
def test_folds_that_are_trained_apart_make_the_same_run(finished, recipe, manifest, cache, tmp_path):
    asked = {"protocol": "folds", "out": tmp_path / "run", "cache": cache}
    first = train_folds(recipe, manifest, folds=[2], **asked)
    assert [number for number, result in first.items() if result] == [2]
    second = train_folds(recipe, manifest, folds=[3, 1, 3], **asked)
    assert list(second) == [1, 2, 3]
    assert second[2] == first[2]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json", "folds"}
    run = train(recipe, manifest, **asked)
    assert run.folds == tuple(second.values())
    took = {"facts": {"cost"}}
    assert run.report.model_dump(exclude=took) == finished.report.model_dump(exclude=took)
    for name in ("predictions.csv", "bundle/model.onnx"):
        assert (run.folder / name).read_bytes() == (finished.folder / name).read_bytes()


@pytest.mark.parametrize("number", [-1, 0, 4])
def test_a_fold_that_the_protocol_does_not_have_is_refused(recipe, manifest, tmp_path, number):
    told = f"fold {number}: protocol folds has 3 folds; they are counted from 1"
    with pytest.raises(TrainingError, match=told):
        train_folds(recipe, manifest, folds=[1, number], protocol="folds", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("change", ["model.max_iter=50", "seed=1", "features.n_fft=1024", "search.folds=3"])
def test_another_recipe_does_not_go_on_with_this_run(finished, recipe_file, manifest, cache, change):
    with pytest.raises(TrainingError, match=r"holds another run: .*begin anew with --no-resume"):
        train(
            load_recipe(recipe_file, [change]), manifest, protocol="folds", out=finished.folder, cache=cache
        )


def test_other_recordings_do_not_go_on_with_this_run(finished, recipe, manifest, cache):
    with pytest.raises(TrainingError, match="holds another run"):
        train(recipe, manifest.iloc[1:], protocol="folds", out=finished.folder, cache=cache)


@pytest.mark.usefixtures("no_pictures")
def test_a_run_can_begin_anew(recipe, manifest, cache, tmp_path):
    out = tmp_path / "run"
    train(recipe, manifest, protocol="random", out=out, cache=cache, bundle=False)
    run = train(recipe, manifest, protocol="dev", out=out, cache=cache, bundle=False, resume=False)
    assert [path.name for path in (out / "folds").iterdir()] == ["1.json"]
    assert len(run.folds[0].rows) == 32


@pytest.mark.usefixtures("no_pictures")
def test_a_dev_part_is_what_is_chosen_on(recipe, manifest, cache, tmp_path):
    run = train(recipe, manifest, protocol="dev", out=tmp_path / "run", cache=cache, bundle=False)
    assert run.folds[0].record.held_out == "dev part"
    assert run.final is None
    assert not (tmp_path / "run" / "bundle").exists()


@pytest.mark.usefixtures("no_pictures")
def test_a_dev_part_of_the_training_speakers_is_said_and_no_leak(recipe, manifest, cache, tmp_path):
    run = train(recipe, manifest, protocol="dev_rows", out=tmp_path / "run", cache=cache, bundle=False)
    assert run.folds[0].record.held_out == "dev part"
    assert run.report.facts.leaks == {"speaker": 0, "content": 0}
    assert run.report.facts.cautions == ()
    assert "Chosen and calibrated on other recordings of the training speakers" in run.report.facts.notes[0]


@pytest.mark.usefixtures("no_pictures")
def test_a_split_that_cuts_through_speakers_is_said_first(recipe, manifest, cache, tmp_path):
    run = train(recipe, manifest, protocol="random", out=tmp_path / "run", cache=cache, bundle=False)
    assert run.report.facts.leaks["speaker"] == 6
    assert run.report.facts.cautions == (
        "6 speakers stand on both sides of the split: expect less on recordings of others.",
    )


@pytest.mark.usefixtures("no_pictures")
def test_a_corpus_is_left_out_although_the_others_lack_an_emotion(recipe_file, manifest, cache, tmp_path):
    other = manifest["speaker"] > "03"
    rows = manifest.assign(corpus=np.where(other, "mine", "ravdess"))
    rows = rows[~(other & (rows["emotion"] == "neutral"))]
    changes = ["protocol={corpora={kind='leave_one_corpus_out'}}", "data.corpora=[]"]
    recipe = load_recipe(recipe_file, changes)
    run = train(recipe, rows, out=tmp_path / "run", cache=cache, bundle=False)
    assert [fold.name for fold in run.folds] == ["mine", "ravdess"]
    recalls = {one.emotion: one.recall.value for one in run.report.per_class}
    assert recalls["neutral"] == 0
    assert recalls["angry"] > 0.6


def test_a_recording_on_both_sides_fails_the_run(recipe, manifest, cache, tmp_path):
    leaking = manifest.copy()
    leaking.loc[leaking["speaker"] == "06", "content"] = leaking["content"].iloc[0]
    with pytest.raises(LeakError, match="1 recordings stand in more than one"):
        train(recipe, leaking, protocol="folds", out=tmp_path / "run", cache=cache)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_pictures")
def test_statements_are_held_out_of_a_single_training_speaker(recipe, manifest, cache, tmp_path):
    two = manifest[manifest["speaker"].isin(["01", "02"])]
    recipe = recipe.model_copy(
        update={"protocol": {"swap": recipe.protocol["folds"].model_copy(update={"folds": 2})}}
    )
    run = train(recipe, two, out=tmp_path / "run", cache=cache, bundle=False)
    assert {fold.record.held_out for fold in run.folds} == {"statement"}
    assert "Fold 1, 2: chosen and calibrated on held-out statements, as there is one speaker only." in (
        run.report.facts.notes
    )


def test_backward_selection_leaves_the_model_fewer_blocks(recipe_file, manifest, cache, tmp_path):
    recipe = load_recipe(recipe_file, ["search.blocks=backward", "data.emotions=['happy', 'sad']"])
    run = train(recipe, manifest, protocol="dev", out=tmp_path / "run", cache=cache)
    path = run.final.selection
    assert [len(step.blocks) for step in path] == [3, 2, 1]
    front_end = load_bundle(run.folder / "bundle").info.front_end
    assert tuple(block.name for block in front_end.blocks) == run.final.blocks
    assert (run.folder / "pictures" / "selection.svg").exists()
    assert Predictor(load_bundle(run.folder / "bundle")).predict(manifest["file"].iloc[0]).emotion in (
        "happy",
        "sad",
    )


@pytest.mark.usefixtures("no_pictures")
def test_without_calibration_the_temperature_is_one(recipe_file, manifest, cache, tmp_path):
    recipe = load_recipe(recipe_file, ["calibration.method=none", "search.grid={}"])
    run = train(recipe, manifest, protocol="folds", out=tmp_path / "run", cache=cache, bundle=False)
    assert {fold.record.temperature for fold in run.folds} == {1.0}
    assert {fold.record.candidates for fold in run.folds} == {()}


def test_an_unknown_protocol_is_refused(recipe, manifest, tmp_path):
    with pytest.raises(RecipeError, match="small: unknown protocol 'fold'; did you mean 'folds'"):
        train(recipe, manifest, protocol="fold", out=tmp_path / "run")


AUGMENT = "augment.chains=[[{name='noise'}], [{name='gain', gain_db=[-6, 6]}]]"


@pytest.mark.usefixtures("no_pictures")
def test_copies_of_training_rows_are_learnt_from_and_nothing_else(recipe_file, manifest, cache, tmp_path):
    recipe = load_recipe(recipe_file, [AUGMENT])
    run = train(recipe, manifest, protocol="folds", out=tmp_path / "run", cache=cache)
    predictions = read_predictions(run.folder)
    assert sorted(predictions.rows["file"]) == sorted(manifest["file"])
    record = json.loads((run.folder / "run.json").read_text())
    for fold in record["folds"]:
        assert (fold["train"]["clips"], fold["train"]["copies"]) == (64, 128)
        assert (fold["test"]["clips"], fold["test"]["copies"]) == (32, 0)
    assert run.report.facts.leaks == {"speaker": 0, "content": 0, "parent": 0}
    bundle = load_bundle(run.folder / "bundle")
    assert bundle.info.corpora[0].recordings == 96
    assert record["clips"] == {"ravdess": 96}
    with pytest.raises(TrainingError, match="holds another run"):
        train(load_recipe(recipe_file), manifest, protocol="folds", out=run.folder, cache=cache)


def test_augmenting_before_the_split_leaks_and_must_be_allowed(recipe_file, manifest, cache, tmp_path):
    before = "protocol.random.augment_before_split=true"
    with pytest.raises(
        LeakError, match=r"augmentation parents .*; split first and augment the training rows"
    ):
        train(load_recipe(recipe_file, [AUGMENT, before]), manifest, protocol="random", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_pictures")
def test_augmenting_before_the_split_is_counted_and_said(recipe_file, manifest, cache, tmp_path):
    changes = [AUGMENT, "protocol.random.augment_before_split=true"]
    recipe = load_recipe(recipe_file, [*changes, "protocol.random.allow_leaks=['speaker', 'parent']"])
    run = train(recipe, manifest, protocol="random", out=tmp_path / "run", cache=cache, bundle=False)
    assert len(run.folds[0].rows) == 72
    assert run.report.facts.leaks["parent"] > 40
    said = [*run.report.facts.cautions, *run.report.facts.notes]
    assert any("parents of recordings stand on both sides" in remark for remark in said)
    assert any(remark.endswith("of the clips tested are altered copies.") for remark in said)


def test_each_fold_is_tested_on_altered_recordings_of_its_own_test_speakers(
    recipe, manifest, tmp_path, cache
):
    few = manifest.groupby(["speaker", "emotion"]).head(2).reset_index(drop=True)
    changed = recipe.model_copy(update={"search": recipe.search.model_copy(update={"grid": {}})})
    plain = train(changed, few, out=tmp_path, protocol="folds", cache=cache, bundle=False)
    assert not (tmp_path / "robustness.json").exists()
    asked = {"out": tmp_path, "protocol": "folds", "cache": cache, "robustness": 1_000}
    one = train_folds(changed, few, folds=[2], **asked)
    assert [number for number, result in one.items() if result] == [2]
    run = train(changed, few, **asked)
    assert run.folds[1] == one[2]
    assert [fold.probabilities for fold in run.folds] == [fold.probabilities for fold in plain.folds]
    found = json.loads((tmp_path / "robustness.json").read_text())
    assert [one["condition"] for one in found] == list(CONDITIONS)
    assert found[0]["uar"] == pytest.approx(run.report.uar.value)
    assert found[0]["uar"] - found[2]["uar"] == pytest.approx(found[2]["lost"])
    assert "Robustness" in (tmp_path / "report.md").read_text()
    assert "## Robustness" in (tmp_path / "bundle" / "MODEL_CARD.md").read_text()
