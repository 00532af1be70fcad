"""Read m4a, mp4, webm and other containers that libsndfile does not know; needs PyAV (``serkit[media]``)."""

from __future__ import annotations

import contextlib
import math
import re
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from serkit.audio.clip import to_float
from serkit.audio.recording import AudioInfo, Extent, Stretch, damaged, unreadable
from serkit.audio.source import peek
from serkit.errors import MissingDependencyError, NotAudioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from serkit.audio.recording import Blocks


class Format(NamedTuple):
    """A container: our name, FFmpeg's demuxer, how its files begin, whether they tell their duration."""

    name: str
    demuxer: str
    head: re.Pattern[bytes]
    tells_duration: bool = True


# FFmpeg is told the demuxer and never guesses: some of its formats are lists of other files and addresses,
# and a recording must not make it open those.
_FORMATS = (
    Format("MP4", "mov", re.compile(rb".{4}(?:ftyp|moov|mdat|wide|free|skip)", re.DOTALL)),
    Format("MATROSKA", "matroska", re.compile(rb"\x1a\x45\xdf\xa3")),
    Format("ADTS", "aac", re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), tells_duration=False),
    Format("ASF", "asf", re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11")),
    Format("AMR", "amr", re.compile(rb"#!AMR"), tells_duration=False),
    Format("OGG", "ogg", re.compile(rb"OggS.{24}(?:\x7fFLAC|Speex   |\x80theora)", re.DOTALL)),
)
_FLAC = Format("FLAC", "flac", re.compile(rb"fLaC"), tells_duration=False)
# Delay and padding of the encoders, up to a frame: 0.128 s for AAC at 8 kHz. Some containers count them.
_TOLERANCE_S = 0.14


def media_format(head: bytes) -> Format | None:
    """Return the container that a file with this head is, if it takes PyAV to read it."""
    # FLAC that was written into a pipe does not know its number of samples, which libsndfile cannot take.
    if _FLAC.head.match(head) and len(head) >= 26 and int.from_bytes(head[21:26], "big") & 0xF_FFFF_FFFF == 0:
        return _FLAC
    return next((known for known in _FORMATS if known.head.match(head)), None)


class _Medium(NamedTuple):
    """An open recording; `promised` is the duration that its header tells, s, 0 if it does not."""

    name: str
    format: Format
    container: Any
    promised: float


def media_blocks(stream: BinaryIO, stretch: Stretch) -> Blocks:
    """Yield the samples of a stretch, mixed down, in blocks, each with the sampling rate."""
    n_decoded, rate = 0, 1
    with _opened(stream, stretch.name) as medium:
        for block, rate in _without_padding(_decode(medium), medium.promised):
            first = max(0, round(stretch.start * rate) - n_decoded)
            last = None if stretch.end is None else max(0, round(stretch.end * rate) - n_decoded)
            if block[first:last].size:
                yield block[first:last], rate
            n_decoded += len(block)
            if stretch.end is not None and n_decoded >= stretch.end * rate:
                break
    # Only now it is known how long the recording is.
    stretch.frames(rate, n_decoded)


def probe_media(stream: BinaryIO, name: str) -> AudioInfo:
    """Return what the header says; where it does not tell the duration, decode to find it."""
    with _opened(stream, name) as medium:
        codec = medium.container.streams.audio[0].codec_context
        if codec is None:  # one that nobody knows
            raise unreadable(name)
        duration = medium.promised or sum(len(block) / rate for block, rate in _decode(medium))
        encoding = codec.codec.name.upper()
        return AudioInfo(duration, codec.sample_rate, codec.channels, medium.format.name, encoding)


@contextlib.contextmanager
def _opened(stream: BinaryIO, name: str) -> Iterator[_Medium]:
    av = _import_av(name)
    kind = media_format(peek(stream))
    assert kind, "the caller asked media_format"
    try:
        container = av.open(stream, format=kind.demuxer, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as error:
        raise unreadable(name) from error
    with container:
        if not container.streams:
            raise unreadable(name)
        if not container.streams.audio:
            raise NotAudioError(f"{name}: holds no sound", hint="choose a recording with a sound track")
        yield _Medium(name, kind, container, _promised_s(container) if kind.tells_duration else 0.0)


def _import_av(name: str) -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError(
            f"{name}: reading this format needs PyAV", hint="pip install 'serkit[media]'"
        ) from error
    return av


def _promised_s(container: Any) -> float:
    sound = container.streams.audio[0]
    if sound.duration and sound.time_base:
        return float(sound.duration * sound.time_base)
    # Beside a picture, the container's duration may be that of the picture.
    alone = len(container.streams) == 1
    return container.duration / 1e6 if alone and container.duration else 0.0


def _decode(medium: _Medium) -> Blocks:
    """Yield blocks of mono samples with their sampling rate; raise where they break off too early."""
    from av import FFmpegError

    n_samples, rate = 0, 1
    try:
        for frame in medium.container.decode(audio=0):
            rate = frame.sample_rate
            n_samples += frame.samples
            yield _mono(frame), rate
    except FFmpegError as error:
        raise damaged(medium.name, Extent(n_samples / rate, medium.promised or math.inf)) from error
    if n_samples / rate < medium.promised - _TOLERANCE_S:
        raise damaged(medium.name, Extent(n_samples / rate, medium.promised))


def _without_padding(blocks: Blocks, promised_s: float) -> Blocks:
    """Leave out what the encoder added to fill up its last frame, if it is no more than that."""
    n_decoded, surplus = 0, 0
    held: list[tuple[NDArray[np.float32], int]] = []
    for block, rate in blocks:
        n_decoded += len(block)
        surplus = n_decoded - round(promised_s * rate)
        held.append((block, rate))
        if not promised_s or not 0 < surplus <= _TOLERANCE_S * rate:
            yield from held
            held.clear()
    if held:
        # What was promised ends in the first of them.
        block, rate = held[0]
        yield block[: sum(len(block) for block, _ in held) - surplus], rate


def _mono(frame: Any) -> NDArray[np.float32]:
    """Average the channels of a decoded frame."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(frame.samples, -1).T
    mono: NDArray[np.float32] = to_float(samples, "decoder").mean(axis=0, dtype=np.float32)
    return mono
