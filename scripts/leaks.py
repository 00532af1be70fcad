"""Ways to let a test part leak into the training, one at a time, on one small model.

Every way tests each recording once, so that two of them compare clip by clip. The model is a support vector
machine with fixed parameters; only where a leak is in what is *chosen*, a small network is trained, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from serkit.splits import Protocol, make_folds, speaker_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas
    from numpy.typing import NDArray

    Positions = NDArray[np.intp]
    Matrix = NDArray[np.float64]

FOLDS = 5
COST = 10.0
DENSE = {"widths": (64,), "dropout": 0.3, "epochs": 40, "learning_rate": 1e-3, "batch_size": 64}
NETWORK_SEEDS = (0, 1, 2, 3)


@dataclass(frozen=True, eq=False)
class Material:
    """Recordings and their altered copies.

    Attributes
    ----------
    rows : pandas.DataFrame
        The recordings.
    features : ndarray of float, shape (1 + n_copies, n, n_features)
        Of the recordings, of their first copies, of their second ones, and so on.
    """

    rows: pandas.DataFrame
    features: Matrix

    @property
    def labels(self) -> NDArray[np.str_]:
        """Emotion of each recording."""
        return self.rows["emotion"].to_numpy(dtype=str)

    @property
    def speakers(self) -> NDArray[np.object_]:
        """``"corpus/speaker"`` of each recording."""
        return speaker_groups(self.rows)


class Trained(NamedTuple):
    """What a model of one fold learns from, and is tested on.

    Attributes
    ----------
    train : ndarray, shape (m, n_features)
        Features of the training rows, not yet scaled.
    labels : ndarray of str, shape (m,)
        Their emotions.
    test : ndarray of int
        Recordings to test.
    """

    train: Matrix
    labels: NDArray[np.str_]
    test: Positions


def folds_by_speaker(material: Material) -> NDArray[np.intp]:
    """Return the fold that tests each recording; those of a speaker are in the same."""
    found = np.empty(len(material.rows), dtype=np.intp)
    for number, fold in enumerate(make_folds(material.rows, Protocol(kind="speaker_folds", folds=FOLDS))):
        found[fold.test] = number
    return found


def folds_at_random(material: Material, seed: int = 0) -> NDArray[np.intp]:
    """Return the fold that tests each recording, drawn clip by clip; each has its share of an emotion."""
    found = np.empty(len(material.rows), dtype=np.intp)
    rng = np.random.default_rng(seed)
    for emotion in np.unique(material.labels):
        clips = rng.permutation(np.flatnonzero(material.labels == emotion))
        found[clips] = np.arange(clips.size) % FOLDS
    return found


def train_rows(material: Material, folds: Positions, number: int) -> Trained:
    """Train on the recordings of all other folds."""
    train = folds != number
    return Trained(material.features[0][train], material.labels[train], np.flatnonzero(~train))


def with_copies(material: Material, folds: Positions, number: int) -> Trained:
    """Train on them and on their altered copies: no leak."""
    plain = train_rows(material, folds, number)
    train = folds != number
    copies = [part[train] for part in material.features[1:]]
    labels = np.tile(plain.labels, len(material.features))
    return Trained(np.concatenate([plain.train, *copies]), labels, plain.test)


def copies_before_split(material: Material, folds: Positions, number: int) -> Trained:
    """Alter first and split then: each copy falls to a fold of its own, wherever its original is."""
    parts = [train_rows(material, folds, number)]
    for copy, features in enumerate(material.features[1:], start=1):
        dealt = _dealt(len(folds), copy)
        parts.append(Trained(features[dealt != number], material.labels[dealt != number], parts[0].test))
    return _joined(parts)


def duplicates(material: Material, folds: Positions, number: int) -> Trained:
    """Hold every recording twice, under two names: the second falls to a fold of its own."""
    plain, dealt = train_rows(material, folds, number), _dealt(len(folds), 0)
    twins = Trained(material.features[0][dealt != number], material.labels[dealt != number], plain.test)
    return _joined([plain, twins])


def all_at_once(material: Material, folds: Positions, number: int) -> Trained:
    """Hold altered copies and duplicates of any recording."""
    return _joined([copies_before_split(material, folds, number), duplicates(material, folds, number)])


def _joined(parts: list[Trained]) -> Trained:
    features = np.concatenate([part.train for part in parts])
    return Trained(features, np.concatenate([part.labels for part in parts]), parts[0].test)


def _dealt(n: int, seed: int) -> Positions:
    """Return a fold for each of n rows, drawn at random."""
    return np.random.default_rng([FOLDS, seed]).integers(FOLDS, size=n)


def scaled_by_train(material: Material, fold: Trained) -> tuple[Matrix, Matrix]:
    """Return train and test features, mean and deviation taken over the training rows: no leak."""
    return _standardised(fold.train, fold.train), _standardised(material.features[0][fold.test], fold.train)


def scaled_by_all(material: Material, fold: Trained) -> tuple[Matrix, Matrix]:
    """Return them with mean and deviation over the test rows, too."""
    test = material.features[0][fold.test]
    everything = np.concatenate([fold.train, test])
    return _standardised(fold.train, everything), _standardised(test, everything)


def scaled_by_speaker(material: Material) -> Material:
    """Return the recordings with mean 0 and deviation 1 for each speaker, test speakers too."""
    scaled = np.empty_like(material.features[:1])
    for speaker in np.unique(material.speakers):
        own = material.speakers == speaker
        scaled[0, own] = _standardised(material.features[0, own], material.features[0, own])
    return Material(material.rows, scaled)


def _standardised(features: Matrix, of: Matrix) -> Matrix:
    deviation = of.std(axis=0)
    scaled: Matrix = (features - of.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return scaled


def predict(
    material: Material,
    folds: Positions,
    *,
    learn: Callable[[Material, Positions, int], Trained] = train_rows,
    scale: Callable[[Material, Trained], tuple[Matrix, Matrix]] = scaled_by_train,
) -> NDArray[np.str_]:
    """Return the emotion that is heard in each recording, by a model that its fold did not train.

    Parameters
    ----------
    material : Material
        Recordings.
    folds : ndarray of int, shape (n,)
        Fold that tests each recording.
    learn : callable
        Says what the model of a fold learns from.
    scale : callable
        Scales its features.
    """
    from sklearn.svm import SVC

    heard = np.empty(len(material.rows), dtype=material.labels.dtype)
    for number in np.unique(folds):
        fold = learn(material, folds, int(number))
        train, test = scale(material, fold)
        heard[fold.test] = SVC(C=COST).fit(train, fold.labels).predict(test)
    return heard


def predict_chosen(material: Material, folds: Positions, *, on_test: bool) -> NDArray[np.str_]:
    """Return what a network hears whose epoch and seed are chosen, on the test part or beside it.

    Both ways train on the same rows: without the test fold and without the fold after it, whose speakers
    serve to choose where the test part does not.
    """
    heard = np.empty(len(material.rows), dtype=material.labels.dtype)
    for number in np.unique(folds):
        beside = (number + 1) % FOLDS
        chooser = folds == (number if on_test else beside)
        train, test = (folds != number) & (folds != beside), folds == number
        heard[test] = _best_network(material, train, chooser).predict(material.features[0][test])
    return heard


def _best_network(material: Material, train: NDArray[np.bool_], chooser: NDArray[np.bool_]) -> Any:
    from serkit.models.networks import DenseSettings
    from serkit.models.torch_classifier import TorchClassifier

    settings = DenseSettings(**DENSE, monitor="dev_uar", keep="best")
    features, labels = material.features[0].astype(np.float32), material.labels
    models = [
        TorchClassifier(settings, seed=seed).fit(
            features[train], labels[train], dev=(features[chooser], labels[chooser])
        )
        for seed in NETWORK_SEEDS
    ]
    return max(models, key=lambda model: max(epoch.dev_uar for epoch in model.history_))
