"""Hear emotion in sound as it comes: samples in, predictions out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.audio import Resampler, clip_from_array
from serkit.audio.clip import check_rate
from serkit.errors import SerkitError
from serkit.prediction import Prediction
from serkit.speech_windows import WINDOW_S, Pace, SpeechWindows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from serkit.predictor import Predictor
    from serkit.speech_windows import Window


@dataclass(frozen=True)
class LivePrediction(Prediction):
    """What a model hears in a window of live speech.

    Attributes
    ----------
    latency : float
        From the end of the window to this answer, s: the sound that had to follow, and the computing.
    """

    latency: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as plain JSON values, numbers rounded to 6 decimals."""
        return super().to_dict() | {"latency": round(self.latency, 6)}


class Stream:
    """Hear the emotion of whoever speaks, while they speak, in constant memory.

    An answer comes as soon as a whole window has been spoken, then at every hop, and at the end of what is
    said: after a pause of 0.6 s. Nothing is answered while nobody speaks.

    Parameters
    ----------
    predictor : Predictor
        The model.
    sampling_rate : int
        Samples per second of what will be pushed, Hz.
    window_s : float, default 3.0
        How much speech an answer hears, 1 s or more. What is said in less is one window.
    hop_s : float, default 1.0
        From one window to the next, s; 0.1 s or more and at most `window_s`.
    source : str, default "stream"
        Name for the predictions.

    Raises
    ------
    InvalidSignalError
        If the sampling rate, the window or the hop is not possible.

    Examples
    --------
    >>> import serkit
    >>> stream = serkit.Stream(serkit.load(), 16_000)  # doctest: +SKIP
    >>> for block in microphone:  # doctest: +SKIP
    ...     for heard in stream.push(block):
    ...         print(heard.emotion, heard.confidence, heard.latency)
    """

    def __init__(
        self,
        predictor: Predictor,
        sampling_rate: int,
        *,
        window_s: float = WINDOW_S,
        hop_s: float = 1.0,
        source: str = "stream",
    ) -> None:
        info = predictor.info
        rate = info.front_end.audio.sampling_rate
        self._predictor = predictor
        self._rate = check_rate(sampling_rate, source)
        self._resampler = Resampler(self._rate, rate)
        self._windows = SpeechWindows(rate, Pace(window_s, hop_s), source=source, shortest_s=info.minimum_s)
        self._source, self._finished = source, False

    def push(self, signal: ArrayLike) -> list[LivePrediction]:
        """Hear the next piece.

        Parameters
        ----------
        signal : array_like, shape (n_samples,) or (n_samples, n_channels)
            Any number of samples, none included: floats in [-1, 1] or integers of full scale.

        Returns
        -------
        list of LivePrediction
            One for each window that ends with this piece; mostly none.

        Raises
        ------
        AudioError
            If this cannot be a signal.
        SerkitError
            If the stream is finished.
        """
        if self._finished:
            raise SerkitError(f"{self._source}: is finished", hint="begin another Stream")
        arrived = time.perf_counter()
        samples = np.asarray(signal)
        if not samples.size:
            return []
        clip = clip_from_array(samples, self._rate, source=self._source)
        return self._hear(self._windows.push(self._resampler.push(clip.signal)), arrived)

    def finish(self) -> list[LivePrediction]:
        """Hear what is left when no more sound comes.

        Returns
        -------
        list of LivePrediction
            One for each window that is left.
        """
        if self._finished:
            return []
        self._finished = True
        arrived = time.perf_counter()
        rest = self._resampler.push(np.zeros(0, np.float32), last=True)
        return self._hear(self._windows.push(rest), arrived) + self._hear(self._windows.finish(), arrived)

    def _hear(self, windows: Iterable[Window], arrived: float) -> list[LivePrediction]:
        return [self._answer(window, arrived) for window in windows]

    def _answer(self, window: Window, arrived: float) -> LivePrediction:
        heard = self._predictor.predict_clip(window.clip)
        waited = self._windows.position - window.end + time.perf_counter() - arrived
        facts = vars(heard) | {"start": window.start, "end": window.end}
        return LivePrediction(**facts, latency=waited)
