"""The classical models by name."""

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from serkit.errors import RecipeError
from serkit.models import build_model
from serkit.models.classical import CLASSICAL_MODELS

MODELS = [kind.model_fields["name"].default for kind in CLASSICAL_MODELS]
SMALL = {"random_forest": {"n_estimators": 20}}


def emotions(n=120, *, n_classes=3, seed=0):
    """Overlapping classes of unequal size and features of unequal scale."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(n_classes, n, p=np.arange(1, n_classes + 1) / np.arange(1, n_classes + 1).sum())
    features = rng.standard_normal((n, 6)) + 2 * np.eye(6)[labels]
    names = np.array(["angry", "calm", "sad"])[:n_classes]
    return (features * [1, 10, 100, 0.1, 1, 5]).astype(np.float32), names[labels]


@pytest.mark.parametrize("balance", ["none", "class_weight", "oversample"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_model_learns_under_every_balance(name, balance, n_classes):
    features, labels = emotions(n_classes=n_classes)
    model = build_model(name, balance=balance, **SMALL.get(name, {})).fit(features, labels)
    fresh, truth = emotions(n_classes=n_classes, seed=1)
    assert model.classes_.tolist() == sorted(set(labels))
    assert np.mean(model.predict(fresh) == truth) > 0.7


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_model(name):
    features, labels = emotions()
    models = [
        build_model(name, seed=3, balance="oversample", **SMALL.get(name, {})).fit(features, labels)
        for _ in range(2)
    ]
    first, second = (
        m.predict_proba(features) if name == "random_forest" else m.decision_function(features)
        for m in models
    )
    assert np.array_equal(first, second)


def test_another_seed_gives_another_forest():
    features, labels = emotions()
    first, second = (
        build_model("random_forest", seed=seed, n_estimators=5).fit(features, labels).predict_proba(features)
        for seed in (0, 1)
    )
    assert not np.array_equal(first, second)


def test_the_scaler_sees_the_training_rows_only_and_once():
    features, labels = emotions()
    model = build_model("logistic_regression").fit(features, labels)
    assert isinstance(model[0], StandardScaler)
    assert model[0].mean_ == pytest.approx(features.mean(axis=0), rel=1e-5)


def test_class_weight_equals_scikit_learns():
    features, labels = emotions()
    model = build_model("logistic_regression", balance="class_weight", C=0.5).fit(features, labels)
    scaled = StandardScaler().fit_transform(features)
    reference = LogisticRegression(C=0.5, max_iter=2000, class_weight="balanced").fit(scaled, labels)
    assert model[-1].coef_ == pytest.approx(reference.coef_, abs=1e-5)


@pytest.mark.parametrize("balance", ["class_weight", "oversample"])
@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "rbf_svm"])
def test_balancing_raises_the_recall_of_the_rare_class(name, balance):
    rng = np.random.default_rng(0)
    labels = np.repeat(["common", "rare"], [190, 10])
    features = rng.standard_normal((200, 2)) + (labels == "rare")[:, None]
    fresh = rng.standard_normal((500, 2)) + 1
    plain, balanced = (
        np.mean(build_model(name, balance=how).fit(features, labels).predict(fresh) == "rare")
        for how in ("none", balance)
    )
    assert balanced > plain + 0.2


def test_unknown_models_and_parameters_are_refused():
    with pytest.raises(RecipeError, match=r"^unknown model 'svm'; .*.*linear_svm, logistic_regr"):
        build_model("svm")
    with pytest.raises(ValidationError, match="unknown setting of linear_svm 'Cc'; did you mean 'C'"):
        build_model("linear_svm", Cc=1)
    with pytest.raises(ValidationError, match="greater than 0"):
        build_model("rbf_svm", C=-1)
