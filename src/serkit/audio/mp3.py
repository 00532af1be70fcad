"""Walk the frames of an MP3 file: count what is there, compare it with what the file promises.

An MP3 file is a chain of frames. The first may be an information frame ("Xing", "Info" or "VBRI") that says
how many follow. Where there is none, the decoder guesses the length from the bit rate of the first frame, and
cuts off what lies beyond its guess; such a file is given an information frame.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, NamedTuple

from serkit.audio.recording import Extent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serkit.audio.content import Content

# Layer III only, kbit/s by index 1 to 14; Hz by index 0 to 2, halved for MPEG-2 and quartered for MPEG-2.5.
_KBPS_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44_100, 48_000, 32_000)
_HALVINGS = {3: 0, 2: 1, 0: 2}
_MONO = 3
# Zeros and tags are looked for in so many bytes; what is copied is copied by so many.
_TAGS, _PART = 2**16, 2**20
_PADDING = re.compile(rb"\0*")
_TRAILER = re.compile(rb"\0*(?:$|TAG|APETAGEX|LYRICSBEGIN|ID3|3DI)")
# An index whose frames have room for the information that goes in: 128 kbit/s (MPEG-1) or 80 kbit/s.
_ROOMY_BITRATE = 9 << 4


class _Frame(NamedTuple):
    size: int
    samples: int
    rate: int


class Mp3(NamedTuple):
    """The chain of frames of one file: where it starts, frames promised (None: not said), content."""

    content: Content
    start: int
    n_promised: int | None
    first: _Frame

    def extent(self) -> Extent:
        """Walk the whole chain; how much of it is there and how much is promised, s."""
        n_frames, intact = self._walk()
        n_promised = math.inf if self.n_promised is None else self.n_promised
        # Some encoders count the information frame itself, so one missing frame means nothing.
        if intact and n_promised in (math.inf, n_frames + 1):
            n_promised = n_frames
        frame_s = self.first.samples / self.first.rate
        return Extent(n_frames * frame_s, max(n_frames, n_promised) * frame_s)

    def with_length(self) -> Iterator[bytes]:
        """Yield the content with an information frame that says how many frames follow."""
        n_frames, _ = self._walk()
        yield self.content[: self.start]
        yield self._information(n_frames)
        for start in range(self.start, len(self.content), _PART):
            yield self.content[start : start + _PART]

    def _walk(self) -> tuple[int, bool]:
        """Count frames; also whether the last one is followed by nothing but tags."""
        at, n_frames = self.start, 0
        while (frame := _frame_at(self.content, at)) and at + frame.size <= len(self.content):
            at += frame.size
            n_frames += 1
        # The information frame counts as one of the chain, but holds no sound.
        n_silent = min(n_frames, self.n_promised is not None)
        return n_frames - n_silent, bool(_TRAILER.match(self.content[at : at + _TAGS]))

    def _information(self, n_frames: int) -> bytes:
        sync, second, third, mode = self.content[self.start : self.start + 4]
        header = bytes((sync, second | 1, _ROOMY_BITRATE | third & 0x0C, mode))
        frame = _frame_at(header, 0)
        assert frame, "version and rate are those of the first frame"
        tag = b"Info" + (1).to_bytes(4, "big") + n_frames.to_bytes(4, "big")
        return (header + bytes(_side_information(header)) + tag).ljust(frame.size, b"\0")


def open_chain(content: Content) -> Mp3 | None:
    """Find the first frame of an MP3 file, behind its tags; None if there is none."""
    start = 0
    while content[start : start + 3] == b"ID3" and len(content) >= start + 10:
        start += 10 + _syncsafe(content[start + 6 : start + 10])
    padding = _PADDING.match(content[start : start + _TAGS])
    start += padding.end() if padding else 0
    first = _frame_at(content, start)
    return Mp3(content, start, _promised(content, start), first) if first else None


def _syncsafe(digits: bytes) -> int:
    return functools.reduce(lambda value, byte: value << 7 | byte & 0x7F, digits, 0)


def _frame_at(content: Content, at: int) -> _Frame | None:
    header = content[at : at + 4]
    if len(header) < 4 or header[0] != 0xFF:
        return None
    return _parse(header[1], header[2])


@functools.cache
def _parse(second: int, third: int) -> _Frame | None:
    """Read a frame's size from bytes two and three of its header; None if no layer III frame starts so."""
    halvings = _HALVINGS.get(second >> 3 & 3)
    bitrate, rate = third >> 4, third >> 2 & 3
    if second & 0xE6 != 0xE2 or halvings is None or bitrate in (0, 15) or rate == 3:
        return None
    kbps = (_KBPS_MPEG2 if halvings else _KBPS_MPEG1)[bitrate - 1]
    hertz = _RATES[rate] >> halvings
    samples = 576 if halvings else 1152
    return _Frame(samples // 8 * kbps * 1000 // hertz + (third >> 1 & 1), samples, hertz)


def _side_information(header: bytes) -> int:
    """Bytes between a frame's header and its information tag."""
    mpeg1, mono = header[1] >> 3 & 3 == 3, header[3] >> 6 == _MONO
    return {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}[mpeg1, mono]


def _promised(content: Content, start: int) -> int | None:
    """Frames that the information frame promises; None if there is none, or it does not say."""
    tag = start + 4 + _side_information(content[start : start + 4])
    if content[tag : tag + 4] in (b"Xing", b"Info") and content[tag + 7 : tag + 8] and content[tag + 7] & 1:
        return int.from_bytes(content[tag + 8 : tag + 12], "big")
    if content[start + 36 : start + 40] == b"VBRI":
        return int.from_bytes(content[start + 50 : start + 54], "big")
    return None
