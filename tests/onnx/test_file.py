"""The reader of ONNX files against the onnx library."""

from __future__ import annotations

import contextlib

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from serkit.onnx.file import outside_references


def model_of(
    nodes: list[onnx.NodeProto], *, constants: list[onnx.TensorProto] = (), domains: list[str] = ()
) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 2]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "test", values[:1], values[1:], list(constants))
    opsets = [helper.make_opsetid(domain, 1) for domain in ("", *domains)]
    return helper.make_model(graph, opset_imports=opsets)


def external(name: str) -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.zeros(2, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../secret"
    return tensor


IDENTITY = helper.make_node("Identity", ["x"], ["y"])


def test_a_self_contained_model_refers_to_nothing() -> None:
    weights = numpy_helper.from_array(np.ones((2, 2), np.float32), "w")
    model = model_of(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], constants=[weights], domains=["ai.onnx.ml"]
    )
    assert outside_references(model.SerializeToString()) == []


def test_weights_in_another_file_are_found() -> None:
    model = model_of([helper.make_node("Add", ["x", "w"], ["y"])], constants=[external("w")])
    assert outside_references(model.SerializeToString()) == ["tensor data in another file"]


def test_weights_in_another_file_are_found_in_the_branch_of_a_node() -> None:
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["b"], value=external("v"))], "branch", [], []
    )
    model = model_of([helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)])
    assert outside_references(model.SerializeToString()) == ["tensor data in another file"]


@pytest.mark.parametrize("declared", [True, False])
def test_operators_of_other_domains_are_found(declared: bool) -> None:
    node = helper.make_node("Run", ["x"], ["y"], domain="evil.ops")
    model = model_of([node], domains=["evil.ops"] if declared else [])
    assert outside_references(model.SerializeToString()) == ["operators of the domain 'evil.ops'"]


def test_operators_inside_a_function_are_found() -> None:
    model = model_of([IDENTITY])
    node = helper.make_node("Run", ["a"], ["b"], domain="evil.ops")
    model.functions.append(
        helper.make_function("ai.onnx", "f", ["a"], ["b"], [node], [helper.make_opsetid("", 17)])
    )
    assert outside_references(model.SerializeToString()) == ["operators of the domain 'evil.ops'"]


@pytest.mark.parametrize("content", [b"not a model", b"\x0a", b"\x0a\x7f", b"\x80" * 20])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="protocol-buffer"):
        outside_references(content)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_answer_or_a_value_error(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(outside_references(content), list)


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    content = b""
    for _ in range(3000):
        attribute = b"\x32" + _varint(len(content)) + content  # AttributeProto.g
        node = b"\x2a" + _varint(len(attribute)) + attribute  # NodeProto.attribute
        content = b"\x0a" + _varint(len(node)) + node  # GraphProto.node
    model = b"\x3a" + _varint(len(content)) + content
    assert outside_references(model) == []


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
