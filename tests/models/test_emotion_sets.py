"""Corpora that do not contain the same emotions: what a recording teaches, and among what it is tested."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_sample_weight
from torch.nn import functional

from serkit.models.batches import Rows
from serkit.models.emotion_sets import allowed_classes, balanced_weights, emotion_sets
from serkit.models.labelled import Labelled
from serkit.models.losses import Targets, cross_entropy
from serkit.models.networks import DenseSettings
from serkit.models.temperature_scaled import TemperatureScaled
from serkit.models.torch_classifier import TorchClassifier
from serkit.models.votes import target_shares

CLASSES = ["angry", "calm", "sad"]


def two_corpora(n: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corpus "b" has nobody calm, but its rooms sound as calm ones do in "a"."""
    rng = np.random.default_rng(seed)
    corpora = np.where(np.arange(n) % 2, "b", "a")
    members = np.where(corpora == "a", rng.integers(3, size=n), 2 * rng.integers(2, size=n))
    features = rng.normal(0, 0.6, (n, 3)) + 2 * np.eye(3)[members]
    features[corpora == "b", 1] += 2
    return features, np.array(CLASSES)[members], corpora


def test_losses_equal_those_of_torch() -> None:
    scores, truth = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    shares = torch.eye(3)[truth]
    weights = torch.tensor([1.0, 2.0, 3.0])
    for smoothing in (0.0, 0.2):
        found = cross_entropy(scores, Targets(shares), smoothing=smoothing)
        torch.testing.assert_close(found, functional.cross_entropy(scores, truth, label_smoothing=smoothing))
    found = cross_entropy(scores, Targets(shares, weights=weights[truth]))
    torch.testing.assert_close(found, functional.cross_entropy(scores, truth, weight=weights))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_a_class_that_is_not_allowed_counts_for_nothing(smoothing: float) -> None:
    scores = torch.randn(4, 3, requires_grad=True)
    truth = torch.tensor([0, 2, 2, 0])
    allowed = torch.tensor([True, False, True]).expand(4, 3)
    loss = cross_entropy(scores, Targets(torch.eye(3)[truth], allowed), smoothing=smoothing)
    alone = functional.cross_entropy(scores[:, [0, 2]], truth // 2, label_smoothing=smoothing)
    torch.testing.assert_close(loss, alone)
    loss.backward()
    assert (scores.grad[:, 1] == 0).all()


def test_classes_of_a_corpus_weigh_the_same() -> None:
    _, labels, corpora = two_corpora()
    weights = balanced_weights(labels, corpora)
    for corpus in "ab":
        rows = corpora == corpus
        sums = {label: weights[rows & (labels == label)].sum() for label in set(labels[rows])}
        np.testing.assert_allclose(list(sums.values()), rows.sum() / len(sums), rtol=1e-5)
    np.testing.assert_allclose(balanced_weights(labels), compute_sample_weight("balanced", labels), rtol=1e-6)


def test_rows_are_taken_with_all_that_belongs_to_them() -> None:
    features, labels, corpora = two_corpora(6)
    sets = emotion_sets(labels, corpora)
    allowed = allowed_classes(corpora, CLASSES, sets)
    truth, weights = np.searchsorted(CLASSES, labels), balanced_weights(labels, corpora)
    taken = Labelled(Rows(features), truth, 3, allowed, weights).take(np.array([4, 1]))
    targets = taken.targets(slice(None))
    assert targets.truth.tolist() == truth[[4, 1]].tolist()
    assert targets.allowed.tolist() == allowed[[4, 1]].tolist()
    np.testing.assert_allclose(targets.weights, weights[[4, 1]])


def test_votes_are_taken_with_their_rows_and_kept_to_the_classes() -> None:
    features, labels, _ = two_corpora(6)
    truth = np.searchsorted(CLASSES, labels)
    shares = target_shares(truth, ["sad", "", "angry:sad", "fear", "", ""], CLASSES, share=0.25)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    taken = Labelled(Rows(features), truth, 3, shares=shares).take(np.array([3, 2]))
    found = taken.targets(slice(None)).shares.numpy()
    np.testing.assert_array_equal(found, shares[[3, 2]])
    np.testing.assert_array_equal(found[0], np.eye(3)[truth[3]])


def test_a_network_learns_what_listeners_heard() -> None:
    features, labels, _ = two_corpora(400)
    votes = np.where(labels == "calm", "sad", "")
    settings = DenseSettings(widths=(16,), epochs=40, learning_rate=0.02, votes=0.4)
    told = TorchClassifier(settings).fit(features, labels, votes=votes)
    untold = TorchClassifier(settings).fit(features, labels)
    sad_of_calm = [model.predict_proba(features[labels == "calm"])[:, 2].mean() for model in (told, untold)]
    assert sad_of_calm[0] == pytest.approx(0.4, abs=0.1)
    assert sad_of_calm[1] < 0.1


def test_what_a_corpus_does_not_contain_is_not_unlearned_from_it() -> None:
    features, labels, corpora = two_corpora(400)
    settings = DenseSettings(widths=(16,), epochs=60, learning_rate=0.02)
    told = TorchClassifier(settings).fit(features, labels, corpora=corpora)
    untold = TorchClassifier(settings).fit(features, labels)
    assert told.emotion_sets_ == {"a": frozenset(CLASSES), "b": frozenset(["angry", "sad"])}
    calm_in_b = np.random.default_rng(1).normal(0, 0.6, (100, 3)) + np.array([0, 4, 0])
    assert (told.predict(calm_in_b) == "calm").mean() > (untold.predict(calm_in_b) == "calm").mean()


def test_probabilities_are_those_among_the_emotions_of_the_corpus() -> None:
    features, labels, corpora = two_corpora()
    model = TemperatureScaled(_pipeline(), held_out=2).fit(features, labels, corpora=corpora)
    probabilities = model.predict_proba(features, corpora)
    assert (probabilities[corpora == "b", 1] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert (model.predict_proba(features)[:, 1] > 0).all()


def test_dev_rows_are_scored_among_the_emotions_of_their_corpus() -> None:
    features, labels, corpora = two_corpora()
    dev = two_corpora(60, seed=1)
    settings = DenseSettings(widths=(4,), epochs=3, monitor="dev_uar")
    model = TorchClassifier(settings).fit(features, labels, dev=dev, corpora=corpora)
    scores = model.decision_function(dev[0])
    scores[~allowed_classes(dev[2], model.classes_, model.emotion_sets_)] = -np.inf
    decided = model.classes_[scores.argmax(axis=1)]
    uar = np.mean([np.mean(decided[dev[1] == label] == label) for label in CLASSES])
    assert model.history_[-1].dev_uar == pytest.approx(uar)


def _pipeline() -> object:
    return DenseSettings(widths=(4,), epochs=3).build(seed=0)
