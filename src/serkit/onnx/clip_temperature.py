"""Divide the scores of an ONNX model by a temperature for each clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

from serkit.onnx.file import HEARD_NAME, OUTPUT_NAME
from serkit.onnx.graph import rename_value
from serkit.onnx.head import PLAIN_NAME, PREFIX

if TYPE_CHECKING:
    from serkit.models.clip_temperature import ClipTemperature


# What is made by which operator of what; all by names of its own but the scores and what is heard.
_STEPS = (
    ("first", "TopK", (PLAIN_NAME, "count"), ("first_places",)),
    ("of_leads", "MatMul", ("first", "lead_weights"), ()),
    ("away", "Sub", (HEARD_NAME, "mean"), ()),
    ("of_heard", "MatMul", ("away", "heard_weights"), ()),
    ("both", "Add", ("of_leads", "of_heard"), ()),
    ("logarithm", "Add", ("both", "offset"), ()),
    ("believed", "Clip", ("logarithm", "low", "high"), ()),
    ("temperature", "Exp", ("believed",), ()),
    (OUTPUT_NAME, "Div", (PLAIN_NAME, "temperature"), ()),
)
_GIVEN = {PLAIN_NAME, HEARD_NAME, OUTPUT_NAME}


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
    rename_value(graph, OUTPUT_NAME, PLAIN_NAME)
    for name, values in _constants(temperature).items():
        graph.initializer.append(numpy_helper.from_array(values, PREFIX + name))
    graph.node.extend(_node(*step) for step in _STEPS)
    for output in [one for one in graph.output if one.name == HEARD_NAME]:
        graph.output.remove(output)
    return bytes(model.SerializeToString(deterministic=True))


def _node(made: str, kind: str, of: tuple[str, ...], also: tuple[str, ...]) -> onnx.NodeProto:
    inputs, outputs = (
        [name if name in _GIVEN else PREFIX + name for name in names] for names in (of, (made, *also))
    )
    return helper.make_node(kind, inputs, outputs, name=f"{PREFIX}{made}/{kind}")


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
