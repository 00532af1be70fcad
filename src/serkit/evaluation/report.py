"""The evaluation report: everything that a run's test predictions say, as plain data."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serkit.errors import TrainingError
from serkit.files import write_text

FORMAT_VERSION = 1
REPORT_FILE = "report.json"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
# A score that cannot be computed (no clip of the class, a single speaker) is None, which JSON can hold.
MaybeShare = Share | None


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Score(_Record):
    """A score in [0, 1] and the bounds of its 95 % interval over speakers; None = cannot be said."""

    value: MaybeShare
    low: MaybeShare = None
    high: MaybeShare = None

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        text = f"{100 * self.value:.1f}"
        return text if self.low is None or self.high is None else f"{text} ({self.interval})"

    @property
    def interval(self) -> str:
        """The interval as text, in per cent; "–" where there is none."""
        return "–" if self.low is None or self.high is None else f"{100 * self.low:.1f}–{100 * self.high:.1f}"


class ClassScore(_Record):
    """How one emotion was heard."""

    emotion: str
    n_clips: int
    recall: Score
    precision: MaybeShare
    f1: MaybeShare


class GroupScore(_Record):
    """How the clips of one group, e.g. of one sex, were heard."""

    group: str
    n_clips: int
    n_speakers: int
    uar: Score
    war: Score
    ece: Score = Score(value=None)
    surer_half: MaybeShare = None


class FoldScore(_Record):
    """How one test fold was heard."""

    fold: str
    n_clips: int
    uar: Share
    war: Share


class Bin(_Record):
    """The clips of one stretch of confidence, for the reliability diagram."""

    lower: Share
    upper: Share
    n_clips: int
    confidence: MaybeShare
    accuracy: MaybeShare


class AbstentionPoint(_Record):
    """What is left when clips below `threshold` get no answer."""

    threshold: Share
    coverage: Share
    accuracy: MaybeShare


class Cost(_Record):
    """What the run cost and what its model costs.

    Attributes
    ----------
    training_s : float, optional
        Wall time of training, in seconds.
    parameters : int, optional
        Number of trained values.
    ms_per_clip : float, optional
        Prediction time of one clip, in milliseconds.
    """

    training_s: float | None = Field(default=None, ge=0)
    parameters: int | None = Field(default=None, ge=0)
    ms_per_clip: float | None = Field(default=None, ge=0)


class RunFacts(_Record):
    """What a reader must know besides the predictions.

    Attributes
    ----------
    name : str
        Name of the run.
    protocol : str
        How test and train were cut, in words.
    leaks : dict of str to int
        How many speakers, recordings and augmentation parents stand on both sides; kinds that could
        not be checked are absent.
    cautions : tuple of str
        Why the scores must not be believed as they stand; shown first.
    notes : tuple of str
        Further facts, e.g. the speakers of a published list that were missing.
    cost : Cost
        Time and size.
    """

    name: str
    protocol: str = ""
    leaks: dict[str, int] = {}
    cautions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cost: Cost = Cost()


class EvaluationReport(_Record):
    """The result of one evaluation; made by :func:`serkit.evaluation.evaluate`.

    Attributes
    ----------
    format_version : int
        Of the JSON.
    facts : RunFacts
        Name, protocol, leaks, cautions, notes, cost.
    classes : tuple of str
        Emotions that the model tells apart.
    n_clips, n_speakers : int
        Size of the test part; 0 speakers = not known.
    scores : dict of str to Score
        ``uar war macro_precision macro_f1 thresholded_precision thresholded_recall top_2 top_3 ece
        surer_half``.
    per_class : tuple of ClassScore
        One for each class.
    confusion : tuple of tuple of int
        Counts, truth in the rows, in the order of `classes`.
    groups : dict of str to tuple of GroupScore
        For each attribute with at least two values (corpus, gender, age, race, intensity): its groups.
    folds : tuple of FoldScore
        One for each test fold.
    reliability : tuple of Bin
        Confidence against accuracy.
    abstention : tuple of AbstentionPoint
        Coverage against accuracy.
    """

    format_version: int = Field(default=FORMAT_VERSION, ge=1, le=FORMAT_VERSION)
    facts: RunFacts
    classes: tuple[str, ...]
    n_clips: int
    n_speakers: int
    scores: dict[str, Score]
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    groups: dict[str, tuple[GroupScore, ...]]
    folds: tuple[FoldScore, ...]
    reliability: tuple[Bin, ...]
    abstention: tuple[AbstentionPoint, ...]

    @property
    def uar(self) -> Score:
        """The headline: unweighted average recall over all test clips."""
        return self.scores["uar"]

    def fold_mean(self, score: str) -> tuple[float, float]:
        """Return mean and standard deviation of ``"uar"`` or ``"war"`` over the folds."""
        values = [getattr(fold, score) for fold in self.folds]
        return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0

    def gap(self, attribute: str) -> float | None:
        """Return the UAR of the best group of an attribute minus that of the worst, in [0, 1]."""
        values = [group.uar.value for group in self.groups[attribute] if group.uar.value is not None]
        return max(values) - min(values) if values else None

    def to_json(self) -> str:
        """Return the report as JSON."""
        return self.model_dump_json(indent=2) + "\n"

    def save(self, path: Path | str) -> None:
        """Write the JSON, atomically."""
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: Path | str) -> EvaluationReport:
        """Read a report.

        Parameters
        ----------
        path : Path or str
            A JSON file, or a run folder that holds ``report.json``.

        Raises
        ------
        TrainingError
            If there is no such file or it is not a report.
        """
        path = Path(path)
        path = path / REPORT_FILE if path.is_dir() else path
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise TrainingError(
                f"{path}: no such report", hint="name the folder of a finished run"
            ) from error
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(map(str, problem["loc"]))
            raise TrainingError(
                f"{path}: not an evaluation report: {place}: {problem['msg']}",
                hint="evaluate again with this version of serkit",
            ) from error
