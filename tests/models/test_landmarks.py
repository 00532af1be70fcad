"""Comparison of vectors with landmarks: its size, what it learns, its ONNX form."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from pydantic import ValidationError
from sklearn.kernel_ridge import KernelRidge

from serkit.errors import TrainingError
from serkit.models import MODELS, build_model
from serkit.models.calibration import decision_scores
from serkit.models.initialisation import count_parameters
from serkit.models.landmarks_settings import LandmarksSettings
from serkit.onnx.export import export_onnx
from serkit.recipe import load_recipe

EMOTIONS = np.array(["angry", "calm", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
SMALL = {"axes": 20, "landmarks": 32, "penalty": 1e-3}


def clips(n: int = 32, n_features: int = 20) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(3, 5, (n, n_features)).astype(np.float32), EMOTIONS[np.arange(n) % 8]


def test_the_recipe_stays_below_two_million_values() -> None:
    recipe = load_recipe("functionals-landmarks")
    settings = recipe.model
    assert isinstance(settings, LandmarksSettings)
    (n_features,) = recipe.features.shape
    values = count_parameters(settings.network((n_features,), 8))
    assert values == settings.axes * n_features + settings.landmarks * (settings.axes + 1 + 8) + 8
    assert values + 3 * n_features < 2_000_000  # means, deviations and weights of the features, too


def test_clips_are_learned_by_heart_and_exported() -> None:
    features, labels = clips()
    model = build_model("landmarks", **SMALL).fit(features, labels)
    assert (model.predict(features) == labels).all()
    session = onnxruntime.InferenceSession(export_onnx(model, features))
    (scores,) = session.run(["scores"], {"features": features[:5]})
    np.testing.assert_allclose(scores, decision_scores(model, features[:5]), rtol=1e-4, atol=1e-4)


def test_scores_are_those_of_kernel_ridge_regression_on_standardised_features() -> None:
    features, labels = clips()
    new, _ = clips(40)
    model = build_model("landmarks", **SMALL, width=2.0, limit=1.5).fit(features, labels)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    rows, unseen = (((one - mean) / deviation).clip(-1.5, 1.5) for one in (features, new[32:]))
    wanted = np.where(labels[:, None] == EMOTIONS, 1.0, -1 / 7)
    gamma = 1 / (2 * 2.0 * np.square(rows).sum(axis=1).mean())
    expected = KernelRidge(alpha=1e-3, kernel="rbf", gamma=gamma).fit(rows, wanted).predict(unseen)
    assert np.abs(decision_scores(model, new[32:]) - expected).max() < 1e-3


def test_a_weight_makes_a_feature_count_for_more() -> None:
    features, labels = clips()
    weights = np.ones(20)
    weights[3] = 100.0
    settings = MODELS["landmarks"](**SMALL | {"axes": 1})
    classifier = settings.build(seed=0, weights=weights).fit(features, labels)[-1]
    axes: torch.Tensor = classifier.network_.body.axes
    assert axes[:, 0].abs().argmax() == 3


def test_copies_that_count_nothing_teach_nothing() -> None:
    features, labels = clips()
    altered = np.arange(32) >= 24
    other = np.where(altered, np.roll(labels, 1), labels)
    unseen = clips(40)[0][32:]

    def scores(taught: np.ndarray, copy_weight: float) -> np.ndarray:
        model = build_model("landmarks", **SMALL, copy_weight=copy_weight)
        return decision_scores(model.fit(features, taught, classifier__altered=altered), unseen)

    assert np.abs(scores(labels, 1.0) - scores(other, 1.0)).max() > 0.01
    assert np.abs(scores(labels, 1e-9) - scores(other, 1e-9)).max() < 1e-4


def test_there_are_no_epochs_and_two_emotions_or_more() -> None:
    with pytest.raises(ValidationError, match="epochs"):
        build_model("landmarks", epochs=3)
    features, _ = clips()
    with pytest.raises(TrainingError, match="needs two classes or more"):
        build_model("landmarks", **SMALL).fit(features, np.full(32, "sad"))
