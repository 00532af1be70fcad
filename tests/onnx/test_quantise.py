"""An ONNX model in 8-bit integers: what becomes integers, and what stays a float."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from serkit.errors import ExportError
from serkit.models.coarse import coarse
from serkit.models.network_export import network_onnx
from serkit.onnx.export import exported_scores
from serkit.onnx.quantise import quantise_onnx


class Dense(nn.Module):
    """A dense layer, a GELU, and scores of which one is mostly the highest."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(32, 64), nn.Linear(64, 3)
        with torch.no_grad():
            self.second.bias[0] = 1.0

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.second(nn.functional.gelu(self.first(frames))).mean(dim=1)
        return scores


@pytest.fixture(scope="module")
def content() -> bytes:
    return network_onnx(Dense().eval(), torch.zeros(1, 4, 32), any_length=True)


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (50, 4, 32)).astype(np.float32)


def test_all_weights_are_integers(content: bytes, sample: np.ndarray) -> None:
    graph = onnx.load_from_string(quantise_onnx(content, sample)).graph
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulInteger") == 2
    assert not {"MatMul", "DequantizeLinear"} & set(kinds)
    large = [tensor for tensor in graph.initializer if np.prod(tensor.dims) > 64]
    assert {tensor.data_type for tensor in large} == {onnx.TensorProto.INT8}


class Pooled(Dense):
    """The same, but that the mean over time is what the scores are made of."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.second(nn.functional.gelu(self.first(frames)).mean(dim=1))
        return scores


def test_the_layer_of_the_scores_stays_in_floats(sample: np.ndarray) -> None:
    content = network_onnx(Pooled().eval(), torch.zeros(1, 4, 32), any_length=True)
    assert "Gemm" in {node.op_type for node in onnx.load_from_string(content).graph.node}
    graph = onnx.load_from_string(quantise_onnx(content, sample)).graph
    assert [node.op_type for node in graph.node].count("MatMulInteger") == 1
    floats = [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT]
    assert (64, 3) in {tuple(sorted(tensor.dims, reverse=True)) for tensor in floats}


class Placed(Dense):
    """The same, with a table of which each clip takes as much as it is long."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.randn(200, 32).half().float())

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return super().forward(frames + self.positions[: frames.shape[1]])


def test_a_table_is_stored_in_half_precision(sample: np.ndarray) -> None:
    content = network_onnx(Placed().eval(), torch.zeros(1, 4, 32), any_length=True)
    smaller = quantise_onnx(content, sample)
    tables = [t for t in onnx.load_from_string(smaller).graph.initializer if list(t.dims) == [200, 32]]
    assert [tensor.data_type for tensor in tables] == [onnx.TensorProto.FLOAT16]
    before = exported_scores(content, sample)
    assert np.abs(exported_scores(smaller, sample) - before).mean() < 0.02 * before.std()


class Rounded(Dense):
    """The same, but that a product after the mean is with a matrix of few steps."""

    def __init__(self, n_rows: int) -> None:
        super().__init__()
        self.matrix = nn.Parameter(coarse(torch.randn(n_rows, 65)))
        self.last = nn.Linear(65, 3)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        mean = nn.functional.gelu(self.first(frames)).mean(dim=1)
        scores: torch.Tensor = self.last(mean[:, : len(self.matrix)] @ self.matrix)
        return scores


@pytest.mark.parametrize("n_rows", [63, 64])
def test_a_matrix_of_few_steps_takes_4_bits_and_loses_nothing(sample: np.ndarray, n_rows: int) -> None:
    network = Rounded(n_rows).eval()
    content = network_onnx(network, torch.zeros(1, 4, 32), any_length=True)
    smaller = quantise_onnx(content, sample)
    model = onnx.load_from_string(smaller)
    onnx.checker.check_model(model)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    integers = next(tensor for tensor in stored.values() if list(tensor.dims) == [n_rows, 65])
    assert integers.data_type == onnx.TensorProto.INT4
    assert len(integers.raw_data) == (n_rows * 65 + 1) // 2
    scale = onnx.numpy_helper.to_array(stored[integers.name.replace("_integers", "_scale")])
    again = onnx.numpy_helper.to_array(integers).astype(np.float32) * scale
    assert np.allclose(again, network.matrix.detach().numpy(), atol=1e-6)
    before = exported_scores(content, sample)
    assert np.abs(exported_scores(smaller, sample) - before).mean() < 0.02 * before.std()


def test_scores_stay_near(content: bytes, sample: np.ndarray) -> None:
    before = exported_scores(content, sample)
    after = exported_scores(quantise_onnx(content, sample), sample)
    assert np.abs(after - before).mean() < 0.02 * before.std()


def test_a_model_that_integers_spoil_is_refused(
    content: bytes, sample: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serkit.onnx.export.LEAST_AGREEMENT", 1.01)
    with pytest.raises(ExportError, match=r"export\.weights: only 100% of 50 recordings"):
        quantise_onnx(content, sample)


def test_scores_are_not_shifted(sample: np.ndarray) -> None:
    content = network_onnx(Pooled().eval(), torch.zeros(1, 4, 32), any_length=True)
    before, after = (exported_scores(one, sample) for one in (content, quantise_onnx(content, sample)))
    assert np.abs(after - before).max() > 0
    assert np.allclose((after - before).mean(axis=0), 0, atol=1e-6)
