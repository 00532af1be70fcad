"""The rows that a recipe and a protocol are for."""

import pandas as pd
import pytest

from serkit.errors import TrainingError
from serkit.recipe import load_recipe
from serkit.training.rows import select_rows


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
