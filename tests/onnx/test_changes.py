"""A matrix and its change: one product in the model, the published matrix alone in the file."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from serkit.models.low_rank import Changed
from serkit.models.network_export import network_onnx
from serkit.onnx.changes import merge_changes, store_changes
from serkit.onnx.export import exported_scores
from serkit.onnx.quantise import quantise_onnx

VALUES, UNITS, RANK = 64, 96, 4


class Adapted(nn.Module):
    """Dense layers as they were published, and beside them changed ones that share their weights."""

    def __init__(self, *, share: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.share = share
        self.first, self.second = nn.Linear(VALUES, UNITS), nn.Linear(UNITS, VALUES)
        self.changed = nn.ModuleList(Changed(layer, RANK) for layer in (self.first, self.second))
        self.scores = nn.Linear(VALUES, 3)
        with torch.no_grad():
            self.scores.bias[0] = 1.0
            for layer in self.changed:
                for weights in layer.change.up.parameters():
                    nn.init.normal_(weights, std=0.05)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        first, second = self.changed
        heard = second(nn.functional.gelu(first(frames)))
        if self.share:
            heard = heard + self.second(nn.functional.gelu(self.first(frames)))
        scores: torch.Tensor = self.scores(heard.square().mean(dim=1))
        return scores


def exported(network: nn.Module) -> bytes:
    return network_onnx(network.eval(), torch.zeros(1, 4, VALUES), any_length=True)


@pytest.fixture(scope="module")
def content() -> bytes:
    return exported(Adapted())


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (100, 6, VALUES)).astype(np.float32)


def operators(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def n_stored(content: bytes) -> int:
    """Count the values of the matrices in a file that are as large as those of the layers."""
    tensors = onnx.load_from_string(content).graph.initializer
    return sum(sorted(tensor.dims) == [VALUES, UNITS] for tensor in tensors)


def test_one_product_takes_the_place_of_three(content: bytes, sample: np.ndarray) -> None:
    model = onnx.load_from_string(content)
    changes = merge_changes(model)
    onnx.checker.check_model(model)
    merged = model.SerializeToString()
    assert [change.down.shape for change in changes] == [(VALUES, RANK), (UNITS, RANK)]
    assert operators(content).count("MatMul") == 7  # what the first published one makes serves twice
    assert operators(merged).count("MatMul") == 4
    assert np.allclose(exported_scores(merged, sample), exported_scores(content, sample), atol=1e-4)


def test_the_file_holds_published_matrices_alone(content: bytes, sample: np.ndarray) -> None:
    smaller = quantise_onnx(content, sample)
    onnx.checker.check_model(onnx.load_from_string(smaller))
    assert n_stored(smaller) == 2
    assert operators(smaller).count("MatMulInteger") == 4


def test_integers_are_those_of_the_sum(
    content: bytes, sample: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller = exported_scores(quantise_onnx(content, sample), sample)
    before = exported_scores(content, sample)
    monkeypatch.setattr("serkit.onnx.quantise.store_changes", lambda *_: None)
    larger = quantise_onnx(content, sample)
    assert n_stored(larger) == 4
    lost = np.abs(exported_scores(larger, sample) - before).mean()
    assert np.abs(smaller - before).mean() < 2 * lost < 0.1 * before.std()


def test_what_is_not_stored_elsewhere_stays(sample: np.ndarray) -> None:
    content = exported(Adapted(share=False))
    smaller = quantise_onnx(content, sample)
    assert n_stored(smaller) == 2
    before = exported_scores(content, sample)
    assert np.abs(exported_scores(smaller, sample) - before).mean() < 0.05 * before.std()


def test_a_model_without_changes_stays(sample: np.ndarray) -> None:
    content = exported(nn.Sequential(nn.Linear(VALUES, 3), nn.Flatten()))
    model = onnx.load_from_string(content)
    assert merge_changes(model) == []
    store_changes(model, [], {})
    assert model == onnx.load_from_string(content)
