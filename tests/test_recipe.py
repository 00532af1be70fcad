"""Recipes: what they may say, and what a mistake answers."""

import json
import tomllib

import pytest

from serkit.errors import RecipeError
from serkit.features import FEATURE_SETS
from serkit.recipe import RECIPES, list_recipes, load_recipe, parse_recipe

MINIMAL = """
name = "mine"
[protocol.loso]
kind = "leave_one_speaker_out"
[features]
blocks = [{ name = "mfcc", n_mfcc = 13 }]
[model]
name = "linear_svm"
"""


@pytest.fixture
def write(tmp_path):
    """Write a recipe with lines added to it."""

    def _write(*lines, text=MINIMAL):
        path = tmp_path / "mine.toml"
        path.write_text(text + "\n".join(lines))
        return path

    return _write


@pytest.mark.parametrize("name", list_recipes())
def test_every_shipped_recipe_loads_under_its_file_name(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.summary
    assert recipe.model.build(seed=recipe.seed)


def test_a_recipe_survives_the_way_through_json(write):
    recipe = load_recipe(write("[audio]", "level = 'rms'", "[search]", "grid.C = [1, 2]"))
    assert parse_recipe(json.loads(recipe.model_dump_json())) == recipe


def test_audio_and_keys_given_stand_upon_the_named_set(write):
    text = MINIMAL.replace('blocks = [{ name = "mfcc", n_mfcc = 13 }]', 'set = "means-193"\nn_fft = 1024')
    recipe = load_recipe(write("[audio]", "offset_s = 0.5", text=text))
    named = FEATURE_SETS["means-193"]
    assert recipe.features.blocks == named.blocks
    assert recipe.features.n_fft == 1024
    assert recipe.features.audio == named.audio.model_copy(update={"offset_s": 0.5})


def test_the_model_takes_its_parameters(write):
    recipe = load_recipe(write("C = 0.5", "balance = 'oversample'"))
    assert recipe.model.parameters() == {"C": 0.5}
    assert recipe.model.balance == "oversample"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["[audio]", "sampling_rat = 1"], r"audio: unknown key 'sampling_rat'; did you mean 'sampling_rate'"),
        (["[modle]"], r": unknown key 'modle'; did you mean 'model'\? Known: audio, augment, calibration,"),
        (["[serach]", "grid.C = [1]"], r": unknown key 'serach'; did you mean 'search'\?"),
        (["C = -1"], r"model\.C: input should be greater than 0"),
        (["Cc = 1"], r"model: unknown setting of linear_svm 'Cc'; did you mean 'C'\?"),
        (["gamma_factor = 1"], r"model: unknown setting of linear_svm 'gamma_factor'"),
        (["balance = 'smote'"], r"model\.balance: input should be 'none', 'class_weight' or 'oversample'"),
        (["[search]", "grid.c = [1]"], r"search\.grid: unknown parameter 'c'; did you mean 'C'"),
        (["[search]", "grid.C = [1, 0]"], r"search\.grid\.C: 0: Input should be greater than 0"),
        (["[search]", "grid.C = []"], r"search\.grid\.C: list should have at least 1 item"),
        (["[search]", "scoring = 'war'"], r"search\.scoring: input should be 'uar'"),
        (["[search]", "folds = 1"], r"search\.folds: input should be greater than or equal to 2"),
        (["[protocol.b]", "knd = 'random'"], r"protocol\.b: unknown key 'knd'; did you mean 'kind'\?"),
        (["[protocol.b]", "kind = 'random'"], r"protocol\.b: a 'random' protocol needs seed, test"),
        (["[augment]", "chains = []"], r"augment\.chains: list should have at least 1 item"),
        (["[augment]", "chain = []"], r"augment: unknown key 'chain'; did you mean 'chains'"),
        (["[augment]", "chains = [[{name = 'nois'}]]"], r"augment\.chains\[0\]\[0\]: unknown augmentation"),
        (["[augment]", "chains = [[{name = 'gain', db = 3}]]"], r"\[0\]\[0\]: unknown setting of gain 'db'"),
        (["[data]", "corpora = 3"], r"data\.corpora: input should be a valid list"),
        (
            ["[calibration]", "method = 'platt'"],
            r"calibration\.method: input should be 'temperature', 'clip_temperature' or",
        ),
        (["[calibration]", "refit = 'head'"], r"calibration\.refit: only landmarks are fitted by themselves"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_on_one_line(write, lines, problem):
    path = write(*lines)
    with pytest.raises(RecipeError, match=problem) as raised:
        load_recipe(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("features.blocks=[{name='mfc'}]", r"features\.blocks\[0\]: unknown descriptor 'mfc'; did you mean"),
        ("features.set=means", "unknown feature set 'means'"),
        ("features.sett=means-193", "features: unknown key 'sett'; did you mean 'set'"),
        ("features=3", "features: input should be a valid table"),
        ("audio=3", "audio: input should be a table"),
        ("model=3", "model: input should be a valid table"),
        ("model.name=svm", "model: unknown model 'svm'"),
        ("model.C", "--set model.C: not of the form key=value; e.g. --set model.C=10"),
        ("model.name.x=1", "--set model.name.x=1: name is a value, not a table"),
        ("protocol={}", "protocol: table should have at least 1 item"),
    ],
)  # fmt: skip
def test_a_wrong_override_is_told(write, override, problem):
    with pytest.raises(RecipeError, match=problem):
        load_recipe(write(), [override])


def test_overrides_are_toml_values_and_bare_text(write):
    overrides = [
        "model.C=10",
        "model.balance=class_weight",
        "search.grid.C=[1, 2.5]",
        "data.include_song = true",
    ]
    recipe = load_recipe(write(), overrides)
    assert recipe.model.parameters() == {"C": 10.0}
    assert recipe.model.balance == "class_weight"
    assert recipe.search.grid == {"C": (1, 2.5)}
    assert recipe.data.include_song


def test_unknown_and_unreadable_recipes(tmp_path):
    with pytest.raises(
        RecipeError, match="unknown recipe 'functionals-svm'; did you mean 'functionals-svm-rbf'"
    ):
        load_recipe("functionals-svm")
    with pytest.raises(RecipeError, match=r"data\.votes: which votes, and model\.votes: their share"):
        load_recipe("functionals-landmarks", ["data.votes=voice"])
    with pytest.raises(RecipeError, match=r"none\.toml: no such file"):
        load_recipe(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(RecipeError, match=r"broken\.toml: not a TOML file: Invalid value \(at end"):
        load_recipe(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match=r"broken\.toml: not a TOML file"):
        load_recipe(broken)


def test_the_protocol_is_chosen_by_name_or_by_the_corpora(write):
    path = write("[protocol.savee]", "kind = 'leave_one_speaker_out'", "corpora = 'savee'")
    recipe = load_recipe(path, ["data.corpora=tess"])
    assert recipe.choose_protocol(None, {"savee"}) == "savee"
    assert recipe.choose_protocol(None, {"tess"}) == "loso"
    assert recipe.choose_protocol("savee", {"tess"}) == "savee"
    with pytest.raises(
        RecipeError, match="none of its protocols are for the corpora ravdess; name one of loso, savee"
    ):
        recipe.choose_protocol(None, {"ravdess"})
    with pytest.raises(RecipeError, match="mine: unknown protocol 'save'; did you mean 'savee'"):
        recipe.choose_protocol("save", {"savee"})


def test_a_recipe_without_corpora_is_for_any(write):
    assert load_recipe(write()).choose_protocol(None, {"mine"}) == "loso"


def test_every_protocol_of_the_functionals_recipes_tests_on_unseen_speakers():
    for name in ("functionals-logistic-regression", "functionals-svm-rbf"):
        table = tomllib.loads((RECIPES / f"{name}.toml").read_text())
        assert set(table["protocol"]) == {"ravdess", "crema-d", "savee", "tess", "all"}
        assert {protocol["kind"] for protocol in table["protocol"].values()} == {"published", "speaker_folds"}


def test_a_recipe_with_augmentation_survives_the_way_through_json(write):
    chains = "chains = [[{ name = 'noise' }], [{ name = 'gain', gain_db = [-6, 6], probability = 0.5 }]]"
    recipe = load_recipe(write("[augment]", chains, "seed = 3"))
    assert recipe.augment.n_copies == 2
    assert parse_recipe(json.loads(recipe.model_dump_json())) == recipe
