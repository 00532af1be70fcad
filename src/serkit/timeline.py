"""Hear how the emotion changes in a recording of any length, in constant memory."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from serkit.audio import stream_audio
from serkit.prediction import Prediction
from serkit.speech_windows import Pace, SpeechWindows, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from serkit.audio import AudioSource
    from serkit.predictor import Predictor

# Windows cut ahead for each worker, so that none waits while the recording is decoded.
_AHEAD = 4


class Heard(NamedTuple):
    """A window and what the model hears in it."""

    window: Window
    prediction: Prediction


def recorded_windows(
    source: AudioSource, predictor: Predictor, stretch: tuple[float, float | None], pace: Pace
) -> Iterator[Window]:
    """Yield the windows of the speech in a recording, in order.

    Parameters
    ----------
    source : str, path, bytes or binary file object
        The recording.
    predictor : Predictor
        Whose front end says at which rate, and how much at least, the model hears.
    stretch : tuple of float
        Where to begin and to stop, s; None stands for the end.
    pace : Pace
        Length and distance of the windows.

    Yields
    ------
    Window
        At the model's sampling rate.
    """
    info = predictor.info
    rate, windows = info.front_end.audio.sampling_rate, None
    for clip in stream_audio(source, sampling_rate=rate, start=stretch[0], end=stretch[1]):
        windows = windows or SpeechWindows(
            rate, pace, start=clip.start, source=clip.source, shortest_s=info.minimum_s
        )
        yield from windows.push(clip.signal)
    if windows:
        yield from windows.finish()


def hear_windows(windows: Iterable[Window], predictor: Predictor, workers: int) -> Iterator[Heard]:
    """Yield what a model hears in windows, in their order.

    Parameters
    ----------
    windows : iterable of Window
        Taken a few at a time.
    predictor : Predictor
        The model.
    workers : int
        Windows that are heard at once, each in a thread.

    Yields
    ------
    Heard
        One for each window.
    """
    waiting: deque[tuple[Window, Future[Prediction]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for window in windows:
            waiting.append((window, pool.submit(predictor.predict_clip, window.clip)))
            if len(waiting) > _AHEAD * workers:
                yield _result(*waiting.popleft())
        while waiting:
            yield _result(*waiting.popleft())


def _result(window: Window, future: Future[Prediction]) -> Heard:
    return Heard(window, future.result())


def join_windows(heard: Iterable[Heard], abstain_below: float) -> Iterator[Prediction]:
    """Turn overlapping windows into stretches of one emotion each.

    Parameters
    ----------
    heard : iterable of Heard
        In order.
    abstain_below : float
        Stretches with a lower confidence are marked as abstained, in [0, 1].

    Yields
    ------
    Prediction
        In order, none overlapping, each as soon as it is known to be over. At each instant the probabilities
        of the windows that cover it are averaged; then neighbours with one answer are joined, and their
        probabilities averaged by duration.
    """
    current: Prediction | None = None
    for source, times, probabilities in _instants(heard):
        cell = Prediction.of(source, times, probabilities, abstain_below=abstain_below)
        if current and _goes_on(current, cell):
            current = _joined(current, cell)
            continue
        if current:
            yield current
        current = cell
    if current:
        yield current


def _goes_on(before: Prediction, after: Prediction) -> bool:
    same = (before.emotion, before.abstained) == (after.emotion, after.abstained)
    return same and after.start == before.end


def _mean(one: float, other: float, share: float) -> float:
    """Return a weighted mean, between both to the last bit, so that two sure answers make no unsure one."""
    return sorted((one, share * one + (1 - share) * other, other))[1]


def _joined(before: Prediction, after: Prediction) -> Prediction:
    share = (before.end - before.start) / (after.end - before.start)
    probabilities = {
        label: _mean(value, after.probabilities[label], share)
        for label, value in before.probabilities.items()
    }
    confidence = probabilities[before.emotion]
    return replace(before, end=after.end, confidence=confidence, probabilities=probabilities)


def _instants(heard: Iterable[Heard]) -> Iterator[tuple[str, tuple[float, float], dict[str, float]]]:
    """Yield stretches that the same windows cover, with the mean of their probabilities."""
    covering: list[Heard] = []
    for new in heard:
        if covering and new.window.region != covering[-1].window.region:
            yield from _settled(covering, None)
            covering = []
        elif covering:
            yield from _settled(covering, new.window.start)
        covering = [one for one in covering if one.window.end > new.window.start]
        covering.append(new)
    yield from _settled(covering, None)


def _settled(
    covering: list[Heard], stop: float | None
) -> Iterator[tuple[str, tuple[float, float], dict[str, float]]]:
    """Yield the stretches from the start of the last window up to `stop`, or to the end of all."""
    if not covering:
        return
    ends = {one.window.end for one in covering if stop is None or one.window.end < stop}
    edges = sorted({covering[-1].window.start, *ends, *([] if stop is None else [stop])})
    for times in pairwise(edges):
        still = [one.prediction for one in covering if one.window.end >= times[1]]
        labels = still[0].probabilities
        mean = {label: sum(one.probabilities[label] for one in still) / len(still) for label in labels}
        yield still[0].source, times, mean
