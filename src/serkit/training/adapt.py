"""Shift a saved model to one speaker, by a few labelled recordings of that voice.

The last layer moves as little as these recordings ask for: a penalty on the change keeps what was learned of
all other voices. So a few recordings suffice, and emotions that they lack are not forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serkit.bundle import CorpusFacts, read_bundle, save_bundle
from serkit.bundle_info import plain_name, speaker_key
from serkit.corpora.manifest import is_complete
from serkit.errors import SplitError, TrainingError
from serkit.features.table import extract_features
from serkit.model_card import model_card
from serkit.models.drawn_regression import fit_drawn
from serkit.models.emotion_sets import balanced_weights
from serkit.models.inner_folds import inner_folds
from serkit.models.new_head import load_base
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from serkit.bundle import BundleInfo
    from serkit.onnx.head import Head

    Matrix = NDArray[np.float64]
    Positions = NDArray[np.intp]

PENALTY = 30.0
"""Chosen on held-out speakers of CREMA-D, RAVDESS and SAVEE, by `benchmarks/adapt.py`."""


@dataclass(frozen=True)
class Adaptation:
    """A model that was shifted to one speaker.

    Attributes
    ----------
    folder : Path
        Its bundle.
    n_clips : int
        Recordings that it was shifted by.
    before, after : int, optional
        How many of them the base hears right, and how many the base that is shifted by the others: each is
        held out once. None where an emotion has a single recording.
    """

    folder: Path
    n_clips: int
    before: int | None
    after: int | None


def adapt(
    base: Path | str,
    manifest: pandas.DataFrame,
    *,
    out: Path | str,
    cache: Path | None = None,
    progress: bool = False,
) -> Adaptation:
    """Shift a saved model to the speaker of a few recordings, and save it.

    Parameters
    ----------
    base : Path or str
        Name or folder of the saved model.
    manifest : pandas.DataFrame
        Recordings of one speaker, of two emotions or more that the model knows.
    out : Path or str
        Folder of the new bundle.
    cache : Path, optional
        Folder of the feature cache.
    progress : bool, default False
        Whether to show a bar on a terminal.

    Returns
    -------
    Adaptation

    Raises
    ------
    BundleError
        If there is no such model, or `out` exists and is no bundle.
    ExportError
        If the model does not end in one linear layer.
    TrainingError
        If the recordings are of several speakers, of one emotion, or of one that the model does not know.
    """
    info, _ = read_bundle(base)
    _check(info, manifest)
    features = extract_features(manifest, info.front_end, cache=cache, progress=progress).values
    model = load_base(str(base))
    heard = model.hear(features)
    targets = np.array([info.labels.index(emotion) for emotion in manifest["emotion"]])
    before, after = _held_out(heard, targets, model.head)
    head = shift_head(heard, targets, model.head)
    adapted = _describe(info, manifest, name=plain_name(Path(out).name))
    folder = save_bundle(out, adapted, model.with_head(head), model_card(adapted))
    return Adaptation(folder, len(manifest), before, after)


def shift_head(heard: Matrix, targets: Positions, head: Head, *, penalty: float = PENALTY) -> Head:
    """Return a last layer, shifted by a few recordings.

    Parameters
    ----------
    heard : ndarray of float, shape (n, n_values)
        What enters the layer for each recording.
    targets : ndarray of int, shape (n,)
        Column of each recording's emotion.
    head : Head
        The layer.
    penalty : float
        Half of it is how much the squared changes count beside the mean loss.
    """
    return fit_drawn(heard, targets, head, penalty=penalty, row_weights=balanced_weights(targets))


def _check(info: BundleInfo, manifest: pandas.DataFrame) -> None:
    speakers = set(speaker_groups(manifest)) if is_complete(manifest, "speaker") else {"the only one"}
    if len(speakers) > 1:
        raise TrainingError(
            f"{len(speakers)} speakers: a model is adapted to one",
            hint="keep one, or put a new last layer on it: serkit train --base",
        )
    emotions = set(manifest["emotion"])
    unknown = sorted(emotions - set(info.labels))
    if unknown:
        raise TrainingError(
            f"{', '.join(unknown)}: {info.name} tells {', '.join(info.labels)} apart",
            hint="for new emotions, put a new last layer on it: serkit train --base",
        )
    if len(emotions) < 2:
        raise TrainingError(
            f"only {emotions.pop()}: it takes two emotions or more to hear how a voice differs"
        )


def _held_out(heard: Matrix, targets: Positions, head: Head) -> tuple[int, int] | tuple[None, None]:
    """Return how many recordings are heard right by the layer, and by one that is shifted by others."""
    try:
        splits = inner_folds(targets)
    except SplitError:
        return None, None
    after = 0
    for train, held_out in splits:
        after += _n_right(heard[held_out], targets[held_out], shift_head(heard[train], targets[train], head))
    return _n_right(heard, targets, head), after


def _n_right(heard: Matrix, targets: Positions, head: Head) -> int:
    return int(((heard @ head.weights + head.offsets).argmax(axis=1) == targets).sum())


def _describe(info: BundleInfo, manifest: pandas.DataFrame, *, name: str) -> BundleInfo:
    """Return the description of the adapted model."""
    return info.adapted(
        name,
        f"to one speaker by {len(manifest)} recordings",
        limits=("It is adapted to one speaker: expect less on other voices.",),
        corpora=(_corpus(manifest), *info.corpora),
        temperature=1.0,
        offsets=(),
    )


def _corpus(manifest: pandas.DataFrame) -> CorpusFacts:
    known = is_complete(manifest, "speaker")
    return CorpusFacts(
        name=str(manifest["corpus"].iloc[0]),
        licence="not known",
        recordings=len(manifest),
        speakers=1,
        speaker_keys=tuple({speaker_key(group) for group in speaker_groups(manifest)} if known else ()),
    )
