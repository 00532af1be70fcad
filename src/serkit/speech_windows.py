"""Cut the speech of an endless signal into windows that a model can hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.audio import Clip
from serkit.audio.clip import is_number
from serkit.errors import InvalidSignalError
from serkit.voice_activity import CHUNK_S, VoiceActivity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

WINDOW_S, HOP_S = 3.0, 2.0
# Models learn from recordings that begin before the speech and end after it: what is shorter than a window is
# heard with so much on either side, s; no more, so that nobody else is in it.
AROUND_S = 0.5
# Less than this tells little of an emotion, s.
SHORTEST_S = 1.0
# Windows that lie closer only cost time, s.
CLOSEST_S = 0.1
# Speech begins at the higher probability and lasts until it stays below the lower one for a pause.
SPEECH, STILL_SPEECH = 0.5, 0.35
PAUSE_S = 0.6
# Voices fade in and out more slowly than the detector decides.
MARGIN_S = 0.1
# A shorter region, its margins included, is a click or a cough; so much at the end of one needs no window.
LEAST_S = 0.4
# Samples handed to the detector at once, s: so much is known before the first window is cut.
_STEP_S = 128 * CHUNK_S


@dataclass(frozen=True)
class Pace:
    """How long windows are and how far they lie apart, s."""

    window_s: float = WINDOW_S
    hop_s: float = HOP_S

    def __post_init__(self) -> None:
        if not is_number(self.window_s) or not SHORTEST_S <= self.window_s < float("inf"):
            raise InvalidSignalError(
                f"window_s: a window of {self.window_s!r} s is shorter than {SHORTEST_S:g} s",
                hint=f"{WINDOW_S:g} is usual",
            )
        if not is_number(self.hop_s) or not CLOSEST_S <= self.hop_s <= self.window_s:
            raise InvalidSignalError(
                f"hop_s: {self.hop_s!r} s is not between {CLOSEST_S:g} and the window's {self.window_s:g} s",
                hint=f"{HOP_S:g} is usual",
            )


class Window(NamedTuple):
    """A stretch of speech: its times in the recording, s; its sound, and maybe some around it; its region.

    Windows of one region overlap; between two regions there is a pause.
    """

    start: float
    end: float
    clip: Clip
    region: int


class SpeechWindows:
    """Find the speech in a signal that comes in pieces of any size, and cut it into windows.

    Parameters
    ----------
    sampling_rate : int
        Samples per second, Hz.
    pace : Pace
        Length and distance of the windows.
    start : float, default 0.0
        Time of the first sample, s.
    source : str, default "array"
        Name for results and error messages.
    shortest_s : float, default 1.0
        Shortest clip that the model takes, s.
    """

    def __init__(
        self,
        sampling_rate: int,
        pace: Pace,
        *,
        start: float = 0.0,
        source: str = "array",
        shortest_s: float = SHORTEST_S,
    ) -> None:
        self._rate, self._start, self._source, self._pace = sampling_rate, start, source, pace
        # One more, since the model compares durations.
        self._shortest = self._samples(max(shortest_s, SHORTEST_S)) + 1
        self._margin = self._samples(MARGIN_S)
        self._activity = VoiceActivity(sampling_rate)
        self._signal = _Recent()
        self._n_chunks = self._n_regions = 0
        # The region that is open: where it begins and how far it is voiced, in samples; windows cut from it.
        self._open = False
        self._begin = self._voiced = self._n_cut = 0

    @property
    def position(self) -> float:
        """Time up to which the signal has come, s."""
        return self._start + self._signal.end / self._rate

    def push(self, signal: NDArray[np.float32]) -> Iterator[Window]:
        """Yield the windows that are complete with the next piece."""
        step = self._samples(_STEP_S)
        for first in range(0, signal.size, step):
            piece = signal[first : first + step]
            self._signal.append(piece)
            yield from self._hear(self._activity.push(piece))

    def finish(self) -> Iterator[Window]:
        """Yield the windows that are left at the end of the signal."""
        yield from self._hear(self._activity.push(np.zeros(0, np.float32), last=True))
        if self._open:
            yield from self._close()

    def _hear(self, probabilities: NDArray[np.float32]) -> Iterator[Window]:
        for probability in probabilities.tolist():
            begin, end = (self._samples((self._n_chunks + i) * CHUNK_S) for i in (0, 1))
            self._n_chunks += 1
            if not self._open and probability >= SPEECH:
                self._begin_region(begin)
            if self._open and probability >= STILL_SPEECH:
                self._voiced = min(end, self._signal.end)
                yield from self._full_windows()
            elif self._open and end - self._voiced >= self._samples(PAUSE_S):
                yield from self._close()
        needed = self._next()[0] if self._open else self._samples(self._n_chunks * CHUNK_S)
        self._signal.forget(needed - self._shortest - self._samples(2 * AROUND_S))

    def _begin_region(self, begin: int) -> None:
        self._open = True
        self._begin, self._n_cut = max(0, begin - self._margin), 0
        self._n_regions += 1

    def _next(self) -> tuple[int, int]:
        """First sample and the one after the last of the next window, should the region go on."""
        start_s = self._n_cut * self._pace.hop_s
        end_s = start_s + self._pace.window_s
        return self._begin + self._samples(start_s), self._begin + self._samples(end_s)

    def _full_windows(self) -> Iterator[Window]:
        while self._voiced >= self._next()[1]:
            yield self._cut(*self._next())

    def _close(self) -> Iterator[Window]:
        """Yield windows of what none has covered of the region that ends."""
        self._open = False
        end = min(self._voiced + self._margin, self._signal.end)
        covered = self._begin
        if self._n_cut:
            covered += self._samples((self._n_cut - 1) * self._pace.hop_s + self._pace.window_s)
        while end - covered >= self._samples(LEAST_S):
            first, last = self._next()
            covered = min(last, end)
            yield self._cut(first, covered)

    def _cut(self, first: int, last: int) -> Window:
        """Cut the next window; a short one is heard with what surrounds it."""
        self._n_cut += 1
        with_surroundings = min(
            last - first + 2 * self._samples(AROUND_S), self._samples(self._pace.window_s)
        )
        n_heard = max(last - first, with_surroundings, self._shortest)
        centred = first - (n_heard - (last - first)) // 2
        heard_from = max(self._signal.begin, min(centred, self._signal.end - n_heard))
        signal = self._signal.cut(heard_from, heard_from + n_heard)
        clip = Clip(signal, self._rate, self._time(heard_from), self._source)
        return Window(self._time(first), self._time(last), clip, self._n_regions)

    def _time(self, sample: int) -> float:
        return self._start + sample / self._rate

    def _samples(self, seconds: float) -> int:
        return round(seconds * self._rate)


class _Recent:
    """The last part of a signal; positions count from the signal's beginning."""

    def __init__(self) -> None:
        self.begin = 0
        self._kept = np.zeros(0, np.float32)

    @property
    def end(self) -> int:
        return self.begin + self._kept.size

    def append(self, piece: NDArray[np.float32]) -> None:
        self._kept = np.concatenate([self._kept, piece])

    def cut(self, first: int, last: int) -> NDArray[np.float32]:
        """Return a copy of a stretch; less where the signal ends."""
        return self._kept[first - self.begin : last - self.begin].copy()

    def forget(self, before: int) -> None:
        begin = min(max(self.begin, before), self.end)
        self._kept = self._kept[begin - self.begin :]
        self.begin = begin
