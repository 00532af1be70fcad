"""Axes on which a clip stays where it is when a room, noise or a line is added to it.

Where a clip lies is where its altered copies should lie, too. So axes are those of a linear regression: from
what is heard in a clip, or in a copy of it, to where the clip lies [1]_. It knows how noise hides what is
heard, how it moves it, and what else tells the same. The regression is a matrix, which becomes the axes: it
takes no time.

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

# How much the squares of the weights count beside the sum of squared errors, in mean squares of values.
_PENALTY = 0.01


def steady_axes(axes: Floats, values: Floats, train: Labelled, weight: float) -> Floats:
    """Return axes on which altered copies lie as near to their originals as a linear map can bring them.

    Parameters
    ----------
    axes : ndarray of float32, shape (n_values, n_axes)
        Axes of originals.
    values : ndarray of float32, shape (n, n_values)
        Standardised training rows.
    train : Labelled
        These rows. Without pairs of a copy and its original the axes stay as they are.
    weight : float
        How much a copy counts beside an original.

    Returns
    -------
    ndarray of float32, shape (n_values, n_axes)
        The mean square of the places of originals is as it was.
    """
    copies, parents = train.pairs
    if not copies.size:
        return axes
    originals = train.originals
    places = np.zeros((len(values), axes.shape[1]), dtype=np.float32)
    places[originals] = values[originals] @ axes
    clean, wanted = _products(values[originals], places[originals])
    noisy, wanted_of_copies = _products(values[copies], places[parents])
    normal = clean + weight * noisy
    normal += _PENALTY * np.trace(normal) / len(normal) * np.eye(len(normal))
    found = np.linalg.solve(normal, wanted + weight * wanted_of_copies)
    found *= np.sqrt(np.square(places).sum() / np.vdot(found, clean @ found))
    return found.astype(np.float32)


def _products(values: Floats, wanted: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the products of values with themselves, and with what is wanted of them."""
    return (values.T @ values).astype(np.float64), (values.T @ wanted).astype(np.float64)
