"""Values that a model which compares with landmarks can be taught further on.

What enters the last layer of such a model, how near a clip is to each landmark, says nearly the same of
landmarks that lie side by side. Turned to the axes of the landmarks, the product of two clips is how alike
the model finds them, and the squared weights of a layer are how uneven its scores are: what a penalty should
count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnx
from onnx import numpy_helper
from scipy.linalg import block_diag

from serkit.onnx.graph import constants_of, node_makers
from serkit.onnx.head import Head, embedding_name, plain_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

# Of the longest axis of landmarks: what is shorter is rounding alone.
_LEAST = 1e-6


class LandmarkAxes(NamedTuple):
    """From likeness to landmarks to values, and back.

    Attributes
    ----------
    turn : ndarray, shape (n_landmarks, n_axes)
        What likeness is multiplied with; the mean square of a clip's values is 1 then, or more where a model
        makes several comparisons.
    lengths : ndarray, shape (n_axes,)
        Of the axes.
    """

    turn: Matrix
    lengths: Matrix

    def values(self, likeness: Matrix) -> Matrix:
        """Return the values of clips, (n, n_axes)."""
        return likeness @ self.turn

    def on_values(self, head: Head) -> Head:
        """Return a layer on likeness as one on values."""
        weights = (self.turn * self.lengths / len(self.lengths)).T @ head.weights
        return Head(weights, head.offsets)

    def on_likeness(self, head: Head) -> Head:
        """Return a layer on values as one on likeness."""
        return Head(self.turn @ head.weights, head.offsets)


def landmark_axes(content: bytes) -> LandmarkAxes | None:
    """Return the axes of the landmarks of a model, None for a model that compares with none.

    Parameters
    ----------
    content : bytes
        ONNX model of a bundle.

    Raises
    ------
    ExportError
        If the model does not end in one linear layer.
    """
    graph = plain_scores(onnx.load_from_string(content)).graph
    landmarks = [_landmarks(graph, power) for power in _raised(graph)]
    comparisons = [_axes(one) for one in landmarks if one is not None]
    if not comparisons or len(comparisons) < len(landmarks):
        return None
    lengths = np.concatenate([one for _, one in comparisons])
    turn = block_diag(*(axes / np.sqrt(one) for axes, one in comparisons))
    return LandmarkAxes(turn * np.sqrt(len(lengths)), lengths)


def _axes(landmarks: Matrix) -> tuple[Matrix, Matrix]:
    """Return the axes of landmarks as they are alike, and their lengths."""
    halves = np.square(landmarks).sum(axis=0) / 2
    likeness = np.exp(landmarks.T @ landmarks - halves - halves[:, np.newaxis])
    lengths, axes = np.linalg.eigh(likeness)
    kept = lengths > _LEAST * lengths[-1]
    return axes[:, kept], lengths[kept]


def _raised(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return what raises e to a power, each of what enters the last layer; none where anything else does."""
    makers = node_makers(graph)
    last = makers.get(embedding_name(graph))
    if last is None:
        return []
    entering = [makers.get(name) for name in last.input] if last.op_type == "Concat" else [last]
    raised = [node for node in entering if node is not None and node.op_type == "Exp"]
    return raised if len(raised) == len(entering) else []


def _landmarks(graph: onnx.GraphProto, raised: onnx.NodeProto) -> Matrix | None:
    """Return the matrix whose product with a clip is raised."""
    makers = node_makers(graph)
    waiting = [raised.input[0]]
    while waiting:
        node = makers.get(waiting.pop(0))
        if node is None:
            continue
        if node.op_type == "MatMul":
            return _constant(graph, node.input[1])
        waiting += node.input
    return None


def _constant(graph: onnx.GraphProto, name: str) -> Matrix | None:
    stored = constants_of(graph)
    if name in stored:
        return numpy_helper.to_array(stored[name]).astype(np.float64)
    node = node_makers(graph)[name]
    if node.op_type != "DequantizeLinear":
        return None
    integers, scale = (numpy_helper.to_array(stored[part]).astype(np.float64) for part in node.input[:2])
    return integers * scale
