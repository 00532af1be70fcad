"""Windows of speech: in order, over speech alone, the same however the signal comes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import load_audio
from serkit.errors import InvalidSignalError
from serkit.speech_windows import AROUND_S, MARGIN_S, PAUSE_S, SHORTEST_S, Pace, SpeechWindows, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE = 16_000
HELLO = load_audio(
    Path(__file__).resolve().parent.parent / "examples" / "hello.wav", sampling_rate=RATE
).signal
PAUSE = np.zeros(2 * RATE, np.float32)
# hello.wav speaks from 0 to 0.54 s and from 0.9 to 2.4 s, which is one region: the pause is short.
TALK = np.concatenate(
    [PAUSE, HELLO, PAUSE, *[HELLO[: int(2.4 * RATE)]] * 4, PAUSE, HELLO[14_400:22_400], PAUSE]
)


def seconds(least: float, most: float) -> st.SearchStrategy[float]:
    """Draw whole milliseconds: onnxruntime changes how the processor rounds, which st.floats refuses."""
    return st.integers(round(1000 * least), round(1000 * most)).map(lambda time: time / 1000)


def windows_of(
    signal: np.ndarray, pace: Pace | None = None, cuts: Sequence[int] = (), **settings: float
) -> list[Window]:
    windows = SpeechWindows(RATE, pace or Pace(), **settings)
    found = [window for piece in np.split(signal, sorted(cuts)) for window in windows.push(piece)]
    return [*found, *windows.finish()]


def test_windows_stand_where_somebody_speaks() -> None:
    found = windows_of(TALK)
    regions = {window.region for window in found}
    assert regions == {1, 2, 3}
    first = [window for window in found if window.region == 1]
    assert (first[0].start, first[-1].end) == (pytest.approx(1.95, abs=0.1), pytest.approx(4.5, abs=0.2))


def test_a_window_holds_the_sound_of_its_times() -> None:
    for window in windows_of(TALK, start=100.0):
        assert window.clip.start <= window.start < window.end <= window.clip.end + 1e-9
        first = round((window.clip.start - 100) * RATE)
        np.testing.assert_array_equal(window.clip.signal, TALK[first : first + window.clip.signal.size])


def test_long_speech_is_cut_at_the_hop_and_short_speech_is_one_window() -> None:
    found = windows_of(TALK, Pace(3.0, 1.5))
    long = [window for window in found if window.region == 2]
    assert len(long) == 6
    for before, after in pairwise(long):
        assert after.start - before.start == pytest.approx(1.5, abs=1 / RATE)
    assert all(window.end - window.start == pytest.approx(3.0, abs=1 / RATE) for window in long[:-1])
    (short,) = [window for window in found if window.region == 3]
    assert 0.4 < short.end - short.start < SHORTEST_S
    around = AROUND_S + 1 / RATE
    assert (short.start - short.clip.start, short.clip.end - short.end) == pytest.approx(
        (around, around), abs=0.01
    )


def test_a_short_window_at_the_end_is_heard_with_what_came_before() -> None:
    signal = np.concatenate([PAUSE, HELLO[14_400:22_400]])
    (window,) = windows_of(signal)
    assert window.end <= signal.size / RATE
    assert window.clip.duration >= SHORTEST_S


def test_a_model_that_needs_more_is_given_more() -> None:
    windows = windows_of(TALK, shortest_s=2.5)
    assert min(window.clip.duration for window in windows) > 2.5


def test_no_speech_gives_no_window() -> None:
    rng = np.random.default_rng(0)
    assert windows_of((0.01 * rng.standard_normal(10 * RATE)).astype(np.float32)) == []
    assert windows_of(np.zeros(0, np.float32)) == []


@settings(max_examples=15, deadline=None)
@given(
    cuts=st.lists(st.integers(0, TALK.size), max_size=20),
    window_s=seconds(1, 5),
    share=seconds(0.2, 1),
)
def test_windows_do_not_depend_on_the_pieces(cuts: list[int], window_s: float, share: float) -> None:
    pace = Pace(window_s, max(0.1, share * window_s))
    at_once, found = windows_of(TALK, pace), windows_of(TALK, pace, cuts)
    assert [window[:2] for window in found] == [window[:2] for window in at_once]
    for one, other in zip(found, at_once, strict=True):
        np.testing.assert_array_equal(one.clip.signal, other.clip.signal)


@settings(max_examples=15, deadline=None)
@given(parts=st.lists(st.tuples(seconds(0, 1.5), seconds(0.1, 2.5)), min_size=1, max_size=5), data=st.data())
def test_windows_are_ordered_overlap_within_a_region_only_and_leave_no_gap_in_it(
    parts: list[tuple[float, float]], data: st.DataObject
) -> None:
    pieces = [[np.zeros(int(gap * RATE)), HELLO[: int(speech * RATE)]] for gap, speech in parts]
    signal = np.concatenate([part for pair in pieces for part in pair], dtype=np.float32)
    window_s = data.draw(seconds(1, 4))
    pace = Pace(window_s, data.draw(seconds(0.1, window_s)))
    for before, after in pairwise(windows_of(signal, pace)):
        assert before.start < after.start
        assert before.end <= after.end
        if before.region == after.region:
            assert after.start <= before.end
        else:
            assert after.start - before.end >= PAUSE_S - 2 * MARGIN_S - 1e-6
    assert all(0 <= w.start < w.end <= signal.size / RATE for w in windows_of(signal, pace))


def test_the_memory_does_not_grow() -> None:
    windows = SpeechWindows(RATE, Pace())
    for _ in range(20):
        for _ in windows.push(np.concatenate([TALK, HELLO, HELLO])):
            pass
        assert windows._signal.end - windows._signal.begin < 12 * RATE
    assert windows.position == pytest.approx(20 * (TALK.size + 2 * HELLO.size) / RATE)


@pytest.mark.parametrize(
    ("window_s", "hop_s", "word"),
    [
        (0.5, 0.5, "window_s"),
        (float("nan"), 1, "window_s"),
        (3, 0, "hop_s"),
        (3, 3.5, "hop_s"),
        ("3", 1, "window_s"),
    ],
)
def test_a_pace_that_is_not_possible_is_refused(window_s: float, hop_s: float, word: str) -> None:
    with pytest.raises(InvalidSignalError, match=word):
        Pace(window_s, hop_s)
