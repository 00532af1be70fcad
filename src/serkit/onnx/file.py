"""Look into an ONNX file without the onnx library: what it refers to outside itself.

An ONNX file is a protocol-buffer message [1]_. Two things in it could reach beyond the file: tensors
whose data lie in another file, and operators of a domain that only added native code can run.

References
----------
.. [1] Open Neural Network Exchange, ``onnx/onnx.proto``; Protocol Buffers, "Encoding".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

INPUT_NAME, OUTPUT_NAME = "features", "scores"
"""Of every model: features float32 (N, ...) to scores float32 (N, n_classes)."""
HEARD_NAME = "heard"
"""What of the features a model hears, float32 (N, n_values): beside the scores until it is saved."""
STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})

# message -> field number -> the message, or the leaf of interest, that the field holds.
_FIELDS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 10: "domain", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "node": {5: "attribute", 7: "domain"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        22: "sparse tensor",
        23: "sparse tensor",
    },
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {13: "external data"},
    "opset": {1: "domain"},
}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def outside_references(content: bytes) -> list[str]:
    """Name everything in an ONNX file that lies outside the file or outside the ONNX standard.

    Parameters
    ----------
    content : bytes
        A serialised ``ModelProto``.

    Returns
    -------
    list of str
        One phrase each; empty for a self-contained model of standard operators.

    Raises
    ------
    ValueError
        If the bytes are not a protocol-buffer message.

    Examples
    --------
    >>> outside_references(b"")
    []
    """
    found: list[str] = []
    waiting = [("model", memoryview(content))]
    while waiting:
        kind, message = waiting.pop()
        if kind == "external data":
            found.append("tensor data in another file")
        elif kind == "domain":
            domain = bytes(message).decode("utf-8", "replace")
            if domain not in STANDARD_DOMAINS:
                found.append(f"operators of the domain {domain!r}")
        else:
            known = _FIELDS[kind]
            waiting += [(known[number], field) for number, field in _fields(message) if number in known]
    return sorted(set(found))


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of each length-delimited field; skip the others."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == _BYTES:
            size, position = _varint(message, position)
            yield number, message[position : position + size]
            position += size
        elif wire_type == _VARINT:
            _, position = _varint(message, position)
        elif wire_type in (_FIXED32, _FIXED64):
            position += 4 if wire_type == _FIXED32 else 8
        else:
            raise ValueError("not a protocol-buffer message")
    if position > len(message):
        raise ValueError("a protocol-buffer message that ends early")


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return the integer that starts at `position`, and the position after it."""
    value = 0
    for place, byte in enumerate(message[position : position + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, position + place + 1
    raise ValueError("a protocol-buffer message that ends early")
