"""Average what a dense layer is made from, where nothing but averages of what it makes is wanted.

The mean of products with a matrix is the product of the mean. So the last layer of an encoder whose states
are averaged over a clip needs one product for each average, and not one for each state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import onnx
from onnx import helper

from serkit.onnx.graph import constants_of, drop_unused_constants, is_average, node_makers, node_users

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What asks no more of a value than its shape, or a part of it that does.
_ASKS_SHAPE = {"Slice", "Shape"}


class _Layer(NamedTuple):
    """A dense layer added to what went around it, of which only averages are taken.

    Attributes
    ----------
    product, shifted, added : onnx.NodeProto
        It makes ``around + (units @ weights + offsets)``.
    casts : list of onnx.NodeProto
        What hands that on as it is.
    around : str
        What is added.
    averages : list of onnx.NodeProto
        Products of shares of states, (N, 1, n_states), with what it makes.
    others : list of onnx.NodeProto
        What else takes that: it looks at no values.
    """

    product: onnx.NodeProto
    shifted: onnx.NodeProto
    added: onnx.NodeProto
    casts: list[onnx.NodeProto]
    around: str
    averages: list[onnx.NodeProto]
    others: list[onnx.NodeProto]


def pool_first(content: bytes) -> bytes:
    """Let averages come before products.

    Parameters
    ----------
    content : bytes
        ONNX model, from `serkit.onnx.export.export_onnx`.

    Returns
    -------
    bytes
        ONNX model of the same input and, but for rounding, the same output.
    """
    model = onnx.load_from_string(content)
    graph = model.graph
    for layer in list(_layers(graph)):
        for node in layer.others:
            node.input[0] = layer.around
        gone = {node.name for node in (layer.product, layer.shifted, layer.added, *layer.casts)}
        instead = {average.name: _averages_first(layer, average) for average in layer.averages}
        nodes = [
            one for node in graph.node if node.name not in gone for one in instead.get(node.name, [node])
        ]
        del graph.node[:]
        graph.node.extend(nodes)
    drop_unused_constants(graph)
    return bytes(model.SerializeToString(deterministic=True))


def _averages_first(layer: _Layer, average: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Return what makes an average of the layer from averages of what it is made from."""
    shares, (units, weights) = average.input[0], layer.product.input
    (offsets,) = [name for name in layer.shifted.input if name != layer.product.output[0]]
    steps = [
        ("MatMul", [shares, layer.around], "around"),
        ("MatMul", [shares, units], "units"),
        ("MatMul", ["units", weights], "product"),
        ("Add", ["product", offsets], "shifted"),
        ("Add", ["around", "shifted"], average.output[0]),
    ]
    own = {made: f"{average.name}/{made}" for _, _, made in steps[:-1]}
    return [
        helper.make_node(
            kind, [own.get(name, name) for name in taken], [own.get(made, made)], own.get(made, made)
        )
        for kind, taken, made in steps
    ]


def _layers(graph: onnx.GraphProto) -> Iterator[_Layer]:
    """Yield the layers of which only averages are taken, whose shares add up to 1."""
    makers, users, constants = node_makers(graph), node_users(graph), constants_of(graph)
    for product in graph.node:
        if product.op_type != "MatMul" or product.input[1] not in constants:
            continue
        if len(users[product.input[1]]) > 1:  # Integers of its weights serve an adapted block, too.
            continue
        shifted = _only_user(product, users, "Add")
        added = shifted and _only_user(shifted, users, "Add")
        if shifted is None or added is None or not constants.keys() & set(shifted.input):
            continue
        taken = list(_taking(added.output[0], users))
        casts = [node for node in taken if node.op_type == "Cast"]
        averages = [node for node in taken if is_average(node, makers)]
        others = [node for node in taken if node not in (*casts, *averages)]
        if averages and all(node.op_type in _ASKS_SHAPE for node in others):
            (around,) = [name for name in added.input if name != shifted.output[0]]
            yield _Layer(product, shifted, added, casts, around, averages, others)


def _taking(values: str, users: Mapping[str, list[onnx.NodeProto]]) -> Iterator[onnx.NodeProto]:
    """Yield the nodes that take values, also from casts of them."""
    for node in users.get(values, []):
        yield node
        if node.op_type == "Cast":
            yield from _taking(node.output[0], users)


def _only_user(
    node: onnx.NodeProto, users: Mapping[str, list[onnx.NodeProto]], kind: str
) -> onnx.NodeProto | None:
    found = users.get(node.output[0], [])
    return found[0] if len(found) == 1 and found[0].op_type == kind else None
