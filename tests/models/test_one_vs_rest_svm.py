"""The support vector machines against scikit-learn's own one-against-the-rest."""

import numpy as np
import pytest
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from serkit.models.one_vs_rest_svm import OneVsRestSVM


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    return rng.standard_normal((200, 7)) + 1.5 * np.eye(7)[labels], np.array(list("abcd"))[labels]


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("c", [0.1, 10.0])
def test_scores_equal_scikit_learns(data, kernel, c):
    features, labels = data
    model = OneVsRestSVM(kernel=kernel, C=c, gamma_factor=0.5).fit(features[:150], labels[:150])
    reference = OneVsRestClassifier(SVC(kernel=kernel, C=c, gamma=0.5 / (7 * features[:150].var())))
    expected = reference.fit(features[:150], labels[:150]).decision_function(features[150:])
    assert model.decision_function(features[150:]) == pytest.approx(expected, abs=1e-2)
    assert model.predict(features[150:]).tolist() == reference.predict(features[150:]).tolist()


def test_class_weights_equal_scikit_learns(data):
    features, labels = data
    keep = (labels != "a") | (np.arange(200) < 60)
    features, labels = features[keep], labels[keep]
    model = OneVsRestSVM(class_weight="balanced").fit(features, labels)
    share = {label: labels.size / (4 * np.sum(labels == label)) for label in "abcd"}
    weights = np.array([share[label] for label in labels])
    reference = SVC(gamma="scale").fit(features, labels == "a", sample_weight=weights)
    assert model.decision_function(features)[:, 0] == pytest.approx(
        reference.decision_function(features), abs=1e-2
    )


def test_two_classes_have_mirrored_scores(data):
    features, labels = data
    two = np.isin(labels, ["a", "b"])
    scores = OneVsRestSVM().fit(features[two], labels[two]).decision_function(features)
    assert scores.shape == (200, 2)
    assert scores[:, 0] == pytest.approx(-scores[:, 1], abs=1e-2)


def test_only_rows_with_a_weight_are_kept(data):
    features, labels = data
    model = OneVsRestSVM(C=100).fit(features * 10, labels)
    assert len(model.support_vectors_) == len(model.dual_coef_) < 200
    assert np.all(model.dual_coef_.any(axis=1))


def test_equal_features_are_survived():
    model = OneVsRestSVM().fit(np.zeros((4, 2)), list("abab"))
    assert np.isfinite(model.decision_function(np.zeros((1, 2)))).all()


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="two classes, not 1"):
        OneVsRestSVM().fit(np.eye(3), ["a", "a", "a"])
