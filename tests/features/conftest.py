"""Signals that the feature tests run on: made-up voices always, recordings where they are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from serkit.audio import Clip, clip_from_array, load_audio, resample

RECORDINGS = (
    "ravdess/Actor_05/03-01-05-02-01-01-05.flac",
    "ravdess/Actor_12/03-01-02-01-02-01-12.flac",
    "savee/DC_f03.opus",
    "tess/OAF_back_fear.opus",
)


def made_up_voice(rate: int, *, pitch: float, seed: int, duration_s: float = 1.0) -> np.ndarray:
    """Harmonics up to half the rate under a moving pitch, with syllables and noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(duration_s * rate)) / rate
    f0 = pitch * (1 + 0.1 * np.sin(2 * np.pi * 2.5 * time))
    phase = 2 * np.pi * np.cumsum(f0) / rate
    n_harmonics = min(40, int(rate / 2 / (1.2 * pitch)))
    voice = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, n_harmonics))
    syllables = np.maximum(0.01, np.sin(2 * np.pi * 3 * time))
    return (0.2 * voice * syllables + 0.003 * rng.standard_normal(time.size)).astype(np.float32)


@pytest.fixture(scope="session", params=["made-up", "recorded"])
def clips(request: pytest.FixtureRequest) -> list[Clip]:
    """A few clips at 48 kHz or 16 kHz."""
    if request.param == "made-up":
        return [
            clip_from_array(made_up_voice(48_000, pitch=pitch, seed=seed), 48_000)
            for seed, pitch in enumerate((110.0, 230.0))
        ]
    folder: Path = request.getfixturevalue("corpora_dir")
    files = [folder / name for name in RECORDINGS]
    return [load_audio(file) for file in files if file.is_file()]


@pytest.fixture(scope="session")
def at_rate(clips: list[Clip]):
    """The clips at a rate, each resampled once."""
    known: dict[int, list[np.ndarray]] = {}

    def signals(rate: int) -> list[np.ndarray]:
        if rate not in known:
            known[rate] = [resample(clip, rate).signal for clip in clips]
        return known[rate]

    return signals


@pytest.fixture
def close():
    """Compare to a reference, relative to the largest value of the reference."""

    def check(ours: np.ndarray, reference: np.ndarray, tolerance: float = 1e-4) -> None:
        assert ours.shape == reference.shape
        assert ours.dtype == np.float32
        scale = np.abs(reference).max() or 1.0
        assert np.abs(ours - reference).max() <= tolerance * scale

    return check


@pytest.fixture
def voice() -> Clip:
    """One second of a made-up voice at 16 kHz."""
    return clip_from_array(made_up_voice(16_000, pitch=150.0, seed=7), 16_000)
