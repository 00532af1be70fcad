"""Turn features to the principal axes of the training rows.

Features of speech come in crowds that say nearly the same. Adam gives every feature a step of the same size,
so that what a crowd says is learned many times as fast as what one feature says alone. Principal axes are
uncorrelated: each is learned at its own pace. Those on which rows hardly differ are left out, and with them
most of the weights of the layer that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from numpy.typing import NDArray


class PrincipalAxes(nn.Module):
    """Project on axes.

    Parameters
    ----------
    axes : ndarray of float32, shape (n_features, n_axes)
        One axis a column.
    """

    axes: torch.Tensor

    def __init__(self, axes: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("axes", torch.from_numpy(axes))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the coordinates, (N, n_axes)."""
        return features @ self.axes


def fit_principal_axes(features: NDArray[np.float32], n_axes: int, *, seed: int = 0) -> PrincipalAxes:
    """Find the axes on which rows differ most.

    Parameters
    ----------
    features : ndarray of float32, shape (n, n_features)
        Standardised training rows.
    n_axes : int
        Axes to keep. Where there are fewer rows, the axes that nothing is known of stay 0.
    seed : int, default 0
        Of the random projection that the search begins with [1]_.

    Returns
    -------
    PrincipalAxes
        Orthogonal, all of one length: that which brings the mean square of the coordinates to 1.

    References
    ----------
    .. [1] Halko, N., Martinsson, P.-G. & Tropp, J. A. (2011). Finding structure with randomness. SIAM Review.

    Examples
    --------
    >>> rows = np.array([[3.0, 3.0], [-3.0, -3.0], [1.0, -1.0]], dtype=np.float32)
    >>> fit_principal_axes(rows, 1)(torch.from_numpy(rows)).abs().squeeze().numpy().round(2)
    array([1.22, 1.22, 0.  ], dtype=float32)
    """
    from sklearn.utils.extmath import randomized_svd

    known = min(n_axes, *features.shape)
    _, lengths, axes = randomized_svd(features, known, random_state=seed)
    mean_square = np.square(lengths).sum() / (len(features) * known)
    found = np.zeros((features.shape[1], n_axes), dtype=np.float32)
    found[:, :known] = axes.T / np.sqrt(mean_square)
    return PrincipalAxes(found)
