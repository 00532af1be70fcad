"""Load recordings."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import soundfile

from serkit.audio.clip import Clip, clip_from_array, resample
from serkit.errors import (
    AudioIsFolderError,
    AudioNotFoundError,
    EmptyFileError,
    InvalidSignalError,
    LfsPointerError,
    NotAudioError,
)

Source = str | os.PathLike[str] | bytes | BinaryIO

AUDIO_SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .au .snd .caf .w64 .rf64 .m4a .mp4 .webm .aac .mka .mkv".split()
)


@dataclass(frozen=True)
class AudioInfo:
    """What a recording's header says."""

    duration: float
    sampling_rate: int
    channels: int
    container: str
    encoding: str


def load_audio(
    source: Source, *, sampling_rate: int | None = None, start: float = 0.0, end: float | None = None
) -> Clip:
    """Load a recording."""
    name, content = _content(source)
    try:
        with soundfile.SoundFile(content) as file:
            first = round(start * file.samplerate)
            last = file.frames if end is None else min(round(end * file.samplerate), file.frames)
            if not 0 <= first < max(last, 1):
                raise InvalidSignalError(f"{name}: start {start} and end {end} are out of range")
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
            clip = clip_from_array(samples, file.samplerate, source=name)
    except soundfile.LibsndfileError as error:
        raise NotAudioError(f"{name}: {error}") from error
    clip = replace(clip, start=start)
    return clip if sampling_rate is None else resample(clip, sampling_rate)


def probe_audio(source: Source) -> AudioInfo:
    """Read a recording's header."""
    name, content = _content(source)
    try:
        with soundfile.SoundFile(content) as file:
            duration = file.frames / file.samplerate
            return AudioInfo(duration, file.samplerate, file.channels, file.format, file.subtype)
    except soundfile.LibsndfileError as error:
        raise NotAudioError(f"{name}: {error}") from error


def find_audio_files(folder: str | os.PathLike[str]) -> list[Path]:
    """Find every recording below a folder by suffix, sorted."""
    return sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file())


def _content(source: Source) -> tuple[str, str | BinaryIO]:
    if isinstance(source, bytes):
        return "bytes", io.BytesIO(source)
    if not isinstance(source, (str, os.PathLike)):
        return getattr(source, "name", "file object"), io.BytesIO(source.read())
    if source == "-":
        return "stdin", io.BytesIO(sys.stdin.buffer.read())
    path = Path(source)
    if path.is_dir():
        raise AudioIsFolderError(f"{path}: a folder, not a recording")
    if not path.exists():
        raise AudioNotFoundError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise EmptyFileError(f"{path}: a file of zero bytes")
    with path.open("rb") as stream:
        if stream.read(24).startswith(b"version https://git-lfs"):
            raise LfsPointerError(f"{path}: a Git LFS pointer", hint="run `git lfs pull`")
    return str(path), str(path)
