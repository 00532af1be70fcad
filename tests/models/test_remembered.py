"""What a frozen encoder heard is computed once for each clip, whatever batch it stands in."""

from __future__ import annotations

import copy
import pickle
import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from serkit.models import build_model
from serkit.models.encoder_settings import SpeechEncoderSettings
from serkit.models.encoder_weights import load_encoder, weights_digest
from serkit.models.remembered import Remembered, remembered
from serkit.models.stored_values import FILE_NAME
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

    def counted(
        encoder: WhisperEncoder, frames: torch.Tensor, lengths: Any = None, *, last: int | None = None
    ) -> Any:
        heard.append(len(frames))
        return forward(encoder, frames, lengths, last=last)

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


def test_what_is_kept_in_a_folder_is_known_to_another_memory_of_the_same_encoder(tmp_path: Path) -> None:
    clip, length = torch.tensor([[[1.0], [2.0]]]), torch.tensor([2])
    first, same, other = Remembered("a", (1,)), Remembered("a", (1,)), Remembered("a", (2,))
    for memory in (first, same, other):
        memory.keep_in(tmp_path)
    assert first(lambda frames: frames.sum(dim=1), clip, length).tolist() == [[3.0]]
    assert same(pytest.fail, clip, length).tolist() == [[3.0]]
    assert other(lambda frames: frames.mean(dim=1), clip, length).tolist() == [[1.5]]


def test_a_fitted_model_goes_to_another_process_without_what_is_known(tmp_path: Path) -> None:
    memory = Remembered("a")
    memory.keep_in(tmp_path)
    memory(lambda frames: frames.sum(dim=1), torch.ones(1, 2, 1), None)
    there = pickle.loads(pickle.dumps(memory))
    assert there(lambda frames: frames.mean(dim=1), torch.ones(1, 2, 1), None).tolist() == [[1.0]]


def test_what_a_training_computes_in_half_precision_is_remembered_apart() -> None:
    weights, clip = torch.full((1, 1), 1.001), torch.ones(1, 1, 1)
    memory, precise = Remembered(), pytest.approx(1.001, abs=1e-6)
    for _ in range(2):  # computed, then remembered
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert memory(lambda frames: (frames @ weights).sum(dim=1), clip, None).item() == 1.0
        assert memory(lambda frames: (frames @ weights).sum(dim=1), clip, None).item() == precise


def test_a_training_keeps_what_its_encoder_hears(encoder_dir: Path, tmp_path: Path) -> None:
    features, labels = clips()
    scores = []
    for _ in range(2):
        remembered.cache_clear()
        model = build_model("speech_encoder", encoder=str(encoder_dir), **PROBE)
        model.set_params(classifier__cache=tmp_path)
        scores.append(model.fit(features, labels).decision_function(features))
    np.testing.assert_array_equal(*scores)
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        assert database.execute("SELECT COUNT(*) FROM vectors").fetchone() == (len(features),)


def test_another_encoder_has_a_memory_of_its_own(encoder_dir: Path) -> None:
    whole, cut = load_encoder(str(encoder_dir)), load_encoder(str(encoder_dir), blocks=1)
    assert weights_digest(whole) == weights_digest(load_encoder(str(encoder_dir)))
    assert weights_digest(whole) != weights_digest(cut)
