"""Time a prediction against large speech encoders: one thread, warm, a clip of 3 seconds, front end included.

    python benchmarks/predict.py [--model default] [--runs 10]

The encoders that it is compared with are built here with random weights, which take as long as published
ones: wav2vec 2.0 large on the clip, and the whole encoder of whisper-base on the 30 seconds that it fills
every clip up to; both in PyTorch, float32. All take turns, so that other work on the machine slows all alike.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import serkit
from serkit.audio import clip_from_array
from serkit.features import FEATURE_SETS
from serkit.models.whisper_encoder import Block, EncoderShape, WhisperEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLING_RATE, DURATION_S, FILLED_S = 16_000, 3, 30
GOALS = {"wav2vec 2.0 large": 50.0, "whisper-base encoder": 4.0}
KERNELS, STRIDES, CHANNELS = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), 512
LARGE = EncoderShape(d_model=1_024, encoder_layers=24, encoder_attention_heads=16, encoder_ffn_dim=4_096)


class Wav2Vec2Large(nn.Module):
    """The encoder of wav2vec 2.0 large: 7 convolutions of the wave, one of positions, 24 blocks."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, *[CHANNELS] * len(KERNELS))
        pairs = zip(widths, widths[1:], KERNELS, STRIDES, strict=False)
        self.convolutions = nn.ModuleList(nn.Conv1d(a, b, kernel, stride) for a, b, kernel, stride in pairs)
        self.norms = nn.ModuleList(nn.LayerNorm(CHANNELS) for _ in KERNELS)
        self.project = nn.Sequential(nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, LARGE.d_model))
        self.positions = nn.Conv1d(LARGE.d_model, LARGE.d_model, 128, padding=64, groups=16)
        self.blocks = nn.ModuleList(Block(LARGE) for _ in range(LARGE.encoder_layers))
        self.norm = nn.LayerNorm(LARGE.d_model)

    def forward(self, wave: torch.Tensor) -> torch.Tensor:
        """Return the states of waves, (N, n_states, 1024)."""
        hidden = wave[:, None]
        for convolve, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = functional.gelu(norm(convolve(hidden).transpose(1, 2)).transpose(1, 2))
        states = self.project(hidden.transpose(1, 2))
        states = states + functional.gelu(self.positions(states.transpose(1, 2))[..., :-1]).transpose(1, 2)
        for block in self.blocks:
            states = block(states, None)
        return self.norm(states)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="default", help="name or folder of a model")
    parser.add_argument("--runs", type=int, default=10, help="measured rounds, after one to warm up")
    options = parser.parse_args()
    torch.set_num_threads(1)
    seconds = take_turns(systems(options.model), options.runs)
    ours = statistics.median(seconds[options.model])
    print(f"one thread, {DURATION_S} s of sound, {options.runs} rounds, median (least)")
    for name, times in seconds.items():
        middle = statistics.median(times)
        line = f"{name:22} {1e3 * middle:9.1f} ms ({1e3 * min(times):.1f})"
        print(line + (f"  {middle / ours:6.1f} times as long, goal {GOALS[name]:g}" if name in GOALS else ""))


def systems(model: str) -> dict[str, Callable[[], object]]:
    """Name everything that is timed."""
    noise = np.random.default_rng(0).standard_normal(SAMPLING_RATE * FILLED_S).astype(np.float32) / 9
    signal = noise[: SAMPLING_RATE * DURATION_S]
    predictor = serkit.load(model, threads=1)
    large, whole = Wav2Vec2Large().eval(), WhisperEncoder(EncoderShape()).eval()
    frames, filled = FEATURE_SETS["whisper-80"], clip_from_array(noise, SAMPLING_RATE)
    return {
        model: lambda: predictor.predict_signal(signal, SAMPLING_RATE),
        f"{model}, front end": lambda: predictor.info.front_end.extract(
            clip_from_array(signal, SAMPLING_RATE)
        ),
        "wav2vec 2.0 large": lambda: large(torch.from_numpy(signal)[None]),
        "whisper-base encoder": lambda: whole(torch.from_numpy(frames.extract(filled))[None]),
    }


def take_turns(calls: dict[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Time every call in every round, in s; the quick ones many times."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    with torch.inference_mode():
        for call in calls.values():
            call()
        for _ in range(runs):
            for name, call in calls.items():
                for _ in range(1 if name in GOALS else 10):
                    before = time.perf_counter()
                    call()
                    seconds[name].append(time.perf_counter() - before)
    return seconds


if __name__ == "__main__":
    main()
