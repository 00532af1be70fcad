"""Test predictions, one row for each clip, and the file ``predictions.csv`` that a run keeps them in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serkit.corpora import CORPORA
from serkit.errors import ManifestError, TrainingError
from serkit.files import atomic_path

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

PREDICTIONS_FILE = "predictions.csv"
_PROBABILITY = "p_"
# What names a clip and its speaker; `start` and `end` only where a clip is a stretch of its file.
_CLIP_COLUMNS = ("file", "start", "end", "corpus", "speaker", "emotion")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model said about test clips.

    Attributes
    ----------
    rows : pandas.DataFrame
        The clips' rows of the manifest; ``emotion`` is the truth.
    probabilities : ndarray, shape (n_clips, n_classes)
        In [0, 1].
    classes : tuple of str
        Emotion of each column.
    folds : tuple of str
        Name of the test fold of each clip; empty = a single one.

    Raises
    ------
    ManifestError
        If there is no clip, or one has an emotion that is not among `classes`.
    """

    rows: pandas.DataFrame
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    folds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.rows) == 0:
            raise ManifestError("no clip to evaluate", hint="check the corpus and the split")
        unknown = sorted(set(self.rows["emotion"]) - set(self.classes))
        if unknown:
            raise ManifestError(
                f"emotion '{unknown[0]}' is not one that the model tells apart ({', '.join(self.classes)})",
                hint="drop these clips, or train with that emotion",
            )
        shape, expected = np.shape(self.probabilities), (len(self.rows), len(self.classes))
        if shape != expected:
            raise ValueError(f"probabilities have the shape {shape}; {expected} was expected")

    @property
    def truth(self) -> NDArray[np.intp]:
        """Column index of the true emotion of each clip."""
        index = {emotion: i for i, emotion in enumerate(self.classes)}
        return np.array([index[emotion] for emotion in self.rows["emotion"]], dtype=np.intp)

    @property
    def fold_names(self) -> NDArray[np.object_]:
        """Name of the test fold of each clip, shape (n_clips,)."""
        return np.array(self.folds or ["1"] * len(self.rows), dtype=object)


def restrict_to_corpus_emotions(predictions: Predictions) -> tuple[Predictions, tuple[str, ...]]:
    """Score each clip of a known corpus among the emotions of that corpus alone.

    The probability of an emotion that the corpus cannot hold is set to zero and the rest is scaled to
    sum to 1, so that a model of several corpora is not blamed for an emotion that cannot be right.

    Parameters
    ----------
    predictions : Predictions
        Of any corpora; those that serkit does not know stay as they are.

    Returns
    -------
    Predictions
        With the new probabilities.
    tuple of str
        The corpora that lost an emotion.

    Examples
    --------
    >>> import pandas
    >>> rows = pandas.DataFrame({"corpus": ["savee"], "emotion": ["sad"]})
    >>> one, corpora = restrict_to_corpus_emotions(Predictions(rows, np.array([[0.6, 0.4]]), ("calm", "sad")))
    >>> one.probabilities.tolist(), corpora
    ([[0.0, 1.0]], ('savee',))
    """
    corpora = predictions.rows["corpus"].to_numpy(dtype=object)
    probabilities, touched = np.array(predictions.probabilities, dtype=np.float64), []
    for corpus in sorted(set(corpora) & set(CORPORA)):
        emotions = set().union(*CORPORA[corpus].counts.values())
        possible = np.array([emotion in emotions for emotion in predictions.classes])
        if not possible.all():
            clips = corpora == corpus
            # The smallest number keeps a clip whose possible emotions all have probability 0 defined.
            kept = np.where(possible, probabilities[clips] + np.finfo(np.float64).tiny, 0.0)
            probabilities[clips] = kept / kept.sum(axis=1, keepdims=True)
            touched.append(corpus)
    restricted = Predictions(predictions.rows, probabilities, predictions.classes, predictions.folds)
    return restricted, tuple(touched)


def write_predictions(path: Path | str, predictions: Predictions) -> None:
    """Write predictions as CSV, atomically.

    Columns: ``file`` (``start``, ``end``), ``corpus``, ``speaker``, ``emotion`` (the truth), ``fold``,
    ``predicted`` and ``p_<class>`` for each class.
    """
    columns = [name for name in _CLIP_COLUMNS if name in predictions.rows]
    said = np.array(predictions.classes)[predictions.probabilities.argmax(axis=1)]
    table = predictions.rows[columns].reset_index(drop=True)
    table = table.assign(fold=predictions.fold_names, predicted=said)
    for emotion, column in zip(predictions.classes, predictions.probabilities.T, strict=True):
        table[_PROBABILITY + emotion] = column
    with atomic_path(path) as partial:
        table.to_csv(partial, index=False, float_format="%.6g")


def read_predictions(path: Path | str) -> Predictions:
    """Read what :func:`write_predictions` wrote.

    Parameters
    ----------
    path : Path or str
        A CSV file, or a run folder that holds ``predictions.csv``.

    Returns
    -------
    Predictions
        Probabilities are exact to six digits.

    Raises
    ------
    TrainingError
        If there is no such file or a column is missing.
    """
    import pandas

    path = Path(path)
    path = path / PREDICTIONS_FILE if path.is_dir() else path
    try:
        table = pandas.read_csv(
            path, dtype=dict.fromkeys(("file", "corpus", "speaker", "emotion", "fold"), str)
        )
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path}: no predictions to read", hint="name the folder of a finished run"
        ) from error
    columns = [str(name) for name in table if str(name).startswith(_PROBABILITY)]
    missing = sorted({"file", "corpus", "emotion", "fold"} - set(table))
    if missing or not columns:
        raise TrainingError(
            f"{path}: no column {', '.join(missing) or _PROBABILITY + '<class>'}",
            hint="name the predictions.csv of a run",
        )
    classes = tuple(name.removeprefix(_PROBABILITY) for name in columns)
    rows = table.drop(columns=[*columns, "fold", "predicted"], errors="ignore")
    return Predictions(rows, table[columns].to_numpy(dtype=np.float64), classes, tuple(table["fold"]))
