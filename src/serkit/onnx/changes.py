"""Let adapted blocks take no longer than published ones: matrix and change become one when a file is opened.

A network adds what a matrix makes and what its change of low rank makes, see `serkit.models.low_rank`.
`merge_changes` puts a single product in their place. `store_changes` takes its matrix out of the file again,
once that is quantised: onnxruntime computes it from the published one and the change when it opens the model.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from serkit.onnx.graph import constants_of, drop_unused_constants, node_makers, put_first, way_back
from serkit.onnx.smooth import smooth_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Constants = Mapping[str, NDArray[Any]]


class Change(NamedTuple):
    """A matrix that was merged with its change.

    Attributes
    ----------
    merged, published : str
        Names of the sum, and of the matrix that was changed.
    down, up : ndarray of float32, shape (n_values, rank) and (rank, n_results)
        The change is their product.
    """

    merged: str
    published: str
    down: NDArray[np.floating[Any]]
    up: NDArray[np.floating[Any]]


def merge_changes(model: onnx.ModelProto) -> list[Change]:
    """Put one product in the place of that with a matrix, those with its change, and their sum.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place; its output stays the same but for rounding.

    Returns
    -------
    list of Change
        For `store_changes`.
    """
    graph, changes = model.graph, []
    stored = {name: numpy_helper.to_array(tensor) for name, tensor in constants_of(graph).items()}
    for total, layer, product, offsets, up, down in list(_changed(graph)):
        values, published = product.input
        merged = f"{total.output[0]}_weights"
        change = Change(merged, published, stored[down.input[1]], stored[up.input[1]])
        constants = {
            merged: stored[published] + change.down @ change.up,
            f"{merged}_offsets": _offsets(layer, stored) + _offsets(offsets, stored),
        }
        graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
        both = helper.make_node("MatMul", [values, merged], [f"{merged}_product"], name=f"{merged}_product")
        graph.node.insert(list(graph.node).index(total), both)
        total.input[:] = [both.output[0], f"{merged}_offsets"]
        for node in (layer, product, offsets, up, down):
            if not any(node.output[0] in other.input for other in graph.node):
                graph.node.remove(node)
        changes.append(change)
    drop_unused_constants(graph)
    return changes


def store_changes(model: onnx.ModelProto, changes: Sequence[Change], factors: Constants) -> None:
    """Leave integers that a published matrix and its change tell out of a file.

    Parameters
    ----------
    model : onnx.ModelProto
        Quantised by onnxruntime, changed in place. Where a published matrix is not stored, nothing changes.
    changes : sequence of Change
        From `merge_changes`.
    factors : mapping of str to ndarray
        How many times as large rows of matrices have become before that, from `smooth_products`: those of a
        sum as many times as those of its published matrix.
    """
    graph = model.graph
    stored = constants_of(graph)
    nodes: list[onnx.NodeProto] = []
    for change in changes:
        merged, published = (
            smooth_name(name) if name in factors else name for name in (change.merged, change.published)
        )
        integers = f"{published}_quantized", f"{merged}_quantized"
        alike = (change.merged in factors) == (change.published in factors)
        if not alike or not set(integers) <= set(stored):
            continue
        scale, published_scale = (
            numpy_helper.to_array(stored[f"{name}_scale"]) for name in (merged, published)
        )
        larger = np.reshape(factors.get(change.merged, np.ones(len(change.down))), (-1, 1))
        constants = {
            "down": (change.down * larger).astype(np.float16),
            "up": (change.up / published_scale).astype(np.float16),
            "steps": (scale / published_scale).astype(np.float32),
            "zeros": np.zeros(len(scale), np.int8),
        }
        for part, array in constants.items():
            graph.initializer.append(numpy_helper.from_array(array, f"{merged}_{part}"))
        graph.initializer.remove(stored[integers[1]])
        nodes += _sum(merged, *integers)
    put_first(graph, nodes)


def _sum(merged: str, published: str, integers: str) -> Iterator[onnx.NodeProto]:
    """Yield what makes integers of those of a published matrix and its change."""
    # Few steps: what each makes stays in memory until all are done.
    floats = {part: f"{merged}_{part}_floats" for part in ("published", "down", "up", "sum")}
    given = {"published": published, "down": f"{merged}_down", "up": f"{merged}_up"}
    for part, name in given.items():
        yield helper.make_node("Cast", [name], [floats[part]], name=floats[part], to=TensorProto.FLOAT)
    added = [floats[part] for part in ("down", "up", "published")]
    yield helper.make_node("Gemm", added, [floats["sum"]], name=floats["sum"])
    steps = [floats["sum"], f"{merged}_steps", f"{merged}_zeros"]
    yield helper.make_node("QuantizeLinear", steps, [integers], name=integers, axis=1)


def _changed(graph: onnx.GraphProto) -> Iterator[tuple[onnx.NodeProto, ...]]:
    """Yield sums of a layer and its change: the sum, layer, its product, change, its products up and down."""
    makers, constants = node_makers(graph), constants_of(graph)
    for total in graph.node:
        added = [makers[name] for name in total.input if name in makers]
        if total.op_type != "Add" or [node.op_type for node in added] != ["Add", "Add"]:
            continue
        for layer, change in permutations(added):
            way = [*way_back(layer, makers, ["MatMul"]), *way_back(change, makers, ["MatMul", "MatMul"])]
            if len(way) != 3 or way[0].input[0] != way[2].input[0]:
                continue
            if all(node.input[1] in constants for node in way):
                product, up, down = way
                yield total, layer, product, change, up, down


def _offsets(node: onnx.NodeProto, stored: Constants) -> NDArray[Any]:
    return next(stored[name] for name in node.input if name in stored)
