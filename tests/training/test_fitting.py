"""Fitting looks at training rows only."""

import numpy as np
import pandas as pd
import pytest

from serkit.errors import FeatureError
from serkit.training.fitting import TrainingData, fit_model


@pytest.fixture
def data(recipe):
    """Six speakers, two emotions; as many columns as the recipe has features."""
    rng = np.random.default_rng(0)
    emotions = np.tile(["calm", "sad"], 36)
    features = rng.standard_normal((72, len(recipe.features.names))) + (emotions == "sad")[:, None]
    rows = pd.DataFrame({"corpus": "mine", "speaker": np.repeat(list("abcdef"), 12), "emotion": emotions})
    return TrainingData(rows, features.astype(np.float32))


def test_rows_outside_the_training_part_are_never_looked_at(recipe, data):
    train, test = np.arange(48), np.arange(48, 72)
    hidden = data.features.copy()
    hidden[test] = np.nan
    rows = data.rows.copy()
    rows.loc[test, "emotion"] = "nobody knows"
    one = fit_model(recipe, data, train=train)
    two = fit_model(recipe, TrainingData(rows, hidden), train=train)
    assert one.record.model_copy(update={"training_s": 0.0}) == two.record.model_copy(
        update={"training_s": 0.0}
    )
    found = [fitted.probabilities(data.take(test), ("calm", "sad")) for fitted in (one, two)]
    assert np.array_equal(*found)


def test_the_final_fit_has_the_dev_rows_too(recipe, data):
    train, dev = np.arange(24), np.arange(24, 48)
    with_dev = fit_model(recipe, data, train=train, dev=dev)
    seen = data.features[:48].astype(np.float64)
    assert with_dev.model.estimator_[0].mean_ == pytest.approx(seen.mean(axis=0), abs=1e-5)


def test_an_emotion_that_was_not_trained_has_probability_zero(recipe, data):
    fitted = fit_model(recipe, data, train=np.arange(72))
    found = fitted.probabilities(data, ("angry", "calm", "sad"))
    assert np.all(found[:, 0] == 0)
    assert found.sum(axis=1) == pytest.approx(1)


def test_features_that_are_not_finite_are_refused(recipe, data):
    data.features[3, 0] = np.inf
    with pytest.raises((FeatureError, ValueError), match="inf"):
        fit_model(recipe, data, train=np.arange(72))
