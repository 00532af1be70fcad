"""A speech encoder as a classifier: what is trained of it, how fast, and its ONNX form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from serkit.errors import FeatureError
from serkit.models import build_model
from serkit.models.adapted_blocks import in_pairs
from serkit.models.calibration import decision_scores
from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.network_training import NetworkTraining
from serkit.models.published import hear_states
from serkit.models.torch_classifier import TorchClassifier
from serkit.models.whisper_encoder import states_after
from serkit.onnx.export import export_onnx
from serkit.onnx.file import outside_references
from serkit.onnx.quantise import quantise_onnx

TRAINING: dict[str, Any] = {"epochs": 20, "batch_size": 16, "learning_rate": 0.05}
LANDMARKS: dict[str, Any] = {"join": "concatenate", "penalty": 0.1, "epochs": 0, "landmarks": 12, "axes": 8}
TUNED = LANDMARKS | {
    "epochs": 2,
    "tuned_blocks": 1,
    "probe": 0.1,
    "neighbours": 1.0,
    "learning_rate": 1e-3,
}
MORE = {"loud_share": 0.5, "loud_axes": 7, "frame_share": 0.3, "frame_axes": 6, "further_landmarks": 10}
ADAPTED: dict[str, Any] = {
    **TUNED,
    "tuned_blocks": 0,
    "adapted_share": 0.5,
    "adapted_states": (2,),
    "adapted_rank": 4,
    "adapted_axes": 5,
    "further_landmarks": 10,
}


def clips(n: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Clips of different lengths; frames of sad ones tilt down."""
    rng = np.random.default_rng(0)
    sad = np.arange(n) % 2 == 0
    features = np.empty(n, dtype=object)
    for row in range(n):
        tilt = 3 * np.linspace(1, -1, 80) * (1 if sad[row] else -1)
        features[row] = (tilt + rng.normal(0, 0.3, (int(rng.integers(20, 60)), 80))).astype(np.float32)
    return features, np.where(sad, "sad", "happy")


def settings(encoder_dir: Path, **changes: Any) -> SpeechEncoderSettings:
    return SpeechEncoderSettings(encoder=str(encoder_dir), **TRAINING | changes)


@pytest.mark.parametrize(
    "choice",
    [
        {"blocks": 1, "attention": 4},
        {"states": (1, 2), "units": 8, "tuned_blocks": 3},
        {"join": "concatenate", "probe": 1e-3, "epochs": 0},
        LANDMARKS,
        LANDMARKS | MORE,
        LANDMARKS | MORE | {"deviations": False},
        TUNED,
        ADAPTED,
        ADAPTED | MORE | {"adapted_states": (1, 2)},
        ADAPTED | {"loud": True, "alike_share": 0.4, "alike_axes": 4},
    ],
)
def test_it_learns_and_exports(encoder_dir: Path, choice: dict[str, Any]) -> None:
    features, labels = clips()
    model = build_model("speech_encoder", encoder=str(encoder_dir), **TRAINING | choice)
    model.fit(features, labels)
    assert (model.predict(features) == labels).all()
    content = export_onnx(model, features)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for n_frames in (1, 2, 57, 399):
        unseen = np.random.default_rng(1).normal(0, 1, (3, n_frames, 80)).astype(np.float32)
        (scores,) = session.run(["scores"], {"features": unseen})
        np.testing.assert_allclose(scores, decision_scores(model, unseen), rtol=1e-3, atol=1e-3)
    assert outside_references(content) == []
    assert content == export_onnx(model, features), "the same model gives the same bytes"


def test_scores_of_further_comparisons_are_added_by_their_share(encoder_dir: Path) -> None:
    """Each comparison is fitted by itself, and knows nothing of the others."""
    features, labels = clips()
    model = settings(encoder_dir, **LANDMARKS | MORE).build(seed=0).fit(features, labels)[-1]
    body = model.network_.body
    with torch.inference_mode():
        rows = torch.cat([body.embed(torch.from_numpy(row[None])) for row in features])
    expected = np.zeros((len(features), 1))
    comparisons = ((8, 12, 1.0), (7, 10, 0.5), (6, 10, 0.3))
    for part, (axes, landmarks, share) in zip(torch.split(rows, body.sizes, dim=1), comparisons, strict=True):
        alone = build_model("landmarks", standardise="row", axes=axes, landmarks=landmarks, penalty=0.1)
        alone.fit(part.numpy(), labels)
        expected = expected + share * decision_scores(alone, part.numpy())
    np.testing.assert_allclose(decision_scores(model, features), expected, atol=1e-3)


def loud_then_quiet() -> tuple[torch.Tensor, int]:
    """A clip and as many frames again that are 80 dB below it; and how many frames the clip has."""
    features, _ = clips(1)
    quiet = np.full_like(features[0], features[0].min() - 2)
    return torch.from_numpy(np.concatenate([features[0], quiet])[None]), len(features[0])


def mean_and_deviation(states: torch.Tensor) -> torch.Tensor:
    return torch.cat([states.mean(dim=1), states.std(dim=1, correction=0)], dim=1)


def test_loud_states_are_heard_by_their_weights(encoder_dir: Path) -> None:
    frames, n_loud = loud_then_quiet()
    body = settings(encoder_dir, **LANDMARKS | MORE).network((20, 80), 2).eval()
    with torch.inference_mode():
        of_states, of_loud, _ = torch.split(body.embed(frames), body.sizes, dim=1)
        expected = mean_and_deviation(body.encoder(frames)[1][:, : n_loud // 2])
    heard = slice(2 * body.encoder.units, 4 * body.encoder.units)
    assert (of_loud[:, heard] - expected).abs().mean() < 0.1 * (of_states[:, heard] - expected).abs().mean()


def test_loud_states_may_come_first(encoder_dir: Path) -> None:
    frames = torch.from_numpy(clips(1)[0][0][None])
    heard = []
    for choice in ({"loud_share": 0.5}, {"loud": True, "alike_share": 0.5}):
        body = settings(encoder_dir, **LANDMARKS | choice).network((20, 80), 2).eval()
        with torch.inference_mode():
            heard.append(torch.split(body.embed(frames), body.sizes, dim=1))
    assert all(torch.equal(one, other) for one, other in zip(heard[0], heard[1][::-1], strict=True))


def test_what_is_quiet_is_overlooked(encoder_dir: Path) -> None:
    frames, n_loud = loud_then_quiet()
    far = []
    for loud in (False, True):
        body = settings(encoder_dir, **LANDMARKS | {"states": (1,), "loud": loud}).network((20, 80), 2).eval()
        with torch.inference_mode():
            expected = mean_and_deviation(body.encoder(frames)[1][:, : n_loud // 2])
            far.append((body.embed(frames) - expected).abs().mean())
    assert far[1] < 0.1 * far[0]


def test_adapted_blocks_overlook_what_is_quiet(encoder_dir: Path) -> None:
    frames, n_loud = loud_then_quiet()
    far = []
    for loud in (False, True):
        body = settings(encoder_dir, **ADAPTED | {"loud": loud}).network((20, 80), 2).eval()
        with torch.inference_mode():
            pairs = in_pairs(body.encoder(frames, last=1)[1])
            states = states_after(body.adapted.blocks, pairs, None)[1]
            expected = mean_and_deviation(states[:, : n_loud // 4])
            far.append((body.embed(frames) - expected).abs().mean())
    assert far[1] < 0.2 * far[0]


def test_what_is_heard_later_is_heard_where_the_encoder_is(encoder_dir: Path) -> None:
    network = settings(encoder_dir, **TUNED).network((20, 80), 2).to("meta")
    network.hear((1, 2), frames=True)
    assert {values.device.type for values in network.buffers()} == {"meta"}


def trained_weights(encoder_dir: Path, **changes: Any) -> dict[str, bool]:
    """Whether each part of the network differs from the published weights after a training."""
    features, labels = clips()
    chosen = settings(encoder_dir, **{"epochs": 1, "encoder_learning_rate": 1e-3} | changes)
    before = chosen.network((20, 80), 2).encoder.state_dict()
    classifier = chosen.build(seed=0).fit(features, labels)[-1]
    after = classifier.network_.body.encoder.state_dict()
    parts = {name: ".".join(name.split(".")[: 2 if "layers" in name else 1]) for name in before}
    return {
        part: any(not torch.equal(before[n], after[n]) for n in before if parts[n] == part)
        for part in sorted(set(parts.values()))
    }


@pytest.mark.parametrize(
    ("tuned_blocks", "tuned"),
    [
        (0, ()),
        (1, ("layers.1",)),
        (2, ("layers.0", "layers.1")),
        (3, ("conv1", "conv2", "layers.0", "layers.1")),
    ],
)
def test_only_the_last_blocks_are_tuned(encoder_dir: Path, tuned_blocks: int, tuned: tuple[str, ...]) -> None:
    changed = trained_weights(encoder_dir, tuned_blocks=tuned_blocks)
    assert {part for part, differs in changed.items() if differs} == set(tuned)


def test_the_head_of_rows_held_out_is_not_fitted_to_them(encoder_dir: Path) -> None:
    features, labels = clips(32)
    chosen, tuned = settings(encoder_dir, **TUNED | {"epochs": 1}), np.arange(32) < 24
    model = TorchClassifier(chosen).fit(features, labels, tuned=tuned)
    alone = TorchClassifier(chosen).fit(features[tuned], labels[tuned])
    np.testing.assert_allclose(
        model.held_out_scores_, alone.decision_function(features[~tuned]), rtol=1e-3, atol=1e-3
    )
    assert model.history_ == alone.history_, "nor is a block tuned to them"
    assert not np.allclose(model.decision_function(features), alone.decision_function(features), atol=1e-3)
    assert alone.held_out_scores_ is None


def test_oversampling_leaves_the_rows_held_out_where_they_are(encoder_dir: Path) -> None:
    features, labels = clips(32)
    chosen = settings(encoder_dir, **TUNED | {"epochs": 1, "balance": "oversample"})
    tuned = (np.arange(32) < 24) & (np.arange(32) != 1)  # one happy clip fewer than sad ones
    model = TorchClassifier(chosen).fit(features, labels, tuned=tuned)
    assert model.held_out_rows_.tolist() == [1, *range(24, 32)]
    assert model.held_out_scores_.shape == (9, 2)


def test_blocks_learn_the_slower_the_earlier_they_are(encoder_dir: Path) -> None:
    chosen = settings(
        encoder_dir, tuned_blocks=3, learning_rate=1e-3, encoder_learning_rate=1e-4, layer_decay=0.5
    )
    network = chosen.network((20, 80), 3)
    groups = chosen.parameter_groups(network)
    assert [group["scale"] for group in groups] == pytest.approx([1.0, 0.1, 0.05, 0.025])
    trained = [weights for weights in network.parameters() if weights.requires_grad]
    assert {id(w) for group in groups for w in group["params"]} == {id(w) for w in trained}


def test_an_interrupted_tuning_goes_on_to_the_very_same_network(
    encoder_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered of other speakers' clips is part of the state."""
    features, labels = clips()
    labels[::5] = "sad"  # some are wrong, so that neighbours do not agree
    facts = {"speakers": np.arange(len(labels)) // 2 % 4}
    tuned = settings(encoder_dir, **TUNED)
    whole = TorchClassifier(tuned).fit(features, labels, **facts)
    epoch = NetworkTraining._epoch
    with monkeypatch.context() as patch:
        patch.setattr(NetworkTraining, "_epoch", lambda self, *given: _stop_after_one(self, epoch, *given))
        with pytest.raises(KeyboardInterrupt):
            TorchClassifier(tuned, checkpoints=tmp_path).fit(features, labels, **facts)
    resumed = TorchClassifier(tuned, checkpoints=tmp_path).fit(features, labels, **facts)
    assert resumed.history_ == whole.history_
    assert np.array_equal(resumed.decision_function(features), whole.decision_function(features))
    strangers = TorchClassifier(tuned).fit(features, labels)
    assert strangers.history_ != whole.history_, "who speaks matters"


def _stop_after_one(training: NetworkTraining, epoch: Any, optimizer: Any, history: list[Any]) -> Any:
    if history:
        raise KeyboardInterrupt
    return epoch(training, optimizer, history)


def test_states_are_mixed_by_learned_shares(encoder_dir: Path) -> None:
    network = settings(encoder_dir, states=(0, 2)).network((20, 80), 3).eval()
    frames = torch.randn(1, 30, 80)
    with torch.inference_mode():
        network.mix.copy_(torch.tensor([0.0, np.log(3.0)]))
        states = network.encoder(frames)
        expected = network.head(network.pools[0](0.25 * states[0] + 0.75 * states[2]))
        torch.testing.assert_close(network(frames), expected)


def test_states_are_laid_end_to_end(encoder_dir: Path) -> None:
    network = settings(encoder_dir, states=(0, 2), join="concatenate").network((20, 80), 3).eval()
    frames = torch.randn(1, 30, 80)
    with torch.inference_mode():
        states = network.encoder(frames)
        expected = torch.cat([network.pools[0](states[0]), network.pools[1](states[2])], dim=1)
        torch.testing.assert_close(network.embed(frames), expected)


def test_means_alone_are_remembered_apart_from_deviations(encoder_dir: Path, tmp_path: Path) -> None:
    features, _ = clips(3)
    heard = [
        hear_states(
            settings(encoder_dir, **LANDMARKS | {"deviations": both}), features, cache=tmp_path, device="cpu"
        )
        for both in (True, False)
    ]
    n_states, units = 3, 16
    both, means = heard[0].reshape(3, n_states, 2, units), heard[1].reshape(3, n_states, units)
    np.testing.assert_allclose(means, both[:, :, 0], rtol=1e-5, atol=1e-6)


def test_the_probe_is_the_best_logistic_regression_on_the_published_states(encoder_dir: Path) -> None:
    features, labels = clips(40)
    penalty = 0.01
    chosen = settings(encoder_dir, probe=penalty, epochs=0, join="concatenate")
    model = chosen.build(seed=0).fit(features, labels)
    network = chosen.network((20, 80), 2).eval()
    with torch.inference_mode():
        pooled = np.concatenate([network.embed(torch.from_numpy(one[None])).numpy() for one in features])
    values = StandardScaler().fit_transform(pooled)
    expected = LogisticRegression(C=2 / (penalty * len(labels)), tol=1e-8, max_iter=2_000)
    # Two rows of weights, each half of the one that scikit-learn has: half its sum of squares.
    expected.fit(values, labels)
    np.testing.assert_allclose(model.predict_proba(features), expected.predict_proba(values), atol=2e-3)


@pytest.mark.parametrize(
    "choice",
    [TRAINING | {"epochs": 2, "attention": 4}, TRAINING | ADAPTED | {"loud": True}],
)
def test_scores_do_not_depend_on_the_batch(encoder_dir: Path, choice: dict[str, Any]) -> None:
    features, labels = clips()
    model = build_model("speech_encoder", encoder=str(encoder_dir), **choice)
    model.fit(features, labels)
    alone = np.concatenate([decision_scores(model, features[row : row + 1]) for row in range(len(features))])
    np.testing.assert_allclose(decision_scores(model, features), alone, rtol=1e-5, atol=1e-5)


def test_a_clip_that_is_too_long_is_refused(encoder_dir: Path) -> None:
    features, labels = clips()
    features[0] = np.zeros((401, 80), dtype=np.float32)
    with pytest.raises(FeatureError, match="the encoder takes 400"):
        build_model("speech_encoder", encoder=str(encoder_dir), **TRAINING).fit(features, labels)


def _products(content: bytes, n_classes: int) -> set[int]:
    """Types of the matrices that a model multiplies with, but for the one that the scores come from."""
    graph = onnx.load_from_string(content).graph
    matrices = [tensor for tensor in graph.initializer if len(tensor.dims) == 2]
    types = {tensor.name: tensor.data_type for tensor in matrices if tensor.dims[1] != n_classes}
    nodes = [node for node in graph.node if node.op_type in ("MatMul", "MatMulInteger")]
    return {types[name] for node in nodes for name in node.input if name in types}


@pytest.mark.parametrize("choice", [{}, LANDMARKS, ADAPTED])
def test_int8_hears_the_same(encoder_dir: Path, choice: dict[str, Any]) -> None:
    features, labels = clips()
    model = build_model("speech_encoder", encoder=str(encoder_dir), **TRAINING | choice)
    model.fit(features, labels)
    content = export_onnx(model, features)
    smaller = quantise_onnx(content, features)
    n_classes = len(set(labels))
    assert _products(content, n_classes) == {onnx.TensorProto.FLOAT}
    assert _products(smaller, n_classes) == {onnx.TensorProto.INT8}
    assert outside_references(smaller) == []
    session = onnxruntime.InferenceSession(smaller, providers=["CPUExecutionProvider"])
    (scores,) = session.run(["scores"], {"features": features[0][None]})
    np.testing.assert_allclose(scores, decision_scores(model, features[:1]), atol=0.3)
