"""Other recordings, whose voices an altered copy of a clip stands among.

They are of other speakers, but of those that are always on the same side of a split as the clip is: nobody's
voice crosses it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.audio import Clip, load_audio
from serkit.augment.noise import babble, crowd, mix
from serkit.augment.tempo import change_speed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas
    from numpy.typing import ArrayLike, NDArray

_SPEED = 0.85, 1.15


class Excerpt(NamedTuple):
    """A recording, or a stretch of one, in s; to its end where ``end`` is None."""

    file: str
    start: float = 0.0
    end: float | None = None

    @property
    def name(self) -> str:
        """The last two parts of its path, and where it starts: the same on other machines."""
        return f"{'/'.join(Path(self.file).parts[-2:])}@{self.start:.3f}"

    @property
    def digest(self) -> int:
        """Seed of what is drawn for it."""
        return int(hashlib.sha256(self.name.encode()).hexdigest()[:16], 16)

    def load(self, sampling_rate: int) -> Clip:
        """Return its sound at a rate, Hz."""
        return load_audio(self.file, sampling_rate=sampling_rate, start=self.start, end=self.end)


def add_others(
    clip: Clip, rng: np.random.Generator, *, others: Sequence[Excerpt], voices: float, snr_db: float
) -> Clip:
    """Add voices at a signal-to-noise ratio, dB: other recordings at other tempos and pitches.

    Unlike a `crowd`, these say other things in other moods. Where there are no others, it is one.
    """
    if not others:
        return mix(clip, crowd(clip, round(voices), rng), snr_db)
    n_voices = round(voices)
    chosen = rng.choice(len(others), n_voices, replace=n_voices > len(others))
    heard = [others[number].load(clip.sampling_rate) for number in chosen]
    heard = [change_speed(one, float(rng.uniform(*_SPEED))) for one in heard]
    return mix(clip, babble(heard, clip.signal.size, rng), snr_db)


def draw_others(
    manifest: pandas.DataFrame, n_others: int, *, sides: ArrayLike | None = None, seed: int
) -> list[tuple[Excerpt, ...]]:
    """Draw other recordings for each row, the same whatever the order of the rows.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Recordings.
    n_others : int
        How many to draw, or as many as there are.
    sides : array_like, shape (n_rows,), optional
        Recordings of equal values are mixed with each other alone; without it all.
    seed : int
        Of the draws.

    Returns
    -------
    list of tuple of Excerpt
        Of other speakers; where a side has one speaker, other recordings of theirs.

    Examples
    --------
    >>> import pandas
    >>> manifest = pandas.DataFrame({"file": ["a", "b", "c"], "corpus": "mine", "speaker": ["1", "1", "2"]})
    >>> [[one.file for one in row] for row in draw_others(manifest, 5, sides=[0, 0, 0], seed=0)]
    [['c'], ['c'], ['a', 'b']]
    """
    own, speakers = excerpts(manifest), _speakers(manifest)
    found: list[tuple[Excerpt, ...]] = [()] * len(manifest)
    for rows in _rows_of_sides(sides, len(manifest)):
        ordered = np.array(sorted(rows, key=lambda row: own[row].name))
        for speaker in np.unique(speakers[rows]):
            strangers = ordered[speakers[ordered] != speaker]
            for row in rows[speakers[rows] == speaker]:
                able = strangers if strangers.size else ordered[ordered != row]
                drawn = np.random.default_rng([seed, own[row].digest]).permutation(able)[:n_others]
                found[row] = tuple(own[other] for other in drawn)
    return found


def excerpts(manifest: pandas.DataFrame) -> list[Excerpt]:
    """Return what each row of a manifest reads."""
    files = manifest["file"].astype(str)
    starts, ends = (
        manifest[name].astype(float) if name in manifest else files.map(lambda _: np.nan)
        for name in ("start", "end")
    )
    return [
        Excerpt(file, 0.0 if np.isnan(start) else start, None if np.isnan(end) else end)
        for file, start, end in zip(files, starts, ends, strict=True)
    ]


def _rows_of_sides(sides: ArrayLike | None, n_rows: int) -> list[NDArray[np.intp]]:
    values = np.zeros(n_rows) if sides is None else np.asarray(sides)
    return [np.flatnonzero(values == value) for value in np.unique(values)]


def _speakers(manifest: pandas.DataFrame) -> NDArray[np.intp]:
    """Return a number for each speaker; rows without one are of the same."""
    names = [name for name in ("corpus", "speaker") if name in manifest]
    if not names:
        return np.zeros(len(manifest), dtype=np.intp)
    return np.asarray(manifest.groupby(names, dropna=False).ngroup(), dtype=np.intp)
