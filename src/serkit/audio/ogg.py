"""Tell from the pages of an Ogg file (Vorbis, Opus, FLAC, Speex) whether it is complete.

The decoder passes over broken pages in silence, so the pages are checked before it sees them.

References
----------
.. [1] Pfeiffer, S. (2003). The Ogg Encapsulation Format Version 0. RFC 3533.
.. [2] Terriberry, T., Lee, R., & Giles, R. (2016). Ogg Encapsulation for the Opus Audio Codec. RFC 7845.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from serkit.audio.recording import Extent

if TYPE_CHECKING:
    from serkit.audio.content import Content

MAGIC = b"OggS"
END_OF_STREAM = 4
NO_POSITION = -1
# Magic, version, flags, granule position, serial number, page number, checksum, number of segments.
_HEADER = struct.Struct("<4sBBqIIIB")
# The last page, which has less than 64 KiB, and what may be appended to it.
_LAST = 2**17
_MIRRORED_BYTES = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    end: int
    flags: int
    position: int
    payload: bytes


def extent(content: Content) -> Extent | None:
    """Return how much of an Ogg file is intact, or None if its codec's clock is not known."""
    page = _page_at(content, 0)
    clock = _clock(page.payload) if page else None
    if page is None or clock is None:
        return None
    position = 0
    following: _Page | None = page
    while following:
        page = following
        position = max(position, page.position)
        following = _page_at(content, page.end)
    rate, skipped = clock
    readable = max(0, position - skipped) / rate
    if page.flags & END_OF_STREAM:
        return Extent(readable, readable)
    last = _last_page(content)
    complete = last is not None and last.flags & END_OF_STREAM
    return Extent(readable, (last.position - skipped) / rate if last and complete else math.inf)


def _last_page(content: Content) -> _Page | None:
    tail = content[max(0, len(content) - _LAST) :]
    return _page_at(tail, tail.rfind(MAGIC))


def _page_at(content: Content, start: int) -> _Page | None:
    """Read the page at `start`; None if there is no intact page."""
    header = content[start : start + _HEADER.size] if start >= 0 else b""
    if len(header) < _HEADER.size:
        return None
    magic, _, flags, position, _, _, checksum, n_segments = _HEADER.unpack(header)
    body = start + _HEADER.size + n_segments
    end = body + sum(content[start + _HEADER.size : body])
    page = content[start:end]
    if magic != MAGIC or len(page) < end - start or _checksum(page) != checksum:
        return None
    return _Page(end, flags, position, content[body:end])


def _checksum(page: bytes) -> int:
    """CRC-32 as Ogg has it: zlib's polynomial, but highest bit first, starting from 0, its own field zero."""
    blanked = page[:22] + bytes(4) + page[26:]
    mirrored = zlib.crc32(blanked.translate(_MIRRORED_BYTES), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _clock(identification: bytes) -> tuple[int, int] | None:
    """Positions per second, and the position at which sound begins, from a stream's first packet."""
    if identification.startswith(b"OpusHead") and len(identification) >= 19:
        return 48_000, int.from_bytes(identification[10:12], "little")
    if identification.startswith(b"\x01vorbis"):
        rate = int.from_bytes(identification[12:16], "little")
    elif identification.startswith(b"Speex   "):
        rate = int.from_bytes(identification[36:40], "little")
    elif identification.startswith(b"\x7fFLAC"):
        rate = int.from_bytes(identification[27:30], "big") >> 4
    else:
        return None
    return (rate, 0) if rate else None
