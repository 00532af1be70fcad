"""Tell speech from other sound, 32 ms at a time.

The model is Silero VAD [1]_ (MIT licence), its graph rearranged by ``scripts/voice_activity.py`` so that many
chunks are heard at once: an hour takes seconds.

References
----------
.. [1] Silero Team (2024). Silero VAD: pre-trained enterprise-grade Voice Activity Detector (VAD), Number
   Detector and Language Classifier. https://github.com/snakers4/silero-vad
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serkit.audio import Resampler
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

MODEL = Path(__file__).with_suffix(".onnx")
SAMPLING_RATE, CHUNK = 16_000, 512
CHUNK_S = CHUNK / SAMPLING_RATE
# Samples of the chunk before that are heard again, and values of the state.
_CONTEXT, _UNITS = 64, 128
# Chunks heard at once: more cost memory and are not faster.
_BATCH = 128


class VoiceActivity:
    """Hear speech in a signal that comes in pieces.

    Parameters
    ----------
    sampling_rate : int
        Samples per second of the signal, Hz.

    Examples
    --------
    >>> silence = np.zeros(16_000, np.float32)
    >>> bool(VoiceActivity(16_000).push(silence).max() < 0.1)
    True
    """

    def __init__(self, sampling_rate: int) -> None:
        self._resampler = Resampler(sampling_rate, SAMPLING_RATE)
        # What is not heard yet, behind its context.
        self._pending = np.zeros(_CONTEXT, np.float32)
        self._state = [np.zeros((1, 1, _UNITS), np.float32)] * 2

    def push(self, signal: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """Hear the next piece.

        Parameters
        ----------
        signal : ndarray of float32, shape (n_samples,)
            Any number of samples; full scale is [-1, 1].
        last : bool, default False
            Whether nothing follows; zeros then fill up the last chunk.

        Returns
        -------
        ndarray of float32, shape (n_chunks,)
            Probability of speech in each chunk of 32 ms that is complete now, in [0, 1].
        """
        self._pending = np.concatenate([self._pending, self._resampler.push(signal, last=last)])
        if last:
            self._pending = np.pad(self._pending, (0, (_CONTEXT - self._pending.size) % CHUNK))
        n_chunks = (self._pending.size - _CONTEXT) // CHUNK
        if not n_chunks:
            return np.zeros(0, np.float32)
        chunks = np.lib.stride_tricks.sliding_window_view(self._pending, _CONTEXT + CHUNK)[::CHUNK]
        self._pending = self._pending[n_chunks * CHUNK :]
        return np.concatenate([self._hear(chunks[i : i + _BATCH]) for i in range(0, n_chunks, _BATCH)])

    def _hear(self, chunks: NDArray[np.float32]) -> NDArray[np.float32]:
        hidden, cell = self._state
        inputs = {"chunks": np.ascontiguousarray(chunks), "hidden": hidden, "cell": cell}
        speech, *self._state = _session().run(None, inputs)
        heard: NDArray[np.float32] = speech
        return heard


@cache
def _session() -> onnxruntime.InferenceSession:
    return open_session(MODEL.read_bytes())
