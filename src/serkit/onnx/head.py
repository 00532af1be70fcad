"""Cut an ONNX model before its last linear layer, read that layer, and put another in its place.

What enters the last layer, the embedding, is what the model has heard; the layer says which emotion that is.
The layer is found from the end: behind its product with a matrix there are only sums, scales and casts, and
what divides scores by a temperature for each clip, which is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from serkit.errors import ExportError
from serkit.onnx.file import INPUT_NAME, OUTPUT_NAME
from serkit.onnx.graph import drop_unused_constants, node_makers, rename_value, used_constants
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

EMBEDDING_NAME = "embedding"
PLAIN_NAME, PREFIX = "clip_temperature/scores", "clip_temperature/"
"""Of scores before each clip's temperature divides them, and of all that does that."""
_PRODUCTS = {"MatMul", "Gemm", "MatMulInteger"}
_BEHIND = {"Add", "Cast", "Identity", "Mul"}
_BEFORE = {"Cast", "DynamicQuantizeLinear"}
_CONSTANT = {"Constant", "DequantizeLinear", "DynamicQuantizeLinear"}
# Where the number of frames depends on the recording, a model is tried with this many.
_SOME_FRAMES = 64
_BATCH = 256


class Head(NamedTuple):
    """A last layer: the scores are ``embedding @ weights + offsets``.

    Attributes
    ----------
    weights : ndarray of float, shape (n_values, n_labels)
        What each value says for each label.
    offsets : ndarray of float, shape (n_labels,)
        Scores where all values are 0.
    """

    weights: NDArray[np.floating[Any]]
    offsets: NDArray[np.floating[Any]]


def embedding_model(content: bytes) -> bytes:
    """Return the model without its last layer: ``features`` to ``embedding``, float32 (N, n_values).

    Parameters
    ----------
    content : bytes
        ONNX model of a bundle.

    Raises
    ------
    ExportError
        If the model does not end in one linear layer.
    """
    model = plain_scores(onnx.load_from_string(content))
    name = embedding_name(model.graph)
    nodes = [*_makers(model.graph, name), helper.make_node("Identity", [name], [EMBEDDING_NAME])]
    return _model_like(model, nodes, model.graph.input, [_matrix(EMBEDDING_NAME, "values")])


def read_head(content: bytes) -> Head:
    """Return the last layer of a model.

    It is linear, so that it is known by its scores of zeros, and of a single one among them; these no
    quantisation rounds.

    Raises
    ------
    ExportError
        If the model does not end in one linear layer.
    """
    model = plain_scores(onnx.load_from_string(content))
    name = embedding_name(model.graph)
    nodes = _makers(model.graph, OUTPUT_NAME, given=name)
    layer = open_session(_model_like(model, nodes, [_matrix(name, "values")], model.graph.output))
    n_values = _n_values(content)

    def scores(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = layer.run([OUTPUT_NAME], {name: rows})[0]
        return found

    (offsets,) = scores(np.zeros((1, n_values), np.float32))
    ones = (
        np.eye(min(_BATCH, n_values - n), n_values, n, dtype=np.float32) for n in range(0, n_values, _BATCH)
    )
    return Head(np.concatenate([scores(rows) for rows in ones]) - offsets, offsets)


def replace_head(content: bytes, head: Head) -> bytes:
    """Return the model with another last layer, for as many labels as that has.

    Raises
    ------
    ExportError
        If the model does not end in one linear layer.
    """
    model = plain_scores(onnx.load_from_string(content))
    name = embedding_name(model.graph)
    constants = [
        numpy_helper.from_array(np.ascontiguousarray(values, dtype=np.float32), f"head/{part}")
        for part, values in head._asdict().items()
    ]
    layer = helper.make_node("Gemm", [name, *(one.name for one in constants)], [OUTPUT_NAME])
    nodes = [*_makers(model.graph, name), layer]
    made = _matrix(OUTPUT_NAME, len(head.offsets))
    return _model_like(model, nodes, model.graph.input, [made], constants)


def embedding_name(graph: onnx.GraphProto) -> str:
    """Return the name of what enters the last layer."""
    makers = node_makers(graph)
    products, waiting = [], [OUTPUT_NAME]
    while waiting:
        node = makers.get(waiting.pop())
        if node is None or node.op_type in _CONSTANT:
            continue
        if node.op_type in _BEHIND:
            waiting += node.input
        else:
            products.append(node)
    if len(products) != 1 or products[0].op_type not in _PRODUCTS:
        raise ExportError(
            "the model does not end in one linear layer", hint="take one that does, such as default"
        )
    name: str = products[0].input[0]
    while name in makers and makers[name].op_type in _BEFORE:
        name = makers[name].input[0]
    return name


def plain_scores(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose scores are divided by no temperature of each clip; another one as it is."""
    if not any(PLAIN_NAME in node.output for node in model.graph.node):
        return model
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    for node in [node for node in plain.graph.node if node.name.startswith(PREFIX)]:
        plain.graph.node.remove(node)
    rename_value(plain.graph, PLAIN_NAME, OUTPUT_NAME)
    drop_unused_constants(plain.graph)
    return plain


def _makers(graph: onnx.GraphProto, name: str, *, given: str = INPUT_NAME) -> list[onnx.NodeProto]:
    """Return the nodes that make a value of a given one, in their order."""
    wanted, kept = {name} - {given}, []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input) - {given}
    return kept[::-1]


def _model_like(
    model: onnx.ModelProto,
    nodes: list[onnx.NodeProto],
    given: Iterable[onnx.ValueInfoProto],
    made: Iterable[onnx.ValueInfoProto],
    constants: Iterable[onnx.TensorProto] = (),
) -> bytes:
    """Return a model of these nodes, with those constants of the other that they use, and more."""
    kept = used_constants(model.graph, nodes)
    graph = helper.make_graph(nodes, "serkit", list(given), list(made), [*kept, *constants])
    new = helper.make_model(
        graph, opset_imports=model.opset_import, ir_version=model.ir_version, producer_name="serkit"
    )
    return bytes(new.SerializeToString(deterministic=True))


def _matrix(name: str, n_columns: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", n_columns])


def _n_values(content: bytes) -> int:
    session = open_session(embedding_model(content))
    _, *shape = session.get_inputs()[0].shape
    zeros = np.zeros((1, *(size if isinstance(size, int) else _SOME_FRAMES for size in shape)), np.float32)
    return int(session.run([EMBEDDING_NAME], {INPUT_NAME: zeros})[0].shape[1])
