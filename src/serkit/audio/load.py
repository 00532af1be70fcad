"""Load recordings, whatever their container and encoding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from serkit.audio.chain import chain_extent
from serkit.audio.clip import Clip, clip_from_array
from serkit.audio.media import media_blocks, media_format, probe_media
from serkit.audio.recording import AudioInfo, Stretch, check_extent
from serkit.audio.sound import probe_sound, sound_blocks
from serkit.audio.source import AudioSource, open_source, peek
from serkit.audio.transforms import resample

if TYPE_CHECKING:
    from serkit.audio.recording import Blocks


def load_audio(
    source: AudioSource, *, sampling_rate: int | None = None, start: float = 0.0, end: float | None = None
) -> Clip:
    """Load a recording, or a stretch of it, as a mono clip.

    The content decides what a file is; its suffix is ignored. WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3, AIFF, AU
    and CAF are read by libsndfile; m4a, mp4, webm, wma, amr and Ogg FLAC by PyAV, which ``serkit[media]``
    installs.

    Parameters
    ----------
    source : str, path, bytes or binary file object
        The recording. ``"-"`` is standard input. A file object is read from where it stands.
    sampling_rate : int, optional
        Wanted samples per second, Hz. Default: as recorded.
    start : float, default 0.0
        Where to begin, s. What lies before is skipped; in MP3, m4a, mp4 and webm it must be decoded, too.
    end : float, optional
        Where to stop, s. Default: the end of the recording. An end up to 0.05 s behind it means the same.

    Returns
    -------
    Clip
        Channels averaged; full scale is [-1, 1].

    Raises
    ------
    AudioNotFoundError, AudioIsFolderError, EmptyFileError, LfsPointerError, NotAudioError
        If `source` is no recording.
    DamagedAudioError
        If the recording breaks off or is damaged where it is read; all of it is checked if `end` is not
        given. An MP3 file that does not tell its length can lose whole frames at its end unnoticed.
    NoSamplesError, NonFiniteSignalError
        If there are no samples, or some are NaN or infinite.
    InvalidSignalError
        If `sampling_rate`, `start` or `end` is out of range.
    MissingDependencyError
        If PyAV is needed and not installed.
    AudioError
        Parent of all but the last; itself if the file must not or cannot be opened.

    Examples
    --------
    >>> import io, numpy, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, numpy.full((48_000, 2), 0.5), 48_000, format="WAV")
    >>> clip = load_audio(file.getvalue(), sampling_rate=16_000, start=0.25, end=0.75)
    >>> clip.signal.shape, clip.sampling_rate, clip.start, clip.source
    ((8000,), 16000, 0.25, 'bytes')
    """
    with open_source(source) as (name, stream):
        blocks, rates = zip(*decode(stream, Stretch(name, start, end)), strict=True)
    clip = replace(clip_from_array(np.concatenate(blocks), rates[-1], source=name), start=float(start))
    return clip if sampling_rate is None else resample(clip, sampling_rate)


def decode(stream: BinaryIO, stretch: Stretch) -> Blocks:
    """Yield the samples of a stretch, mixed down, in blocks, each with the sampling rate."""
    if stretch.end is None:
        check_extent(stretch.name, chain_extent(stream))
    blocks = media_blocks if media_format(peek(stream)) else sound_blocks
    return blocks(stream, stretch)


def probe_audio(source: AudioSource) -> AudioInfo:
    """Read what a recording's header says, without decoding it.

    Parameters
    ----------
    source : str, path, bytes or binary file object
        As for `load_audio`.

    Returns
    -------
    AudioInfo
        Duration, sampling rate, channels, container and encoding.

    Raises
    ------
    AudioError
        If `source` is no recording; see `load_audio`. Damage behind the header is not looked for.
    MissingDependencyError
        If PyAV is needed and not installed.

    Examples
    --------
    >>> import io, numpy, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, numpy.zeros((48_000, 2)), 48_000, format="FLAC")
    >>> probe_audio(file.getvalue())
    AudioInfo(duration=1.0, sampling_rate=48000, channels=2, container='FLAC', encoding='PCM_16')
    """
    with open_source(source) as (name, stream):
        probe = probe_media if media_format(peek(stream)) else probe_sound
        return probe(stream, name)
