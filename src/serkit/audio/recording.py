"""What the loaders of every container share: the stretch to read, the facts found, the words for damage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from serkit.audio.clip import is_number
from serkit.errors import DamagedAudioError, InvalidSignalError, NoSamplesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    # Mono samples as they are decoded, each block with its sampling rate.
    Blocks = Iterator[tuple[NDArray[np.float32], int]]

# Annotated ends are rounded; one that lies this little past the recording means the recording's end.
END_TOLERANCE_S = 0.05


@dataclass(frozen=True)
class AudioInfo:
    """What a recording says of itself.

    Attributes
    ----------
    duration : float
        Length that its header promises, s.
    sampling_rate : int
        Samples per second, Hz.
    channels : int
        Number of channels.
    container : str
        File format, e.g. "WAV", "OGG", "MP4".
    encoding : str
        How samples are coded, e.g. "PCM_16", "OPUS", "AAC".
    """

    duration: float
    sampling_rate: int
    channels: int
    container: str
    encoding: str


class Extent(NamedTuple):
    """How much of a recording is there and how much it promises, s; promised is inf if it does not say."""

    readable: float
    promised: float


@dataclass(frozen=True)
class Stretch:
    """The part of a recording from `start` to `end`, s; None is the recording's end."""

    name: str
    start: float
    end: float | None

    def __post_init__(self) -> None:
        _check_time(self.name, "start", self.start)
        if self.end is not None:
            _check_time(self.name, "end", self.end)
            if self.end <= self.start:
                raise InvalidSignalError(
                    f"{self.name}: end {self.end} s is not after start {self.start} s",
                    hint="give end > start",
                )

    def frames(self, sampling_rate: int, available: int) -> tuple[int, int]:
        """Return the first frame and the one after the last, of a recording with `available` frames."""
        if available == 0:
            raise NoSamplesError(f"{self.name}: not a single sample", hint="record it again")
        first = round(self.start * sampling_rate)
        last = available if self.end is None else round(self.end * sampling_rate)
        if first >= available or last > available + END_TOLERANCE_S * sampling_rate:
            wanted = f"start {self.start} s" if first >= available else f"end {self.end} s"
            raise InvalidSignalError(
                f"{self.name}: {wanted} is past the end of the recording",
                hint=f"it lasts {available / sampling_rate:.3f} s",
            )
        if last <= first:
            raise NoSamplesError(
                f"{self.name}: no sample between {self.start} s and {self.end} s",
                hint="give a longer stretch",
            )
        return first, min(last, available)


def _check_time(name: str, word: str, value: Any) -> None:
    if not is_number(value) or not 0 <= value < math.inf:
        raise InvalidSignalError(
            f"{name}: {word} {value!r} is not a number of seconds, 0 or more", hint="give seconds, e.g. 1.5"
        )


def damaged(name: str, extent: Extent) -> DamagedAudioError:
    """Make the error for a recording of which only a part can be read."""
    if math.isinf(extent.promised):
        part = f"it breaks off after {extent.readable:.2f} s"
    else:
        part = f"only {extent.readable:.2f} s of {extent.promised:.2f} s can be read"
    # Rounded down, so that the end that is proposed can be read.
    end = math.floor(extent.readable * 100) / 100
    if end == 0:
        return unreadable(name)
    return DamagedAudioError(
        f"{name}: truncated or damaged, {part}", hint=f"get it again, or use that part with end={end:.2f}"
    )


def unreadable(name: str) -> DamagedAudioError:
    """Make the error for a recording of which nothing can be read."""
    return DamagedAudioError(
        f"{name}: truncated, damaged or in an encoding that is not supported, nothing can be read",
        hint="get it again, or convert it to WAV",
    )


def check_extent(name: str, extent: Extent | None) -> None:
    """Raise DamagedAudioError if less is there than is promised."""
    if extent and extent.readable < extent.promised:
        raise damaged(name, extent)
