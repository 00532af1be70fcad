"""Other recordings of a clip's speaker, whose voices an altered copy of the clip stands among.

The speaker is on one side of a split, and so are all of these: nobody's voice crosses it.
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
    from collections.abc import Iterator, Sequence

    import pandas
    from numpy.typing import NDArray

_SPEED = 0.75, 1.35


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


def draw_others(manifest: pandas.DataFrame, n_others: int, *, seed: int) -> list[tuple[Excerpt, ...]]:
    """Draw other recordings of the same speaker for each row, the same whatever the order of the rows.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Recordings. One whose speaker is not known has no others.
    n_others : int
        How many to draw, or as many as there are.
    seed : int
        Of the draws.

    Examples
    --------
    >>> import pandas
    >>> manifest = pandas.DataFrame({"file": ["a", "b", "c"], "corpus": "mine", "speaker": ["1", "1", "2"]})
    >>> [[one.file for one in row] for row in draw_others(manifest, 5, seed=0)]
    [['b'], ['a'], []]
    """
    own = excerpts(manifest)
    found: list[tuple[Excerpt, ...]] = [()] * len(manifest)
    for rows in _rows_of_speakers(manifest):
        ordered = sorted(rows, key=lambda row: own[row].name)
        for place, row in enumerate(ordered):
            drawn = np.random.default_rng([seed, own[row].digest]).permutation(len(rows) - 1)[:n_others]
            found[row] = tuple(own[ordered[other + (other >= place)]] for other in drawn)
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


def _rows_of_speakers(manifest: pandas.DataFrame) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each speaker that is known."""
    if "speaker" in manifest:
        columns = [name for name in ("corpus", "speaker") if name in manifest]
        groups = manifest.reset_index(drop=True).groupby(columns).indices
        yield from map(np.asarray, groups.values())
