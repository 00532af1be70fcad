"""Check Ogg and MP3 files, chains of pages or frames, before a decoder passes over those that are broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from serkit.audio import mp3, ogg
from serkit.audio.content import content_of
from serkit.audio.source import peek

if TYPE_CHECKING:
    from serkit.audio.recording import Extent


def chain_extent(stream: BinaryIO) -> Extent | None:
    """Return how much of an Ogg or MP3 file is there; None if it is another format, or not known."""
    if peek(stream).startswith(ogg.MAGIC):
        extent = ogg.extent(content_of(stream))
        stream.seek(0)
        return extent
    chain = mp3_chain(stream)
    return chain.extent() if chain else None


def mp3_chain(stream: BinaryIO) -> mp3.Mp3 | None:
    """Return the chain of frames of an MP3 file; None if it is another format."""
    if not peek(stream).startswith((b"ID3", b"\xff")):
        return None
    chain = mp3.open_chain(content_of(stream))
    stream.seek(0)
    return chain
