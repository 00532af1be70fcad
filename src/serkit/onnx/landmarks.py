"""Values that a model which compares with landmarks can be taught further on.

What enters the last layer of such a model, how near a clip is to each landmark, says nearly the same of
landmarks that lie side by side. Turned to the axes of the landmarks, the product of two clips is how alike
the model finds them, and the squared weights of a layer are how uneven its scores are: what a penalty should
count. Where clips that sound degraded are scored by weights of their own, see
`serkit.models.degraded_scores`, both stretches of what enters are turned alike.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnx
from onnx import numpy_helper
from scipy.linalg import solve_triangular

from serkit.onnx.graph import constants_of, node_makers
from serkit.onnx.head import Head, embedding_name, plain_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Makers = dict[str, onnx.NodeProto]

# Added to the likeness of each landmark to itself, times their number: two may be the same.
_LEAST = 1e-6


class LandmarkAxes(NamedTuple):
    """From likeness to landmarks to values, and back, one comparison after the other.

    Attributes
    ----------
    factors : tuple of ndarray, shape (n_landmarks, n_landmarks)
        Upper triangles that values are multiplied with to make likeness of them; the mean square of a clip's
        values is 1, or more where a model makes several comparisons.
    """

    factors: tuple[Matrix, ...]

    def values(self, likeness: Matrix) -> Matrix:
        """Return the values of clips, (n, n_axes)."""
        parts = zip(self.factors, np.split(likeness, self._ends, axis=1), strict=True)
        return np.concatenate([solve_triangular(one, part.T, trans="T").T for one, part in parts], axis=1)

    def on_values(self, head: Head) -> Head:
        """Return a layer on likeness as one on values."""
        parts = zip(self.factors, np.split(head.weights, self._ends), strict=True)
        return Head(np.concatenate([one @ part for one, part in parts]), head.offsets)

    def on_likeness(self, head: Head) -> Head:
        """Return a layer on values as one on likeness."""
        parts = zip(self.factors, np.split(head.weights, self._ends), strict=True)
        return Head(np.concatenate([solve_triangular(one, part) for one, part in parts]), head.offsets)

    @property
    def _ends(self) -> list[int]:
        """Where each part but the last ends."""
        return list(accumulate(map(len, self.factors)))[:-1]


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
    makers = node_makers(graph)
    last = makers.get(embedding_name(graph))
    near = _before_gate(last, makers)
    landmarks = [_landmarks(graph, power) for power in _raised(near, makers)]
    comparisons = [_factor(one) for one in landmarks if one is not None]
    if not comparisons or len(comparisons) < len(landmarks):
        return None
    root = np.sqrt(sum(map(len, comparisons)))
    factors = tuple(factor / root for factor in comparisons)
    return LandmarkAxes(factors if near is last else factors * 2)


def _factor(landmarks: Matrix) -> Matrix:
    """Return the upper triangle whose square is how alike landmarks are (Cholesky)."""
    halves = np.square(landmarks).sum(axis=0) / 2
    likeness = np.exp(landmarks.T @ landmarks - halves - halves[:, np.newaxis])
    likeness += _LEAST * np.trace(likeness) * np.eye(len(likeness))
    return np.linalg.cholesky(likeness).T


def _before_gate(last: onnx.NodeProto | None, makers: Makers) -> onnx.NodeProto | None:
    """Return what makes likeness where that enters the last layer again, times a factor; else the last."""
    if last is None or last.op_type != "Concat" or len(last.input) != 2:
        return last
    first, again = last.input
    factors = makers.get(again)
    gated = factors is not None and factors.op_type == "Mul" and first in factors.input
    return makers.get(first) if gated else last


def _raised(near: onnx.NodeProto | None, makers: Makers) -> list[onnx.NodeProto]:
    """Return what raises e to a power, each that makes likeness; none where anything else does."""
    if near is None:
        return []
    entering = [makers.get(name) for name in near.input] if near.op_type == "Concat" else [near]
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
