"""Scores of an ONNX model, divided by the temperature of each clip as `ClipTemperature` gives it."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from serkit.models.clip_temperature import ClipTemperature
from serkit.onnx.clip_temperature import divide_scores
from serkit.onnx.head import plain_scores, read_head

N_VALUES = 6


def model(n_classes: int) -> bytes:
    """Scores that are a linear layer on what is heard, which is twice the features."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((N_VALUES, n_classes)).astype(np.float32)
    nodes = [
        helper.make_node("Add", ["features", "features"], ["heard"], name="twice"),
        helper.make_node("MatMul", ["heard", "weights"], ["scores"], name="layer"),
    ]
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", N_VALUES])
    made = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", None]) for name in ("scores", "heard")
    ]
    graph = helper.make_graph(nodes, "g", [given], made, [numpy_helper.from_array(weights, "weights")])
    found = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(found.SerializeToString())


def outputs(content: bytes, features: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(content)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"features": features}), strict=True))


def temperature(n_leads: int) -> ClipTemperature:
    rng = np.random.default_rng(1)
    return ClipTemperature(
        -0.2,
        rng.standard_normal(n_leads) / 5,
        rng.standard_normal(N_VALUES),
        rng.standard_normal(N_VALUES),
        -0.9,
        0.6,
    )


@pytest.mark.parametrize("n_classes", [2, 3, 8])
def test_scores_are_divided_by_the_temperature_of_each_clip(n_classes: int) -> None:
    features = np.random.default_rng(2).standard_normal((50, N_VALUES)).astype(np.float32)
    plain, of_clips = outputs(model(n_classes), features), temperature(min(2, n_classes - 1))
    expected = of_clips.of(plain["scores"], plain["heard"])
    assert [expected.min(), expected.max()] == pytest.approx(np.exp([-0.9, 0.6]))  # as far as any may be
    divided = divide_scores(model(n_classes), of_clips)
    onnx.checker.check_model(onnx.load_from_string(divided), full_check=True)
    found = outputs(divided, features)
    assert list(found) == ["scores"]
    assert found["scores"] == pytest.approx(plain["scores"] / expected[:, None], rel=1e-4)


def test_it_comes_off_again() -> None:
    divided = divide_scores(model(3), temperature(2))
    plain = plain_scores(onnx.load_from_string(divided))
    features = np.ones((2, N_VALUES), np.float32)
    assert (
        outputs(plain.SerializeToString(), features)["scores"] == outputs(model(3), features)["scores"]
    ).all()
    assert [tensor.name for tensor in plain.graph.initializer] == ["weights"]
    assert plain_scores(plain) is plain
    assert read_head(divided).weights == pytest.approx(read_head(model(3)).weights)
