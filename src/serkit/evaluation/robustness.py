"""What a saved model loses when recordings are not as clean as those of corpora.

Every recording is altered in each of some ways, the same ones each time; the score of the altered recordings
is compared with that of the recordings as they are.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.audio import load_audio
from serkit.augment.channels import compress, telephone_band
from serkit.augment.extent import change_gain, surround_with_silence
from serkit.augment.noise import babble, coloured_noise, mix
from serkit.augment.reverb import reverberate, synthetic_room
from serkit.evaluation.bundle_scoring import known_rows, probabilities_of
from serkit.evaluation.metrics import uar
from serkit.evaluation.tables import Table
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas
    from numpy.typing import NDArray

    from serkit.audio import Clip
    from serkit.bundle import ModelBundle
    from serkit.features import FeatureSet
    from serkit.features.frames import Floats

    Alter = Callable[[Clip, np.random.Generator, list[Clip]], Clip]

CLEAN = "as it is"
N_VOICES = 5


class Loss(NamedTuple):
    """The score of recordings that are altered in one way.

    Attributes
    ----------
    condition : str
        How.
    uar : float
        Unweighted average recall, in [0, 1].
    lost : float
        By how much it is below that of the recordings as they are.
    """

    condition: str
    uar: float
    lost: float


def _pink(clip: Clip, rng: np.random.Generator, _: list[Clip], *, snr_db: float) -> Clip:
    return mix(clip, coloured_noise(clip.signal.size, "pink", rng), snr_db)


def _babble(clip: Clip, rng: np.random.Generator, voices: list[Clip], *, snr_db: float) -> Clip:
    return mix(clip, babble(voices, clip.signal.size, rng), snr_db)


def _room(clip: Clip, rng: np.random.Generator, _: list[Clip]) -> Clip:
    return reverberate(clip, synthetic_room(0.6, clip.sampling_rate, rng))


CONDITIONS: dict[str, Alter] = {
    CLEAN: lambda clip, *_: clip,
    "30 dB louder": lambda clip, *_: change_gain(clip, 30),
    "30 dB quieter": lambda clip, *_: change_gain(clip, -30),
    "telephone band": lambda clip, *_: telephone_band(clip),
    "Opus, 12 kbit/s": lambda clip, *_: compress(clip, "opus", 12_000),
    "pink noise, 20 dB": partial(_pink, snr_db=20),
    "pink noise, 10 dB": partial(_pink, snr_db=10),
    "babble, 20 dB": partial(_babble, snr_db=20),
    "babble, 10 dB": partial(_babble, snr_db=10),
    "reverberation, 0.6 s": _room,
    "1 s of silence on both sides": lambda clip, *_: surround_with_silence(clip, 1.0, 1.0),
}


def measure_robustness(
    bundle: ModelBundle,
    manifest: pandas.DataFrame,
    *,
    workers: int = 1,
    progress: bool = False,
    seed: int = 0,
) -> list[Loss]:
    """Score a saved model on recordings that are altered in each of `CONDITIONS`.

    Parameters
    ----------
    bundle : ModelBundle
        From :func:`serkit.bundle.load_bundle`.
    manifest : pandas.DataFrame
        The recordings; those of an emotion that the model does not know are left out. Babble is made of
        others of them.
    workers : int, default 1
        Recordings to work on at once.
    progress : bool, default False
        Whether to show a bar on a terminal.
    seed : int, default 0
        Of noise, voices and rooms.

    Returns
    -------
    list of Loss
        The recordings as they are come first.

    Raises
    ------
    ManifestError
        If the model knows none of the emotions.
    AudioError
        If a recording cannot be used.
    """
    rows = known_rows(bundle.info, manifest)
    label = "Altering recordings" if progress else None
    hear = partial(_features, bundle.info.front_end, rows, seed)
    heard = map_parallel(hear, range(len(rows)), workers=workers, progress=label)
    # Recording by recording: the features of all in all conditions together would fill the memory.
    scores = [[bundle.scores(one[np.newaxis])[0] for one in conditions] for conditions in heard]
    truth, labels = rows["emotion"].to_numpy(dtype=str), np.array(bundle.info.labels)
    probabilities = [
        probabilities_of(bundle.info, rows, np.array(each)) for each in zip(*scores, strict=True)
    ]
    uars = [uar(truth, labels[each.argmax(axis=1)]) for each in probabilities]
    return [Loss(name, score, uars[0] - score) for name, score in zip(CONDITIONS, uars, strict=True)]


def robustness_table(losses: list[Loss]) -> Table:
    """Return the losses as a table, in points of 100."""
    rows = [(one.condition, f"{100 * one.uar:.1f}", f"{100 * one.lost:+.1f}") for one in losses]
    return Table("Robustness", ("recordings", "UAR", "lost"), tuple(rows))


def _features(front_end: FeatureSet, rows: pandas.DataFrame, seed: int, row: int) -> list[Floats]:
    """Features of one recording in every condition."""
    rng = np.random.default_rng([seed, row])
    clip = _load(rows, row)
    voices = [_load(rows, int(other), clip.sampling_rate) for other in _others(rows, row, rng)]
    return [front_end.extract(alter(clip, rng, voices)) for alter in CONDITIONS.values()]


def _others(rows: pandas.DataFrame, row: int, rng: np.random.Generator) -> NDArray[np.intp]:
    others = np.delete(np.arange(len(rows)), row)
    return rng.choice(others if others.size else np.array([row]), N_VOICES)


def _load(rows: pandas.DataFrame, row: int, sampling_rate: int | None = None) -> Clip:
    given = rows.iloc[row].reindex(["file", "start", "end"])
    start, end = (None if np.isnan(time) else time for time in given[["start", "end"]].astype(float))
    return load_audio(str(given["file"]), sampling_rate=sampling_rate, start=start or 0.0, end=end)
