"""Values inside a model."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from torch import nn

from serkit.models.network_export import network_onnx
from serkit.onnx.values import values_in


def test_values_are_those_that_the_network_computes() -> None:
    torch.manual_seed(0)
    first, last = nn.Linear(3, 4), nn.Linear(4, 2)
    network = nn.Sequential(first, nn.Sigmoid(), last).eval()
    model = onnx.load_from_string(network_onnx(network, torch.zeros(1, 5, 3), any_length=True))
    before = model.SerializeToString()
    inside = next(node.output[0] for node in model.graph.node if node.op_type == "Sigmoid")
    sample = np.empty(2, dtype=object)
    sample[:] = [np.random.default_rng(0).normal(size=(n_frames, 3)) for n_frames in (5, 2)]
    rows = list(values_in(model, [inside], sample))
    for frames, values in zip(sample, rows, strict=True):
        with torch.no_grad():
            expected = first(torch.from_numpy(frames).float()).sigmoid().numpy()
        assert np.allclose(values[inside][0], expected, atol=1e-6)
    assert model.SerializeToString() == before


def test_nothing_runs_for_no_names() -> None:
    assert list(values_in(onnx.ModelProto(), [], np.zeros((3, 2)))) == []
