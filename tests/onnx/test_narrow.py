"""Dense layers with fewer units: which are left out, and what that changes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from serkit.errors import ExportError
from serkit.models.network_export import network_onnx
from serkit.onnx.export import exported_scores
from serkit.onnx.narrow import narrow_onnx
from serkit.onnx.quantise import quantise_onnx

UNITS, STEP = 128, 32


class Dense(nn.Module):
    """A dense layer added to its input, every second unit of which says what the one before says."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.scores = nn.Linear(8, UNITS), nn.Linear(UNITS, 8), nn.Linear(8, 3)
        with torch.no_grad():
            self.first.weight[1::2], self.first.bias[1::2] = self.first.weight[::2], self.first.bias[::2]
            self.scores.bias[0] = 1.0

    def layer(self, frames: torch.Tensor) -> torch.Tensor:
        return frames + self.second(nn.functional.gelu(self.first(frames)))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.scores(self.layer(frames).mean(dim=1))
        return scores


class Shared(Dense):
    """The same weights twice."""

    def layer(self, frames: torch.Tensor) -> torch.Tensor:
        return super().layer(super().layer(frames))


def exported(network: nn.Module) -> bytes:
    return network_onnx(network.eval(), torch.zeros(1, 4, 8), any_length=True)


@pytest.fixture(scope="module")
def content() -> bytes:
    return exported(Dense())


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (300, 20, 8)).astype(np.float32)


def constants(content: bytes) -> dict[str, np.ndarray]:
    graph = onnx.load_from_string(content).graph
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}


def n_units(content: bytes) -> int:
    (units,) = {
        array.shape[1] for array in constants(content).values() if array.ndim == 2 and len(array) == 8
    } - {3}
    return units


def test_units_that_say_what_others_say_are_left_out(content: bytes, sample: np.ndarray) -> None:
    narrower = narrow_onnx(content, sample, tolerance=1e-3)
    onnx.checker.check_model(onnx.load_from_string(narrower))
    assert n_units(content) == UNITS
    assert n_units(narrower) <= UNITS / 2
    before, after = (exported_scores(model, sample) for model in (content, narrower))
    assert np.allclose(before, after, atol=0.02 * before.std())


@pytest.mark.parametrize("tolerance", [1e-3, 1e-2, 0.1])
def test_no_more_changes_than_may(
    content: bytes, sample: np.ndarray, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serkit.onnx.export.LEAST_AGREEMENT", 0.0)
    before, after = (
        made_by_layer(model, sample) for model in (content, narrow_onnx(content, sample, tolerance=tolerance))
    )
    changes = np.square(after - before).mean(axis=0) / before.var(axis=0)
    assert 0 < changes.mean() <= tolerance
    assert np.allclose(after.mean(axis=0), before.mean(axis=0), atol=1e-3)


def made_by_layer(content: bytes, sample: np.ndarray) -> np.ndarray:
    """Compute with numpy what the layer makes of all frames."""
    scipy = pytest.importorskip("scipy.special")
    arrays = constants(content)
    first = next(
        array for array in arrays.values() if array.shape[:1] == (8,) and array.shape[-1] not in {3, 8}
    )
    second = next(array for array in arrays.values() if array.ndim == 2 and array.shape == first.shape[::-1])
    offsets = arrays["first.bias"], arrays["second.bias"]
    frames = sample.reshape(-1, 8).astype(np.float64)
    hidden = frames @ first + offsets[0]
    units = hidden * (1 + scipy.erf(hidden / np.sqrt(2))) / 2
    made: np.ndarray = frames + units @ second + offsets[1]
    return made


def test_more_may_change_with_fewer_units(content: bytes, sample: np.ndarray) -> None:
    units = [n_units(narrow_onnx(content, sample, tolerance=tolerance)) for tolerance in (1e-6, 1e-3, 1e-2)]
    assert units == sorted(units, reverse=True)
    assert all(number % STEP == 0 and number > 0 for number in units)


def test_units_that_never_change_move_the_offsets(sample: np.ndarray) -> None:
    network = Dense()
    with torch.no_grad():
        network.first.weight[: UNITS // 2] = 0.0
        network.first.bias[: UNITS // 2] = 2.0
    content = exported(network)
    narrower = narrow_onnx(content, sample, tolerance=1e-6)
    assert n_units(narrower) <= UNITS / 2
    before, after = (exported_scores(model, sample) for model in (content, narrower))
    assert np.allclose(before, after, atol=0.01 * before.std())


def test_weights_that_another_layer_shares_stay(sample: np.ndarray) -> None:
    content = exported(Shared())
    assert n_units(narrow_onnx(content, sample, tolerance=0.01)) == UNITS


class Deep(Dense):
    """Two such layers, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.earlier = Dense()
        with torch.no_grad():
            for weights in self.earlier.parameters():
                weights.mul_(0.9)  # the same would be stored once, and shared

    def layer(self, frames: torch.Tensor) -> torch.Tensor:
        return super().layer(self.earlier.layer(frames))


def test_only_the_last_layers_become_narrower(sample: np.ndarray) -> None:
    content = exported(Deep())
    for last, narrower in {1: 1, 2: 2, 3: 2, None: 2}.items():
        sizes = [
            array.shape[1]
            for array in constants(narrow_onnx(content, sample, tolerance=1e-3, last=last)).values()
            if array.ndim == 2 and len(array) == 8 and array.shape[1] > 8
        ]
        assert [size <= UNITS / 2 for size in sizes] == [place >= 2 - narrower for place in range(2)]


def test_what_has_no_such_layer_stays(sample: np.ndarray) -> None:
    content = exported(nn.Sequential(nn.Linear(8, 3), nn.Flatten()))
    before, after = constants(content), constants(narrow_onnx(content, sample[:5], tolerance=0.01))
    assert {name: array.tolist() for name, array in before.items()} == {
        name: array.tolist() for name, array in after.items()
    }


def test_clips_of_different_lengths_are_taken(content: bytes, sample: np.ndarray) -> None:
    clips = np.empty(len(sample), dtype=object)
    clips[:] = [clip[: 5 + n % 15] for n, clip in enumerate(sample)]
    narrower = narrow_onnx(content, clips, tolerance=1e-3)
    assert n_units(narrower) <= UNITS / 2


def test_a_narrower_layer_is_quantised_as_any(content: bytes, sample: np.ndarray) -> None:
    narrower = narrow_onnx(content, sample, tolerance=1e-3)
    smaller = quantise_onnx(narrower, sample)
    assert len(smaller) < len(quantise_onnx(content, sample))
    before, after = (exported_scores(model, sample) for model in (narrower, smaller))
    assert np.abs(after - before).mean() < 0.05 * before.std()


def test_a_model_that_fewer_units_spoil_is_refused(
    content: bytes, sample: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serkit.onnx.export.LEAST_AGREEMENT", 1.01)
    with pytest.raises(ExportError, match=r"export\.narrow: only 100% of 300 recordings"):
        narrow_onnx(content, sample, tolerance=1e-3)
