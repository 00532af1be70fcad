"""What a saved model loses when recordings are not as clean as those of corpora.

Every recording is altered in each of some ways, the same ones each time; the score of the altered recordings
is compared with that of the recordings as they are.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.audio import load_audio
from serkit.augment.channels import compress, telephone_band
from serkit.augment.extent import change_gain, surround_with_silence
from serkit.augment.noise import babble, coloured_noise, mix
from serkit.augment.reverb import reverberate, synthetic_room
from serkit.bundle_info import Loss
from serkit.evaluation.bundle_scoring import known_rows, probabilities_of
from serkit.evaluation.metrics import uar
from serkit.evaluation.predictions import Predictions, restrict_to_corpus_emotions
from serkit.evaluation.tables import Table
from serkit.features.table import stack_features
from serkit.files import write_text
from serkit.model_card import ROBUSTNESS_NOTE, robustness_cells
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pandas
    from numpy.typing import NDArray

    from serkit.audio import Clip
    from serkit.bundle import ModelBundle
    from serkit.features import FeatureSet

    Hear = Callable[[pandas.DataFrame, NDArray[Any]], Predictions]
    Alter = Callable[[Clip, np.random.Generator, list[Clip]], Clip]

CLEAN = "as it is"
N_VOICES = 5


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
        Corpus by corpus; its recordings as they are come first.

    Raises
    ------
    ManifestError
        If the model knows none of the emotions.
    AudioError
        If a recording cannot be used.
    """
    info, rows = bundle.info, known_rows(bundle.info, manifest)

    def hear(row: pandas.DataFrame, features: NDArray[Any]) -> Predictions:
        return Predictions(row, probabilities_of(info, row, bundle.scores(features)), info.labels)

    decided = altered_decisions(rows, info.front_end, hear, workers=workers, progress=progress, seed=seed)
    return losses(rows, list(decided))


def altered_decisions(  # noqa: PLR0913 - each but the first three has its default
    rows: pandas.DataFrame,
    front_end: FeatureSet,
    hear: Hear,
    *,
    workers: int = 1,
    progress: bool = False,
    seed: int = 0,
) -> Iterator[NDArray[np.str_]]:
    """Yield, recording by recording, which emotion a model hears in each of `CONDITIONS`.

    As in a report, the emotions of a known corpus are told apart among these alone.

    Parameters
    ----------
    rows : pandas.DataFrame
        The recordings. Babble is made of others of them.
    front_end : FeatureSet
        Of the model.
    hear : callable
        The model: from the row of a recording, once for each condition, and its features in each, to
        predictions.
    workers : int, default 1
        Recordings to alter at once.
    progress : bool, default False
        Whether to show a bar on a terminal.
    seed : int, default 0
        Of noise, voices and rooms.

    Yields
    ------
    ndarray of str, shape (n_conditions,)
    """
    label = "Altering recordings" if progress else None
    alter = partial(_features, front_end, rows, seed)
    # Recording by recording: the features of all in all conditions together would fill the memory.
    for number, found in enumerate(map_parallel(alter, range(len(rows)), workers=workers, progress=label)):
        said, _ = restrict_to_corpus_emotions(hear(rows.iloc[[number] * len(CONDITIONS)], found))
        yield np.array(said.classes)[said.probabilities.argmax(axis=1)]


def draw_recordings(rows: pandas.DataFrame, n_per_corpus: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Draw rows of recordings to alter, as many of each corpus, or all that it has.

    Parameters
    ----------
    rows : pandas.DataFrame
        The recordings.
    n_per_corpus : int
        How many of each.
    seed : int, default 0
        Of the draw.

    Returns
    -------
    ndarray of int
        Positions of the rows, in their order.

    Examples
    --------
    >>> import pandas
    >>> rows = pandas.DataFrame({"corpus": ["savee", "tess", "tess", "tess"]})
    >>> drawn = draw_recordings(rows, 2)
    >>> rows["corpus"].iloc[drawn].tolist()
    ['savee', 'tess', 'tess']
    """
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(own)[:n_per_corpus] for own in rows.groupby("corpus").indices.values()]
    return np.sort(np.concatenate(drawn))


def losses(rows: pandas.DataFrame, decided: Sequence[NDArray[np.str_]]) -> list[Loss]:
    """Return what each condition costs in each corpus.

    Parameters
    ----------
    rows : pandas.DataFrame
        The recordings.
    decided : sequence of ndarray of str, shape (n_conditions,)
        For each recording, the emotion that is heard in each of `CONDITIONS`.
    """
    truth, corpora = (rows[name].to_numpy(dtype=str) for name in ("emotion", "corpus"))
    found, said = [], np.array(decided)
    for corpus in dict.fromkeys(corpora):
        own = corpora == corpus
        uars = [uar(truth[own], each) for each in said[own].T]
        found += [
            Loss(
                corpus=str(corpus),
                condition=name,
                uar=score,
                lost=uars[0] - score,
                recordings=int(own.sum()),
            )
            for name, score in zip(CONDITIONS, uars, strict=True)
        ]
    return found


def robustness_table(found: Sequence[Loss]) -> Table:
    """Return what is lost as a table, in points of 100."""
    header, rows = robustness_cells(found)
    return Table("Robustness", header, tuple(rows), ROBUSTNESS_NOTE)


def write_robustness(folder: Path, found: Sequence[Loss]) -> list[Path]:
    """Write ``robustness.json`` and ``robustness.md`` into a folder; return their paths."""
    header, rows = robustness_cells(found)
    lines = [header, ("---",) * len(header), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    texts = {
        "robustness.json": json.dumps([one.model_dump() for one in found], indent=2),
        "robustness.md": f"# Robustness\n\n{ROBUSTNESS_NOTE}\n\n{table}",
    }
    for name, text in texts.items():
        write_text(folder / name, text + "\n")
    return [folder / name for name in texts]


def _features(front_end: FeatureSet, rows: pandas.DataFrame, seed: int, row: int) -> NDArray[Any]:
    """Features of one recording in every condition."""
    rng = np.random.default_rng([seed, row])
    clip = _load(rows, row)
    voices = [_load(rows, int(other), clip.sampling_rate) for other in _others(rows, row, rng)]
    found = [front_end.extract(alter(clip, rng, voices)) for alter in CONDITIONS.values()]
    return stack_features(found, front_end.shape)


def _others(rows: pandas.DataFrame, row: int, rng: np.random.Generator) -> NDArray[np.intp]:
    others = np.delete(np.arange(len(rows)), row)
    return rng.choice(others if others.size else np.array([row]), N_VOICES)


def _load(rows: pandas.DataFrame, row: int, sampling_rate: int | None = None) -> Clip:
    given = rows.iloc[row].reindex(["file", "start", "end"])
    start, end = (None if np.isnan(time) else time for time in given[["start", "end"]].astype(float))
    return load_audio(str(given["file"]), sampling_rate=sampling_rate, start=start or 0.0, end=end)
