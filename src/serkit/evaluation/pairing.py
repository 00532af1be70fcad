"""Two runs over the same clips, laid side by side clip by clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.corpora.manifest import is_complete
from serkit.evaluation.predictions import Predictions, restrict_to_corpus_emotions
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLIP = ("file", "start", "end", "corpus", "emotion")


class Pair(NamedTuple):
    """The confusion matrix of each clip on its own, of two runs over the same clips.

    Attributes
    ----------
    one, other : ndarray, shape (n_clips, n_classes, n_classes)
        Clips in the same order, classes of both runs together.
    speakers : ndarray of str, shape (n_clips,)
        ``"corpus/speaker"`` of each clip.
    """

    one: NDArray[np.float64]
    other: NDArray[np.float64]
    speakers: NDArray[np.object_]


def align(one: Predictions, other: Predictions) -> Pair | None:
    """Return two runs clip by clip; None unless clips and truths are the same and the speakers known.

    As in the reports, a clip is scored among the emotions of its corpus.

    Examples
    --------
    >>> import pandas
    >>> rows = pandas.DataFrame({"file": ["a", "b"], "emotion": ["sad", "joy"]})
    >>> rows = rows.assign(corpus="x", speaker="1")
    >>> one = Predictions(rows, np.eye(2), ("joy", "sad"))
    >>> other = Predictions(rows[::-1], np.eye(2), ("joy", "sad"))
    >>> pair = align(one, other)
    >>> [int(np.trace(cells.sum(axis=0))) for cells in (pair.one, pair.other)]
    [0, 2]
    """
    keys, other_keys = _clips(one), _clips(other)
    known = is_complete(one.rows, "speaker")
    if not known or sorted(keys) != sorted(other_keys):
        return None
    classes = tuple(sorted({*one.classes, *other.classes}))
    order, other_order = _order(keys), _order(other_keys)
    return Pair(
        _cells(one, classes)[order], _cells(other, classes)[other_order], speaker_groups(one.rows)[order]
    )


def _clips(predictions: Predictions) -> list[tuple[str, ...]]:
    """Return what names each clip and its truth."""
    columns = [predictions.rows[name].astype(str) for name in _CLIP if name in predictions.rows]
    return list(zip(*columns, strict=True))


def _order(keys: list[tuple[str, ...]]) -> NDArray[np.intp]:
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)


def _cells(predictions: Predictions, classes: tuple[str, ...]) -> NDArray[np.float64]:
    predictions, _ = restrict_to_corpus_emotions(predictions)
    index = np.array([classes.index(name) for name in predictions.classes])
    cells = np.zeros((len(predictions.rows), len(classes), len(classes)))
    decided = index[predictions.probabilities.argmax(axis=1)]
    cells[np.arange(len(cells)), index[predictions.truth], decided] = 1.0
    return cells
