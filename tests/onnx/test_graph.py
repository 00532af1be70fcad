"""The way through an ONNX graph."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from serkit.onnx.graph import constants_of, drop_unused_constants, node_makers, node_users, way_back


@pytest.fixture
def graph() -> onnx.GraphProto:
    """``scores = (features @ weights) + (features * factors)``, and a constant that nothing takes."""
    nodes = [
        helper.make_node("MatMul", ["features", "weights"], ["product"]),
        helper.make_node("Mul", ["features", "factors"], ["scaled"]),
        helper.make_node("Add", ["product", "scaled"], ["scores"]),
    ]
    constants = [numpy_helper.from_array(np.eye(2, dtype=np.float32), name) for name in ("weights", "left")]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2]) for name in ("features", "scores")]
    constants.append(numpy_helper.from_array(np.ones(2, np.float32), "factors"))
    return helper.make_graph(nodes, "graph", ends[:1], ends[1:], constants)


def test_makers_and_users(graph: onnx.GraphProto) -> None:
    assert {name: node.op_type for name, node in node_makers(graph).items()} == {
        "product": "MatMul",
        "scaled": "Mul",
        "scores": "Add",
    }
    users = node_users(graph)
    assert [node.op_type for node in users["features"]] == ["MatMul", "Mul"]
    assert [node.op_type for node in users["weights"]] == ["MatMul"]
    assert "scores" not in users


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (["MatMul"], ["product"]),
        (["Mul"], ["scaled"]),
        (["MatMul", "MatMul"], []),
        (["Sub"], []),
        ([], []),
    ],
)
def test_the_way_back(graph: onnx.GraphProto, kinds: list[str], found: list[str]) -> None:
    way = way_back(graph.node[-1], node_makers(graph), kinds)
    assert [node.output[0] for node in way] == found


def test_constants_that_nothing_takes_are_dropped(graph: onnx.GraphProto) -> None:
    assert list(constants_of(graph)) == ["weights", "left", "factors"]
    drop_unused_constants(graph)
    assert [tensor.name for tensor in graph.initializer] == ["weights", "factors"]
