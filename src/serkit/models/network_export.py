"""A trained network as an ONNX model."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, cast

import onnx
import torch
from torch import nn

from serkit.onnx.file import HEARD_NAME, INPUT_NAME, OUTPUT_NAME
from serkit.onnx.graph import drop_unused_constants

if TYPE_CHECKING:
    from serkit.models.speech_encoder import SpeechEncoder
    from serkit.models.standardise import StandardisedNetwork

_OPSET = 17


def network_onnx(
    network: StandardisedNetwork, sample: torch.Tensor, *, any_length: bool, heard: bool = False
) -> bytes:
    """Write a network as ONNX.

    Parameters
    ----------
    network : StandardisedNetwork
        Network on the CPU.
    sample : Tensor, shape (1, ...)
        Features of one row.
    any_length : bool
        Whether the model shall take any number of frames, the axis after the rows.
    heard : bool, default False
        Whether it gives what it hears, too.

    Returns
    -------
    bytes
        ONNX model: ``features`` float32 (N, ...) to ``scores`` float32 (N, n_classes), and ``heard``.
    """
    axes = {0: "N", 1: "frames"} if any_length else {0: "N"}
    outputs = [OUTPUT_NAME, *([HEARD_NAME] if heard else [])]
    content = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        # The exporter that follows the graph instead of a trace unrolls recurrent layers over their steps,
        # which takes minutes instead of a fraction of a second, and writes paths of this machine to the file.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            (_WithHeard(network) if heard else network).eval(),
            (sample,),
            content,  # type: ignore[arg-type]  # a stream will do
            dynamo=False,
            opset_version=_OPSET,
            input_names=[INPUT_NAME],
            output_names=outputs,
            dynamic_axes={INPUT_NAME: axes} | {name: {0: "N"} for name in outputs},
        )
    return _without_twins(content.getvalue())


class _WithHeard(nn.Module):
    """A network that gives what it hears, too."""

    def __init__(self, network: StandardisedNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        body = cast("SpeechEncoder", self.network.body)
        return body.with_heard(self.network.standardise(features))


def _without_twins(content: bytes) -> bytes:
    """Return a model in which what several layers share is stored once, under one name."""
    model = onnx.load_from_string(content)
    graph, first = model.graph, dict[bytes, str]()
    names = {tensor.name: first.setdefault(_value(tensor), tensor.name) for tensor in graph.initializer}
    aliases = [node for node in graph.node if node.op_type == "Identity" and node.input[0] in names]
    names |= {node.output[0]: names[node.input[0]] for node in aliases}
    for node in aliases:
        graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    drop_unused_constants(graph)
    return bytes(model.SerializeToString(deterministic=True))


def _value(tensor: onnx.TensorProto) -> bytes:
    nameless = onnx.TensorProto()
    nameless.CopyFrom(tensor)
    nameless.ClearField("name")
    return bytes(nameless.SerializeToString(deterministic=True))
