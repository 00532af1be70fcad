"""The axes of the landmarks that a model compares with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serkit.models import build_model
from serkit.onnx.export import export_onnx
from serkit.onnx.file import INPUT_NAME
from serkit.onnx.head import EMBEDDING_NAME, Head, embedding_model, read_head
from serkit.onnx.landmarks import LandmarkAxes, landmark_axes
from serkit.onnx.quantise import quantise_onnx
from serkit.onnx.session import open_session

MODEL: dict[str, Any] = {"join": "concatenate", "penalty": 0.1, "epochs": 0, "landmarks": 12, "axes": 6}


@pytest.fixture(scope="module")
def clips() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.where(np.arange(24) % 2 == 0, "sad", "happy")
    features = np.empty(24, dtype=object)
    for row, label in enumerate(labels):
        tilt = 3 * np.linspace(1, -1, 80) * (1 if label == "sad" else -1)
        features[row] = (tilt + rng.normal(0, 0.3, (30, 80))).astype(np.float32)
    return features, labels


@pytest.fixture(
    scope="module",
    params=[
        (weights, share, gated)
        for weights in ("float32", "int8", "int4")
        for share in (0, 0.25)
        for gated in (False, True)
    ],
)
def choice(request: Any) -> tuple[str, float, bool]:
    return request.param


@pytest.fixture(scope="module")
def content(
    choice: tuple[str, float, bool], clips: tuple[np.ndarray, np.ndarray], encoder_dir: Path
) -> bytes:
    weights, share, gated = choice
    options = MODEL | {"frame_share": share, "rounded": weights == "int4"}
    options |= {"degraded_shares": {"states": 1.0}} if gated else {}
    model = build_model("speech_encoder", encoder=str(encoder_dir), **options)
    model.fit(*clips, classifier__degraded=np.arange(24) % 4 > 1)
    exported = export_onnx(model, clips[0])
    return exported if weights == "float32" else quantise_onnx(exported, clips[0])


def likeness(content: bytes, features: np.ndarray) -> np.ndarray:
    session = open_session(embedding_model(content))
    rows = [session.run([EMBEDDING_NAME], {INPUT_NAME: row[np.newaxis]})[0][0] for row in features]
    return np.stack(rows).astype(float)


def found(content: bytes) -> LandmarkAxes:
    axes = landmark_axes(content)
    assert axes is not None
    return axes


def test_products_of_values_are_the_likeness_of_clips(
    content: bytes, choice: tuple[str, float, bool], clips: tuple[np.ndarray, np.ndarray]
) -> None:
    """Of a landmark to itself that is 1, which the first axes reach nearly, and the share of another part."""
    axes, (_, share, gated) = found(content), choice
    n_axes = sum(map(len, axes.factors)) // (2 if gated else 1)
    values = axes.values(likeness(content, clips[0]))[:, :n_axes] / np.sqrt(n_axes)
    reached = np.square(values).sum(axis=1) / (1 + share)
    assert reached.mean() == pytest.approx(1, abs=0.05)
    assert ((reached > 0.8) & (reached < 1.02)).all()


def test_a_layer_is_the_same_on_likeness_and_on_values(
    content: bytes, clips: tuple[np.ndarray, np.ndarray]
) -> None:
    axes, layer, near = found(content), read_head(content), likeness(content, clips[0])
    on_values = axes.on_values(layer)
    scores = near @ layer.weights + layer.offsets
    np.testing.assert_allclose(axes.values(near) @ on_values.weights + layer.offsets, scores, atol=2e-3)
    again = axes.on_likeness(on_values)
    np.testing.assert_allclose(near @ again.weights + again.offsets, scores, atol=2e-3)
    assert isinstance(again, Head)


def test_a_model_without_landmarks_has_no_axes(
    clips: tuple[np.ndarray, np.ndarray], encoder_dir: Path
) -> None:
    linear = MODEL | {"landmarks": 0, "probe": 0.1}
    model = build_model("speech_encoder", encoder=str(encoder_dir), **linear).fit(*clips)
    assert landmark_axes(export_onnx(model, clips[0])) is None
