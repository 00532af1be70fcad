"""Adapted copies of blocks, beside the encoder as it was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch
from tests.models.test_speech_encoder import ADAPTED, clips, loud_then_quiet, mean_and_deviation, settings

from serkit.models.adapted_blocks import AdaptedBlocks, in_pairs
from serkit.models.batches import after_end
from serkit.models.remembered import remembered
from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder, states_after
from serkit.onnx.export import export_onnx, exported_scores

if TYPE_CHECKING:
    from pathlib import Path

TWICE = ADAPTED | {"adapted_loud_share": 0.3, "loud_steady": 0.5, "degraded_shares": {"adapted_loud": 1.0}}
SHAPE = EncoderShape(
    d_model=8, encoder_layers=3, encoder_attention_heads=2, encoder_ffn_dim=16, num_mel_bins=80
)


@pytest.mark.parametrize("n_states", [1, 2, 5, 8])
def test_pairs_are_means_of_two(n_states: int) -> None:
    states = torch.randn(2, n_states, 3)
    expected = torch.stack([states[:, n : n + 2].mean(dim=1) for n in range(0, n_states, 2)], dim=1)
    torch.testing.assert_close(in_pairs(states), expected)


@pytest.mark.parametrize("length", [1, 4, 5])
def test_what_lies_after_the_end_does_not_count(length: int) -> None:
    states = torch.randn(1, 8, 3)
    found = in_pairs(states, after_end(torch.tensor([length]), 8))
    torch.testing.assert_close(found[:, : (length + 1) // 2], in_pairs(states[:, :length]))


def test_before_training_they_hear_what_the_published_blocks_hear() -> None:
    encoder = WhisperEncoder(SHAPE).eval()
    adapted, pairs = AdaptedBlocks(encoder, (2, 3), rank=2).eval(), torch.randn(1, 7, 8)
    states = encoder.go_on(pairs, None, first=1)
    means = [value for state in states[1:] for value in (state.mean(1), state.std(1, correction=0))]
    torch.testing.assert_close(adapted(pairs), torch.cat(means, dim=1))


def test_training_leaves_the_published_blocks_as_they_are(encoder_dir: Path) -> None:
    features, labels = clips()
    chosen = settings(encoder_dir, **ADAPTED)
    before = chosen.network((20, 80), 2)
    after = chosen.build(seed=0).fit(features, labels)[-1].network_.body
    published = before.encoder.state_dict()
    assert all(torch.equal(published[name], value) for name, value in after.encoder.state_dict().items())
    assert after.adapted.blocks[0].fc1.layer.weight is after.encoder.layers[1].fc1.weight
    assert after.adapted.blocks[0].fc1.change.up.weight.abs().sum() > 0


def test_they_are_heard_beside_all_else(encoder_dir: Path) -> None:
    features, labels = clips()
    body = settings(encoder_dir, **ADAPTED).build(seed=0).fit(features, labels)[-1].network_.body
    frames = torch.from_numpy(features[0][None])
    with torch.inference_mode():
        states = body.encoder(frames)
        expected = [*(pool(states[n]) for n, pool in zip(body.states, body.pools, strict=True))]
        expected.append(body.adapted(in_pairs(states[1])))
        found = body.embed(frames)
    assert body.below is None, "predictions are computed in full precision"
    assert body.sizes == (sum(map(torch.numel, expected[:-1])), expected[-1].numel())
    torch.testing.assert_close(found, torch.cat(expected, dim=1), rtol=1e-4, atol=1e-4)


def test_they_may_be_heard_twice(encoder_dir: Path) -> None:
    """All states alike, and loud ones before all."""
    frames, n_loud = loud_then_quiet()
    body = settings(encoder_dir, **TWICE).network((20, 80), 2).eval()
    assert len(body.sizes) == 1, "while they are trained, states count alike"
    body.adapting = False
    body.hear((1,), adapted=("alike", "loud"))
    with torch.inference_mode():
        _, alike, loud = torch.split(body.embed(frames), body.sizes, dim=1)
        states = states_after(body.adapted.blocks, in_pairs(body.encoder(frames, last=1)[1]), None)[1]
        everywhere = mean_and_deviation(states)
        where_loud = mean_and_deviation(states[:, : n_loud // 4])
    torch.testing.assert_close(alike, everywhere, rtol=1e-4, atol=1e-4)
    assert (loud - where_loud).abs().mean() < 0.2 * (alike - where_loud).abs().mean()


def test_a_file_hears_them_twice(encoder_dir: Path) -> None:
    features, labels = clips()
    model = settings(encoder_dir, **TWICE).build(seed=0).fit(features, labels)
    content = export_onnx(model, features)
    body = model[-1].network_.body
    assert body.sizes[-1] == body.sizes[-2] == body.adapted.n_values
    found = exported_scores(content, features)
    np.testing.assert_allclose(found, model.decision_function(features), rtol=1e-3, atol=1e-3)


def test_what_enters_them_is_computed_once(encoder_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = clips()
    numbers: list[int | None] = []
    forward = WhisperEncoder.forward

    def counted(
        encoder: WhisperEncoder, frames: torch.Tensor, lengths: object = None, *, last: int | None = None
    ) -> list[torch.Tensor]:
        numbers.append(last)
        return forward(encoder, frames, lengths, last=last)  # type: ignore[arg-type]

    remembered.cache_clear()
    monkeypatch.setattr(WhisperEncoder, "forward", counted)
    settings(encoder_dir, **ADAPTED).build(seed=0).fit(features, labels)
    assert sorted(map(str, numbers)) == ["1"] * len(features) + ["2"] * len(features)


def test_a_folder_keeps_what_enters_them(encoder_dir: Path, tmp_path: Path) -> None:
    features, labels = clips()
    scores = []
    for _ in range(2):
        remembered.cache_clear()
        model = settings(encoder_dir, **ADAPTED).build(seed=0)
        model.set_params(classifier__cache=tmp_path)
        scores.append(model.fit(features, labels).decision_function(features))
    np.testing.assert_array_equal(*scores)


def test_shared_weights_are_exported_once(encoder_dir: Path) -> None:
    features, labels = clips()
    model = settings(encoder_dir, **ADAPTED).build(seed=0).fit(features, labels)
    graph = onnx.load_from_string(export_onnx(model, features)).graph
    large = [tensor.raw_data for tensor in graph.initializer if len(tensor.raw_data) > 1000]
    assert len(large) == len(set(large))
    stored = {tensor.name for tensor in graph.initializer}
    met = [name for node in graph.node if node.op_type == "MatMul" for name in node.input if name in stored]
    assert sorted(met.count(name) for name in set(met))[-4:] == [2, 2, 2, 2]
