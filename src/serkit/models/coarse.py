"""Matrices rounded so far that a file holds each value in 4 bits.

A matrix that is rounded before everything that follows is fitted to it costs next to nothing: what follows
knows it as it will be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 7
"""Steps from 0 to the largest value of a column, either way: integers of 4 bits reach from -8 to 7."""


def coarse(matrix: torch.Tensor) -> torch.Tensor:
    """Return a matrix whose columns hold only multiples of a seventh of their largest value.

    Examples
    --------
    >>> coarse(torch.tensor([[7.0], [2.6], [0.4]])).squeeze().tolist()
    [7.0, 3.0, 0.0]
    """
    steps = matrix.abs().amax(dim=0).clamp(min=torch.finfo(matrix.dtype).tiny) / STEPS
    return (matrix / steps).round() * steps


def random_turn(n_axes: int, *, seed: int) -> NDArray[np.float32]:
    """Return a rotation, or its mirror image, drawn at random, (n_axes, n_axes).

    Distances stay as they are. But no axis is longer than the others afterwards, for whose sake the others
    would be rounded to nothing.

    Examples
    --------
    >>> turn = random_turn(3, seed=0)
    >>> bool(np.allclose(turn.T @ turn, np.eye(3), atol=1e-6))
    True
    """
    drawn = np.random.default_rng(seed).standard_normal((n_axes, n_axes))
    return np.linalg.qr(drawn).Q.astype(np.float32)
