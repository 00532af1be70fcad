"""Read a recording piece by piece, so that its length does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import soxr

from serkit.audio.clip import Clip, check_rate, clip_from_array
from serkit.audio.load import decode
from serkit.audio.recording import Stretch
from serkit.audio.source import AudioSource, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from serkit.audio.recording import Blocks

# Decoders give pieces from 20 ms to minutes; the clips are about as long as this, s.
PIECE_S = 10.0


class Resampler:
    """Change the sampling rate of a signal that comes in pieces; joined, they are what `resample` makes.

    Parameters
    ----------
    from_rate, to_rate : int
        Samples per second, Hz.

    Examples
    --------
    >>> resampler = Resampler(48_000, 16_000)
    >>> pieces = [resampler.push(np.zeros(24_000, np.float32)), resampler.push(np.zeros(0), last=True)]
    >>> sum(piece.size for piece in pieces)
    8000
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._stream = None
        if from_rate != to_rate:
            self._stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality="HQ")

    def push(self, signal: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """Return the samples that are ready; all that are left if this is the last piece."""
        if self._stream is None:
            return signal
        ready: NDArray[np.float32] = self._stream.resample_chunk(signal.astype(np.float32, copy=False), last)
        return ready


def stream_audio(
    source: AudioSource, *, sampling_rate: int, start: float = 0.0, end: float | None = None
) -> Iterator[Clip]:
    """Read a recording, or a stretch of it, as one clip after the other, in constant memory.

    Parameters
    ----------
    source : str, path, bytes or binary file object
        The recording, as for `load_audio`.
    sampling_rate : int
        Wanted samples per second, Hz.
    start : float, default 0.0
        Where to begin, s.
    end : float, optional
        Where to stop, s; the end of the recording if not given.

    Yields
    ------
    Clip
        About 10 s each. End to end they are what `load_audio` gives.

    Raises
    ------
    AudioError
        As `load_audio`; damage that only decoding finds is raised behind the clips before it.
    MissingDependencyError
        If PyAV is needed and not installed.

    Examples
    --------
    >>> import io, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.full(16_000 * 25, 0.5), 16_000, format="WAV")
    >>> [(clip.start, clip.duration) for clip in stream_audio(file.getvalue(), sampling_rate=16_000)]
    [(0.0, 10.0), (10.0, 10.0), (20.0, 5.0)]
    """
    rate = check_rate(sampling_rate, "sampling_rate")
    with open_source(source) as (name, stream):
        n_before = 0
        for signal in _resampled(decode(stream, Stretch(name, start, end)), rate, name):
            if signal.size:
                yield Clip(signal, rate, start + n_before / rate, name)
            n_before += signal.size


def _resampled(blocks: Blocks, rate: int, name: str) -> Iterator[NDArray[np.float32]]:
    resampler = None
    for piece, piece_rate in _pieces(blocks):
        resampler = resampler or Resampler(piece_rate, rate)
        yield resampler.push(clip_from_array(piece, piece_rate, source=name).signal)
    if resampler:
        yield resampler.push(np.zeros(0, np.float32), last=True)


def _pieces(blocks: Blocks) -> Blocks:
    """Join what is shorter than a piece, cut what is longer."""
    held: list[NDArray[np.float32]] = []
    n_held, rate = 0, 1
    for block, rate in blocks:
        held.append(block)
        n_held += block.size
        n_samples = round(PIECE_S * rate)
        if n_held >= n_samples:
            joined = np.concatenate(held)
            n_held = joined.size % n_samples
            whole = joined.size - n_held
            yield from ((joined[first : first + n_samples], rate) for first in range(0, whole, n_samples))
            held = [joined[whole:]]
    if n_held:
        yield np.concatenate(held), rate
