"""Calibration on held-out speakers."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict
from tests.models.test_speech_encoder import TUNED, clips

from serkit.errors import FeatureError
from serkit.models import build_model
from serkit.models.calibration import fit_temperature, softmax
from serkit.models.classical import CLASSICAL_MODELS
from serkit.models.emotion_sets import balanced_weights
from serkit.models.inner_folds import inner_folds
from serkit.models.temperature_scaled import TemperatureScaled


@pytest.fixture(scope="module")
def speech():
    """Speakers differ more than emotions do: what fits the training speakers overfits."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(12), 20)
    labels = np.tile(["angry", "calm", "neutral", "sad"], 60)
    voices = rng.standard_normal((12, 30))[speakers]
    means = {name: rng.standard_normal(30) * 0.5 for name in set(labels)}
    signal = np.array([means[name] for name in sorted(means)])[np.unique(labels, return_inverse=True)[1]]
    return (signal + voices + rng.standard_normal((240, 30))).astype(np.float32), labels, speakers


def test_the_temperature_is_that_of_the_held_out_speakers(speech):
    features, labels, speakers = speech
    model = TemperatureScaled(LogisticRegression(max_iter=1000)).fit(features, labels, speakers)
    splits = inner_folds(labels, speakers)
    scores = cross_val_predict(
        LogisticRegression(max_iter=1000), features, labels, cv=splits, method="decision_function"
    )
    expected = fit_temperature(scores, np.unique(labels, return_inverse=True)[1])
    assert model.temperature_ == pytest.approx(expected)
    assert model.temperature_ > 1.5


@pytest.mark.parametrize("name", [kind.model_fields["name"].default for kind in CLASSICAL_MODELS])
def test_held_out_speakers_are_better_described_by_calibrated_probabilities(speech, name):
    features, labels, speakers = speech
    train, test = speakers < 8, speakers >= 8
    size = {"n_estimators": 50} if name == "random_forest" else {}
    model = TemperatureScaled(build_model(name, **size)).fit(features[train], labels[train], speakers[train])
    probabilities = model.predict_proba(features[test])
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert log_loss(labels[test], probabilities) < np.log(4)
    assert model.predict(features[test]).tolist() == model.estimator_.predict(features[test]).tolist()


def test_two_workers_give_the_same_model(speech):
    features, labels, speakers = speech
    one, two = (
        TemperatureScaled(build_model("rbf_svm"), workers=workers).fit(features, labels, speakers)
        for workers in (1, 2)
    )
    assert one.temperature_ == two.temperature_
    assert np.array_equal(one.predict_proba(features), two.predict_proba(features))


def test_it_is_a_scikit_learn_classifier(speech):
    features, labels, _ = speech
    model = clone(TemperatureScaled(build_model("logistic_regression")))
    search = GridSearchCV(model, {"estimator__classifier__C": [0.001, 1.0]}, cv=2).fit(features, labels)
    assert search.best_estimator_.classes_.tolist() == ["angry", "calm", "neutral", "sad"]
    assert 0.5 < search.best_estimator_.score(features, labels) <= 1


def test_features_that_are_not_finite_are_refused(speech):
    features, labels, speakers = speech
    broken = features.copy()
    broken[7, 3] = np.nan
    with pytest.raises(FeatureError, match="row 8, column 4: nan"):
        TemperatureScaled(LogisticRegression()).fit(broken, labels, speakers)


def test_probabilities_are_the_softmax_of_scores_over_the_temperature(speech):
    features, labels, speakers = speech
    model = TemperatureScaled(build_model("linear_svm", C=0.01)).fit(features, labels, speakers)
    scores = model.estimator_.decision_function(features)
    assert model.predict_proba(features) == pytest.approx(softmax(scores / model.temperature_))


def test_each_corpus_counts_alike(speech):
    features, labels, speakers = speech
    corpora = np.where(speakers < 10, "large", "small")
    splits = inner_folds(labels, speakers)
    rows = np.concatenate([held_out for _, held_out in splits])
    scores = cross_val_predict(
        LogisticRegression(max_iter=1000), features, labels, cv=splits, method="decision_function"
    )
    truth = np.unique(labels, return_inverse=True)[1]
    # The small corpus five times is as large as the large one.
    repeated = np.concatenate([rows, *[rows[corpora[rows] == "small"]] * 4])
    expected = fit_temperature(scores[repeated], truth[repeated])
    weights = balanced_weights(corpora)
    assert fit_temperature(scores, truth, weights=weights) == pytest.approx(expected)
    assert fit_temperature(scores, truth) != pytest.approx(expected)


def test_a_network_that_is_tuned_once_is_calibrated_on_the_speakers_it_was_not_tuned_on(encoder_dir):
    features, labels = clips(40)
    settings = TUNED | {"epochs": 1, "batch_size": 16}
    network = build_model("speech_encoder", encoder=str(encoder_dir), **settings)
    tuned, altered = np.arange(40) < 24, np.arange(40) >= 36
    model = TemperatureScaled(network).fit(features, labels, tuned=tuned, altered=altered)
    scores = model.estimator_[-1].held_out_scores_
    truth = np.unique(labels, return_inverse=True)[1][24:36]
    assert len(scores) == 12, "copies of those speakers are not calibrated on"
    assert model.temperature_ == pytest.approx(fit_temperature(scores, truth))
    assert model.temperature_ != 1
