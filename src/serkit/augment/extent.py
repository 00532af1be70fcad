"""Place, extent and level: a clip earlier or later, less of it, silence around it, louder or quieter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from serkit.augment.signals import altered, first_audible
from serkit.errors import AugmentError

if TYPE_CHECKING:
    from serkit.audio import Clip


def shift_time(clip: Clip, n_samples: int, *, circular: bool = False) -> Clip:
    """Move the samples of a clip later, or earlier where `n_samples` is negative.

    Zeros fill the gap; with `circular` it is what falls off at the other end.

    Raises
    ------
    AugmentError
        If nothing but zeros would be left.

    Examples
    --------
    >>> from serkit.audio import Clip
    >>> clip = Clip(np.array([1, 2, 3], dtype=np.float32), 16_000)
    >>> shift_time(clip, 1).signal.tolist(), shift_time(clip, 1, circular=True).signal.tolist()
    ([0.0, 1.0, 2.0], [3.0, 1.0, 2.0])
    """
    moved = np.roll(clip.signal, n_samples)
    if not circular:
        if abs(n_samples) >= clip.signal.size:
            raise AugmentError(
                f"{clip.source}: a shift of {n_samples} leaves none of {clip.signal.size} samples",
                hint="shift by less",
            )
        moved[slice(0, n_samples) if n_samples >= 0 else slice(n_samples, None)] = 0
    return altered(clip, moved)


def random_crop(clip: Clip, rng: np.random.Generator, *, shortest_s: float = 1.0) -> Clip:
    """Keep a random stretch of a clip that is not silent; `start` moves along.

    Its length is uniform between `shortest_s` and that of the clip; a shorter clip stays whole.
    """
    return first_audible(lambda: _crop(clip, rng, shortest_s))


def _crop(clip: Clip, rng: np.random.Generator, shortest_s: float) -> Clip:
    shortest = min(max(1, round(shortest_s * clip.sampling_rate)), clip.signal.size)
    n_samples = int(rng.integers(shortest, clip.signal.size, endpoint=True))
    first = int(rng.integers(clip.signal.size - n_samples, endpoint=True))
    kept = clip.signal[first : first + n_samples]
    return replace(clip, signal=kept, start=clip.start + first / clip.sampling_rate)


def surround_with_silence(clip: Clip, before_s: float, after_s: float) -> Clip:
    """Put zeros before and after a clip; times in s, 0 or more."""
    if min(before_s, after_s) < 0:
        raise AugmentError(f"{clip.source}: {min(before_s, after_s)} s of silence", hint="0 is the least")
    around = round(before_s * clip.sampling_rate), round(after_s * clip.sampling_rate)
    return altered(clip, np.pad(clip.signal, around))


def change_gain(clip: Clip, gain_db: float) -> Clip:
    """Make a clip louder, or quieter where `gain_db` is negative; nothing is clipped.

    Examples
    --------
    >>> from serkit.audio import Clip
    >>> change_gain(Clip(np.ones(2, dtype=np.float32), 16_000), -20).signal
    array([0.1, 0.1], dtype=float32)
    """
    return altered(clip, clip.signal * 10.0 ** (gain_db / 20))
