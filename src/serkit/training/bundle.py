"""Save the model that was trained on all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serkit import __version__
from serkit.augment import is_copy
from serkit.bundle import BundleInfo, CorpusFacts, ScoreFacts, read_bundle, save_bundle
from serkit.bundle_info import speaker_key
from serkit.corpora import CORPORA
from serkit.corpora.manifest import is_complete
from serkit.model_card import model_card
from serkit.models.new_head_settings import NewHeadSettings
from serkit.onnx.clip_temperature import divide_scores
from serkit.onnx.export import export_onnx
from serkit.onnx.narrow import narrow_onnx
from serkit.onnx.pool_first import pool_first
from serkit.onnx.quantise import quantise_onnx
from serkit.selection import only_blocks
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas
    from numpy.typing import NDArray

    from serkit.bundle_info import Loss
    from serkit.evaluation import EvaluationReport
    from serkit.evaluation.report import GroupScore, Score
    from serkit.models import ModelSettings
    from serkit.models.clip_temperature import ClipTemperature
    from serkit.models.emotion_sets import EmotionSets
    from serkit.recipe import Recipe
    from serkit.recipe_tables import Export
    from serkit.training.fitting import FittedModel, TrainingData

_SCORES = ("uar", "war", "macro_f1", "ece")
_PARITY_ROWS = 500


def save_model(  # noqa: PLR0913 - a bundle says all of this
    folder: Path,
    recipe: Recipe,
    fitted: FittedModel,
    *,
    data: TrainingData,
    report: EvaluationReport,
    lost: Sequence[Loss] = (),
    of_clips: ClipTemperature | None = None,
) -> Path:
    """Export a trained model and save it with all that is known about it.

    Parameters
    ----------
    folder : Path
        Where the bundle shall be.
    recipe : Recipe
        What made the model.
    fitted : FittedModel
        The model.
    data : TrainingData
        What it was trained on.
    report : EvaluationReport
        What models of the same recipe scored on recordings that they had not seen.
    lost : sequence of Loss
        What altering these recordings cost, if that was measured.
    of_clips : ClipTemperature, optional
        What each clip's scores are divided by, in place of one temperature for all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ExportError
        If the exported model differs from the trained one.
    """
    model = export_model(fitted, data, recipe.export, of_clips=of_clips)
    heard = list(_corpora(data.rows[~is_copy(data.rows)], fitted.model.emotion_sets_))
    info = BundleInfo(
        name=recipe.name,
        summary=recipe.summary,
        serkit_version=__version__,
        labels=tuple(str(label) for label in fitted.model.classes_),
        front_end=only_blocks(recipe.features, fitted.record.blocks),
        temperature=fitted.record.temperature,
        corpora=tuple(_with_those_of_base(recipe.model, heard)),
        scores=tuple(_scores(report)),
        robustness=tuple(lost),
        recipe=recipe.model_dump(mode="json"),
    )
    return save_bundle(folder, info, model, model_card(info))


def export_model(
    fitted: FittedModel, data: TrainingData, export: Export, *, of_clips: ClipTemperature | None = None
) -> bytes:
    """Return a trained model as ONNX, as small as a recipe wants it.

    Parameters
    ----------
    fitted : FittedModel
        The model.
    data : TrainingData
        What it was trained on.
    export : Export
        How it shall be stored.
    of_clips : ClipTemperature, optional
        The model divides its scores by how far this is from the temperature that is stored beside it.

    Raises
    ------
    ExportError
        If the exported model differs from the trained one.
    """
    sample = fitted.take(data.features[_some_of_each(data.corpora)])
    model = export_onnx(fitted.model.estimator_, sample, heard=of_clips is not None)
    if export.narrow:
        model = narrow_onnx(model, sample, tolerance=export.narrow, last=export.narrow_last)
    model = pool_first(model)
    if export.weights == "int8":
        model = quantise_onnx(model, sample)
    if of_clips is not None:
        model = divide_scores(model, of_clips.relative_to(fitted.record.temperature))
    return model


def _some_of_each(corpora: NDArray[np.str_]) -> NDArray[np.intp]:
    """Return rows, as many of each corpus or all that it has: what is left out shall cost none of them."""
    rows = [np.flatnonzero(corpora == name) for name in np.unique(corpora)]
    most = _PARITY_ROWS // len(rows)
    return np.concatenate(
        [each[np.linspace(0, len(each) - 1, min(most, len(each))).astype(int)] for each in rows]
    )


def _corpora(rows: pandas.DataFrame, sets: EmotionSets) -> Iterator[CorpusFacts]:
    for name, part in rows.groupby("corpus", sort=False):
        known = CORPORA.get(str(name))
        languages = set(part["language"].dropna()) if "language" in part else set()
        yield CorpusFacts(
            name=str(name),
            licence=known.licence if known else "not known",
            recordings=len(part),
            speakers=part["speaker"].nunique() if "speaker" in part else 0,
            language=", ".join(sorted(languages)),
            speaker_keys=tuple(sorted({speaker_key(group) for group in _speakers(part)})),
            emotions=tuple(sorted(sets.get(str(name), ()))),
        )


def _with_those_of_base(model: ModelSettings, heard: list[CorpusFacts]) -> Iterator[CorpusFacts]:
    """Yield corpora, and those of the saved model that they are on top of: it has heard these speakers."""
    base = read_bundle(model.base)[0].corpora if isinstance(model, NewHeadSettings) else ()
    before = {corpus.name: corpus for corpus in base}
    for corpus in heard:
        keys = {*corpus.speaker_keys, *(before[corpus.name].speaker_keys if corpus.name in before else ())}
        yield corpus.model_copy(update={"speaker_keys": tuple(sorted(keys))})
    yield from (corpus for corpus in base if corpus.name not in {one.name for one in heard})


def _speakers(rows: pandas.DataFrame) -> NDArray[np.object_]:
    return speaker_groups(rows) if is_complete(rows, "speaker") else np.empty(0, dtype=object)


def _scores(report: EvaluationReport) -> Iterator[ScoreFacts]:
    for metric in _SCORES:
        yield from _facts(report, metric, report.scores[metric], report)
    for attribute, groups in report.groups.items():
        for group in groups:
            which = f", {attribute} {group.group}"
            yield from _facts(report, "uar", group.uar, group, which)
            if attribute == "corpus":
                yield from _facts(report, "ece", group.ece, group, which)


def _facts(
    report: EvaluationReport, metric: str, score: Score, part: EvaluationReport | GroupScore, which: str = ""
) -> Iterator[ScoreFacts]:
    """Yield a score of the report, or of one group in it, unless it or its interval is undefined."""
    if score.value is not None and score.low is not None and score.high is not None:
        yield ScoreFacts(
            measured_on=report.facts.protocol + which,
            metric=metric,
            value=score.value,
            low=score.low,
            high=score.high,
            recordings=part.n_clips,
            speakers=part.n_speakers,
        )
