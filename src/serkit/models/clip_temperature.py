"""A temperature for each clip, where no single one serves all recordings.

How far scores can be trusted depends on what they are scores of: on clear speech in a studio a model is right
more often than it seems, on a mumble in a kitchen less often. So the temperature follows from what is heard
in the clip and from how far the first score leads [1]_. Like one temperature it changes no decision.

References
----------
.. [1] Balanya, S. A., Maroñas, J. & Ramos, D. (2024). Adaptive temperature scaling for robust calibration of
   deep neural networks. Neural Computing and Applications 36.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from serkit.models.calibration import TEMPERATURE_RANGE, fit_temperature, softmax
from serkit.models.emotion_sets import own_scores
from serkit.models.principal_axes import principal_axes

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Vector = NDArray[np.float64]

N_LEADS = 2
"""The first score over the second, and over the third."""
AXES = 160
PENALTY = 0.2
"""With the scores of all joint folds in sight: of 8 to 256 axes, and penalties of 0.03 to 1."""
_LEAST_DEVIATION = 1e-6
# Percent of the rows at either end beyond whose temperatures none is believed.
_OUTSIDE = 1


@dataclass(frozen=True)
class ClipTemperature:
    """What scores are divided by, clip by clip: exp(offset + leads @ of_leads + (heard - mean) @ of_heard).

    Attributes
    ----------
    offset : float
        Logarithm of the temperature of a clip in the middle whose first scores are equal.
    of_leads : ndarray of float64, shape (n_leads,)
        How much more for each point that the first score leads.
    mean, of_heard : ndarray of float64, shape (n_values,)
        Of what is heard in a clip: the middle, and how much more away from it.
    low, high : float
        Logarithms that are the lowest and the highest to be given.
    """

    offset: float
    of_leads: Vector
    mean: Vector
    of_heard: Vector
    low: float
    high: float

    def of(self, scores: Floats, heard: Floats) -> Vector:
        """Return the temperature of each clip, shape (n,).

        Parameters
        ----------
        scores : ndarray of float, shape (n, n_classes)
            Scores.
        heard : ndarray of float, shape (n, n_values)
            What is heard in each clip.
        """
        away = np.asarray(heard) - self.mean
        logarithms = self.offset + leads(scores) @ self.of_leads + away @ self.of_heard
        found: Vector = np.exp(np.clip(logarithms, self.low, self.high))
        return found

    def relative_to(self, temperature: float) -> ClipTemperature:
        """Return what is left to divide scores by once they are divided by one temperature."""
        less = np.log(temperature)
        return replace(self, offset=self.offset - less, low=self.low - less, high=self.high - less)


def leads(scores: Floats) -> Vector:
    """Return by how much the first score leads over the next ones, shape (n, n_leads).

    Examples
    --------
    >>> leads(np.array([[1.0, 3.0, 0.5], [2.0, 2.0, 2.0]])).tolist()
    [[2.0, 2.5], [0.0, 0.0]]
    """
    ordered = -np.sort(-np.asarray(scores, dtype=np.float64), axis=1)[:, : N_LEADS + 1]
    return ordered[:, :1] - ordered[:, 1:]


def fit_clip_temperature(  # noqa: PLR0913 - the last three have their defaults
    scores: Floats,
    heard: Floats,
    truth: NDArray[np.integer],
    *,
    allowed: NDArray[np.bool_] | None = None,
    weights: Floats | None = None,
    penalty: float = PENALTY,
) -> ClipTemperature:
    """Return the temperatures that make the true classes most likely, as even as a penalty wants them.

    What is heard counts on the axes on which clips differ most, all alike.

    Parameters
    ----------
    scores : ndarray of float, shape (n, n_classes)
        Scores of clips that the model was not trained on.
    heard : ndarray of float, shape (n, n_values)
        What is heard in them.
    truth : ndarray of int, shape (n,)
        Column of each clip's true class.
    allowed : ndarray of bool, shape (n, n_classes), optional
        Classes that each clip may be of; all unless given.
    weights : ndarray of float, shape (n,), optional
        How much each clip counts; all alike unless given.
    penalty : float, default 0.2
        How much the sum of the squared weights of what is heard counts beside the mean loss.

    Returns
    -------
    ClipTemperature
        Within what 98 % of these clips are given.

    Examples
    --------
    >>> heard = np.repeat([[0.0], [1.0]], 50, axis=0)  # in a studio, and in a kitchen
    >>> scores, truth = np.tile([[1.0, 0.0]], (100, 1)), np.zeros(100, int)
    >>> truth[:5], truth[50:70] = 1, 1
    >>> studio, kitchen = fit_clip_temperature(scores, heard, truth).of(scores[[0, 50]], heard[[0, 50]])
    >>> bool(studio < kitchen)
    True
    """
    from scipy.optimize import minimize

    scores = np.asarray(scores, dtype=np.float64)
    own = own_scores(scores, allowed)
    shares = np.full(len(scores), 1 / len(scores)) if weights is None else weights / np.sum(weights)
    mean = heard.mean(axis=0, dtype=np.float64)
    deviation = np.maximum(heard.std(axis=0, dtype=np.float64), _LEAST_DEVIATION)
    placed, axes = _even_axes(((heard - mean) / deviation).astype(np.float32))
    ahead = leads(scores)
    given = np.column_stack([np.ones(len(scores)), ahead, placed])
    free = 1 + ahead.shape[1]

    def loss(chosen: Vector) -> tuple[float, Vector]:
        logarithms = np.clip(given @ chosen, *np.log(TEMPERATURE_RANGE))
        steep = np.exp(-logarithms)[:, np.newaxis]
        value, slope = _likelihood(own, truth, steep)
        gradient = given.T @ (shares * slope)
        gradient[free:] += 2 * penalty * chosen[free:]
        return float(penalty * chosen[free:] @ chosen[free:] - shares @ value), gradient

    start = np.zeros(given.shape[1])
    start[0] = np.log(fit_temperature(own, truth, weights=shares))
    chosen = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    low, high = np.percentile(given @ chosen, [_OUTSIDE, 100 - _OUTSIDE])
    of_heard = (axes @ chosen[free:]) / deviation
    return ClipTemperature(float(chosen[0]), chosen[1:free], mean, of_heard, float(low), float(high))


def _likelihood(own: Vector, truth: NDArray[np.integer], steep: NDArray[Any]) -> tuple[Vector, Vector]:
    """Return the log-likelihood of each row, and how fast it falls as the temperature rises."""
    rows = np.arange(len(own))
    shares = softmax(own * steep)
    of_truth = own[rows, truth]
    likely = np.log(np.maximum(shares[rows, truth], np.finfo(np.float64).tiny))
    return likely, (of_truth - (shares * own).sum(axis=1)) * steep[:, 0]


def _even_axes(rows: NDArray[np.float32]) -> tuple[Vector, Vector]:
    """Return where rows lie on their principal axes, with deviation 1 on each, and these axes."""
    axes = principal_axes(rows, min(AXES, rows.shape[1]))
    placed = (rows @ axes).astype(np.float64)
    lengths = np.maximum(placed.std(axis=0), _LEAST_DEVIATION)
    return placed / lengths, axes / lengths
