"""Timelines: the right emotion at the right time, in order, whatever the container and the length."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import serkit
from serkit.audio import Clip, load_audio
from serkit.errors import AudioNotFoundError, InvalidSignalError, SerkitError
from serkit.prediction import Prediction
from serkit.speech_windows import Window
from serkit.timeline import Heard, hear_windows, join_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.predictor import Predictor

RATE = 16_000
HELLO = load_audio(
    Path(__file__).resolve().parent.parent / "examples" / "hello.wav", sampling_rate=RATE
).signal
PAUSE = np.zeros(RATE, np.float32)
CLIP = Clip(PAUSE, RATE)
LABELS = ("angry", "happy", "neutral", "sad")


@pytest.fixture(scope="module")
def predictor(tiny_bundle: Path) -> Predictor:
    return serkit.load(tiny_bundle, abstain_below=0.3)


def encoded(signal: np.ndarray, container: str = "WAV", rate: int = RATE) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, signal, rate, format=container)
    return stream.getvalue()


def heard(start: float, end: float, probabilities: Sequence[float], region: int = 1) -> Heard:
    shares = dict(zip(("happy", "sad"), probabilities, strict=True))
    return Heard(
        Window(start, end, CLIP, region), Prediction.of("a.wav", (start, end), shares, abstain_below=0)
    )


def stretches(*windows: Heard, abstain_below: float = 0.0) -> list[tuple[float, float, str, float, bool]]:
    joined = join_windows(windows, abstain_below)
    return [(one.start, one.end, one.emotion, round(one.confidence, 6), one.abstained) for one in joined]


def test_overlapping_windows_are_averaged_at_each_instant() -> None:
    found = stretches(heard(0, 2, (0.9, 0.1)), heard(1, 3, (0.5, 0.5)), heard(2, 4, (0.1, 0.9)))
    # 0-1: 0.9; 1-2: 0.7; 2-3: 0.3; 3-4: 0.1
    assert found == [(0, 2, "happy", 0.8, False), (2, 4, "sad", 0.8, False)]


def test_one_outlier_between_two_windows_is_smoothed_away() -> None:
    happy, odd = (0.9, 0.1), (0.2, 0.8)
    windows = [heard(0, 2, happy), heard(1, 3, odd), heard(2, 4, happy)]
    assert [found[2] for found in stretches(*windows)] == ["happy"]


def test_a_pause_ends_a_stretch() -> None:
    found = stretches(heard(0, 2, (0.9, 0.1), region=1), heard(2.5, 4, (0.9, 0.1), region=2))
    assert [times[:2] for times in found] == [(0, 2), (2.5, 4)]


def test_sure_and_unsure_stretches_are_kept_apart() -> None:
    windows = heard(0, 2, (0.9, 0.1)), heard(2, 4, (0.6, 0.4))
    assert stretches(*windows, abstain_below=0.7) == [(0, 2, "happy", 0.9, False), (2, 4, "happy", 0.6, True)]


def test_confidence_is_averaged_by_duration() -> None:
    assert stretches(heard(0, 3, (0.9, 0.1)), heard(3, 4, (0.5, 0.5)))[0][3] == pytest.approx(0.8)


def test_the_mean_of_equal_confidences_is_as_sure_as_they_are() -> None:
    windows = [heard(start, start + 3, (0.88, 0.12)) for start in range(0, 30, 3)]
    assert stretches(*windows, abstain_below=0.88) == [(0, 30, "happy", 0.88, False)]


def test_no_window_gives_no_stretch() -> None:
    assert stretches() == []


@given(
    steps=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 100), st.booleans()), min_size=1, max_size=12),
    threshold=st.integers(0, 100),
)
def test_stretches_are_ordered_cover_all_windows_and_stay_probabilities(
    steps: list[tuple[int, int, bool]], threshold: int
) -> None:
    windows, start, region = [], 0, 1
    for step, share, pause in steps:
        if pause:
            start, region = start + 10, region + 1
        windows.append(heard(start, start + 4, (share / 100, 1 - share / 100), region))
        start += step
    found = list(join_windows(windows, threshold / 100))
    assert all(one.start < one.end for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    covered = {instant for one in windows for instant in range(int(one.window.start), int(one.window.end))}
    assert {i for one in found for i in range(int(one.start), int(one.end))} == covered
    for one in found:
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert one.confidence == max(one.probabilities.values())
        assert one.abstained == (one.confidence < threshold / 100)


def test_windows_are_heard_in_order_and_only_a_few_ahead() -> None:
    taken = []

    def windows():
        for start in range(50):
            taken.append(start)
            yield Window(start, start + 1, CLIP, 1)

    results = hear_windows(windows(), SimpleNamespace(predict_clip=lambda clip: clip), 2)
    assert next(results).window.start == 0
    assert len(taken) < 12
    assert [one.window.start for one in results] == list(range(1, 50))


def test_an_emotion_is_found_where_it_was_said(predictor: Predictor) -> None:
    signal = np.concatenate([PAUSE, HELLO, PAUSE, HELLO[: 2 * RATE], PAUSE])
    found = list(predictor.timeline(encoded(signal)))
    assert len(found) >= 2
    assert found[0].start == pytest.approx(1.0, abs=0.15)
    assert found[-1].end == pytest.approx(signal.size / RATE - 1, abs=0.5)
    # The second time, "hello" is one window, and so it is what `predict` hears, with what surrounds it.
    one = found[-1]
    around = min(0.5, (3.0 - (one.end - one.start)) / 2)
    alone = predictor.predict(encoded(signal), start=one.start - around, end=one.end + around)
    assert one.emotion == alone.emotion
    assert one.confidence == pytest.approx(alone.confidence, abs=0.02)


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG", "MP3"])
def test_the_container_does_not_matter(predictor: Predictor, container: str) -> None:
    signal = np.tile(np.concatenate([PAUSE, HELLO]), 5)
    reference, found = (list(predictor.timeline(encoded(signal, name))) for name in ("WAV", container))
    assert [one.start for one in found] == pytest.approx([one.start for one in reference], abs=0.15)
    assert found[-1].end <= signal.size / RATE + 0.1


def test_a_stretch_keeps_the_times_of_the_recording(predictor: Predictor) -> None:
    signal = np.tile(np.concatenate([PAUSE, HELLO]), 4)
    found = list(predictor.timeline(encoded(signal), start=4.2, end=9.0))
    assert found
    assert all(4.2 <= one.start < one.end <= 9.0 for one in found)


def test_workers_change_nothing_but_the_time(predictor: Predictor) -> None:
    content = encoded(np.tile(np.concatenate([PAUSE, HELLO]), 6))
    assert list(predictor.timeline(content, workers=3)) == list(predictor.timeline(content))


def test_silence_has_an_empty_timeline(predictor: Predictor) -> None:
    assert list(predictor.timeline(encoded(np.zeros(5 * RATE)))) == []


def test_mistakes_are_told(predictor: Predictor) -> None:
    with pytest.raises(AudioNotFoundError):
        list(predictor.timeline("no-such-file.wav"))
    with pytest.raises(InvalidSignalError, match="hop_s"):
        predictor.timeline("no-such-file.wav", hop_s=7)
    with pytest.raises(SerkitError, match="workers"):
        predictor.timeline("no-such-file.wav", workers=0)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory otherwise")
def test_a_long_recording_takes_no_more_memory_than_a_short_one(tiny_bundle: Path, tmp_path: Path) -> None:
    code = f"""
import resource, serkit
predictor = serkit.load({str(tiny_bundle)!r})
peaks = []
for name in ("short.flac", "long.flac"):
    assert sum(1 for _ in predictor.timeline({str(tmp_path)!r} + "/" + name)) > 3
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print((peaks[1] - peaks[0]) / 1024)
"""
    speech = np.concatenate([HELLO, np.zeros(20 * RATE, np.float32)])
    soundfile.write(tmp_path / "short.flac", np.tile(speech, 6), RATE)
    soundfile.write(tmp_path / "long.flac", np.tile(speech, 24), RATE)  # 9 minutes: 35 MB as float32
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 15


@pytest.mark.corpora
def test_acted_emotions_are_found_in_a_row_of_recordings(corpora_dir: Path) -> None:
    folder = corpora_dir / "ravdess" / "Actor_05"
    names = [
        f"03-01-{code}-02-{statement}-01-05" for code in ("05", "04", "08") for statement in ("01", "02")
    ]
    parts, spoken = [], []
    for name in names:
        clip = load_audio(folder / f"{name}.flac", sampling_rate=RATE)
        spoken.append((sum(part.size for part in parts) / RATE, clip.duration))
        parts += [clip.signal / np.abs(clip.signal).max(), np.zeros(RATE, np.float32)]
    found = list(serkit.load().timeline(encoded(np.concatenate(parts))))
    for start, duration in spoken:
        inside = [one for one in found if one.start < start + duration and one.end > start]
        assert inside, "somebody speaks in every recording"
    assert {"angry", "sad", "surprise"} <= {one.emotion for one in found}
