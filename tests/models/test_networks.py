"""Every neural network: its shape, its size, what it can learn, and its ONNX form."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import pytest
import torch
from pydantic import ValidationError

from serkit.errors import FeatureError
from serkit.models import MODELS, build_model
from serkit.models.attention import AttentionEncoder, AttentionLayer
from serkit.models.calibration import decision_scores
from serkit.models.cnn1d import MeanOfParts, SameMaximum, functionals_cnn1d
from serkit.models.cnn2d import cnn2d, mfcc_cnn2d
from serkit.models.initialisation import count_parameters, initialise
from serkit.models.networks import NETWORKS
from serkit.models.recurrent import bidirectional, functionals_lstm
from serkit.onnx.export import export_onnx
from serkit.onnx.file import outside_references

EMOTIONS = np.array(["angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"])


class Case(NamedTuple):
    """A network, the features and emotions that it was published for, its size, and a small lesson for it."""

    name: str
    shape: tuple[int, ...]
    n_classes: int
    parameters: int
    small: tuple[int, ...]
    lesson: dict[str, Any]


# The first five sizes are of our reconstruction, all others were published; the last counts as Keras does.
CASES = [
    Case("resnet1d", (848,), 6, 3_846_982, (64,), {"epochs": 20, "batch_size": 8, "schedule": "cosine"}),
    Case("alexnet1d", (848,), 6, 23_877_446, (128,), {"epochs": 40, "units": 128, "dropout": 0.0}),
    Case("attention", (106, 8), 6, 67_910, (20, 8), {"epochs": 20, "learning_rate": 3e-3}),
    Case("bilstm", (106, 8), 6, 538_118, (20, 8), {"epochs": 20, "learning_rate": 5e-3}),
    Case("bigru", (106, 8), 6, 403_974, (20, 8), {"epochs": 15, "learning_rate": 5e-3}),
    Case("functionals_cnn1d", (162,), 8, 557_288, (40,), {"epochs": 60, "learning_rate": 2e-3}),
    Case("functionals_lstm", (162,), 8, 202_536, (20,), {"epochs": 120, "learning_rate": 1e-2}),
    Case("mlp", (186,), 8, 1_185_944, (30,), {"epochs": 20, "learning_rate": 1e-2}),
    Case("cnn1d", (186,), 8, 576_008, (60,), {"epochs": 40}),
    Case("cnn2d", (228, 219), 8, 2_205_958, (181, 24), {"epochs": 10}),
    Case("dense", (193,), 8, 49_828, (30,), {"epochs": 40, "learning_rate": 5e-3}),
    Case(
        "mfcc_cnn2d",
        (25, 216),
        8,
        56_040,
        (16, 16),
        {"epochs": 200, "learning_rate": 3e-3, "batch_size": 8, "schedule": "one_cycle"},
    ),
]


def clips(shape: tuple[int, ...], *, n: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """As many clips of each emotion, each emotion with waves of its own length over its features."""
    rng = np.random.default_rng(0)
    emotion = np.arange(n) % 8
    waves = np.sin(np.pi * np.outer(emotion + 1, np.linspace(0, 1, shape[-1])))
    noise = rng.normal(3, 5, (n, *shape))
    return noise + 10 * waves.reshape(n, *[1] * (len(shape) - 1), shape[-1]), EMOTIONS[emotion]


def test_every_network_has_a_case() -> None:
    assert [case.name for case in CASES] == [kind.model_fields["name"].default for kind in NETWORKS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_network_has_the_published_size(case: Case) -> None:
    network = MODELS[case.name]().network(case.shape, case.n_classes).eval()
    counted_as_keras = case.name == "mfcc_cnn2d"
    assert count_parameters(network, running=counted_as_keras) == case.parameters
    with torch.inference_mode():
        assert network(torch.zeros(2, *case.shape)).shape == (2, case.n_classes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_network_overfits_16_clips_and_exports(case: Case) -> None:
    features, labels = clips(case.small)
    model = build_model(case.name, **{"batch_size": 16} | case.lesson).fit(features, labels)
    assert (model.predict(features) == labels).all()
    content = export_onnx(model, features)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    unseen = np.random.default_rng(1).normal(3, 5, (5, *case.small)).astype(np.float32)
    (scores,) = session.run(["scores"], {"features": unseen})
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, decision_scores(model, unseen), rtol=1e-4, atol=1e-4)
    assert session.get_inputs()[0].shape == ["N", *case.small]
    assert outside_references(content) == []
    assert content == export_onnx(model, features), "the same model gives the same bytes"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_smallest_features_are_taken_and_smaller_ones_refused(case: Case) -> None:
    settings = MODELS[case.name]
    smallest = settings.minimum_shape
    with torch.inference_mode():
        assert settings().network(smallest, 3).eval()(torch.zeros(1, *smallest)).shape == (1, 3)
    if min(smallest) > 1:
        features = np.zeros((4, *(length - 1 for length in smallest)))
        with pytest.raises(FeatureError, match=f"^{case.name}: takes features of shape"):
            build_model(case.name).fit(features, ["sad", "calm"] * 2)


@pytest.mark.parametrize("name", ["attention", "bilstm", "bigru"])
def test_sequences_of_any_length_are_learned_and_exported(name: str) -> None:
    rng = np.random.default_rng(0)
    labels = np.array(["calm", "sad"] * 8)
    sequences = [rng.normal(2 * (label == "sad"), 1, (rng.integers(5, 30), 4)) for label in labels]
    features = np.empty(16, dtype=object)
    features[:] = sequences
    model = build_model(name, epochs=15, batch_size=4, units=16, learning_rate=1e-2).fit(features, labels)
    assert (model.predict(features) == labels).all()
    session = onnxruntime.InferenceSession(export_onnx(model, features))
    assert session.get_inputs()[0].shape == ["N", "frames", 4]


@pytest.mark.parametrize(
    "network",
    [
        bidirectional("lstm", 4, 3, units=8, layers=2, dropout=0.5),
        bidirectional("gru", 4, 3, units=8, layers=1, dropout=0.5),
        AttentionEncoder(4, 3, units=8, heads=2, layers=2, dropout=0.5),
    ],
    ids=["lstm", "gru", "attention"],
)
def test_what_pads_a_shorter_sequence_is_not_heard(network: torch.nn.Module) -> None:
    network.eval()
    short, long = torch.randn(1, 5, 4), torch.randn(1, 9, 4)
    padded = torch.cat([torch.cat([short, torch.full((1, 4, 4), 7.0)], dim=1), long])
    with torch.inference_mode():
        together = network(padded, torch.tensor([5, 9]))
        torch.testing.assert_close(together, torch.cat([network(short), network(long)]))


def test_pooling_pads_as_keras_does() -> None:
    pool = SameMaximum(5, 2)
    lengths = [162]
    for _ in range(4):
        lengths.append(pool(torch.zeros(1, 1, 1, lengths[-1])).shape[-1])
    assert lengths == [162, 81, 41, 21, 11]
    # An even length lacks three places: one on the left, two on the right, and none of them is a zero.
    ramp = -torch.arange(1.0, 9.0)[None, None, None]
    assert pool(ramp).flatten().tolist() == [-1.0, -2.0, -4.0, -6.0]


@pytest.mark.parametrize("length", [3, 6, 25])
def test_means_of_parts_are_torchs_adaptive_average(length: int) -> None:
    features = torch.randn(2, 3, length)
    torch.testing.assert_close(MeanOfParts(6)(features), torch.nn.AdaptiveAvgPool1d(6)(features))


def map_shapes(network: torch.nn.Sequential, kind: type, features: torch.Tensor) -> list[list[int]]:
    """Return the shape after each layer of a kind, without the batch."""
    shapes: list[list[int]] = []
    with torch.inference_mode():
        for layer in network.eval():
            features = layer(features)
            if isinstance(layer, kind):
                shapes.append(list(features.shape[1:]))
    return shapes


def test_the_maps_have_the_published_shapes() -> None:
    image = torch.zeros(1, 25, 216)
    halved = [[32, 12, 108], [32, 6, 54], [32, 3, 27], [32, 1, 13]]
    assert map_shapes(mfcc_cnn2d((25, 216), 8, dropout=0.2), torch.nn.MaxPool2d, image) == halved
    maps = map_shapes(cnn2d(8, dropout=0.2), torch.nn.AvgPool2d, torch.zeros(1, 228, 219))
    assert maps == [[200, 34, 107], [200, 4, 51]]


def test_eight_emotions_have_eight_scores() -> None:
    features, labels = clips((20,))
    for name in ("functionals_lstm", "functionals_cnn1d"):
        scores = build_model(name, epochs=1).fit(features, labels)[-1].decision_function(features)
        assert scores.shape == (16, 8)


def test_dense_layers_take_normalisation_and_dropout() -> None:
    plain = MODELS["dense"]().network((193,), 8)
    full = MODELS["dense"](batch_norm=True, dropout=0.3).network((193,), 8)
    kinds = [type(layer).__name__ for layer in full][:4]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert count_parameters(full) == count_parameters(plain) + 2 * (120 + 100 + 80 + 50 + 30 + 20)


def test_keras_weights_are_glorots_and_its_forget_gate_is_open() -> None:
    torch.manual_seed(0)
    network = functionals_cnn1d(162, 8)
    initialise(network, "keras")
    dense = network[-4]
    limit = np.sqrt(6 / (704 + 32))
    assert dense.weight.abs().max().item() == pytest.approx(limit, rel=1e-3)
    assert not dense.bias.any()
    recurrent = functionals_lstm(8)
    initialise(recurrent, "keras")
    layers = recurrent[1].layers.layers
    offsets = (layers.bias_ih_l0 + layers.bias_hh_l0).reshape(4, 128)
    assert offsets.mean(dim=1).tolist() == [0.0, 1.0, 0.0, 0.0]
    torch.testing.assert_close(layers.weight_hh_l1.T @ layers.weight_hh_l1, torch.eye(128), atol=1e-5, rtol=0)


def test_he_weights_are_uniform_within_his_limit() -> None:
    torch.manual_seed(0)
    network = MODELS["mlp"]().network((186,), 8)
    initialise(network, "he")
    first = network[0]
    # torch takes a slope of 0 on the negative side, so the limit is sqrt(6 / inputs).
    assert first.weight.abs().max().item() == pytest.approx(np.sqrt(6 / 186), rel=1e-3)


def test_an_attention_layer_computes_what_torchs_does() -> None:
    ours = AttentionLayer(8, 2, 0.3).eval()
    theirs = torch.nn.TransformerEncoderLayer(8, 2, 16, 0.3, batch_first=True).eval()
    renamed = {
        "self_attn.in_proj_": "project.",
        "self_attn.out_proj.": "join.",
        "linear1.": "dense.0.",
        "linear2.": "dense.3.",
        "norm1.": "norms.0.",
        "norm2.": "norms.1.",
    }
    weights = theirs.state_dict()
    for old, new in renamed.items():
        weights = {name.replace(old, new): values for name, values in weights.items()}
    ours.load_state_dict(weights)
    frames, padding = torch.randn(3, 7, 8), torch.arange(7)[None] >= torch.tensor([7, 4, 1])[:, None]
    expected = theirs(frames, src_key_padding_mask=padding)
    torch.testing.assert_close(ours(frames, padding)[~padding], expected[~padding], atol=1e-6, rtol=1e-5)


def test_attention_shares_its_units_among_its_heads() -> None:
    with pytest.raises(ValidationError, match="units: 30 is no multiple of twice the 4 heads"):
        build_model("attention", units=30)
