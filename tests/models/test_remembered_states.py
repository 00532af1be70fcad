"""States below tuned blocks, computed once."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch
from tests.models.test_speech_encoder import BELOW, TUNED, clips

from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.remembered_states import RememberedStates, remembered_states
from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = EncoderShape(
    d_model=8, encoder_layers=3, encoder_attention_heads=2, encoder_ffn_dim=16, num_mel_bins=80
)


@pytest.fixture
def encoder() -> WhisperEncoder:
    torch.manual_seed(0)
    return WhisperEncoder(SHAPE).eval()


@pytest.mark.parametrize("lengths", [None, torch.tensor([40, 23, 7])])
def test_states_are_those_of_the_encoder(encoder: WhisperEncoder, lengths: torch.Tensor | None) -> None:
    frames, memory = torch.randn(3, 40, 80), RememberedStates(1)
    expected = encoder(frames, lengths)
    for _ in range(2):  # computed, then remembered
        found = memory(encoder, frames, lengths)
        assert sorted(found) == [1, 2, 3]
        for number, state in found.items():
            ends = [20] * 3 if lengths is None else encoder.n_states(lengths).tolist()
            for row, end in enumerate(ends):
                torch.testing.assert_close(state[row, :end], expected[number][row, :end])


def test_a_clip_is_computed_once(encoder: WhisperEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    forward = WhisperEncoder.forward

    def counted(encoder: WhisperEncoder, frames: torch.Tensor, *rest: Any, **more: Any) -> Any:
        heard.append(len(frames))
        return forward(encoder, frames, *rest, **more)

    monkeypatch.setattr(WhisperEncoder, "forward", counted)
    frames, memory = torch.randn(4, 40, 80), RememberedStates(1)
    memory(encoder, frames[:3], None)
    memory(encoder, frames[1:], None)
    memory(encoder, frames.flip(0), None, last=2)
    assert heard == [1] * 4


def test_a_clip_s_state_is_the_same_in_every_batch(encoder: WhisperEncoder) -> None:
    frames, lengths = torch.randn(3, 40, 80), torch.tensor([40, 23, 7])
    together, alone = RememberedStates(1), RememberedStates(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        together(encoder, frames, lengths)
        alone(encoder, frames[1:2, :23], lengths[1:2])
    (key,) = alone._known
    assert torch.equal(alone._known[key], together._known[key])


def test_gradients_reach_the_blocks_after_it_alone(encoder: WhisperEncoder) -> None:
    RememberedStates(1)(encoder, torch.randn(1, 40, 80), None)[3].sum().backward()
    assert encoder.layers[0].fc1.weight.grad is None
    assert encoder.layers[1].fc1.weight.grad is not None


def test_half_precision_is_kept_where_products_are_computed_in_it(encoder: WhisperEncoder) -> None:
    memory = RememberedStates(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        memory(encoder, torch.randn(1, 40, 80), None)
    assert {state.dtype for state in memory._known.values()} == {torch.bfloat16}


def test_a_copy_knows_the_same_and_another_process_nothing(encoder: WhisperEncoder) -> None:
    memory = RememberedStates(1)
    memory(encoder, torch.randn(1, 40, 80), None)
    assert copy.deepcopy(memory) is memory
    assert pickle.loads(pickle.dumps(memory))._known == {}
    assert remembered_states(1, "one") is remembered_states(1, "one")
    assert remembered_states(1, "one") is not remembered_states(2, "one")


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        (TUNED | {"states": (1, 2)}, 1),
        (TUNED | {"states": (2,)}, 1),
        (TUNED | {"states": (2,), "tuned_blocks": 2}, None),
        (TUNED | {"states": ()}, None),
        (BELOW, None),
        (TUNED | {"states": (1, 2), "neighbours": 0.0, "mixup": 0.2}, None),
    ],
)
def test_the_last_state_that_never_changes_is_remembered(
    encoder_dir: Path, choice: dict[str, Any], number: int | None
) -> None:
    chosen = SpeechEncoderSettings(encoder=str(encoder_dir), **choice)
    network = chosen.network((20, 80), 2)
    memory = chosen._below(network.encoder)
    assert (memory and memory.number) == number


def test_a_training_that_remembers_comes_to_the_same(
    encoder_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, labels = clips()
    chosen = SpeechEncoderSettings(encoder=str(encoder_dir), **TUNED | {"states": (1, 2), "batch_size": 16})
    found = chosen.build(seed=0).fit(features, labels)[-1]
    monkeypatch.setattr(SpeechEncoderSettings, "_below", lambda _self, _encoder: None)
    expected = chosen.build(seed=0).fit(features, labels)[-1]
    losses = [[epoch.train_loss for epoch in one.history_] for one in (found, expected)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
