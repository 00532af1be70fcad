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
from serkit.audio.clip import mix_down
from serkit.audio.recording import AudioInfo, Extent, Stretch, check_extent, damaged, unreadable
from serkit.audio.source import peek, spool
from serkit.errors import AudioError, NotAudioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from serkit.audio.recording import Blocks

# Heads of the formats that libsndfile knows; what begins so but cannot be opened is damaged.
_KNOWN_HEAD = re.compile(rb"RIFF....WAVE|RF64|riff|fLaC|OggS|ID3|FORM....AIF|\.snd|caff|NIST_1A", re.DOTALL)
# libsndfile's log on samples that should go on behind the end of the file: "data : 67200 (should be 26853)".
_CUT = re.compile(
    r"^ *(?:data|SSND|BODY|Data Size|Riff size|riff) *: (\d+) \(should be (\d+)\)", re.MULTILINE
)
# Who writes into a pipe cannot know the length, and puts one of these powers of two, or a little less.
_UNKNOWN_LENGTHS = (2**31, 2**32)
# Frames decoded at a time, so that neither many channels nor a header that lies can fill the memory.
_BLOCK, _SMALL_BLOCK = 2**20, 512
_MP3 = "MPEG_LAYER_III"
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


class _SoundFile(soundfile.SoundFile):  # type: ignore[misc] # soundfile has no types
    """A sound file without the seek that soundfile makes after each read.

    An MP3 decoder forgets at a seek what it needs for the next frame, and a FLAC decoder fails at one to
    where the file is damaged.
    """

    def seekable(self) -> bool:
        return False

    @property
    def can_jump(self) -> bool:
        """Whether a seek leads to the same samples as reading up to there."""
        return bool(super().seekable()) and self.subtype != _MP3


def sound_blocks(stream: BinaryIO, stretch: Stretch) -> Blocks:
    """Yield the samples of a stretch, mixed down, in blocks, each with the sampling rate."""
    with _opened(stream, stretch.name) as file:
        if stretch.end is None:
            check_extent(stretch.name, _declared_extent(file))
        rate, available = file.samplerate, file.frames
        first, last = stretch.frames(rate, available)
        reached = first
        try:
            for block in _read(file, first, last):
                reached += block.size
                yield block, rate
        except soundfile.LibsndfileError as error:
            readable = _count_readable(stream, stretch.name)
            raise damaged(stretch.name, Extent(readable / rate, available / rate)) from error
        delay = _MP3_DELAY if file.subtype == _MP3 else 0
        if reached < last - delay:
            raise damaged(stretch.name, Extent(reached / rate, available / rate))


def probe_sound(stream: BinaryIO, name: str) -> AudioInfo:
    """Return what the header says."""
    with _opened(stream, name) as file:
        duration = file.frames / file.samplerate
        return AudioInfo(duration, file.samplerate, file.channels, file.format, file.subtype)


@contextlib.contextmanager
def _opened(stream: BinaryIO, name: str) -> Iterator[_SoundFile]:
    chain = mp3_chain(stream)
    known = bool(chain or _KNOWN_HEAD.match(peek(stream)))
    with contextlib.ExitStack() as stack:
        if chain and chain.n_promised is None:
            stream = stack.enter_context(spool(chain.with_length()))
        try:
            file = stack.enter_context(_SoundFile(_ForgivingStream(stream)))
        except (soundfile.LibsndfileError, OSError, ValueError) as error:
            raise _cannot_open(name, known) from error
        yield file


def _cannot_open(name: str, known: bool) -> AudioError:
    if known:
        return unreadable(name)
    return NotAudioError(
        f"{name}: not audio, or in a format that is not supported", hint="convert it to WAV or FLAC"
    )


def _declared_extent(file: _SoundFile) -> Extent | None:
    """Extent of a file whose header tells the size of its samples, where the file ends before them."""
    cut = _CUT.search(file.extra_info)
    if not cut:
        return None
    declared, present = int(cut[1]), int(cut[2])
    if any(0 <= unknown - declared <= 2**16 for unknown in _UNKNOWN_LENGTHS):
        return None
    promised = file.frames * declared // present if file.frames and present else math.inf
    return Extent(file.frames / file.samplerate, promised / file.samplerate)


def _read(file: _SoundFile, first: int, last: int) -> Iterator[NDArray[np.float32]]:
    """Yield the frames from `first` to `last`, mixed down; fewer where the file breaks off."""
    if file.can_jump:
        file.seek(first)
    else:
        for _ in _blocks(file, first):
            pass
    for block in _blocks(file, last - first):
        yield mix_down(block).astype(np.float32, copy=False)


def _blocks(file: _SoundFile, n_frames: int, size: int = _BLOCK) -> Iterator[NDArray[np.float32]]:
    """Yield the next `n_frames` in blocks; fewer where the file breaks off."""
    while n_frames > 0:
        wanted = min(n_frames, size)
        block = file.read(wanted, dtype="float32", always_2d=True)
        yield block
        n_frames = n_frames - wanted if len(block) == wanted else 0


def _count_readable(stream: BinaryIO, name: str) -> int:
    """Count the frames before the damage at which the decoder fails, by decoding small blocks."""
    n_frames = 0
    stream.seek(0)
    with _opened(stream, name) as file, contextlib.suppress(soundfile.LibsndfileError):
        for block in _blocks(file, file.frames, size=_SMALL_BLOCK):
            n_frames += len(block)
    return n_frames
