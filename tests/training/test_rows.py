"""The rows that a recipe and a protocol are for."""

import pandas as pd
import pytest

from serkit.errors import TrainingError
from serkit.recipe import load_recipe
from serkit.training.rows import select_rows, split_rows


@pytest.fixture
def rows():
    return pd.DataFrame(
        {
            "corpus": ["ravdess", "ravdess", "ravdess", "tess"],
            "emotion": ["calm", "sad", "angry", "sad"],
            "channel": ["speech", "song", "speech", "speech"],
        },
        index=[7, 8, 9, 10],
    )


def test_corpora_emotions_and_songs_are_selected(recipe_file, rows):
    assert select_rows(rows, load_recipe(recipe_file), "folds")["emotion"].tolist() == ["calm", "angry"]
    with_song = load_recipe(recipe_file, ["data.include_song=true", "data.emotions=['sad', 'calm']"])
    selected = select_rows(rows, with_song, "folds")
    assert selected["emotion"].tolist() == ["calm", "sad"]
    assert selected.index.tolist() == [0, 1]


def test_the_corpora_of_the_protocol_come_first(recipe_file, rows):
    recipe = load_recipe(recipe_file, ["protocol.folds.corpora=['ravdess', 'tess']"])
    assert set(select_rows(rows, recipe, "folds")["corpus"]) == {"ravdess", "tess"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("data.corpora=['savee', 'tess', 'emodb']", "corpus emodb, savee: not in the manifest; scan it too"),
        ("data.emotions=['calm', 'boredom']", "emotion boredom: not in the manifest; see data.emotions"),
        ("data.emotions=calm", "small, protocol folds: 1 emotions to tell apart; a model needs two"),
    ],
)
def test_what_is_missing_is_named(recipe_file, rows, change, problem):
    with pytest.raises(TrainingError, match=problem):
        select_rows(rows, load_recipe(recipe_file, [change]), "folds")


def test_votes_that_a_recipe_wants_must_be_in_the_manifest(rows):
    changes = ["model={name='dense', epochs=1, votes=0.2}", "data.votes=voice", "search.grid={}"]
    recipe = load_recipe("functionals-landmarks", changes)
    with pytest.raises(TrainingError, match=r"no column votes_voice; `serkit corpora scan --votes"):
        select_rows(rows, recipe, "ravdess")


def test_copies_follow_their_originals_into_the_training_part(recipe_file):
    rows = pd.DataFrame(
        {
            "file": list("abcdef"),
            "corpus": "ravdess",
            "emotion": ["calm", "sad"] * 3,
            "speaker": list("112233"),
        }
    )
    recipe = load_recipe(recipe_file, ["augment.chains=[[{name='noise'}]]", "augment.copies=2"])
    everything, folds = split_rows(rows, recipe, recipe.protocol["folds"])
    assert [fold.test.tolist() for fold in folds] == [[0, 1], [2, 3], [4, 5]]
    assert folds[1].train.tolist() == [0, 1, 4, 5, 6, 7, 10, 11, 12, 13, 16, 17]
    assert everything["parent"].iloc[folds[1].train[4:]].tolist() == list("abefabef")
    plain, folds = split_rows(rows, load_recipe(recipe_file), recipe.protocol["folds"])
    assert plain is rows
    assert folds[1].train.tolist() == [0, 1, 4, 5]


@pytest.mark.parametrize("before", [False, True])
def test_nobody_is_heard_in_copies_on_the_other_side_of_a_split(recipe_file, before):
    files = [f"/{speaker}{number}.wav" for speaker in "123456" for number in range(4)]
    rows = pd.DataFrame({"file": files, "corpus": "ravdess", "emotion": ["calm", "sad"] * 12})
    rows["speaker"] = rows["file"].str[1]
    changes = ["augment.chains=[[{name='others', voices=3}]]"]
    if before:
        changes.append("protocol.folds.augment_before_split=true")
    recipe = load_recipe(recipe_file, changes)
    everything, folds = split_rows(rows, recipe, recipe.protocol["folds"])
    assert len(folds) == 3
    for fold in folds:
        train = everything.iloc[fold.train]
        heard = {one.file for others in train["others"] for one in others}
        assert heard <= set(train["file"])
        assert bool(heard) != before


def test_the_published_split_after_augmentation_has_its_sizes(recipe_file):
    n_clips = 1_440 + 7_442 + 2_800
    rows = pd.DataFrame(
        {
            "file": [f"/{number}.wav" for number in range(n_clips)],
            "corpus": "ravdess",
            "emotion": "sad",
            "speaker": "1",
        }
    )
    changes = [
        "augment.chains=[[{name='noise'}], [{name='stretch'}, {name='pitch'}]]",
        "protocol.random.allow_leaks=['speaker', 'parent']",
        "protocol.random.augment_before_split=true",
    ]
    recipe = load_recipe(recipe_file, changes)
    everything, (fold,) = split_rows(rows, recipe, recipe.protocol["random"])
    assert (len(everything), fold.train.size, fold.test.size) == (35_046, 26_284, 8_762)
    siblings = set(everything["parent"].fillna(everything["file"]).iloc[fold.train])
    crossing = everything["parent"].fillna(everything["file"]).iloc[fold.test].isin(siblings).mean()
    # Both siblings of a test row are drawn into the test part with a chance of about 1 in 16.
    assert 0.92 < crossing < 0.955
