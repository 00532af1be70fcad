"""Averages before products: the same output, from products with averages alone."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch

from serkit.models.network_export import network_onnx
from serkit.models.speech_encoder import SpeechEncoder
from serkit.models.standardise import Standardise, StandardisedNetwork
from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder
from serkit.onnx.export import exported_scores
from serkit.onnx.narrow import narrow_onnx
from serkit.onnx.pool_first import pool_first
from serkit.onnx.quantise import quantise_onnx
from serkit.onnx.values import values_in

N_VALUES, UNITS = 8, 32


def exported(*, states=(1, 2), poolings=("alike", "loud"), deviations=False) -> bytes:
    torch.manual_seed(0)
    shape = EncoderShape(
        d_model=UNITS, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=128, num_mel_bins=N_VALUES
    )
    encoder = SpeechEncoder(
        WhisperEncoder(shape),
        3,
        states=states,
        join="concatenate",
        poolings=poolings,
        deviations=deviations,
    )
    standardise = Standardise(np.zeros(N_VALUES, np.float32), np.ones(N_VALUES, np.float32))
    network = StandardisedNetwork(standardise, encoder).eval()
    return network_onnx(network, torch.zeros(1, 12, N_VALUES), any_length=True)


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (60, 40, N_VALUES)).astype(np.float32)


def second_products(content: bytes) -> list[onnx.NodeProto]:
    """Products with the second matrix of a block."""
    graph = onnx.load_from_string(content).graph
    sizes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    return [
        node for node in graph.node if node.op_type == "MatMul" and sizes.get(node.input[1]) == [128, UNITS]
    ]


@pytest.mark.parametrize("poolings", [("alike",), ("loud",), ("alike", "loud")])
def test_the_output_stays_and_the_last_products_are_of_averages(poolings, sample):
    before = exported(poolings=poolings)
    after = pool_first(before)
    onnx.checker.check_model(onnx.load_from_string(after))
    np.testing.assert_allclose(exported_scores(after, sample), exported_scores(before, sample), atol=1e-5)
    products = second_products(after)
    assert len(second_products(before)) == 2
    assert len(products) == 1 + len(poolings)
    model = onnx.load_from_string(after)
    (heard,) = values_in(model, [product.input[0] for product in products], sample[:1])
    assert [values.shape for values in heard.values()] == [(1, 20, 128), *[(1, 1, 128)] * len(poolings)]


def test_clips_of_any_length_are_heard(sample):
    before = exported()
    after = pool_first(before)
    for n_frames in (12, 13, 31):
        short = sample[:3, :n_frames]
        np.testing.assert_allclose(exported_scores(after, short), exported_scores(before, short), atol=1e-5)


@pytest.mark.parametrize("settings", [{"deviations": True}, {"states": (1, 0)}])
def test_states_of_which_more_than_averages_is_heard_stay(settings):
    before = exported(**settings)
    after = second_products(pool_first(before))
    if "states" in settings:  # The last state that is heard is the first block's.
        assert len(after) == 2
    else:
        assert [node.input[0] for node in after] == [node.input[0] for node in second_products(before)]


def test_narrow_layers_become_integers_that_are_stored_once(sample):
    narrower = narrow_onnx(exported(), sample, tolerance=0.05)
    plain, pooled = (quantise_onnx(one, sample) for one in (narrower, pool_first(narrower)))
    assert len(pooled) < len(plain) + 1_000
    moved = np.abs(exported_scores(pooled, sample) - exported_scores(narrower, sample)).max()
    assert moved < 0.05 * exported_scores(narrower, sample).std()


def test_integers_of_averaged_layers_become_floats_once_when_a_file_is_opened(sample):
    nodes = onnx.load_from_string(quantise_onnx(pool_first(exported()), sample)).graph.node
    makers = {name: node.op_type for node in nodes for name in node.output}
    products = [node for node in nodes if node.name.endswith("/product")]
    assert len(products) == 2
    assert {makers[product.input[1]] for product in products} == {"Mul"}
