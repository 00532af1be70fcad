"""ONNX models against the scikit-learn models that they were made from."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from serkit.errors import ExportError
from serkit.models import build_model
from serkit.models.calibration import decision_scores
from serkit.models.classical import LogisticRegressionSettings
from serkit.onnx.export import export_onnx
from serkit.onnx.file import outside_references

MODELS = {
    "logistic_regression": {},
    "linear_svm": {},
    "rbf_svm": {"C": 10.0},
    "random_forest": {"n_estimators": 40},
}
EMOTIONS = np.array(["angry", "happy", "neutral", "sad", "fear", "calm"])


def rows(n: int, n_classes: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of very different sizes with outliers, and labels that some of them tell."""
    rng = np.random.default_rng(seed)
    plain = rng.standard_t(3, (n, 30))
    labels = EMOTIONS[np.argmax(plain[:, :n_classes] + 0.5 * rng.standard_normal((n, n_classes)), axis=1)]
    return (plain * np.logspace(-3, 4, 30) + 100).astype(np.float32), labels


def run(content: bytes, features: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (scores,) = session.run(["scores"], {"features": features})
    return scores


@pytest.mark.parametrize("n_classes", [2, 3, 6])
@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_the_model(name: str, n_classes: int) -> None:
    features, labels = rows(300, n_classes)
    model = build_model(name, **MODELS[name]).fit(features, labels)
    content = export_onnx(model, features[:50])
    unseen, _ = rows(500, n_classes, seed=1)
    scores = run(content, unseen)
    assert scores.dtype == np.float32
    assert scores.shape == (500, n_classes)
    np.testing.assert_allclose(scores, decision_scores(model, unseen), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("balance", ["class_weight", "oversample"])
def test_a_balanced_model_is_exported_too(balance: str) -> None:
    features, labels = rows(200, 3)
    model = build_model("rbf_svm", balance=balance).fit(features, labels)
    np.testing.assert_allclose(
        run(export_onnx(model, features), features), decision_scores(model, features), atol=1e-4
    )


def test_limit_and_weights_are_exported() -> None:
    features, labels = rows(200, 3)
    settings = LogisticRegressionSettings(limit=1.0)
    model = settings.build(seed=0, weights=np.linspace(1, 3, features.shape[1])).fit(features, labels)
    far = features * 100
    np.testing.assert_allclose(run(export_onnx(model, far), far), decision_scores(model, far), atol=1e-4)


def test_features_on_the_threshold_of_a_tree_stay_on_their_side() -> None:
    # The threshold between neighbouring float32 values is a float64 that would round up to the higher one.
    low = np.nextafter(np.float32(2), np.float32(3))
    features = np.array([[low], [np.nextafter(low, np.float32(3))]] * 20, dtype=np.float32)
    labels = np.array(["calm", "sad"] * 20)
    model = make_pipeline(build_model("random_forest", n_estimators=5)[-1]).fit(features, labels)
    assert (model.predict(features) == labels).all()
    np.testing.assert_allclose(
        run(export_onnx(model, features), features), decision_scores(model, features), atol=1e-5
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_same_model_gives_the_same_bytes(name: str) -> None:
    features, labels = rows(100, 3)
    contents = {export_onnx(build_model(name).fit(features, labels), features) for _ in range(2)}
    assert len(contents) == 1


@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_valid_standard_and_self_contained(name: str) -> None:
    features, labels = rows(100, 3)
    content = export_onnx(build_model(name).fit(features, labels), features)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    assert outside_references(content) == []


def test_a_difference_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = rows(100, 3)
    model = build_model("logistic_regression").fit(features, labels)
    monkeypatch.setattr("serkit.onnx.export.decision_scores", lambda m, x: decision_scores(m, x) + 0.01)
    with pytest.raises(ExportError, match="scores differ"):
        export_onnx(model, features)


def test_a_classifier_without_onnx_form_is_refused() -> None:
    features, labels = rows(100, 3)
    with pytest.raises(ExportError, match="GaussianNB: has no ONNX form here; use one of LogisticRegression"):
        export_onnx(make_pipeline(StandardScaler(), GaussianNB()).fit(features, labels), features)


def test_a_scaler_without_onnx_form_is_refused() -> None:
    features, labels = rows(100, 3)
    model = make_pipeline(MinMaxScaler(), build_model("logistic_regression")[-1]).fit(features, labels)
    with pytest.raises(ExportError, match="MinMaxScaler"):
        export_onnx(model, features)


def test_a_scaler_that_only_centres_is_exported() -> None:
    features, labels = rows(100, 3)
    model = make_pipeline(StandardScaler(with_std=False), build_model("random_forest")[-1]).fit(
        features, labels
    )
    np.testing.assert_allclose(
        run(export_onnx(model, features), features), decision_scores(model, features), atol=1e-4
    )
