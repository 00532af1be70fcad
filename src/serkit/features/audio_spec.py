"""What is done to a recording before its features are computed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from serkit.audio import (
    Clip,
    Level,
    check_audible,
    check_duration,
    fix_length,
    normalise_level,
    resample,
    trim_silence,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class AudioSpec(BaseModel):
    """Rate, stretch and level that features are computed at.

    Attributes
    ----------
    sampling_rate : int, default 16000
        Samples per second, Hz.
    offset_s : float, default 0.0
        Where the stretch begins, s.
    duration_s : float, optional
        Length of the stretch, s; without it the rest of the recording.
    pad : bool, default True
        Whether a shorter stretch is filled up with zeros to `duration_s`.
    trim_db : float, optional
        Quieter than this many dB below the loudest frame is cut from both ends.
    level : {"none", "peak", "rms", "zscore"}, default "none"
        Common level that the stretch, with its zeros, is brought to.

    Examples
    --------
    >>> import numpy as np
    >>> clip = Clip(np.ones(16_000, dtype=np.float32), 16_000)
    >>> AudioSpec(sampling_rate=8_000, offset_s=0.25, duration_s=2).prepare(clip).signal.shape
    (16000,)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sampling_rate: int = Field(default=16_000, ge=1_000, le=1_000_000)
    offset_s: float = Field(default=0.0, ge=0)
    duration_s: float | None = Field(default=None, gt=0)
    pad: bool = True
    trim_db: float | None = Field(default=None, gt=0)
    level: Level = "none"

    @property
    def n_samples(self) -> int | None:
        """Samples in every prepared clip, or None if that depends on the recording."""
        fixed = self.duration_s is not None and self.pad
        return round((self.duration_s or 0) * self.sampling_rate) if fixed else None

    def stretch(self, clip: Clip) -> tuple[float, float]:
        """Return start and end of what is taken of a recording, s; silence that is trimmed counts in.

        Examples
        --------
        >>> import numpy as np
        >>> clip = Clip(np.ones(16_000, dtype=np.float32), 16_000)
        >>> AudioSpec(offset_s=0.25, duration_s=0.5).stretch(clip)
        (0.25, 0.75)
        """
        start = clip.start + self.offset_s
        return start, min(clip.end, start + (self.duration_s or math.inf))

    def prepare(self, clip: Clip, *, alter: Callable[[Clip], Clip] | None = None) -> Clip:
        """Cut, resample, trim, fill up and level a recording, in this order.

        It is altered before it is trimmed, so that silence that augmentation adds is trimmed as it is in a
        recording that came with it; without trimming the stretch is altered. The level comes last, since it
        would make the trace that a decoder leaves of silence audible.

        Parameters
        ----------
        clip : Clip
            A recording at any rate.
        alter : callable, optional
            What augmentation does to the stretch.

        Returns
        -------
        Clip
            The stretch at `sampling_rate`.

        Raises
        ------
        TooShortError
            If the recording ends before the stretch begins.
        SilentSignalError
            If the stretch is digital silence.
        """
        stretch = resample(self._cut(clip), self.sampling_rate)
        altered = alter or _unaltered
        if self.trim_db is None:
            stretch = altered(self._shorten(stretch))
        else:
            stretch = self._shorten(trim_silence(altered(stretch), top_db=self.trim_db))
        if self.duration_s is not None and self.pad:
            stretch = fix_length(stretch, self.duration_s)
        check_audible(stretch)
        return normalise_level(stretch, self.level)

    def _shorten(self, clip: Clip) -> Clip:
        if self.duration_s is None or clip.duration <= self.duration_s:
            return clip
        return fix_length(clip, self.duration_s)

    def _cut(self, clip: Clip) -> Clip:
        """Take the stretch at the recording's own rate; trimming still needs what follows it."""
        check_duration(clip, self.offset_s + 1 / clip.sampling_rate)
        first = int(self.offset_s * clip.sampling_rate)
        if self.duration_s is None or self.trim_db is not None:
            last = clip.signal.size
        else:
            last = first + int(self.duration_s * clip.sampling_rate)
        return replace(clip, signal=clip.signal[first:last], start=clip.start + first / clip.sampling_rate)


def _unaltered(clip: Clip) -> Clip:
    return clip
