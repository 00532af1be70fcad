"""Offsets of scores with which emotions are, on the whole, as frequent as they should be.

A strange voice, microphone or language moves all recordings alike: a model may hear anger in half of them. No
label is needed to notice that, and to take it back [1]_.

References
----------
.. [1] Saerens, M., Latinne, P. & Decaestecker, C. (2002). Adjusting the outputs of a classifier to new a
   priori probabilities. Neural Computation 14(1), 21-41. There frequencies are sought for a model that is
   right; here they are given, and the model is moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit.models.calibration import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PENALTY = 0.3
"""Chosen on corpora that a model had not heard, by `benchmarks/adapt_unlabelled.py`."""
ENOUGH_RECORDINGS = 12
"""From so many on it gains most of what it can."""

_STEPS, _LEAST = 30, 1e-6


def match_offsets(scores: Floats, shares: Floats, *, penalty: float = PENALTY) -> Floats:
    """Return what to add to scores so that probabilities are, in the mean over recordings, the shares.

    Few recordings say little of their kind: offsets are drawn to zero, by a penalty that each further
    recording makes lighter.

    Parameters
    ----------
    scores : ndarray of float, shape (n, n_classes)
        Logarithms of probabilities, up to a constant of each recording.
    shares : ndarray of float, shape (n_classes,)
        How frequent each class is among such recordings, summing to 1.
    penalty : float
        Half of it is how much the sum of the squared offsets counts beside a recording.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        Summing to 0.

    Examples
    --------
    >>> always = np.log([[0.8, 0.2]] * 50)
    >>> match_offsets(always, np.array([0.5, 0.5])).round(2)
    array([-0.68,  0.68])
    """
    drawn, offsets = penalty / len(scores), np.zeros(len(shares))
    # What is added to all scores changes nothing: ones take that direction out of the equations.
    kept = drawn * np.eye(len(shares)) + 1 / len(shares)
    # The loss is convex and smooth: Newton's steps, halved where one would lead up.
    for _ in range(_STEPS):
        likely = softmax(scores + offsets)
        mean = likely.mean(axis=0)
        curvature = np.diag(mean) - likely.T @ likely / len(scores)
        step = np.linalg.solve(curvature + kept, mean - shares + drawn * offsets)
        size, here = 1.0, _loss(scores, shares, offsets, drawn)
        while size > _LEAST and _loss(scores, shares, offsets - size * step, drawn) > here:
            size /= 2
        offsets = offsets - size * step
    return offsets


def _loss(scores: Floats, shares: Floats, offsets: Floats, drawn: float) -> float:
    total = np.logaddexp.reduce(scores + offsets, axis=1)
    return float(total.mean() - shares @ offsets + drawn / 2 * offsets @ offsets)
