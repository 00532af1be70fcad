"""Divide the scores of an ONNX model by a temperature for each clip, and take that off again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

from serkit.onnx.file import HEARD_NAME, OUTPUT_NAME
from serkit.onnx.graph import drop_unused_constants, node_makers

if TYPE_CHECKING:
    from serkit.models.clip_temperature import ClipTemperature

_PLAIN = "clip_temperature/scores"
_PREFIX = "clip_temperature/"

# What is made by which operator of what; all by names of its own but the scores and what is heard.
_STEPS = (
    ("first", "TopK", (_PLAIN, "count"), ("first_places",)),
    ("of_leads", "MatMul", ("first", "lead_weights"), ()),
    ("away", "Sub", (HEARD_NAME, "mean"), ()),
    ("of_heard", "MatMul", ("away", "heard_weights"), ()),
    ("both", "Add", ("of_leads", "of_heard"), ()),
    ("logarithm", "Add", ("both", "offset"), ()),
    ("believed", "Clip", ("logarithm", "low", "high"), ()),
    ("temperature", "Exp", ("believed",), ()),
    (OUTPUT_NAME, "Div", (_PLAIN, "temperature"), ()),
)
_GIVEN = {_PLAIN, HEARD_NAME, OUTPUT_NAME}


def divide_scores(content: bytes, temperature: ClipTemperature) -> bytes:
    """Return a model whose scores are divided by the temperature of each clip.

    Parameters
    ----------
    content : bytes
        ONNX model of ``features`` to ``scores`` and ``heard``, from `serkit.onnx.export.export_onnx`.
    temperature : ClipTemperature
        What to divide by.

    Returns
    -------
    bytes
        ONNX model of ``features`` to ``scores`` alone.
    """
    model = onnx.load_from_string(content)
    graph = model.graph
    _rename(graph, OUTPUT_NAME, _PLAIN)
    for name, values in _constants(temperature).items():
        graph.initializer.append(numpy_helper.from_array(values, _PREFIX + name))
    graph.node.extend(_node(*step) for step in _STEPS)
    for output in [one for one in graph.output if one.name == HEARD_NAME]:
        graph.output.remove(output)
    return bytes(model.SerializeToString(deterministic=True))


def plain_scores(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose scores are divided by no temperature of each clip; another one as it is."""
    if not any(_PLAIN in node.output for node in model.graph.node):
        return model
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    for node in [node for node in plain.graph.node if node.name.startswith(_PREFIX)]:
        plain.graph.node.remove(node)
    _rename(plain.graph, _PLAIN, OUTPUT_NAME)
    drop_unused_constants(plain.graph)
    return plain


def _node(made: str, kind: str, of: tuple[str, ...], also: tuple[str, ...]) -> onnx.NodeProto:
    inputs, outputs = (
        [name if name in _GIVEN else _PREFIX + name for name in names] for names in (of, (made, *also))
    )
    return helper.make_node(kind, inputs, outputs, name=f"{_PREFIX}{made}/{kind}")


def _constants(temperature: ClipTemperature) -> dict[str, np.ndarray]:
    """Return the constants by name; leads are differences of the first scores, and so is what counts them."""
    of_leads = np.concatenate([[temperature.of_leads.sum()], -temperature.of_leads])
    values = {
        "lead_weights": of_leads[:, np.newaxis],
        "mean": temperature.mean,
        "heard_weights": temperature.of_heard[:, np.newaxis],
        "offset": np.array(temperature.offset),
        "low": np.array(temperature.low),
        "high": np.array(temperature.high),
    }
    constants = {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}
    return {"count": np.array([len(of_leads)], dtype=np.int64)} | constants


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Give a value that a node makes another name."""
    maker = node_makers(graph)[old]
    maker.output[:] = [new if name == old else name for name in maker.output]
    for node in graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
