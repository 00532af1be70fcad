"""Published weights: from a folder, from the hub, and never random ones instead."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from serkit.errors import MissingDependencyError, WeightsError
from serkit.files import sha256
from serkit.models.encoder_weights import load_encoder
from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder

PIN = {"revision": "0123abc", "checksum": "0" * 64}


@pytest.fixture
def copied(encoder_dir: Path, tmp_path: Path) -> Path:
    """A folder of weights that may be spoilt."""
    return Path(shutil.copytree(encoder_dir, tmp_path / "encoder"))


def rewrite(folder: Path, change: Any) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


def reconfigure(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_weights_of_a_folder_are_loaded(encoder_dir: Path) -> None:
    encoder = load_encoder(str(encoder_dir), blocks=1, checksum=sha256(encoder_dir / "model.safetensors"))
    weights = load_file(encoder_dir / "model.safetensors")
    assert len(encoder.layers) == 1
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, weights[f"model.encoder.{name}"])


def test_weights_of_half_precision_are_loaded_as_float32(copied: Path) -> None:
    rewrite(copied, lambda weights: weights.update({n: w.half() for n, w in weights.items()}))
    assert {value.dtype for value in load_encoder(str(copied)).state_dict().values()} == {torch.float32}


@pytest.mark.parametrize("prefix", ["", "encoder.", "model.encoder."])
def test_an_encoder_in_a_larger_model_is_found(copied: Path, prefix: str) -> None:
    weights = load_file(copied / "model.safetensors")
    renamed = {prefix + name.removeprefix("model.encoder."): value for name, value in weights.items()}
    renamed |= {"proj_out.weight": torch.zeros(2), "model.decoder.layers.0.fc1.weight": torch.zeros(2)}
    save_file(renamed, copied / "model.safetensors")
    assert len(load_encoder(str(copied)).layers) == 2


def _drop(weights: dict[str, torch.Tensor]) -> None:
    del weights["model.encoder.layers.1.fc1.bias"]


def _resize(weights: dict[str, torch.Tensor]) -> None:
    weights["model.encoder.conv1.weight"] = torch.zeros(16, 80, 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: rewrite(f, _drop), "1 weights are missing, the first is layers.1.fc1.bias"),
        (lambda f: rewrite(f, _resize), "weights do not fit config.json"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors: cannot be read"),
        (lambda f: (f / "model.safetensors").write_bytes(b"pickle"), "model.safetensors: cannot be read"),
        (lambda f: (f / "config.json").unlink(), "config.json: does not describe an encoder"),
        (lambda f: (f / "config.json").write_text("[]"), "config.json: does not describe an encoder"),
        (lambda f: reconfigure(f, model_type="bert"), "a model of the kind 'bert'"),
        (lambda f: reconfigure(f, activation_function="relu"), "a model of the kind"),
    ],
)
def test_what_is_not_a_whole_encoder_is_refused(copied: Path, change: Any, message: str) -> None:
    change(copied)
    with pytest.raises(WeightsError, match=message):
        load_encoder(str(copied))


@pytest.mark.parametrize("change", [{"num_mel_bins": 128}, {"d_model": 8, "encoder_ffn_dim": 24}])
def test_whisper_of_another_size_is_loaded(tmp_path: Path, change: dict[str, int]) -> None:
    shape = EncoderShape(80, 16, 3, 2, 32, 50)._replace(**change)
    weights = {f"model.encoder.{n}": w for n, w in WhisperEncoder(shape).state_dict().items()}
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper", **shape._asdict()}))
    encoder = load_encoder(str(tmp_path))
    assert (encoder.n_values, encoder.units) == (shape.num_mel_bins, shape.d_model)
    assert len(encoder(torch.zeros(1, 20, shape.num_mel_bins))) == 4


def test_other_weights_than_those_of_the_checksum_are_refused(encoder_dir: Path) -> None:
    with pytest.raises(WeightsError, match="its SHA-256 is"):
        load_encoder(str(encoder_dir), checksum="0" * 64)


def test_more_blocks_than_there_are_are_refused(encoder_dir: Path) -> None:
    with pytest.raises(WeightsError, match="has 2 blocks, not 3"):
        load_encoder(str(encoder_dir), blocks=3)


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(WeightsError, match="no such folder"):
        load_encoder("../models/whisper", **PIN)


@pytest.mark.parametrize("pin", [{}, {"revision": "0123abc"}, {"checksum": "0" * 64}])
def test_a_model_of_the_hub_is_pinned(pin: dict[str, str]) -> None:
    with pytest.raises(WeightsError, match="set its revision and its checksum"):
        load_encoder("openai/whisper-base", **pin)


def test_the_hub_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r"serkit\[hub\]"):
        load_encoder("openai/whisper-base", **PIN)


def test_weights_come_from_the_pinned_revision(encoder_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(name: str, file: str, *, revision: str) -> str:
        asked.append((name, file, revision))
        return str(encoder_dir / file)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=fetch))
    checksum = sha256(encoder_dir / "model.safetensors")
    encoder = load_encoder("owner/model", revision="0123abc", checksum=checksum)
    assert len(encoder.layers) == 2
    assert asked == [("owner/model", file, "0123abc") for file in ("config.json", "model.safetensors")]
    with pytest.raises(WeightsError, match="its SHA-256 is"):
        load_encoder("owner/model", **PIN)


def test_a_download_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> str:
        raise OSError("401 Client Error\nlong explanation")

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=fail))
    with pytest.raises(WeightsError, match=r"^owner/no-model: cannot be downloaded: 401 Client Error; "):
        load_encoder("owner/no-model", **PIN)
