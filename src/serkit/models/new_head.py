"""A new last layer for a saved model: its encoder stays, the emotions are those of other recordings.

Fitting needs no more than what enters the last layer, which is computed once for each recording. So own
recordings and labels make a model in seconds, without the library that trained the base. The weights of
emotions that the base knows are drawn to those that it has.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from serkit.bundle import read_bundle
from serkit.errors import BundleIntegrityError
from serkit.models.drawn_regression import fit_drawn
from serkit.models.emotion_sets import balanced_weights
from serkit.onnx.file import INPUT_NAME
from serkit.onnx.head import EMBEDDING_NAME, Head, embedding_model, read_head, replace_head
from serkit.onnx.landmarks import landmark_axes
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]


class Base:
    """A saved model, cut before its last layer. What it hears of a recording is computed once.

    Recordings are computed one by one: a model of integers would round them together.

    Parameters
    ----------
    name_or_folder : str
        A bundle.
    checksum : str, default ""
        SHA-256 of its ``model.onnx``; checked where it is given.

    Attributes
    ----------
    content : bytes
        ONNX model.
    labels : tuple of str
        Emotions that it knows.
    head : Head
        Its last layer, on what `hear` returns; the softmax of its scores are the calibrated probabilities.

    Raises
    ------
    BundleError
        If there is no such model, or it is not that of the checksum.
    ExportError
        If it does not end in one linear layer.
    """

    def __init__(self, name_or_folder: str, checksum: str = "") -> None:
        info, self.content = read_bundle(name_or_folder)
        found = hashlib.sha256(self.content).hexdigest()
        if checksum and found != checksum:
            raise BundleIntegrityError(
                f"{name_or_folder}: the SHA-256 of its model is {found}, not {checksum}"
            )
        self.labels = info.labels
        self._axes = landmark_axes(self.content)
        layer = read_head(self.content)
        calibrated = Head(layer.weights / info.temperature, info.calibrated(layer.offsets))
        self.head = self._axes.on_values(calibrated) if self._axes else calibrated
        self._session = open_session(embedding_model(self.content))
        self._heard: dict[bytes, NDArray[np.float32]] = {}

    def hear(self, features: NDArray[Any]) -> Matrix:
        """Return what enters the last layer, (n, n_values); how near landmarks are, turned to their axes.

        Parameters
        ----------
        features : ndarray of float, shape (n, ...), or of objects, shape (n,)
            Features of the front end of the bundle.
        """
        heard = np.stack([self._hear_one(np.asarray(row, dtype=np.float32)) for row in features])
        return self._axes.values(heard.astype(float)) if self._axes else heard.astype(float)

    def with_head(self, head: Head) -> bytes:
        """Return the model with another last layer on what `hear` returns."""
        return replace_head(self.content, self._axes.on_likeness(head) if self._axes else head)

    def _hear_one(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        key = hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).digest()
        if key not in self._heard:
            self._heard[key] = self._session.run([EMBEDDING_NAME], {INPUT_NAME: row[np.newaxis]})[0][0]
        return self._heard[key]

    def head_for(self, labels: Sequence[str]) -> Head:
        """Return the columns of the last layer for these labels, zeros where the model does not know one."""
        head = Head(np.zeros((len(self.head.weights), len(labels))), np.zeros(len(labels)))
        for column, label in enumerate(labels):
            if label in self.labels:
                known = self.labels.index(label)
                head.weights[:, column] = self.head.weights[:, known]
                head.offsets[column] = self.head.offsets[known]
        return head


@lru_cache(maxsize=1)
def load_base(name_or_folder: str, checksum: str = "") -> Base:
    """Return a saved model with all that it has heard; another one takes its place."""
    return Base(name_or_folder, checksum)


class NewHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Logistic regression in place of the last layer of a saved model, drawn to that layer.

    Parameters
    ----------
    base : str
        Name or folder of the saved model.
    checksum : str, default ""
        SHA-256 of its ``model.onnx``; checked where it is given.
    penalty : float, default 0.1
        Half of it is how much the squared changes of the weights count beside the mean loss.
    balanced : bool, default True
        Whether rare labels weigh as much as frequent ones.

    Attributes
    ----------
    classes_ : ndarray, shape (n_labels,)
        Sorted labels.
    coef_ : ndarray of float, shape (n_labels, n_values)
        Weights of what enters the layer.
    intercept_ : ndarray of float, shape (n_labels,)
        Scores where all of that is 0.
    """

    # On landmarks a score is a sum over ten thousand likenesses, of which most cancels out.
    export_tolerance: ClassVar[float] = 1e-3

    def __init__(self, base: str, *, checksum: str = "", penalty: float = 0.1, balanced: bool = True) -> None:
        self.base = base
        self.checksum = checksum
        self.penalty = penalty
        self.balanced = balanced

    def fit(self, features: NDArray[Any], labels: NDArray[Any]) -> Self:
        """Fit the layer.

        Parameters
        ----------
        features : ndarray of float, shape (n, ...), or of objects, shape (n,)
            Features of the front end of the base.
        labels : ndarray, shape (n,)
            Label of each row.
        """
        base = load_base(self.base, self.checksum)
        self.classes_, targets = np.unique(labels, return_inverse=True)
        found = fit_drawn(
            base.hear(features),
            targets,
            base.head_for(self.classes_.tolist()),
            penalty=self.penalty,
            row_weights=balanced_weights(labels) if self.balanced else None,
        )
        self.coef_, self.intercept_ = found.weights.T, found.offsets
        return self

    def decision_function(self, features: NDArray[Any]) -> Matrix:
        """Return one score per label, shape (n, n_labels)."""
        scores: Matrix = load_base(self.base, self.checksum).hear(features) @ self.coef_.T + self.intercept_
        return scores

    def predict(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return the most probable label of each row."""
        labels: NDArray[Any] = self.classes_[self.decision_function(features).argmax(axis=1)]
        return labels

    def to_onnx(self, _sample: NDArray[Any]) -> bytes:
        """Return the saved model with this layer as its last."""
        return load_base(self.base, self.checksum).with_head(Head(self.coef_.T, self.intercept_))
