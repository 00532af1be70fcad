"""Axes on which a clip stays where it is when a room, noise or a line is added to it.

Where a clip lies is where its altered copies should lie, too. So places are filtered as Wiener filters a
signal: directions in which copies differ from their originals shrink by how much of what is seen there that
is [1]_. The filter is a matrix, which becomes part of the axes: it takes no time.

References
----------
.. [1] Chen, M., Weinberger, K., Xu, Z. & Sha, F. (2015). Marginalizing stacked linear denoising autoencoders.
   JMLR 16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.models.labelled import Labelled

    Floats = NDArray[np.float32]


def steady_axes(axes: Floats, placed: Floats, train: Labelled, weight: float) -> Floats:
    """Return axes that show less of what altered copies differ in from their originals.

    Parameters
    ----------
    axes : ndarray of float32, shape (n_values, n_axes)
        Axes.
    placed : ndarray of float32, shape (n, n_axes)
        Where training rows lie on them.
    train : Labelled
        These rows. Without pairs of a copy and its original the axes stay as they are.
    weight : float
        How much the mean square of these differences counts beside that of places.

    Returns
    -------
    ndarray of float32, shape (n_values, n_axes)
        The mean square of the places of originals is as it was.
    """
    copies, originals = train.pairs
    if not copies.size:
        return axes
    known = axes.any(axis=0)  # of few rows there are few axes
    placed = placed[:, known]
    clean = _mean_product(placed[train.originals])
    noise = _mean_product(placed[copies] - placed[originals])
    kept = np.linalg.solve(clean + weight * noise, clean)
    kept *= np.sqrt(np.trace(clean) / np.trace(kept.T @ clean @ kept))
    steady = np.zeros_like(axes)
    steady[:, known] = axes[:, known] @ kept.astype(np.float32)
    return steady


def _mean_product(rows: Floats) -> NDArray[np.float64]:
    found: NDArray[np.float64] = (rows.T @ rows).astype(np.float64) / len(rows)
    return found
