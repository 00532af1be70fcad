"""Turn scores into probabilities that mean what they say: one temperature, fitted on held-out groups.

A classifier is most sure of itself on what it was trained on. Its scores are therefore taken on groups that
it has not seen, each from a model trained on the other groups; the temperature is what makes the softmax of
those scores most likely. It changes no decision.

References
----------
.. [1] Guo, C., Pleiss, G., Sun, Y. & Weinberger, K. Q. (2017). On calibration of modern neural
   networks. ICML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.errors import FeatureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

MIN_PROBABILITY = 1e-6
"""A forest whose trees all agree gives others probability 0; its logarithm is taken of this instead."""
TEMPERATURE_RANGE = (0.01, 100.0)
"""Where nothing held out is wrong, no temperature is low enough; this ends the search."""


def decision_scores(model: Any, features: NDArray[Any]) -> Matrix:
    """Return one score per class, whose softmax is the model's probability where it has one.

    Parameters
    ----------
    model : estimator
        Fitted classifier or pipeline.
    features : ndarray of float, shape (n, n_features)
        Features, finite.

    Returns
    -------
    ndarray of float64, shape (n, n_classes)
        The decision function; of two classes, minus and plus half of it. Logarithms of the probabilities,
        at least `MIN_PROBABILITY`, of a model without a decision function.

    Raises
    ------
    FeatureError
        If a feature is NaN or infinite.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit([[-1.0], [1.0]], ["calm", "sad"])
    >>> scores = decision_scores(model, np.array([[0.5]]))
    >>> bool(np.allclose(softmax(scores), model.predict_proba([[0.5]])))
    True
    """
    check_finite(features)
    if not hasattr(model, "decision_function"):
        probabilities: Matrix = model.predict_proba(features)
        return np.log(np.clip(probabilities, MIN_PROBABILITY, None))
    scores: Matrix = np.asarray(model.decision_function(features), dtype=np.float64)
    return scores if scores.ndim == 2 else np.column_stack([-scores / 2, scores / 2])


def softmax(scores: NDArray[Any]) -> Matrix:
    """Return ``exp(scores)`` over its row sums, float64.

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    shifted = np.asarray(scores, dtype=np.float64)
    powers = np.exp(shifted - shifted.max(axis=1, keepdims=True))
    probabilities: Matrix = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def fit_temperature(
    scores: NDArray[Any], truth: NDArray[np.integer], *, weights: NDArray[np.floating] | None = None
) -> float:
    """Return the temperature T that makes ``softmax(scores / T)`` most likely.

    The likelihood is concave in 1 / T, so its slope has one zero, which is found by halving.

    Parameters
    ----------
    scores : ndarray of float, shape (n, n_classes)
        Scores of rows that the model was not trained on.
    truth : ndarray of int, shape (n,)
        Column of each row's true class.
    weights : ndarray of float, shape (n,), optional
        How much each row counts; all alike unless given.

    Returns
    -------
    float
        Within `TEMPERATURE_RANGE`. Above 1 the scores claim too much, below 1 too little.

    Examples
    --------
    >>> sure_of_the_first = np.array([[4.0, 0.0]] * 4)
    >>> temperature = fit_temperature(sure_of_the_first, np.array([0, 0, 0, 1]))
    >>> softmax(sure_of_the_first / temperature)[0].round(4).tolist()
    [0.75, 0.25]
    """
    scores = np.asarray(scores, dtype=np.float64)
    of_truth = np.average(scores[np.arange(len(scores)), truth], weights=weights)
    low, high = np.log(TEMPERATURE_RANGE)
    for _ in range(60):
        middle = (low + high) / 2
        expected = np.average((softmax(scores / np.exp(middle)) * scores).sum(axis=1), weights=weights)
        low, high = (low, middle) if expected <= of_truth else (middle, high)
    return float(np.exp((low + high) / 2))


def check_finite(features: NDArray[Any]) -> None:
    """Refuse features that hold NaN or infinity.

    Parameters
    ----------
    features : ndarray of float, shape (n, ...), or of objects, shape (n,)
        One row a recording; sequences that differ in length are objects.

    Raises
    ------
    FeatureError
        Naming the first such row and column.

    Examples
    --------
    >>> check_finite(np.array([[1.0, np.nan]]))
    Traceback (most recent call last):
    serkit.errors.FeatureError: row 1, column 2: nan; features must be finite, drop that recording
    """
    if features.dtype == object:  # sequences of different lengths
        for number, sequence in enumerate(features, start=1):
            _check_array(sequence[None], first_row=number)
    else:
        _check_array(features, first_row=1)


def _check_array(features: NDArray[Any], *, first_row: int) -> None:
    wrong = np.argwhere(~np.isfinite(features))
    if wrong.size:
        row, *columns = (int(index) for index in wrong[0])
        column = ", ".join(str(index + 1) for index in columns)
        place = f"row {row + first_row}, column {column}: {features[tuple(wrong[0])]}"
        raise FeatureError(place, hint="features must be finite, drop that recording")
