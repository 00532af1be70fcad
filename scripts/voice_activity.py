"""Build the model that tells speech from other sound, from the weights that the package silero-vad publishes.

    pip download --no-deps silero-vad==6.2.0 && unzip silero_vad-6.2.0-py3-none-any.whl
    python scripts/voice_activity.py silero_vad/data/silero_vad_16k_op15.onnx

The published graph takes one chunk of 32 ms a call. This one takes any number: the convolutions see all
chunks at once, and a recurrent layer goes through them in order. The weights and what comes out are the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TARGET = Path(__file__).resolve().parent.parent / "src/serkit/voice_activity.onnx"
UNITS, BINS, PADDING = 128, 129, 64
# Gates of the recurrent layer: input, forget, cell, output in PyTorch; input, output, forget, cell in ONNX.
GATES = (0, 3, 1, 2)
STRIDES = (1, 2, 2, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("published", type=Path, help="silero_vad_16k_op15.onnx")
    model = build(onnx.load(parser.parse_args().published))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, TARGET)


def build(published: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph: chunks (n, 576), hidden, cell (1, 1, 128) -> speech (n), hidden, cell."""
    floats = {
        "chunks": ["n", 576],
        "hidden": [1, 1, UNITS],
        "cell": [1, 1, UNITS],
        "speech": ["n"],
        "new_hidden": [1, 1, UNITS],
        "new_cell": [1, 1, UNITS],
    }
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in floats.items()]
    tensors = [numpy_helper.from_array(value, name) for name, value in weights(published).items()]
    graph = helper.make_graph(nodes(), "voice_activity", values[:3], values[3:], tensors)
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8, producer_name="serkit")


def weights(published: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Return the published weights under our names, and the constants of the graph."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in published.graph.initializer}
    ours = {"basis": found["model.stft.forward_basis_buffer"]}
    for i in range(len(STRIDES)):
        ours[f"weight{i}"] = found[f"model.encoder.{i}.reparam_conv.weight"]
        ours[f"bias{i}"] = found[f"model.encoder.{i}.reparam_conv.bias"]
    recurrent = {name: found[f"model.decoder.rnn.{name}"] for name in ("weight_ih", "weight_hh")}
    ours |= {name: in_onnx_order(value)[None] for name, value in recurrent.items()}
    biases = [in_onnx_order(found[f"model.decoder.rnn.bias_{kind}"]) for kind in ("ih", "hh")]
    ours["biases"] = np.concatenate(biases)[None]
    ours["last_weight"] = found["model.decoder.decoder.2.weight"].reshape(UNITS, 1)
    ours["last_bias"] = found["model.decoder.decoder.2.bias"]
    constants = {"pads": [0, 0, 0, PADDING], "split": [BINS, BINS], "channel": [1], "flat": [-1]}
    constants["sequence"] = [-1, 1, UNITS]
    constants["rows"] = [-1, UNITS]
    return ours | {name: np.array(value, dtype=np.int64) for name, value in constants.items()}


def in_onnx_order(value: np.ndarray) -> np.ndarray:
    parts = np.split(value, 4)
    return np.concatenate([parts[gate] for gate in GATES])


def nodes() -> list[onnx.NodeProto]:
    """Return spectrum, four convolutions, recurrent layer and last layer."""
    node = helper.make_node
    steps = [
        node("Pad", ["chunks", "pads"], ["padded"], mode="reflect"),
        node("Unsqueeze", ["padded", "channel"], ["wave"]),
        node("Conv", ["wave", "basis"], ["spectrum"], strides=[128]),
        node("Split", ["spectrum", "split"], ["real", "imaginary"], axis=1),
        node("Mul", ["real", "real"], ["real_squared"]),
        node("Mul", ["imaginary", "imaginary"], ["imaginary_squared"]),
        node("Add", ["real_squared", "imaginary_squared"], ["power"]),
        node("Sqrt", ["power"], ["hidden0"]),
    ]
    for i, stride in enumerate(STRIDES):
        inputs = [f"hidden{i}", f"weight{i}", f"bias{i}"]
        steps.append(node("Conv", inputs, [f"conv{i}"], strides=[stride], pads=[1, 1]))
        steps.append(node("Relu", [f"conv{i}"], [f"hidden{i + 1}"]))
    recurrent = ["steps", "weight_ih", "weight_hh", "biases", "", "hidden", "cell"]
    return [
        *steps,
        node("Reshape", ["hidden4", "sequence"], ["steps"]),
        node("LSTM", recurrent, ["states", "new_hidden", "new_cell"], hidden_size=UNITS),
        node("Reshape", ["states", "rows"], ["state_rows"]),
        node("Relu", ["state_rows"], ["active"]),
        node("Gemm", ["active", "last_weight", "last_bias"], ["score"]),
        node("Sigmoid", ["score"], ["probability"]),
        node("Reshape", ["probability", "flat"], ["speech"]),
    ]


if __name__ == "__main__":
    main()
