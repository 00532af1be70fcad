"""Find the way through an ONNX graph: what makes a value, what takes it, which constants are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import onnx


def node_makers(graph: onnx.GraphProto) -> dict[str, onnx.NodeProto]:
    """Return the node that makes each value."""
    return {output: node for node in graph.node for output in node.output}


def node_users(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """Return the nodes that take each value or constant."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return users


def way_back(
    node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto], kinds: Iterable[str]
) -> list[onnx.NodeProto]:
    """Return the nodes of these kinds before a node, each before the one before; none where one is missing.

    Parameters
    ----------
    node : onnx.NodeProto
        Where to start.
    makers : mapping of str to onnx.NodeProto
        From `node_makers`.
    kinds : iterable of str
        Operators. Where several of a kind come together, it is the first that counts.
    """
    way: list[onnx.NodeProto] = []
    for kind in kinds:
        before = (makers[name] for name in node.input if name in makers)
        found = next((one for one in before if one.op_type == kind), None)
        if found is None:
            return []
        way.append(found)
        node = found
    return way


def is_average(node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto]) -> bool:
    """Tell whether a node averages by shares that a softmax makes."""
    if node.op_type != "MatMul":
        return False
    shares = way_back(node, makers, ("Unsqueeze", "Softmax"))
    return bool(shares) and shares[0].output[0] == node.input[0]


def put_first(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Put nodes, in their order, before all others."""
    for node in reversed(list(nodes)):
        graph.node.insert(0, node)


def constants_of(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Return the constants of a graph by name."""
    return {tensor.name: tensor for tensor in graph.initializer}


def used_constants(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> list[onnx.TensorProto]:
    """Return the constants that these nodes take."""
    used = {name for node in nodes for name in node.input}
    return [tensor for tensor in graph.initializer if tensor.name in used]


def rename_value(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Give a value that a node makes another name."""
    maker = node_makers(graph)[old]
    maker.output[:] = [new if name == old else name for name in maker.output]
    for node in graph.node:
        node.input[:] = [new if name == old else name for name in node.input]


def drop_unused_constants(graph: onnx.GraphProto) -> None:
    """Leave out the constants that no node takes."""
    kept = used_constants(graph, graph.node)
    del graph.initializer[:]
    graph.initializer.extend(kept)
