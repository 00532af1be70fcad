"""Standardise features, cut off what is far outside, and weight what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Weights = NDArray[np.floating[Any]]


class LimitedScaler(StandardScaler):  # type: ignore[misc]
    """Scikit-learn's `StandardScaler` with a limit and weights.

    A voice, a room or a microphone that the training rows did not have moves some features by many standard
    deviations; a linear model follows them wherever they go. Cut off, they say "very much" and no more.

    Parameters
    ----------
    limit : float, optional
        Standard deviations from the mean at which a feature is cut off; none unless given.
    weights : ndarray of float, shape (n_features,), optional
        What each feature is multiplied by after that; all 1 unless given.

    Examples
    --------
    >>> scaler = LimitedScaler(limit=4.0, weights=np.array([2.0])).fit([[-1.0], [1.0]])
    >>> scaler.transform([[0.5], [100.0]]).ravel()
    array([1., 8.])
    """

    def __init__(self, *, limit: float | None = None, weights: Weights | None = None) -> None:
        super().__init__()
        self.limit = limit
        self.weights = weights

    def transform(self, X: NDArray[Any], copy: bool | None = None) -> NDArray[Any]:  # noqa: N803
        """Return the scaled features, same shape."""
        scaled: NDArray[Any] = super().transform(X, copy=copy)
        if self.limit is not None:
            scaled = np.clip(scaled, -self.limit, self.limit)
        return scaled if self.weights is None else scaled * self.weights.astype(scaled.dtype)

    def keep(self, columns: NDArray[np.intp]) -> Self:
        """Return an unfitted scaler for these columns only."""
        weights = None if self.weights is None else self.weights[columns]
        return type(self)(limit=self.limit, weights=weights)
