"""What enters trained blocks, computed once."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch
from tests.models.test_speech_encoder import ADAPTED, TUNED, clips

from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.remembered import remembered
from serkit.models.remembered_states import RememberedStates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    remembered.cache_clear()


def memory(calls: list[int] | None = None) -> RememberedStates:
    """Every other frame, doubled."""

    def hear(frames: torch.Tensor) -> torch.Tensor:
        if calls is not None:
            calls.append(len(frames))
        return 2 * frames[:, ::2]

    return RememberedStates(1, 3, hear, "halved")


@pytest.mark.parametrize("lengths", [None, torch.tensor([8, 5, 1])])
def test_states_are_those_of_each_clip(lengths: torch.Tensor | None) -> None:
    frames, ends = torch.randn(3, 8, 3), [4, 4, 4] if lengths is None else [4, 3, 1]
    for _ in range(2):  # computed, then remembered
        states, outside = memory()(frames, lengths)
        for row, end in enumerate(ends):
            torch.testing.assert_close(states[row, :end], 2 * frames[row, ::2][:end], rtol=1e-3, atol=1e-3)
            assert outside[row].tolist() == [place >= end for place in range(max(ends))]


def test_a_clip_is_computed_once_whatever_batch_it_stands_in() -> None:
    calls: list[int] = []
    frames, halved = torch.randn(4, 8, 3), memory(calls)
    halved(frames[:3], None)
    halved(frames[1:], None)
    padded = torch.cat([frames, torch.zeros(4, 2, 3)], dim=1)
    halved(padded, torch.full((4,), 8))
    assert calls == [1] * 4


def test_half_precision_is_kept() -> None:
    states, _ = memory()(torch.full((1, 2, 3), 1.0001), None)
    assert states.dtype == torch.float32
    assert (states == 2.0).all()


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        (TUNED | {"states": (1, 2)}, 1),
        (TUNED | {"states": (2,)}, 1),
        (TUNED | {"states": (2,), "tuned_blocks": 2}, None),
        (TUNED | {"states": ()}, None),
        (TUNED | {"states": (1, 2), "neighbours": 0.0, "mixup": 0.2}, None),
        (ADAPTED, 1),
        (ADAPTED | {"adapted_states": (1, 2)}, 0),
    ],
)
def test_the_last_state_that_never_changes_is_remembered(
    encoder_dir: Path, choice: dict[str, Any], number: int | None
) -> None:
    below = SpeechEncoderSettings(encoder=str(encoder_dir), **choice).network((20, 80), 2).below
    assert (None if below is None else below.number) == number  # type: ignore[union-attr]


@pytest.mark.parametrize("choice", [TUNED | {"states": (1, 2)}, ADAPTED])
def test_a_training_that_remembers_comes_to_the_same(
    encoder_dir: Path, monkeypatch: pytest.MonkeyPatch, choice: dict[str, Any]
) -> None:
    features, labels = clips()
    chosen = SpeechEncoderSettings(encoder=str(encoder_dir), **choice | {"batch_size": 16})
    found = chosen.build(seed=0).fit(features, labels)[-1]
    monkeypatch.setattr(SpeechEncoderSettings, "_below", lambda _self, _network: None)
    expected = chosen.build(seed=0).fit(features, labels)[-1]
    losses = [[epoch.train_loss for epoch in one.history_] for one in (found, expected)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-2)


def test_a_trained_network_can_be_copied_and_sent(encoder_dir: Path) -> None:
    features, labels = clips()
    chosen = SpeechEncoderSettings(encoder=str(encoder_dir), **ADAPTED)
    model = chosen.build(seed=0).fit(features, labels)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert (other.predict(features) == model.predict(features)).all()
