"""Measure recordings for the audit, once each: results are kept in a file."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from serkit.audio import load_audio, probe_audio
from serkit.errors import AudioError, AudioNotFoundError, DamagedAudioError, LfsPointerError
from serkit.files import sha256
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Raise it whenever a fact is measured differently: what was measured before no longer counts.
_VERSION = 1
# A sample of the largest magnitude that 16 bits can hold.
_FULL_SCALE = 32767 / 32768


@dataclass(frozen=True)
class ClipFacts:
    """What was measured on one clip.

    Attributes
    ----------
    problem, message : str
        Kind of finding and reason where the clip cannot be read, both "" where it can.
    file_sha256 : str
        SHA-256 of the bytes of its file.
    content : str
        SHA-256 of its samples as 16-bit mono at their own sampling rate.
    duration : float or None
        Length, s.
    sampling_rate, channels : int or None
        Of the recording, Hz and number.
    peak : float or None
        Largest magnitude; full scale is 1.
    clipped : float or None
        Share of samples at full scale or beyond, 0 to 1.
    level_db : float or None
        Root mean square, dB below full scale; None for silence.
    """

    problem: str = ""
    message: str = ""
    file_sha256: str = ""
    content: str = ""
    duration: float | None = None
    sampling_rate: int | None = None
    channels: int | None = None
    peak: float | None = None
    clipped: float | None = None
    level_db: float | None = None


class _Stretch(NamedTuple):
    file: str
    start: float
    end: float | None


def measure_clip(file: str, start: float = 0.0, end: float | None = None) -> ClipFacts:
    """Measure one clip; one that cannot be read is a fact too, not an error.

    Parameters
    ----------
    file : str
        Path of the recording.
    start, end : float, optional
        The stretch to measure, s; all of it by default.

    Returns
    -------
    ClipFacts
        What was measured.

    Examples
    --------
    >>> measure_clip("nowhere.wav").problem
    'missing'
    """
    try:
        clip = load_audio(file, start=start, end=end)
        info = probe_audio(file)
        digest = sha256(file)
    except (AudioError, OSError) as error:
        return ClipFacts(problem=_problem(error), message=str(error))
    samples = _to_int16(clip.signal)
    return ClipFacts(
        file_sha256=digest,
        content=hashlib.sha256(samples.tobytes()).hexdigest(),
        duration=clip.duration,
        sampling_rate=info.sampling_rate,
        channels=info.channels,
        peak=float(np.abs(clip.signal).max()),
        clipped=float(np.mean(np.abs(clip.signal) >= _FULL_SCALE)),
        level_db=_level_db(clip.signal) if samples.any() else None,
    )


def _problem(error: Exception) -> str:
    match error:
        case AudioNotFoundError():
            return "missing"
        case LfsPointerError():
            return "lfs-pointer"
        case DamagedAudioError():
            return "truncated"
    return "unreadable"


def _to_int16(signal: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return little-endian 16-bit samples, so that a hash is the same on every machine."""
    return np.clip(np.round(signal * 32768.0), -32768, 32767).astype("<i2")


def _level_db(signal: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(signal, dtype=np.float64))))


def measure_clips(
    manifest: pd.DataFrame, *, cache: Path | str | None = None, workers: int = 1, progress: bool = False
) -> pd.DataFrame:
    """Measure every clip of a manifest.

    Parameters
    ----------
    manifest : DataFrame
        Only its columns `file`, `start` and `end` are read.
    cache : Path or str, optional
        File that keeps what was measured. A recording whose size or time of change differs is measured again.
        A run that was stopped goes on where it was.
    workers : int, default 1
        How many clips to measure at once.
    progress : bool, default False
        Whether to show a progress bar on a terminal.

    Returns
    -------
    DataFrame
        One row per row of the manifest; its columns are the attributes of `ClipFacts`.
    """
    stretches = list(_stretches(manifest))
    keys = [_key(stretch) for stretch in stretches]
    known = _read_cache(cache)
    new = {key: stretch for key, stretch in zip(keys, stretches, strict=True) if key not in known}
    label = "Listening to the recordings" if progress else None
    results = map_parallel(_measure, list(new.values()), workers=workers, progress=label)
    with _open_cache(cache) as stream:
        for key, facts in zip(new, results, strict=True):
            known[key] = facts
            # What cannot be read is tried again: the reason may lie outside the file.
            if not facts.problem:
                stream.write(json.dumps({"key": key, **asdict(facts)}) + "\n")
    return pd.DataFrame([asdict(known[key]) for key in keys])


def _stretches(manifest: pd.DataFrame) -> Iterator[_Stretch]:
    columns = manifest.reindex(columns=["file", "start", "end"]).itertuples(index=False)
    for file, start, end in columns:
        yield _Stretch(file, 0.0 if pd.isna(start) else float(start), None if pd.isna(end) else float(end))


def _measure(stretch: _Stretch) -> ClipFacts:
    return measure_clip(*stretch)


def _key(stretch: _Stretch) -> str:
    try:
        status = Path(stretch.file).stat()
    except OSError:
        return json.dumps([_VERSION, *stretch])
    return json.dumps([_VERSION, *stretch, status.st_size, status.st_mtime_ns])


def _read_cache(cache: Path | str | None) -> dict[str, ClipFacts]:
    known = {}
    if cache is not None and Path(cache).exists():
        for line in Path(cache).read_text(encoding="utf-8").splitlines():
            # A run that was killed leaves half a line, another version other keys: both are measured again.
            with contextlib.suppress(ValueError, TypeError, KeyError):
                facts = json.loads(line)
                key = facts.pop("key")
                known[key] = ClipFacts(**facts)
    return known


def _open_cache(cache: Path | str | None) -> IO[str]:
    """Open the cache so that each line is written at once; without one, write to memory."""
    if cache is None:
        return io.StringIO()
    Path(cache).parent.mkdir(parents=True, exist_ok=True)
    return Path(cache).open("a", buffering=1, encoding="utf-8")
