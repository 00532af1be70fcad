"""What a frozen encoder heard is computed once for each clip, whatever batch it stands in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from serkit.models import build_model
from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.encoder_weights import load_encoder, weights_digest
from serkit.models.remembered import Remembered, remembered
from serkit.models.whisper_encoder import WhisperEncoder

if TYPE_CHECKING:
    from pathlib import Path

PROBE: dict[str, Any] = {"join": "concatenate", "probe": 1e-2, "epochs": 0}


def clips(n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = np.empty(n, dtype=object)
    for row in range(n):
        features[row] = rng.normal(row % 2, 1, (int(rng.integers(20, 40)), 80)).astype(np.float32)
    return features, np.where(np.arange(n) % 2, "sad", "happy")


def test_a_second_training_hears_no_clip_again(encoder_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = clips()
    heard: list[int] = []
    forward = WhisperEncoder.forward

    def counted(encoder: WhisperEncoder, frames: torch.Tensor, lengths: Any = None) -> Any:
        heard.append(len(frames))
        return forward(encoder, frames, lengths)

    remembered.cache_clear()
    monkeypatch.setattr(WhisperEncoder, "forward", counted)
    model = build_model("speech_encoder", encoder=str(encoder_dir), **PROBE)
    first = model.fit(features, labels).predict_proba(features)
    assert heard == [1] * len(features)
    again = build_model("speech_encoder", encoder=str(encoder_dir), **PROBE).fit(features[::-1], labels[::-1])
    assert heard == [1] * len(features)
    np.testing.assert_allclose(again.predict_proba(features), first, atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [{"tuned_blocks": 1}, {"attention": 4}, {"join": "mix"}, {"mixup": 0.2}],
)
def test_what_changes_in_training_is_not_remembered(encoder_dir: Path, change: dict[str, Any]) -> None:
    settings = SpeechEncoderSettings(encoder=str(encoder_dir), **PROBE | {"epochs": 1} | change)
    assert settings.network((20, 80), 2).memory is None  # type: ignore[union-attr]


def test_a_copy_remembers_the_same() -> None:
    memory = Remembered()
    assert copy.deepcopy(memory) is memory


def test_another_encoder_has_a_memory_of_its_own(encoder_dir: Path) -> None:
    whole, cut = load_encoder(str(encoder_dir)), load_encoder(str(encoder_dir), blocks=1)
    assert weights_digest(whole) == weights_digest(load_encoder(str(encoder_dir)))
    assert weights_digest(whole) != weights_digest(cut)
