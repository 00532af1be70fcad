"""Draw the rows of an epoch, so that a corpus of few speakers is neither drowned nor learned by heart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serkit.models.labelled import Labelled

    Positions = NDArray[np.intp]


def drawn_rows(train: Labelled, copy_weight: float, rng: np.random.Generator) -> Positions:
    """Return the rows of one epoch.

    A corpus is drawn in proportion to the square root of the number of its speakers; the one with the most
    originals, as often as it has originals. Where speakers are not known, every corpus is drawn as often as
    it has originals.

    Parameters
    ----------
    train : Labelled
        Rows to draw from.
    copy_weight : float
        How often a copy is drawn beside its original.
    rng : numpy.random.Generator
        Draws.

    Returns
    -------
    ndarray of int
        Positions, corpus by corpus, originals before copies. Within each of these groups no row is drawn
        again before every other one is; how many rows there are is the same in each epoch.

    Examples
    --------
    A corpus of four speakers with two recordings each, and one of a single speaker:

    >>> from serkit.models.batches import Rows
    >>> from serkit.models.labelled import Labelled
    >>> corpora, speakers = np.array(list("aaaaaaaabb")), np.array(list("1122334455"))
    >>> train = Labelled(Rows(np.zeros((10, 1))), np.zeros(10, int), 2, corpora=corpora, speakers=speakers)
    >>> drawn = drawn_rows(train, 1.0, np.random.default_rng(0))
    >>> np.bincount(drawn).tolist()
    [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]
    """
    groups = _originals_and_copies(train)
    counts = _counts(train, [originals for originals, _ in groups])
    parts: list[Positions] = []
    for (originals, copies), count in zip(groups, counts, strict=True):
        weight = copy_weight * copies.size
        n_copies = round(count * weight / (originals.size + weight))
        parts += [_in_turn(originals, count - n_copies, rng), _in_turn(copies, n_copies, rng)]
    return np.concatenate(parts)


def _originals_and_copies(train: Labelled) -> list[tuple[Positions, Positions]]:
    """Return both of each corpus; where there are only copies, they are the originals."""
    n = len(train.truth)
    altered = np.zeros(n, dtype=bool) if train.altered is None else train.altered
    corpora = np.zeros(n, dtype=str) if train.corpora is None else train.corpora
    members = [np.flatnonzero(corpora == corpus) for corpus in np.unique(corpora)]
    copied = [altered[rows] & ~altered[rows].all() for rows in members]
    return [(rows[~copies], rows[copies]) for rows, copies in zip(members, copied, strict=True)]


def _counts(train: Labelled, originals: list[Positions]) -> list[int]:
    """Return how many rows are drawn of each corpus."""
    sizes = [rows.size for rows in originals]
    if train.speakers is None:
        return sizes
    speakers = np.array([np.unique(train.speakers[rows]).size for rows in originals])
    largest = int(np.argmax(sizes))
    counts: list[int] = np.rint(sizes[largest] * np.sqrt(speakers / speakers[largest])).astype(int).tolist()
    return counts


def _in_turn(rows: Positions, count: int, rng: np.random.Generator) -> Positions:
    """Return so many rows: all of them in random order, as often as that takes."""
    rounds = -(-count // rows.size) if count else 0
    return np.concatenate([rows[:0], *(rng.permutation(rows) for _ in range(rounds))])[:count]
