"""The first layer of a network: features with mean 0 and deviation 1, as the training rows have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.models.batches import Rows
    from serkit.models.settings import Weights


class Standardise(nn.Module):
    """Subtract a mean, divide by a deviation, cut off what is far outside, and weight what is left.

    Parameters
    ----------
    mean, deviation : ndarray of float32
        Of the shape of a row, or of one that spreads over it.
    limit : float, optional
        Standard deviations from the mean at which a feature is cut off.
    weights : ndarray of float32, optional
        What each feature is multiplied by after that.
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    weights: torch.Tensor | None

    def __init__(
        self,
        mean: NDArray[np.float32],
        deviation: NDArray[np.float32],
        limit: float | None = None,
        weights: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("deviation", torch.from_numpy(deviation))
        self.register_buffer("weights", None if weights is None else torch.from_numpy(weights))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the standardised features."""
        standardised = (features - self.mean) / self.deviation
        if self.limit is not None:
            standardised = standardised.clamp(-self.limit, self.limit)
        return standardised if self.weights is None else standardised * self.weights


class StandardisedNetwork(nn.Module):
    """A network whose input is standardised first.

    Parameters
    ----------
    standardise : torch.nn.Module
        `Standardise`, or what leaves features as they are.
    body : torch.nn.Module
        The network.
    """

    def __init__(self, standardise: nn.Module, body: nn.Module) -> None:
        super().__init__()
        self.standardise = standardise
        self.body = body

    def forward(self, features: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the scores, (N, n_classes); `lengths` only for networks that take them."""
        return self.scores(self.standardise(features), lengths)

    def scores(self, standardised: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the scores of features that are standardised."""
        scores: torch.Tensor = (
            self.body(standardised) if lengths is None else self.body(standardised, lengths)
        )
        return scores


def fit_standardise(
    rows: Rows,
    axes: tuple[int, ...] | None,
    *,
    limit: float | None = None,
    weights: Weights | None = None,
) -> nn.Module:
    """Return the layer that standardises by these rows.

    Parameters
    ----------
    rows : Rows
        Training rows.
    axes : tuple of int, optional
        Axes of all rows together over which mean and deviation are taken; without them nothing is changed.
    limit : float, optional
        Standard deviations from the mean at which a feature is cut off.
    weights : ndarray of float, optional
        What each feature is multiplied by after that.

    Returns
    -------
    torch.nn.Module
        A feature that never changes is only brought to mean 0.
    """
    if axes is None:
        return nn.Identity()
    together = rows.features
    if rows.lengths is not None:  # frames of all recordings after each other, as if of one
        together = np.concatenate(list(rows.features))[None]
    mean = together.mean(axis=axes, keepdims=True, dtype=np.float64)
    deviation = together.std(axis=axes, keepdims=True, dtype=np.float64)
    deviation[_is_constant(mean, deviation)] = 1.0
    if weights is not None:
        weights = weights.astype(np.float32)
    return Standardise(mean[0].astype(np.float32), deviation[0].astype(np.float32), limit, weights)


def _is_constant(mean: NDArray[Any], deviation: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which deviations are but rounding errors of float32."""
    constant: NDArray[np.bool_] = deviation <= np.finfo(np.float32).eps * np.abs(mean)
    return constant
