"""A classifier with calibrated probabilities."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from serkit.models.calibration import check_finite, decision_scores, fit_temperature, softmax
from serkit.models.dev_rows import fit_split, for_classifier
from serkit.models.emotion_sets import allowed_classes, balanced_weights, emotion_sets, own_scores
from serkit.models.inner_folds import inner_folds
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import ArrayLike, NDArray

    from serkit.models.inner_folds import Split

    Matrix = NDArray[np.float64]


class TemperatureScaled(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier whose probabilities are calibrated on held-out groups of its training rows.

    Each corpus counts as much as any other, however many recordings it has.

    Parameters
    ----------
    estimator : estimator
        Classifier or pipeline, unfitted.
    held_out : int or list of (ndarray of int, ndarray of int), default 5
        Number of splits into training and held-out groups, or the splits themselves. Without any split the
        temperature is 1.
    workers : int, default 1
        Models to fit at once.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Sorted labels.
    estimator_ : estimator
        The classifier, fitted on all rows.
    emotion_sets_ : dict of str to frozenset of str
        Labels of each corpus, where corpora were given.
    temperature_ : float
        What its scores are divided by.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> features = np.random.default_rng(0).standard_normal((40, 2))
    >>> labels, speakers = np.where(features[:, 0] > 0, "sad", "calm"), np.arange(40) % 4
    >>> model = TemperatureScaled(LogisticRegression()).fit(features, labels, speakers)
    >>> model.predict_proba(features).shape, model.temperature_ < 1
    ((40, 2), True)
    """

    def __init__(self, estimator: Any, *, held_out: int | list[Split] = 5, workers: int = 1) -> None:
        self.estimator = estimator
        self.held_out = held_out
        self.workers = workers

    def fit(
        self,
        features: NDArray[Any],
        labels: ArrayLike,
        groups: ArrayLike | None = None,
        **facts: NDArray[Any],
    ) -> Self:
        """Fit temperature and classifier.

        Parameters
        ----------
        features : ndarray of float, shape (n, n_features)
            Features, finite.
        labels : array_like, shape (n,)
            Label of each row.
        groups : array_like, shape (n,), optional
            Speaker of each row; without them every row is its own group.
        **facts : ndarray, shape (n,)
            What else a network is told of each row, such as `corpora`, to learn among the labels of each.
            With `tuned` the temperature is that of the scores of rows that were not tuned on, and nothing
            else is held out.

        Raises
        ------
        FeatureError
            If a feature is NaN or infinite.
        SplitError
            If no groups can be held out.
        """
        check_finite(features)
        labels = np.asarray(labels)
        self.classes_ = np.unique(labels)
        if isinstance(self.held_out, int):
            splits = inner_folds(labels, groups, folds=self.held_out)
        else:
            splits = self.held_out
        self.emotion_sets_ = emotion_sets(labels, facts["corpora"]) if "corpora" in facts else {}
        if "tuned" in facts:
            return self._fit_once(features, labels, facts)
        self.temperature_ = self._temperature(features, labels, splits, facts) if splits else 1.0
        self.estimator_ = clone(self.estimator).fit(features, labels, **for_classifier(facts))
        return self

    def _fit_once(
        self, features: NDArray[Any], labels: NDArray[Any], facts: Mapping[str, NDArray[Any]]
    ) -> Self:
        self.estimator_ = clone(self.estimator).fit(features, labels, **for_classifier(facts))
        classifier = self.estimator_[-1]
        rows = classifier.held_out_rows_
        corpora = facts["corpora"][rows] if "corpora" in facts else None
        self.temperature_ = self._temperature_of(classifier.held_out_scores_, labels[rows], corpora)
        return self

    @classmethod
    def around(
        cls,
        fitted: Any,
        features: NDArray[Any],
        labels: NDArray[Any],
        corpora: NDArray[Any] | None = None,
    ) -> Self:
        """Calibrate a model that is fitted already.

        Parameters
        ----------
        fitted : estimator
            Classifier or pipeline.
        features : ndarray, shape (n, ...)
            Features of rows that it was not fitted on. Without a row the temperature is 1.
        labels : ndarray, shape (n,)
            Their labels, all of which it knows.
        corpora : ndarray, shape (n,), optional
            Their corpora, for a network that has learned among the labels of each corpus.
        """
        model = cls(fitted)
        model.classes_, model.estimator_, model.temperature_ = fitted.classes_, fitted, 1.0
        model.emotion_sets_ = {} if corpora is None else fitted[-1].emotion_sets_
        if len(labels):
            model.temperature_ = model._temperature_of(decision_scores(fitted, features), labels, corpora)
        return model

    def predict_proba(self, features: NDArray[Any], corpora: NDArray[Any] | None = None) -> Matrix:
        """Return the calibrated probability of each class, shape (n, n_classes).

        Parameters
        ----------
        features : ndarray, shape (n, ...)
            Features.
        corpora : ndarray, shape (n,), optional
            Corpus of each row: the probabilities of labels that a corpus does not contain are 0 then.
        """
        check_is_fitted(self)
        return self.probabilities_of(decision_scores(self.estimator_, features), corpora)

    def probabilities_of(self, scores: Matrix, corpora: NDArray[Any] | None = None) -> Matrix:
        """Return what `predict_proba` does, of rows whose scores are known already."""
        return softmax(own_scores(scores, self._allowed(corpora)) / self.temperature_)

    def predict(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return the most probable label of each row."""
        labels: NDArray[Any] = self.classes_[self.predict_proba(features).argmax(axis=1)]
        return labels

    def _allowed(self, corpora: NDArray[Any] | None) -> NDArray[np.bool_] | None:
        return None if corpora is None else allowed_classes(corpora, self.classes_, self.emotion_sets_)

    def _temperature(
        self,
        features: NDArray[Any],
        labels: NDArray[Any],
        splits: list[Split],
        facts: Mapping[str, NDArray[Any]],
    ) -> float:
        score = partial(_scores_of_split, self.estimator, features, labels, facts)
        scores = np.concatenate(list(map_parallel(score, splits, workers=self.workers)))
        rows = np.concatenate([held_out for _, held_out in splits])
        corpora = facts["corpora"][rows] if "corpora" in facts else None
        return self._temperature_of(scores, labels[rows], corpora)

    def _temperature_of(self, scores: Matrix, labels: NDArray[Any], corpora: NDArray[Any] | None) -> float:
        truth = np.searchsorted(self.classes_, labels)
        weights = None if corpora is None else balanced_weights(corpora)
        return fit_temperature(own_scores(scores, self._allowed(corpora)), truth, weights=weights)


def _scores_of_split(
    estimator: Any,
    features: NDArray[Any],
    labels: NDArray[Any],
    facts: Mapping[str, NDArray[Any]],
    split: Split,
) -> Matrix:
    return decision_scores(fit_split(estimator, features, labels, split, facts), features[split[1]])
