"""Give each clip a temperature of its own, by what models of folds made of clips that they had not heard.

Nothing is held out for it: each fold is calibrated by the scores of the others, and the model of all
recordings by the scores of all folds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from serkit.augment import is_copy, parents
from serkit.corpora.manifest import is_complete
from serkit.errors import TrainingError
from serkit.models.calibration import softmax
from serkit.models.clip_temperature import fit_clip_temperature
from serkit.models.emotion_sets import allowed_classes, balanced_weights, emotion_sets, own_scores
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas
    from numpy.typing import NDArray

    from serkit.models.clip_temperature import ClipTemperature
    from serkit.models.encoder_settings import SpeechEncoderSettings
    from serkit.training.computing import Computing
    from serkit.training.fitting import TrainingData
    from serkit.training.plan import TrainingPlan
    from serkit.training.run_folder import FoldResult, HeldOut

    Positions = NDArray[np.intp]


class Calibrated(NamedTuple):
    """Folds with calibrated probabilities, and the temperatures for the model of all recordings.

    Attributes
    ----------
    folds : tuple of FoldResult
        Their `record.temperature` is the geometric mean of those of the test clips.
    temperature : ClipTemperature
        Fitted to the scores of all folds.
    typical : float
        The geometric mean of what it gives to unaltered clips.
    """

    folds: tuple[FoldResult, ...]
    temperature: ClipTemperature
    typical: float


def rows_to_score(rows: pandas.DataFrame, test: Positions) -> Positions:
    """Return the test rows and one altered copy of each, its first, its second and so on in turn."""
    named, copies = parents(rows), np.flatnonzero(is_copy(rows))
    if np.isin(test, copies).any() or not copies.size:
        return test
    place = {name: place for place, name in enumerate(named[test])}
    numbers = rows["copy"].to_numpy()
    wanted = np.array([place.get(name, -1) for name in named[copies]])
    turn = wanted % numbers.max() + 1 == numbers[copies]
    return np.concatenate([test, copies[(wanted >= 0) & turn]])


def calibrate_by_clip(
    plan: TrainingPlan, data: TrainingData, folds: Sequence[FoldResult], computing: Computing
) -> Calibrated:
    """Fit and apply the temperatures.

    Parameters
    ----------
    plan : TrainingPlan
        What was trained.
    data : TrainingData
        All rows of the run.
    folds : sequence of FoldResult
        All folds, with what they made of held-out rows.
    computing : Computing
        Where what is heard in clips is computed, or known already.

    Returns
    -------
    Calibrated
    """
    scored = _scored(plan, data, folds, computing)
    numbers = np.repeat(np.arange(len(folds)), [len(_held_out(fold).rows) for fold in folds])
    calibrated = [
        _calibrate(fold, _fit(scored.take(numbers != number)), scored.take(numbers == number))
        for number, fold in enumerate(folds)
    ]
    temperature = _fit(scored)
    return Calibrated(tuple(calibrated), temperature, scored.take(~scored.altered).typical(temperature))


class _Scored(NamedTuple):
    """Rows that were scored by models that had not heard them."""

    scores: NDArray[np.float64]
    heard: NDArray[np.float32]
    truth: Positions
    allowed: NDArray[np.bool_]
    corpora: NDArray[np.str_]
    speakers: NDArray[np.str_]
    altered: NDArray[np.bool_]
    counts: NDArray[np.float64]

    def take(self, rows: NDArray[Any]) -> _Scored:
        return _Scored(*(values[rows] for values in self))

    @property
    def weights(self) -> NDArray[np.float64]:
        """How much rows count, and corpora: by the roots of their numbers of speakers, however many rows."""
        speakers = {name: set(self.speakers[self.corpora == name]) for name in np.unique(self.corpora)}
        roots = np.sqrt([len(speakers[name]) for name in self.corpora])
        return balanced_weights(self.corpora).astype(np.float64) * roots * self.counts

    def typical(self, temperature: ClipTemperature) -> float:
        logarithms = np.log(temperature.of(self.scores, self.heard))
        return float(np.exp(np.average(logarithms, weights=self.weights)))


def _scored(
    plan: TrainingPlan, data: TrainingData, folds: Sequence[FoldResult], computing: Computing
) -> _Scored:
    from serkit.models.published import hear_states  # imports torch

    rows = np.array([row for fold in folds for row in _held_out(fold).rows])
    part = data.take(rows)
    classes, labels = np.array(plan.classes), part.rows["emotion"].to_numpy(dtype=str)
    sets = {}
    if plan.recipe.data.own_emotions:
        sets = emotion_sets(data.rows["emotion"].to_numpy(dtype=str), data.corpora)
    model = cast("SpeechEncoderSettings", plan.recipe.model)
    altered = is_copy(part.rows)
    return _Scored(
        np.array([row for fold in folds for row in _held_out(fold).scores]),
        hear_states(model, part.features, cache=computing.cache, device=computing.device),
        np.searchsorted(classes, labels),
        allowed_classes(part.corpora, classes, sets),
        part.corpora,
        _speakers(part.rows),
        altered,
        np.where(altered, model.copy_weight, 1.0),
    )


def _speakers(rows: pandas.DataFrame) -> NDArray[np.str_]:
    known = is_complete(rows, "speaker")
    return speaker_groups(rows).astype(str) if known else np.arange(len(rows)).astype(str)


def _fit(scored: _Scored) -> ClipTemperature:
    return fit_clip_temperature(
        scored.scores, scored.heard, scored.truth, allowed=scored.allowed, weights=scored.weights
    )


def _calibrate(fold: FoldResult, temperature: ClipTemperature, scored: _Scored) -> FoldResult:
    test = scored.take(np.arange(len(fold.rows)))
    of_clips = temperature.of(test.scores, test.heard)
    probabilities = softmax(own_scores(test.scores, test.allowed) / of_clips[:, np.newaxis])
    record = fold.record.model_copy(update={"temperature": float(np.exp(np.log(of_clips).mean()))})
    return fold.model_copy(
        update={"probabilities": tuple(map(tuple, probabilities.tolist())), "record": record}
    )


def _held_out(fold: FoldResult) -> HeldOut:
    if fold.held_out is None:
        raise TrainingError(f"fold {fold.name}: no scores to calibrate by", hint="train it again")
    return fold.held_out
