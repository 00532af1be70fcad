"""wav2vec 2.0, HuBERT and WavLM of tiny size and random weights, as published ones lie in a folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from serkit.audio import clip_from_array
from serkit.errors import MissingDependencyError, RecipeError, WeightsError
from serkit.features import FEATURE_SETS
from serkit.files import sha256
from serkit.models import build_model
from serkit.models.encoder_weights import load_encoder
from serkit.onnx.export import export_onnx

if TYPE_CHECKING:
    from pathlib import Path

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")  # those of transformers are not ours

TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
LARGE_STYLE = {"do_stable_layer_norm": True, "feat_extract_norm": "layer"}
KINDS = {
    "wav2vec2": ("Wav2Vec2Config", {}),
    "wav2vec2-large": ("Wav2Vec2Config", LARGE_STYLE),
    "hubert": ("HubertConfig", {}),
    "wavlm": ("WavLMConfig", {}),
    "wavlm-large": ("WavLMConfig", LARGE_STYLE),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for kind, (name, settings) in KINDS.items():
            made[kind] = tmp_path_factory.mktemp(kind)
            config = getattr(transformers, name)(**TINY, **settings)
            transformers.AutoModel.from_config(config).save_pretrained(made[kind])
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_states_are_those_of_transformers(folders: dict[str, Path], kind: str) -> None:
    encoder = load_encoder(str(folders[kind])).eval()
    original = transformers.AutoModel.from_pretrained(folders[kind]).eval()
    frames = torch.randn(2, 40, 320, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        states = encoder(frames)
        expected = original(frames.flatten(1), output_hidden_states=True).hidden_states
    assert len(states) == 3
    for state, value in zip(states, expected, strict=True):
        assert torch.allclose(state, value, atol=1e-5)
    assert encoder.n_states(torch.tensor([40])).item() == states[0].shape[1]
    with torch.no_grad():
        assert len(encoder(frames, last=1)) == len(encoder(frames, torch.tensor([40, 25]), last=1)) == 2


@pytest.mark.parametrize("kind", ["wav2vec2", "wavlm"])
def test_what_fills_a_batch_up_is_not_heard(folders: dict[str, Path], kind: str) -> None:
    encoder = load_encoder(str(folders[kind])).eval()
    frames = torch.randn(2, 40, 320, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([40, 25])
    with torch.no_grad():
        together, alone = encoder(frames, lengths), encoder(frames[1:, :25])
    n_states = encoder.n_states(lengths)[1]
    for one, other in zip(together, alone, strict=True):
        assert torch.allclose(one[1, :n_states], other[0], atol=1e-6)


def test_blocks_are_cut_off(folders: dict[str, Path]) -> None:
    whole, half = (load_encoder(str(folders["hubert"]), blocks=blocks).eval() for blocks in (None, 1))
    assert (len(whole.layers), len(half.layers), len(half.parts())) == (2, 1, 2)
    with pytest.raises(WeightsError, match="has 2 blocks, not 3"):
        load_encoder(str(folders["hubert"]), blocks=3)
    assert sum(w.numel() for part in whole.parts() for w in part.parameters()) == sum(
        w.numel() for w in whole.parameters()
    )


def test_what_is_not_whole_is_an_error_and_never_random(folders: dict[str, Path], tmp_path: Path) -> None:
    weights = load_file(folders["wav2vec2"] / "model.safetensors")
    config = (folders["wav2vec2"] / "config.json").read_text()
    (tmp_path / "config.json").write_text(config)

    def refused(change: dict[str, torch.Tensor], without: str = "") -> str:
        kept = {name: value for name, value in weights.items() if name != without} | change
        save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(WeightsError) as caught:
            load_encoder(str(tmp_path))
        return str(caught.value)

    name = "encoder.layers.1.attention.k_proj.weight"
    assert f"1 weights are missing, the first is {name}" in refused({}, without=name)
    assert "cannot be loaded" in refused({name: torch.zeros(3, 3)})
    (tmp_path / "model.safetensors").write_bytes(b"pickle")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_encoder(str(tmp_path))
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        load_encoder(str(tmp_path))


def test_weights_are_pinned_and_transformers_is_named(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folders["wavlm"]
    assert load_encoder(str(folder), checksum=sha256(folder / "model.safetensors"))
    with pytest.raises(WeightsError, match="its SHA-256 is"):
        load_encoder(str(folder), checksum="0" * 64)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingDependencyError, match=r"serkit\[encoders\]"):
        load_encoder(str(folder))


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    rng = np.random.default_rng(0)
    found = np.empty(8, dtype=object)
    for row in range(8):
        signal = rng.standard_normal(8_000 + 700 * row) * (
            1 + np.sin(np.arange(8_000 + 700 * row) / 50 / (1 + row % 2))
        )
        found[row] = FEATURE_SETS["samples-320"].extract(
            clip_from_array((0.1 * signal).astype(np.float32), 16_000)
        )
    return found


def test_the_front_end_gives_the_samples_themselves(clips: np.ndarray) -> None:
    assert clips[0].shape == (25, 320)
    assert clips[0].mean() == pytest.approx(0, abs=1e-5)
    assert clips[0].std() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tuned", [0, 1])
def test_a_model_is_trained_and_exported(
    folders: dict[str, Path], clips: np.ndarray, kind: str, tuned: int
) -> None:
    labels = np.array(["calm", "happy"])[np.arange(8) % 2]
    settings = {"states": (1, 2), "join": "concatenate", "probe": 0.1, "batch_size": 4}
    model = build_model(
        "speech_encoder", encoder=str(folders[kind]), tuned_blocks=tuned, epochs=tuned, **settings
    ).fit(clips, labels)
    assert model.predict_proba(clips).shape == (8, 2)
    assert export_onnx(model, clips)  # raises where the scores differ


def test_frames_of_another_kind_are_refused(folders: dict[str, Path]) -> None:
    frames = np.zeros((4, 30, 80), np.float32)
    model = build_model("speech_encoder", encoder=str(folders["hubert"]), probe=0.1, epochs=0)
    with pytest.raises(RecipeError, match="takes frames of 320 values, not 80"):
        model.fit(frames, ["calm", "happy"] * 2)


def test_samples_are_no_frames_to_compare(folders: dict[str, Path]) -> None:
    choice = {"landmarks": 4, "axes": 2, "epochs": 0, "frame_share": 0.1}
    model = build_model("speech_encoder", encoder=str(folders["wav2vec2"]), **choice)
    with pytest.raises(RecipeError, match=r"loud, loud_share, frame_share, .* takes samples"):
        model.fit(np.zeros((4, 40, 320), np.float32), ["sad", "happy"] * 2)
