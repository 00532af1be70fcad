"""The recipes of the five reference systems, against what was published of them."""

from __future__ import annotations

import pytest

from serkit.errors import RecipeError
from serkit.models import MODELS
from serkit.models.initialisation import count_parameters
from serkit.models.network_settings import NetworkSettings
from serkit.recipe import list_recipes, load_recipe

# Recipe -> shape of its features, and parameters of its network for eight emotions, as Keras counts where the
# system was written in Keras; no number where none was published, and 0 for classical models.
PUBLISHED = {
    "crema-contours-resnet1d": ((848,), None),
    "crema-contours-alexnet1d": ((848,), None),
    "crema-contours-attention": ((106, 8), None),
    "crema-contours-bilstm": ((106, 8), None),
    "crema-contours-bigru": ((106, 8), None),
    "six-emotions-four-corpora-contours-resnet1d": ((848,), None),
    "ravdess-crema-tess-functionals-cnn1d": ((162,), 557_288),
    "ravdess-crema-tess-functionals-lstm": ((162,), 202_536),
    "ravdess-logistic-regression": ((187,), 0),
    "ravdess-linear-svm": ((186,), 0),
    "ravdess-rbf-svm": ((174,), 0),
    "ravdess-mlp": ((168,), None),
    "ravdess-cnn1d": ((52,), 576_008),
    "ravdess-cnn2d": ((228, 52), 2_205_958),
    "ravdess-four-emotions-cnn2d": ((228, 52), None),
    "ravdess-functionals-dense": ((193,), 49_828),
    "ravdess-functionals-dense-regularised": ((193,), None),
    "four-corpora-mfcc-cnn2d": ((25, 216), 56_040),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_features_and_network_are_those_that_were_published(name: str) -> None:
    recipe, (shape, parameters) = load_recipe(name), PUBLISHED[name]
    assert recipe.features.shape == shape
    assert isinstance(recipe.model, NetworkSettings) == (parameters != 0)
    if parameters and isinstance(recipe.model, NetworkSettings):
        network = recipe.model.network(shape, 8)
        assert count_parameters(network, running=recipe.model.initialisation == "keras") == parameters


@pytest.mark.parametrize("name", PUBLISHED)
def test_one_protocol_is_the_published_one_and_one_lets_no_voice_cross(name: str) -> None:
    protocol = load_recipe(name).protocol
    assert {"as_published", "speaker_independent"} <= set(protocol)
    for key, one in protocol.items():
        assert key == "as_published" or (not one.allow_leaks and one.kind not in ("random", "stratified"))


def test_optimisers_are_those_of_their_source() -> None:
    cnn = load_recipe("ravdess-cnn2d").model
    assert (cnn.learning_rate, cnn.betas, cnn.epsilon, cnn.batch_size) == (1e-4, (0.9, 0.98), 1e-9, 8)
    assert cnn.initialisation == "he"
    keras = load_recipe("ravdess-crema-tess-functionals-cnn1d").model
    assert (keras.schedule, keras.plateau_factor, keras.plateau_patience) == ("plateau", 0.4, 2)
    assert (keras.epsilon, keras.initialisation, keras.minimum_learning_rate) == (1e-7, "keras", 1e-7)
    dense = load_recipe("ravdess-functionals-dense").model
    assert (dense.epochs, dense.monitor, dense.patience) == (1500, "train_accuracy", 100)
    assert dense.standardise == "none"


@pytest.mark.parametrize("network", ["cnn1d", "lstm"])
def test_system_1_splits_its_altered_copies_like_recordings(network: str) -> None:
    recipe = load_recipe(f"ravdess-crema-tess-functionals-{network}")
    chains = [[step.name for step in chain] for chain in recipe.augment.chains]
    assert chains == [["noise"], ["stretch", "pitch"]]
    assert recipe.protocol["as_published"].augment_before_split
    assert not recipe.protocol["speaker_independent"].augment_before_split


def test_features_that_are_too_small_for_a_network_are_refused() -> None:
    with pytest.raises(
        RecipeError, match=r"features: mfcc_cnn2d takes \(16, 16\) and more values, not \(25, 9\)"
    ):
        load_recipe("four-corpora-mfcc-cnn2d", ["audio.duration_s=0.1"])


def test_every_network_has_a_recipe() -> None:
    used = {load_recipe(name).model.name for name in list_recipes()}
    assert used == set(MODELS) - {"random_forest", "new_head"}  # a new head is made by `train --base`
