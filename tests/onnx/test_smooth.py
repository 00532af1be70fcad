"""Values of uneven size before they are quantised."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from serkit.models.network_export import network_onnx
from serkit.onnx.export import exported_scores
from serkit.onnx.quantise import quantise_onnx
from serkit.onnx.smooth import smooth_products


class Uneven(nn.Module):
    """A GELU that leaves one value a thousand times as large as the others, and one that is always 0."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(32, 64), nn.Linear(64, 3)
        with torch.no_grad():
            self.first.weight[5] *= 1000
            self.second.weight[:, 5] /= 1000
            self.first.weight[7], self.first.bias[7] = 0.0, 0.0

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.second(nn.functional.gelu(self.first(frames))).mean(dim=1)
        return scores


@pytest.fixture(scope="module")
def content() -> bytes:
    return network_onnx(Uneven().eval(), torch.zeros(1, 4, 32), any_length=True)


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (50, 4, 32)).astype(np.float32)


def smoothed(content: bytes, sample: np.ndarray) -> onnx.ModelProto:
    model = onnx.load_from_string(content)
    names = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if names.get((*node.input, "", "")[1]) == (64, 3)]
    smooth_products(model, products, sample)
    return model


def test_the_product_stays_and_the_values_are_even(content: bytes, sample: np.ndarray) -> None:
    model = smoothed(content, sample)
    onnx.checker.check_model(model)
    after = exported_scores(model.SerializeToString(), sample)
    assert np.allclose(after, exported_scores(content, sample), atol=1e-5)
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    matrix = next(array for array in stored.values() if array.shape == (64, 3))
    rows = np.abs(matrix).max(axis=1)
    assert rows.max() < 100 * np.median(rows)
    assert np.isfinite(matrix).all()


def test_nothing_is_stored_twice(content: bytes, sample: np.ndarray) -> None:
    sizes = [tuple(tensor.dims) for tensor in smoothed(content, sample).graph.initializer]
    assert sizes.count((64, 3)) == 1


def test_clips_of_different_lengths_are_taken(content: bytes, sample: np.ndarray) -> None:
    clips = np.empty(3, dtype=object)
    clips[:] = [sample[0], sample[1, :2], sample[2, :3]]
    assert np.allclose(
        exported_scores(smoothed(content, clips).SerializeToString(), sample),
        exported_scores(content, sample),
        atol=1e-5,
    )


def test_integers_lose_little_where_they_would_lose_much(
    content: bytes, sample: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = exported_scores(content, sample)

    def lost() -> float:
        return float(np.abs(exported_scores(quantise_onnx(content, sample), sample) - before).mean())

    smooth = lost()
    monkeypatch.setattr("serkit.onnx.quantise.smooth_products", lambda *_: None)
    monkeypatch.setattr("serkit.onnx.export.LEAST_AGREEMENT", 0.0)
    assert smooth < lost() / 3
    assert smooth < 0.05 * before.std()


class Normalised(nn.Module):
    """A normalisation that leaves one value a hundred times as large as the others, before a product."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.first = nn.LayerNorm(64), nn.Linear(64, 3)
        with torch.no_grad():
            self.norm.weight[5] *= 100
            self.norm.bias[9] = 1.0
            self.first.weight[:, 5] /= 100

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.first(self.norm(frames)).mean(dim=1)
        return scores


def test_a_normalisation_divides_what_it_makes() -> None:
    content = network_onnx(Normalised().eval(), torch.zeros(1, 4, 64), any_length=True)
    sample = np.random.default_rng(0).normal(0, 1, (50, 4, 64)).astype(np.float32)
    model = onnx.load_from_string(content)
    before = [node.op_type for node in model.graph.node]
    (product,) = [node for node in model.graph.node if node.op_type == "MatMul"]
    (factors,) = smooth_products(model, [product], sample).values()
    assert [node.op_type for node in model.graph.node] == before
    assert factors[5] > 10 * np.median(factors)
    after = exported_scores(model.SerializeToString(), sample)
    assert np.allclose(after, exported_scores(content, sample), atol=1e-4)


def test_even_values_stay(sample: np.ndarray) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 3), nn.Flatten()).eval()
    model = onnx.load_from_string(network_onnx(network, torch.zeros(1, 4, 32), any_length=True))
    before = model.SerializeToString()
    products = [node for node in model.graph.node if node.op_type == "MatMul"][1:]
    assert smooth_products(model, products, sample) == {}
    assert model.SerializeToString() == before
