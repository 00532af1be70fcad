"""Read what libsndfile decodes: WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3, AIFF, AU, CAF and rarer formats."""

from __future__ import annotations

import contextlib
import io
import math
import re
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import soundfile

from serkit.audio.chain import mp3_chain
from serkit.audio.recording import AudioInfo, Extent, Stretch, check_extent, damaged, unreadable
from serkit.audio.source import peek
from serkit.errors import AudioError, DamagedAudioError, NotAudioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Heads of the formats that libsndfile knows; what begins so but cannot be opened is damaged.
_KNOWN_HEAD = re.compile(rb"RIFF....WAVE|RF64|riff|fLaC|OggS|ID3|FORM....AIF|\.snd|caff|NIST_1A", re.DOTALL)
_UNSUPPORTED_ENCODING = 4
# libsndfile's log on samples that should go on behind the end of the file: "data : 67200 (should be 26853)".
_CUT = re.compile(
    r"^ *(?:data|SSND|BODY|Data Size|Riff size|riff) *: (\d+) \(should be (\d+)\)", re.MULTILINE
)
# Who writes into a pipe cannot know the length, and puts one of these powers of two, or a little less.
_UNKNOWN_LENGTHS = (2**31, 2**32)
# Frames decoded at a time, so that a header that lies about the length cannot fill the memory.
_BLOCK = 2**22
# Frames that an MP3 decoder may leave out at the ends of an intact file: its own delay and one frame.
_MP3_DELAY = 2_304


class _ForgivingStream:
    """What libsndfile reads through: a seek to before the start, as damaged files cause, goes to the start.

    It has no name either, from which soundfile would guess a format.
    """

    def __init__(self, stream: Any) -> None:
        self.read, self.readinto, self.tell = stream.read, stream.readinto, stream.tell
        self._seek = stream.seek

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> None:
        try:
            self._seek(offset, whence)
        except (OSError, ValueError):
            self._seek(0)


def read_sound(stream: BinaryIO, stretch: Stretch) -> tuple[NDArray[np.float32], int]:
    """Return the samples of a stretch, shape (n_samples, n_channels), and the sampling rate."""
    with _opened(stream, stretch.name) as file:
        if stretch.end is None:
            check_extent(stretch.name, _declared_extent(file))
        first, last = stretch.frames(file.samplerate, file.frames)
        _go_to(file, first, stretch.name)
        samples = _read(file, last - first)
        delay = _MP3_DELAY if file.subtype == "MPEG_LAYER_III" else 0
        if len(samples) < last - first - delay:
            readable = (first + len(samples)) / file.samplerate
            raise damaged(stretch.name, Extent(readable, file.frames / file.samplerate))
        return samples, file.samplerate


def probe_sound(stream: BinaryIO, name: str) -> AudioInfo:
    """Return what the header says."""
    with _opened(stream, name) as file:
        duration = file.frames / file.samplerate
        return AudioInfo(duration, file.samplerate, file.channels, file.format, file.subtype)


@contextlib.contextmanager
def _opened(stream: BinaryIO, name: str) -> Iterator[soundfile.SoundFile]:
    chain = mp3_chain(stream)
    if chain and chain.n_promised is None:
        stream = io.BytesIO(chain.with_length())
    known = bool(chain or _KNOWN_HEAD.match(peek(stream)))
    try:
        file = soundfile.SoundFile(_ForgivingStream(stream))
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise _cannot_open(name, getattr(error, "code", None), known) from error
    with file:
        yield file


def _cannot_open(name: str, code: int | None, known: bool) -> AudioError:
    if known and code != _UNSUPPORTED_ENCODING:
        return unreadable(name)
    problem = (
        "in an encoding that is not supported" if known else "not audio, or in a format that is not supported"
    )
    return NotAudioError(f"{name}: {problem}", hint="convert it to WAV or FLAC")


def _declared_extent(file: soundfile.SoundFile) -> Extent | None:
    """Extent of a file whose header tells the size of its samples, where the file ends before them."""
    cut = _CUT.search(file.extra_info)
    if not cut:
        return None
    declared, present = int(cut[1]), int(cut[2])
    if any(0 <= unknown - declared <= 2**16 for unknown in _UNKNOWN_LENGTHS):
        return None
    promised = file.frames * declared // present if file.frames and present else math.inf
    return Extent(file.frames / file.samplerate, promised / file.samplerate)


def _go_to(file: soundfile.SoundFile, first: int, name: str) -> None:
    if not file.seekable():
        _read(file, first)
        return
    try:
        file.seek(first)
    except soundfile.LibsndfileError as error:
        raise DamagedAudioError(
            f"{name}: truncated or damaged, nothing can be read at {first / file.samplerate:.2f} s",
            hint="get it again, or choose another stretch",
        ) from error


def _read(file: soundfile.SoundFile, n_frames: int) -> NDArray[np.float32]:
    """Read up to `n_frames`, less where the file breaks off."""
    blocks = [_read_block(file, min(n_frames, _BLOCK))]
    while len(blocks[-1]) == _BLOCK and n_frames > _BLOCK:
        n_frames -= _BLOCK
        blocks.append(_read_block(file, min(n_frames, _BLOCK)))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _read_block(file: soundfile.SoundFile, n_frames: int) -> NDArray[np.float32]:
    block = np.full((n_frames, file.channels), np.nan, dtype=np.float32)
    try:
        return block[: len(file.read(out=block))]
    except soundfile.LibsndfileError:
        # A decoder that meets damage does not say how far it came; what it did not reach is still NaN.
        unreached = np.isnan(block[:, 0])
        return block[: int(unreached.argmax()) if unreached.any() else n_frames]
