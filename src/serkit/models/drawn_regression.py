"""Logistic regression whose weights are drawn to given ones instead of to zero.

With few rows it stays near what was known before, with many it goes where they say: the most probable
weights where those known before are the mean of a normal distribution.

References
----------
.. [1] Chelba, C. & Acero, A. (2006). Adaptation of maximum entropy capitalizer: little data can help a lot.
   Computer Speech & Language, 20(4), 382-399.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from serkit.models.calibration import softmax
from serkit.onnx.head import Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_MAX_ITERATIONS = 300
_LEAST_VARIANCE = 1e-10


def fit_drawn(
    values: Matrix,
    targets: NDArray[np.integer],
    start: Head,
    *,
    penalty: float,
    row_weights: NDArray[np.floating] | None = None,
) -> Head:
    """Fit weights and offsets, both drawn to those at the start.

    Parameters
    ----------
    values : ndarray of float, shape (n, n_values)
        Rows to learn from.
    targets : ndarray of int, shape (n,)
        Column of each row's label.
    start : Head
        What weights and offsets are drawn to.
    penalty : float
        Half of it is how much the sum of the squared changes counts beside the mean loss.
    row_weights : ndarray of float, shape (n,), optional
        How much each row counts; all the same if not given.

    Returns
    -------
    Head
        One score for each column of the start.

    Examples
    --------
    >>> start = Head(np.zeros((1, 2)), np.zeros(2))
    >>> found = fit_drawn(np.array([[-1.0], [1.0]]), np.array([0, 1]), start, penalty=0.1)
    >>> found.weights.round(2).tolist()
    [[-1.06, 1.06]]
    """
    # One more value, as large as all others together, so that offsets move as easily as they do.
    size = np.sqrt(values.shape[1])
    with_one = np.column_stack([values, np.full(len(values), size)])
    rows, axes = _in_own_axes(with_one)
    before = values @ start.weights + start.offsets
    truth = np.eye(len(start.offsets))[targets]
    shares = np.ones(len(values)) if row_weights is None else np.asarray(row_weights, dtype=np.float64)
    shares = shares[:, np.newaxis] / shares.sum()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        change = flat.reshape(rows.shape[1], -1)
        likely = softmax(before + rows @ change)
        fit = -(shares * truth * np.log(likely + np.finfo(np.float64).tiny)).sum()
        slope = rows.T @ (shares * (likely - truth)) + penalty * change
        return fit + penalty / 2 * np.square(change).sum(), slope.ravel()

    nothing = np.zeros(rows.shape[1] * truth.shape[1])
    found = minimize(loss, nothing, jac=True, method="L-BFGS-B", options={"maxiter": _MAX_ITERATIONS})
    change = axes @ found.x.reshape(rows.shape[1], -1)
    return Head(start.weights + change[:-1], start.offsets + size * change[-1])


def _in_own_axes(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Return rows along the axes that they span, and these axes, (n_values, n_axes).

    A penalty on squares leaves nothing of a change across what the rows span. Where rows are fewer than
    values, a fit along these axes alone finds the same weights many times faster.
    """
    if 2 * len(rows) > rows.shape[1]:  # few enough axes are left out for it to pay
        return rows, np.eye(rows.shape[1])
    variances, directions = np.linalg.eigh(rows @ rows.T)
    kept = variances > _LEAST_VARIANCE * variances[-1]
    lengths = np.sqrt(variances[kept])
    return directions[:, kept] * lengths, rows.T @ (directions[:, kept] / lengths)
