"""Constants that are added to the scores of an ONNX model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import pytest

from serkit.bundle import read_bundle
from serkit.onnx.head import embedding_model, read_head, replace_head
from serkit.onnx.shift_scores import shift_scores

if TYPE_CHECKING:
    from pathlib import Path


def scores(content: bytes, features: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(content).run(["scores"], {"features": features})[0]


@pytest.fixture(scope="module")
def model(tiny_bundle: Path) -> bytes:
    return read_bundle(tiny_bundle)[1]


def test_each_score_is_moved_by_its_offset_as_often_as_asked(model: bytes) -> None:
    features = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    offsets = np.array([0.5, -1.0, 0.0, 100.0])
    once = shift_scores(model, offsets)
    onnx.checker.check_model(onnx.load_from_string(once), full_check=True)
    assert scores(once, features) == pytest.approx(scores(model, features) + offsets, abs=1e-5)
    twice = shift_scores(once, offsets)
    assert scores(twice, features) == pytest.approx(scores(model, features) + 2 * offsets, abs=1e-5)


def test_the_last_layer_is_still_found(model: bytes) -> None:
    offsets = np.array([0.5, -1.0, 0.0, 2.0])
    shifted = shift_scores(model, offsets)
    before, after = read_head(model), read_head(shifted)
    assert after.weights == pytest.approx(before.weights, abs=1e-5)
    assert after.offsets == pytest.approx(before.offsets + offsets, abs=1e-5)
    assert embedding_model(shifted) == embedding_model(model)
    assert read_head(replace_head(shifted, before)).offsets == pytest.approx(before.offsets, abs=1e-5)
