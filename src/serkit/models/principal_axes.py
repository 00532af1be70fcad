"""The principal axes of training rows: features of speech come in crowds that say nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def principal_axes(features: Floats, n_axes: int, *, seed: int = 0) -> Floats:
    """Find the axes on which rows differ most.

    Parameters
    ----------
    features : ndarray of float32, shape (n, n_features)
        Standardised training rows.
    n_axes : int
        Axes to find. Where there are fewer rows, the axes that nothing is known of stay 0.
    seed : int, default 0
        Of the random projection that the search begins with [1]_.

    Returns
    -------
    ndarray of float32, shape (n_features, n_axes)
        One axis a column; orthogonal, all of one length: that which brings the mean square of the
        coordinates to 1.

    References
    ----------
    .. [1] Halko, N., Martinsson, P.-G. & Tropp, J. A. (2011). Finding structure with randomness. SIAM Review.

    Examples
    --------
    >>> rows = np.array([[3.0, 3.0], [-3.0, -3.0], [1.0, -1.0]], dtype=np.float32)
    >>> abs(rows @ principal_axes(rows, 1)).squeeze().round(2)
    array([1.22, 1.22, 0.  ], dtype=float32)
    """
    from sklearn.utils.extmath import randomized_svd

    known = min(n_axes, *features.shape)
    _, lengths, axes = randomized_svd(features, known, random_state=seed)
    mean_square = np.square(lengths).sum() / (len(features) * known)
    found = np.zeros((features.shape[1], n_axes), dtype=np.float32)
    found[:, :known] = axes.T / np.sqrt(mean_square)
    return found
