"""From test predictions to an evaluation report."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from serkit.corpora.manifest import is_complete
from serkit.evaluation import confusion, metrics, reliability
from serkit.evaluation.bootstrap import Interval, Statistic, bootstrap_interval
from serkit.evaluation.groups import ATTRIBUTES, group_names, in_order
from serkit.evaluation.predictions import Predictions, restrict_to_corpus_emotions
from serkit.evaluation.report import (
    AbstentionPoint,
    Bin,
    ClassScore,
    EvaluationReport,
    FoldScore,
    GroupScore,
    RunFacts,
    Score,
)
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

FEW_SPEAKERS = 10
_ABSTENTION_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(20))
_OF_DECISIONS = {
    "uar": confusion.average_recall,
    "war": confusion.accuracy,
    "macro_precision": confusion.average_precision,
    "macro_f1": confusion.average_f1,
}


def evaluate(
    predictions: Predictions, *, facts: RunFacts, among_corpus_emotions: bool = True, seed: int = 0
) -> EvaluationReport:
    """Score test predictions.

    Parameters
    ----------
    predictions : Predictions
        Truth and probabilities of the test clips. Of their rows it reads ``corpus``, ``speaker`` where
        it is known, and the group columns ``gender``, ``age``, ``race`` and ``intensity`` where they are.
    facts : RunFacts
        Name, protocol and what else a reader must know.
    among_corpus_emotions : bool, default True
        Apply :func:`~serkit.evaluation.predictions.restrict_to_corpus_emotions`; the report says so.
    seed : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    EvaluationReport

    Examples
    --------
    >>> import pandas
    >>> rows = pandas.DataFrame({"corpus": "mine", "speaker": ["a", "b"], "emotion": ["happy", "sad"]})
    >>> predictions = Predictions(rows, np.array([[0.9, 0.1], [0.6, 0.4]]), ("happy", "sad"))
    >>> evaluate(predictions, facts=RunFacts(name="toy")).uar.value
    0.5
    """
    restricted: tuple[str, ...] = ()
    if among_corpus_emotions:
        predictions, restricted = restrict_to_corpus_emotions(predictions)
    scored = _Scored.of_predictions(predictions, seed)
    notes = (*facts.notes, *_restriction_note(restricted), *_speaker_note(scored))
    return EvaluationReport(
        facts=facts.model_copy(update={"notes": notes}),
        classes=predictions.classes,
        n_clips=len(scored.truth),
        n_speakers=scored.n_speakers,
        scores=_scores(scored),
        per_class=_per_class(scored, predictions.classes),
        confusion=tuple(tuple(map(int, row)) for row in scored.counts()),
        groups=_groups(scored, predictions.rows),
        folds=_folds(scored, predictions.fold_names),
        reliability=_reliability(scored),
        abstention=_abstention(scored),
    )


class _Scored(NamedTuple):
    """Test clips as arrays, all or those of one group."""

    truth: Indices
    probabilities: Floats
    speakers: NDArray[np.object_]
    speakers_known: bool
    seed: int

    @classmethod
    def of_predictions(cls, predictions: Predictions, seed: int) -> _Scored:
        rows = predictions.rows
        known = is_complete(rows, "speaker")
        # Without speakers each clip stands for itself.
        speakers = speaker_groups(rows) if known else _numbered(rows["corpus"])
        return cls(predictions.truth, predictions.probabilities, speakers, known, seed)

    @property
    def n_speakers(self) -> int:
        return len(set(self.speakers)) if self.speakers_known else 0

    def only(self, rows: NDArray[np.bool_]) -> _Scored:
        return self._replace(
            truth=self.truth[rows], probabilities=self.probabilities[rows], speakers=self.speakers[rows]
        )

    def cells(self) -> Floats:
        """Return the confusion matrix of each clip on its own, shape (n_clips, n_classes, n_classes)."""
        clips, n_classes = self.probabilities.shape
        cells = np.zeros((clips, n_classes, n_classes))
        cells[np.arange(clips), self.truth, self.probabilities.argmax(axis=1)] = 1.0
        return cells

    def counts(self) -> Floats:
        total: Floats = self.cells().sum(axis=0)
        return total

    def score(self, statistic: Statistic, evidence: Floats) -> Score:
        return _score(bootstrap_interval(statistic, evidence, self.speakers, seed=self.seed))

    def ece(self) -> Score:
        sums = reliability.calibration_sums(self.probabilities, self.truth)
        return self.score(reliability.ece_from_sums, sums)

    def surer_half(self) -> float:
        return reliability.accuracy_of_surest(self.probabilities, self.truth)


def _numbered(corpora: pandas.Series) -> NDArray[np.object_]:
    return np.array([f"{corpus}/{i}" for i, corpus in enumerate(corpora)], dtype=object)


def _restriction_note(corpora: tuple[str, ...]) -> list[str]:
    names = ", ".join(corpora)
    return [f"Clips of {names} are scored among the emotions that their corpus holds."] if names else []


def _speaker_note(scored: _Scored) -> list[str]:
    if not scored.speakers_known:
        return ["Speakers are not known: the intervals are drawn over clips and are too narrow."]
    corpora = itertools.groupby(sorted(set(scored.speakers)), key=lambda name: name.split("/")[0])
    few = [f"{corpus} {n}" for corpus, names in corpora if (n := len(list(names))) < FEW_SPEAKERS]
    return [f"Few test speakers ({', '.join(few)}), so that intervals are rough."] if few else []


def _scores(scored: _Scored) -> dict[str, Score]:
    cells = scored.cells()
    scores = {name: scored.score(statistic, cells) for name, statistic in _OF_DECISIONS.items()}
    precision, recall = metrics.thresholded_precision_recall(scored.probabilities, scored.truth)
    scores["thresholded_precision"] = Score(value=precision)
    scores["thresholded_recall"] = Score(value=recall)
    for k in (2, 3):
        if k < scored.probabilities.shape[1]:
            scores[f"top_{k}"] = Score(value=metrics.top_k(scored.probabilities, scored.truth, k))
    scores["ece"] = scored.ece()
    scores["surer_half"] = Score(value=scored.surer_half())
    return scores


def _per_class(scored: _Scored, classes: tuple[str, ...]) -> tuple[ClassScore, ...]:
    cells, counts = scored.cells(), scored.counts()
    precision, f1 = confusion.class_precision(counts), confusion.class_f1(counts)
    return tuple(
        ClassScore(
            emotion=emotion,
            n_clips=int(counts[i].sum()),
            recall=scored.score(_recall_of(i), cells),
            precision=_share(precision[i]),
            f1=_share(f1[i]),
        )
        for i, emotion in enumerate(classes)
    )


def _recall_of(index: int) -> Statistic:
    return lambda counts: confusion.class_recall(counts)[..., index]


def _groups(scored: _Scored, rows: pandas.DataFrame) -> dict[str, tuple[GroupScore, ...]]:
    groups = {}
    for attribute in ATTRIBUTES:
        names = group_names(rows, attribute)
        found = in_order(attribute, names)
        if len(found) > 1:
            groups[attribute] = tuple(_group(scored.only(names == name), name) for name in found)
    return groups


def _group(scored: _Scored, name: str) -> GroupScore:
    cells = scored.cells()
    return GroupScore(
        group=name,
        n_clips=len(scored.truth),
        n_speakers=scored.n_speakers,
        uar=scored.score(confusion.average_recall, cells),
        war=scored.score(confusion.accuracy, cells),
        ece=scored.ece(),
        surer_half=scored.surer_half(),
    )


def _folds(scored: _Scored, names: NDArray[np.object_]) -> tuple[FoldScore, ...]:
    parts = {str(name): scored.only(names == name) for name in dict.fromkeys(names)}
    return tuple(
        FoldScore(
            fold=name,
            n_clips=len(part.truth),
            uar=float(confusion.average_recall(part.counts())),
            war=float(confusion.accuracy(part.counts())),
        )
        for name, part in parts.items()
    )


def _reliability(scored: _Scored) -> tuple[Bin, ...]:
    table = reliability.reliability_table(scored.probabilities, scored.truth)
    return tuple(
        Bin(
            lower=row.lower,
            upper=row.upper,
            n_clips=row.n_clips,
            confidence=_share(row.confidence),
            accuracy=_share(row.accuracy),
        )
        for row in table
    )


def _abstention(scored: _Scored) -> tuple[AbstentionPoint, ...]:
    points = (reliability.abstention(scored.probabilities, scored.truth, t) for t in _ABSTENTION_THRESHOLDS)
    return tuple(
        AbstentionPoint(threshold=point.threshold, coverage=point.coverage, accuracy=_share(point.accuracy))
        for point in points
    )


def _score(interval: Interval) -> Score:
    return Score(value=_share(interval.value), low=_share(interval.low), high=_share(interval.high))


def _share(value: float) -> float | None:
    """Return a share that JSON can hold: None for NaN, and no rounding error beyond [0, 1]."""
    return None if math.isnan(value) else min(max(float(value), 0.0), 1.0)
