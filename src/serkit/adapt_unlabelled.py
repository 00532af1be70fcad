"""Shift a saved model to a strange voice, microphone or language, by recordings without labels.

What is strange moves all recordings alike, and a model hears one emotion in most of them. Where all emotions
are there about equally often, that tells how far to move back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from serkit.bundle import read_bundle, save_bundle
from serkit.bundle_info import plain_name
from serkit.errors import TrainingError
from serkit.model_card import model_card
from serkit.models.calibration import softmax
from serkit.models.matched_offsets import ENOUGH_RECORDINGS, match_offsets
from serkit.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from serkit.bundle import BundleInfo
    from serkit.prediction import Failure

    Floats = NDArray[np.float64]

LEAST_RECORDINGS = 3
# Of an emotion that the recordings do not hold: its probability vanishes.
_NEVER = -100.0


@dataclass(frozen=True)
class UnlabelledAdaptation:
    """A model that was shifted by recordings without labels.

    Attributes
    ----------
    folder : Path
        Its bundle.
    n_clips : int
        Recordings that it was shifted by.
    before, after : dict of str to float
        How often each emotion was heard in them before and is heard now, in the mean of the probabilities.
    """

    folder: Path
    n_clips: int
    before: dict[str, float]
    after: dict[str, float]


def adapt_unlabelled(
    base: Path | str,
    heard: Iterable[Prediction | Failure],
    *,
    out: Path | str,
    emotions: Collection[str] = (),
) -> UnlabelledAdaptation:
    """Shift a saved model so that it hears all emotions about equally often in recordings, and save it.

    Parameters
    ----------
    base : Path or str
        Name or folder of the saved model.
    heard : iterable of Prediction or Failure
        What this model hears in recordings of one voice or kind, a dozen or more, of all emotions:
        :meth:`serkit.predictor.Predictor.predict_folder` yields it. Failures are left out.
    out : Path or str
        Folder of the new bundle.
    emotions : collection of str, optional
        Emotions that such recordings can hold; the new model hears no other. Without them all that the model
        knows.

    Returns
    -------
    UnlabelledAdaptation

    Raises
    ------
    BundleError
        If there is no such model, or `out` exists and is no bundle.
    TrainingError
        If there are fewer than `LEAST_RECORDINGS`, or of `emotions` one alone or one that the model does not
        know is named.
    """
    info, content = read_bundle(base)
    kept = _kept(info, emotions)
    said = [
        [one.probabilities[label] for label in info.labels] for one in heard if isinstance(one, Prediction)
    ]
    if len(said) < LEAST_RECORDINGS:
        raise TrainingError(
            f"{len(said)} recordings that can be used: too few to tell what they have in common",
            hint=f"give {ENOUGH_RECORDINGS} or more, of all emotions",
        )
    scores = np.log(np.maximum(said, np.finfo(np.float64).tiny))
    offsets = np.full(len(info.labels), _NEVER)
    offsets[kept] = match_offsets(scores[:, kept], np.full(kept.sum(), 1 / kept.sum()))
    adapted = _describe(info, len(said), emotions, offsets, name=plain_name(Path(out).name))
    folder = save_bundle(out, adapted, content, model_card(adapted))
    before, after = (_shares(info, found) for found in (scores, scores + offsets))
    return UnlabelledAdaptation(folder, len(said), before, after)


def _kept(info: BundleInfo, emotions: Collection[str]) -> NDArray[np.bool_]:
    """Tell which of its labels a model is to hear."""
    unknown = sorted(set(emotions) - set(info.labels))
    if unknown:
        known = ", ".join(info.labels)
        raise TrainingError(f"{', '.join(unknown)}: {info.name} tells {known} apart")
    if len(set(emotions)) == 1:
        raise TrainingError(
            f"only {next(iter(emotions))}: there is nothing to tell apart", hint="name two or more"
        )
    return np.array([not emotions or label in emotions for label in info.labels])


def _shares(info: BundleInfo, scores: Floats) -> dict[str, float]:
    return dict(zip(info.labels, softmax(scores).mean(axis=0).tolist(), strict=True))


def _describe(
    info: BundleInfo, n_clips: int, emotions: Collection[str], offsets: Floats, *, name: str
) -> BundleInfo:
    """Return the description of the adapted model."""
    others = [label for label in info.labels if emotions and label not in emotions]
    never = (f"It was told that there is no {', '.join(others)}, and never hears it.",) if others else ()
    limit = "It is adapted to recordings of one kind, without labels: expect less on others."
    return info.adapted(
        name,
        f"by {n_clips} recordings without labels",
        limits=(limit, *never),
        offsets=tuple((np.array(info.offsets or 0.0) + offsets).tolist()),
    )
