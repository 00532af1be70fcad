"""Whisper's encoder: its states by the published formulas, on clips of any length, cut after any block."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from serkit.errors import FeatureError
from serkit.models.encoder_weights import load_encoder
from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder, sinusoids

SHAPE = EncoderShape(
    num_mel_bins=5,
    d_model=8,
    encoder_layers=3,
    encoder_attention_heads=2,
    encoder_ffn_dim=12,
    max_source_positions=40,
)


@pytest.fixture
def encoder() -> WhisperEncoder:
    torch.manual_seed(0)
    return WhisperEncoder(SHAPE).eval()


def gelu(values: np.ndarray) -> np.ndarray:
    return values * (1 + np.vectorize(math.erf)(values / math.sqrt(2))) / 2


def convolve(frames: np.ndarray, weights: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    padded = np.pad(frames, [(1, 1), (0, 0)])
    starts = range(0, len(padded) - 2, stride)
    return np.array([np.einsum("tc,oct->o", padded[t : t + 3], weights) + bias for t in starts])


def normalise(states: np.ndarray, weights: dict[str, np.ndarray], name: str) -> np.ndarray:
    spread = np.sqrt(states.var(axis=1, keepdims=True) + 1e-5)
    centred = (states - states.mean(axis=1, keepdims=True)) / spread
    return centred * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def dense(states: np.ndarray, weights: dict[str, np.ndarray], name: str) -> np.ndarray:
    return states @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0.0)


def published_states(frames: np.ndarray, weights: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The encoder as it was published, in numpy, head by head."""
    hidden = gelu(convolve(frames, weights["conv1.weight"], weights["conv1.bias"], 1))
    hidden = gelu(convolve(hidden, weights["conv2.weight"], weights["conv2.bias"], 2))
    states = [hidden + weights["embed_positions.weight"][: len(hidden)]]
    for layer in range(SHAPE.encoder_layers):
        block = {n.removeprefix(f"layers.{layer}."): w for n, w in weights.items()}
        x = states[-1]
        given = normalise(x, block, "self_attn_layer_norm")
        q, k, v = (dense(given, block, f"self_attn.{p}_proj") for p in "qkv")
        heads = []
        for part in np.split(np.arange(SHAPE.d_model), SHAPE.encoder_attention_heads):
            likeness = np.exp(q[:, part] @ k[:, part].T / math.sqrt(len(part)))
            heads.append(likeness / likeness.sum(axis=1, keepdims=True) @ v[:, part])
        x = x + dense(np.concatenate(heads, axis=1), block, "self_attn.out_proj")
        inner = gelu(dense(normalise(x, block, "final_layer_norm"), block, "fc1"))
        states.append(x + dense(inner, block, "fc2"))
    return states


@pytest.mark.parametrize("n_frames", [1, 2, 33, 80])
def test_states_follow_the_published_formulas(encoder: WhisperEncoder, n_frames: int) -> None:
    frames = torch.randn(1, n_frames, 5, generator=torch.Generator().manual_seed(n_frames))
    with torch.inference_mode():
        states = encoder(frames)
    weights = {name: value.numpy().astype(np.float64) for name, value in encoder.state_dict().items()}
    expected = published_states(frames[0].numpy().astype(np.float64), weights)
    assert len(states) == 4
    for found, wanted in zip(states, expected, strict=True):
        np.testing.assert_allclose(found[0].numpy(), wanted, rtol=0, atol=2e-5)


def test_a_clip_s_states_do_not_depend_on_the_batch(encoder: WhisperEncoder) -> None:
    lengths = torch.tensor([41, 18, 1])
    batch = torch.randn(3, 41, 5, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        together = encoder(batch, lengths)
        for row, length in enumerate(lengths.tolist()):
            for whole, alone in zip(together, encoder(batch[row : row + 1, :length]), strict=True):
                torch.testing.assert_close(whole[row : row + 1, : alone.shape[1]], alone)


def test_a_cut_encoder_has_the_states_of_the_whole_one(encoder: WhisperEncoder) -> None:
    cut = WhisperEncoder(SHAPE, blocks=1).eval()
    cut.load_state_dict({n: w for n, w in encoder.state_dict().items() if n in cut.state_dict()})
    frames = torch.randn(2, 12, 5)
    with torch.inference_mode():
        assert len(cut(frames)) == 2
        torch.testing.assert_close(cut(frames)[-1], encoder(frames)[1])


@pytest.mark.parametrize("lengths", [None, torch.tensor([20, 13])])
def test_no_block_after_the_last_state_that_is_wanted_is_computed(
    encoder: WhisperEncoder, lengths: torch.Tensor | None
) -> None:
    frames = torch.randn(2, 20, 5)
    whole = encoder(frames, lengths)
    for last in range(4):
        states = encoder(frames, lengths, last=last)
        assert len(states) == last + 1
        assert all(torch.equal(one, other) for one, other in zip(states, whole, strict=False))


def test_later_states_follow_from_any_state(encoder: WhisperEncoder) -> None:
    states = encoder(torch.randn(2, 20, 5))
    following = encoder.go_on(states[1], None, first=1, last=2)
    assert len(following) == 2
    assert torch.equal(following[1], states[2])


def test_a_clip_longer_than_the_positions_is_refused(encoder: WhisperEncoder) -> None:
    with pytest.raises(FeatureError, match="a clip of 82 frames: the encoder takes 80"):
        encoder(torch.zeros(1, 81, 5))


def test_parts_are_all_that_is_trained(encoder: WhisperEncoder) -> None:
    parts = [weights for part in encoder.parts() for weights in part.parameters()]
    trained = [weights for weights in encoder.parameters() if weights.requires_grad]
    assert len(encoder.parts()) == 4
    assert {id(weights) for weights in parts} == {id(weights) for weights in trained}


def _transformers(config: dict[str, Any]) -> Any:
    pytest.importorskip("transformers", reason="transformers is not installed")
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder as Published

    return Published(WhisperConfig(**config)).eval()


def test_states_equal_those_of_transformers(encoder: WhisperEncoder) -> None:
    published = _transformers(SHAPE._asdict())
    assert sorted(published.state_dict()) == sorted([*encoder.state_dict(), *_LAST_NORM])
    encoder.load_state_dict({n: w for n, w in published.state_dict().items() if n not in _LAST_NORM})
    frames = torch.randn(2, 80, 5)
    with torch.inference_mode():
        states = encoder(frames)
        theirs = published(frames.transpose(1, 2), output_hidden_states=True).hidden_states
        torch.testing.assert_close(states[:-1], list(theirs[:-1]), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(published.layer_norm(states[-1]), theirs[-1], rtol=1e-5, atol=1e-5)


_LAST_NORM = ("layer_norm.weight", "layer_norm.bias")


def test_positions_of_whisper_base_are_sinusoids(whisper_dir: Path) -> None:
    encoder = load_encoder(str(whisper_dir), blocks=1)
    shape = json.loads((whisper_dir / "config.json").read_text())
    expected = sinusoids(shape["max_source_positions"], shape["d_model"])
    torch.testing.assert_close(encoder.embed_positions.weight.data, expected, rtol=0, atol=1e-3)


def test_training_and_prediction_attend_alike(encoder: WhisperEncoder) -> None:
    """Whichever way the likenesses are computed, and with clips of other lengths beside them."""
    frames, lengths = torch.randn(3, 60, 5), torch.tensor([60, 17, 41])
    predicted = encoder(frames, lengths)
    for one, other in zip(predicted, encoder.train()(frames, lengths), strict=True):
        for row, length in enumerate((lengths + 1) // 2):
            torch.testing.assert_close(one[row, :length], other[row, :length], rtol=1e-4, atol=1e-5)
