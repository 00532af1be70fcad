"""What listeners heard, beside what an actor meant: both together are what a recording teaches.

A clip that listeners disagree on is no clear example of its label; taught with their votes, a model need not
bend to it [1]_.

References
----------
.. [1] Fayek, H. M., Lech, M. & Cavedon, L. (2016). Modeling subjectiveness in emotion recognition with deep
   neural networks: Ensembles vs soft labels. IJCNN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def target_shares(
    truth: NDArray[np.intp], votes: ArrayLike, classes: ArrayLike, *, share: float
) -> NDArray[np.float32]:
    """Return how much of each class rows teach.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Position of each row's class.
    votes : array_like of str, shape (n,)
        What most listeners named, "happy", or "happy:sad" where two have equally many votes. A row without
        votes, or with votes for other classes alone, teaches its class.
    classes : array_like of str, shape (n_classes,)
        Sorted labels.
    share : float, in [0, 1)
        What is taken from the class for the votes.

    Returns
    -------
    ndarray, shape (n, n_classes)

    Examples
    --------
    >>> target_shares(np.array([0, 0, 1]), ["sad", "happy:sad", ""], ["happy", "sad"], share=0.5)
    array([[0.5 , 0.5 ],
           [0.75, 0.25],
           [0.  , 1.  ]], dtype=float32)
    """
    labels: list[str] = np.asarray(classes).tolist()
    shares = np.eye(len(labels), dtype=np.float32)[truth]
    for row, named in enumerate(np.asarray(votes).tolist()):
        heard = [labels.index(name) for name in named.split(":") if name in labels]
        if heard:
            shares[row] *= 1 - share
            shares[row, heard] += share / len(heard)
    return shares
