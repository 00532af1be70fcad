"""Fixtures that several test files share."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLING_RATE = 16_000
# Pitch in Hz, loudness and pitch movement that make four synthetic emotions easy to tell apart.
VOICES = {
    "neutral": (1.0, 0.2, 0.02),
    "happy": (1.6, 0.4, 0.25),
    "sad": (0.8, 0.08, 0.01),
    "angry": (1.3, 0.8, 0.12),
}
RAVDESS_CODES = {"neutral": "01", "happy": "03", "sad": "04", "angry": "05"}
RECIPE = """
name = "small"
summary = "A recipe for tests"
[data]
corpora = "ravdess"
[protocol.folds]
kind = "speaker_folds"
folds = 3
[protocol.dev]
kind = "speakers"
speakers = ["05", "06"]
dev = 0.5
[protocol.dev_rows]
kind = "speakers"
speakers = ["05", "06"]
dev = 0.1
dev_by = "row"
seed = 0
[protocol.random]
kind = "random"
test = 0.25
seed = 0
allow_leaks = ["speaker"]
[features]
hop_length = 256
n_fft = 512
functionals = ["mean", "std"]
blocks = [{ name = "rms" }, { name = "mfcc", n_mfcc = 5 }, { name = "zero_crossing_rate" }]
[model]
name = "logistic_regression"
[search]
grid.C = [0.01, 1]
folds = 2
"""


def synthetic_voice(emotion: str, *, speaker: int, seed: int, duration_s: float = 1.2) -> np.ndarray:
    """Return a made-up voice: harmonics under a moving pitch, with noise; float32, 16 kHz."""
    pitch, loudness, movement = VOICES[emotion]
    rng = np.random.default_rng([seed, speaker, list(VOICES).index(emotion)])
    time = np.arange(int(duration_s * SAMPLING_RATE)) / SAMPLING_RATE
    f0 = (110 + 25 * speaker) * pitch * (1 + movement * np.sin(2 * np.pi * rng.uniform(2, 4) * time))
    phase = 2 * np.pi * np.cumsum(f0) / SAMPLING_RATE
    voice = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, 9))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * rng.uniform(3, 5) * time)
    noise = 0.02 * rng.standard_normal(time.size)
    signal = loudness * rng.uniform(0.8, 1.0) * (voice * syllables / 3 + noise)
    return np.clip(signal, -0.99, 0.99).astype(np.float32)


@pytest.fixture(scope="session")
def write_voice() -> Callable[..., None]:
    """Return a function that writes a synthetic voice as a 16-bit WAV file; its folder is made."""

    def write(path: Path, emotion: str, *, speaker: int, seed: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(
            path, synthetic_voice(emotion, speaker=speaker, seed=seed), SAMPLING_RATE, subtype="PCM_16"
        )

    return write


@pytest.fixture(scope="session")
def voice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One synthetic voice as a 16-bit WAV file."""
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    soundfile.write(path, synthetic_voice("happy", speaker=1, seed=0), SAMPLING_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def synthetic_ravdess(tmp_path_factory: pytest.TempPathFactory, write_voice: Callable[..., None]) -> Path:
    """A folder named and laid out as RAVDESS: 6 actors, 4 emotions, 4 clips each (96 files)."""
    root = tmp_path_factory.mktemp("ravdess")
    for actor in range(1, 7):
        folder = root / f"Actor_{actor:02d}"
        for emotion, code in RAVDESS_CODES.items():
            for take in range(4):
                name = f"03-01-{code}-01-{take // 2 + 1:02d}-{take % 2 + 1:02d}-{actor:02d}.wav"
                write_voice(folder / name, emotion, speaker=actor, seed=take)
    return root


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let child processes hear SIGINT, which those of a shell in the background ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe that trains on `synthetic_ravdess` in a second."""
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="session")
def corpora_dir() -> Path:
    """The folder of the real corpora: $SERKIT_CORPORA, or `shared/data` beside the checkout."""
    folder = Path(os.environ.get("SERKIT_CORPORA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real corpora are not in {folder}; set SERKIT_CORPORA to their folder")
    return folder


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that tells the four synthetic emotions apart; its folder."""
    from serkit.audio import clip_from_array
    from serkit.bundle import BundleInfo, CorpusFacts, ScoreFacts, save_bundle
    from serkit.features import Block, FeatureSet
    from serkit.model_card import model_card
    from serkit.models import build_model
    from serkit.onnx.export import export_onnx

    blocks = [Block(name=name) for name in ("rms", "zero_crossing_rate", "centroid")]
    front_end = FeatureSet(n_fft=512, hop_length=256, blocks=blocks, functionals=("mean", "std"))
    voices = [(emotion, speaker, take) for emotion in VOICES for speaker in range(6) for take in range(3)]
    features = np.array(
        [
            front_end.extract(
                clip_from_array(synthetic_voice(emotion, speaker=speaker, seed=take), SAMPLING_RATE)
            )
            for emotion, speaker, take in voices
        ]
    )
    model = build_model("logistic_regression").fit(features, [emotion for emotion, _, _ in voices])
    info = BundleInfo(
        name="tiny",
        summary="Four synthetic emotions",
        serkit_version="0.1.0",
        licence="Apache-2.0",
        labels=tuple(model.classes_.tolist()),
        front_end=front_end,
        temperature=1.5,
        corpora=(CorpusFacts(name="synthetic", licence="CC0-1.0", recordings=len(voices), speakers=6),),
        scores=(
            ScoreFacts(
                measured_on="synthetic, training rows",
                metric="uar",
                value=0.98,
                low=0.95,
                high=1.0,
                recordings=len(voices),
                speakers=6,
            ),
        ),
    )
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    return save_bundle(folder, info, export_onnx(model, features), model_card(info))


@pytest.fixture(scope="session")
def encoder_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A speech encoder of two small blocks and random weights, in a folder as published ones are."""
    import torch
    from safetensors.torch import save_file

    from serkit.models.whisper_encoder import EncoderShape, WhisperEncoder

    shape = EncoderShape(80, 16, 2, 2, 32, 200)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = WhisperEncoder(shape)
    folder = tmp_path_factory.mktemp("encoder")
    weights = {f"model.encoder.{name}": value for name, value in encoder.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "whisper", **shape._asdict()}))
    return folder


@pytest.fixture(scope="session")
def whisper_dir() -> Path:
    """The encoder of whisper-base: $SERKIT_WHISPER, or `shared/models` beside the checkout."""
    default = REPOSITORY.parent / "shared" / "models" / "whisper-base-encoder"
    folder = Path(os.environ.get("SERKIT_WHISPER", default))
    if not folder.is_dir():
        pytest.skip(f"whisper-base's encoder is not in {folder}; set SERKIT_WHISPER to its folder")
    return folder
