"""Live speech: the same answers whatever the pieces, only while somebody speaks, with a true latency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import serkit
from serkit.audio import load_audio
from serkit.errors import InvalidSignalError, SerkitError
from serkit.stream import LivePrediction, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.predictor import Predictor

RATE = 16_000
HELLO = load_audio(
    Path(__file__).resolve().parent.parent / "examples" / "hello.wav", sampling_rate=RATE
).signal
PAUSE = np.zeros(2 * RATE, np.float32)
TALK = np.concatenate([PAUSE, HELLO, PAUSE, HELLO, HELLO, HELLO, PAUSE])


@pytest.fixture(scope="module")
def predictor(tiny_bundle: Path) -> Predictor:
    return serkit.load(tiny_bundle)


def listen(
    predictor: Predictor, signal: np.ndarray, cuts: Sequence[int] = (), rate: int = RATE, **settings: float
) -> list[LivePrediction]:
    stream = Stream(predictor, rate, **settings)
    answers = [answer for piece in np.split(signal, sorted(cuts)) for answer in stream.push(piece)]
    return answers + stream.finish()


def told(answers: list[LivePrediction]) -> list[tuple[float, float, str]]:
    return [(round(one.start, 6), round(one.end, 6), one.emotion) for one in answers]


def test_answers_come_where_somebody_speaks(predictor: Predictor) -> None:
    answers = listen(predictor, TALK)
    assert len(answers) >= 4
    assert answers[0].start == pytest.approx(2.0, abs=0.15)
    full = [one for one in answers if one.end - one.start > 2.99]
    assert full
    for one in full:
        whole = predictor.predict_signal(TALK[round(one.start * RATE) : round(one.end * RATE)], RATE)
        assert one.probabilities == pytest.approx(whole.probabilities, abs=1e-5)
    assert {one.source for one in answers} == {"stream"}


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, TALK.size), max_size=30))
def test_answers_do_not_depend_on_the_pieces(predictor: Predictor, cuts: list[int]) -> None:
    assert told(listen(predictor, TALK, cuts)) == told(listen(predictor, TALK))


def test_any_rate_and_type_is_heard_alike(predictor: Predictor) -> None:
    reference = listen(predictor, TALK)
    as_integers = listen(predictor, np.round(TALK * 32_767).astype(np.int16), range(0, TALK.size, 160))
    assert told(as_integers) == told(reference)
    upsampled = np.repeat(TALK, 3)
    stereo = listen(predictor, np.stack([upsampled, upsampled], axis=1), rate=48_000)
    assert [one.start for one in stereo] == pytest.approx([one.start for one in reference], abs=0.1)


def test_window_and_hop_are_those_that_were_asked_for(predictor: Predictor) -> None:
    answers = listen(predictor, TALK, window_s=2.0, hop_s=0.5)
    long = [one for one in answers if one.start > 6]
    assert long[1].start - long[0].start == pytest.approx(0.5)
    assert long[0].end - long[0].start == pytest.approx(2.0)


def test_nothing_is_said_about_silence(predictor: Predictor) -> None:
    assert listen(predictor, np.tile(PAUSE, 4)) == []
    assert Stream(predictor, RATE).push([]) == []


def test_the_latency_of_live_sound_is_the_wait_and_the_computing(predictor: Predictor) -> None:
    stream = Stream(predictor, RATE)
    answers = []
    for first in range(0, TALK.size, 800):
        for one in stream.push(TALK[first : first + 800]):
            heard_s = (first + 800) / RATE
            answers.append(one)
            assert one.latency >= min(heard_s, TALK.size / RATE) - one.end
            assert one.latency < heard_s - one.end + 5
    assert answers
    # In the middle of speech an answer waits for no pause.
    assert min(heard.latency for heard in answers) < 1
    assert "latency" in answers[0].to_dict()


def test_a_finished_stream_takes_no_more(predictor: Predictor) -> None:
    stream = Stream(predictor, RATE)
    stream.push(TALK)
    stream.finish()
    assert stream.finish() == []
    with pytest.raises(SerkitError, match="finished"):
        stream.push(TALK)


def test_mistakes_are_told(predictor: Predictor) -> None:
    with pytest.raises(InvalidSignalError, match="sampling rate"):
        Stream(predictor, 0)
    with pytest.raises(InvalidSignalError, match="hop_s"):
        Stream(predictor, RATE, hop_s=9)
    with pytest.raises(InvalidSignalError, match="full scale"):
        Stream(predictor, RATE).push(np.array([30_000.0, 2.0]))
