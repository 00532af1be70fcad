"""Choose parameters and feature blocks on held-out speakers of the training part.

==========================  ==========================================================
:func:`hold_out`            splits of the training rows, by speaker wherever possible
:func:`grid_search`         the best of all combinations of parameters
:func:`backward_selection`  drop feature blocks, one after the other
==========================  ==========================================================
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import numpy as np

from serkit.augment import is_copy, parents
from serkit.corpora.manifest import is_complete
from serkit.evaluation.metrics import uar
from serkit.features import FeatureSet
from serkit.models.classical import SCALER
from serkit.models.dev_rows import NO_FACTS, fit_split
from serkit.models.emotion_sets import allowed_classes, emotion_sets, own_scores
from serkit.models.inner_folds import inner_folds
from serkit.models.limited_scaler import LimitedScaler
from serkit.models.settings import CLASSIFIER
from serkit.parallel import map_parallel
from serkit.splits import speaker_groups

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas
    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator

    from serkit.features.feature_set import Layout
    from serkit.models.inner_folds import Split

    Positions = NDArray[np.intp]

Choice = TypeVar("Choice", "Candidate", "SelectionStep")
Unit = Literal["speaker", "statement", "clip", "dev part"]


class HeldOut(NamedTuple):
    """Splits of training rows into a part to train on and a part to choose on.

    Attributes
    ----------
    unit : {"speaker", "statement", "clip", "dev part"}
        What is held out.
    splits : list of (ndarray of int, ndarray of int)
        Positions among the training rows.
    """

    unit: Unit
    splits: list[Split]


class TrainingPart(NamedTuple):
    """Rows to train on.

    Attributes
    ----------
    features : ndarray, shape (n, ...)
        Their features.
    labels : ndarray of str, shape (n,)
        Their emotions.
    splits : list of (ndarray of int, ndarray of int)
        What to hold out among them, from `hold_out`.
    layout : {"vector", "contours", "sequence", "image"}, default "vector"
        Of the features: where their columns are.
    facts : dict of str to ndarray, shape (n,)
        What else the model is told of each row: `corpora`, where a row counts only among the emotions of its
        own corpus, and `votes`.
    """

    features: NDArray[np.floating]
    labels: NDArray[Any]
    splits: list[Split]
    layout: Layout = "vector"
    facts: Mapping[str, NDArray[Any]] = NO_FACTS


@dataclass(frozen=True)
class Candidate:
    """A combination of parameters and how well it does on what is held out.

    Attributes
    ----------
    parameters : dict
        By name.
    uar : float
        Mean over the splits, in [0, 1].
    deviation : float
        Standard deviation over the splits.
    """

    parameters: dict[str, Any]
    uar: float
    deviation: float


@dataclass(frozen=True)
class SelectionStep:
    """One step of the backward selection.

    Attributes
    ----------
    blocks : tuple of str
        Blocks that are left.
    dropped : str
        The block that left last; "" at the first step.
    uar : float
        Mean over the splits, in [0, 1].
    deviation : float
        Standard deviation over the splits.
    """

    blocks: tuple[str, ...]
    dropped: str
    uar: float
    deviation: float


def hold_out(rows: pandas.DataFrame, *, folds: int = 5) -> HeldOut:
    """Split training rows by speaker; by statement where one speaker is all there is, else by clip.

    Altered copies are trained on with their originals and never held out. Nor are clips of a corpus of which
    nothing would be left to learn from, such as one with a single speaker among others.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows of a manifest.
    folds : int, default 5
        Number of splits.

    Returns
    -------
    HeldOut

    Raises
    ------
    SplitError
        If an emotion cannot be held out.

    Examples
    --------
    >>> import pandas
    >>> rows = pandas.DataFrame({"corpus": "savee", "speaker": list("aabb"), "emotion": ["sad", "calm"] * 2})
    >>> hold_out(rows).unit
    'speaker'
    """
    unit, groups = _groups(rows)
    splits, original = inner_folds(rows["emotion"].to_numpy(), groups, folds=folds), ~is_copy(rows)
    splits = [(train, held_out[original[held_out]]) for train, held_out in splits]
    return HeldOut(unit, _of_known_corpora(splits, rows["corpus"].to_numpy()))


def _of_known_corpora(splits: list[Split], corpora: NDArray[np.object_]) -> list[Split]:
    known = [(train, out[np.isin(corpora[out], corpora[train])]) for train, out in splits]
    return [(train, out) for train, out in known if out.size] or splits


def _groups(rows: pandas.DataFrame) -> tuple[Unit, NDArray[np.object_] | None]:
    if is_complete(rows, "speaker"):
        speakers = speaker_groups(rows)
        if len(set(speakers)) > 1:
            return "speaker", speakers
    if is_complete(rows, "statement") and rows["statement"].nunique() > 1:
        return "statement", rows["statement"].to_numpy(dtype=object)
    return "clip", parents(rows) if "parent" in rows else None


def grid_search(
    model: BaseEstimator,
    grid: Mapping[str, Sequence[Any]],
    part: TrainingPart,
    *,
    workers: int = 1,
) -> list[Candidate]:
    """Score every combination of parameters on what is held out.

    Parameters
    ----------
    model : estimator
        Unfitted pipeline, from `serkit.models.build_model`.
    grid : mapping of str to sequence
        Values of each parameter.
    part : TrainingPart
        Rows to train on and to choose on.
    workers : int, default 1
        Models to fit at once.

    Returns
    -------
    list of Candidate
        In the order of the grid, the last parameter fastest; the best is the first with the highest UAR.
    """
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    models = [_with_parameters(model, parameters) for parameters in combinations]
    jobs = [(one, split) for one in models for split in part.splits]
    score = partial(_uar_of_model, part)
    scores = np.array(list(map_parallel(score, jobs, workers=workers))).reshape(-1, len(part.splits))
    return [
        Candidate(parameters, float(uars.mean()), float(uars.std()))
        for parameters, uars in zip(combinations, scores, strict=True)
    ]


def _with_parameters(model: BaseEstimator, parameters: Mapping[str, Any]) -> BaseEstimator:
    from sklearn.base import clone

    return clone(model).set_params(**{f"{CLASSIFIER}__{name}": value for name, value in parameters.items()})


def _uar_of_model(part: TrainingPart, job: tuple[BaseEstimator, Split]) -> float:
    model, split = job
    fitted = fit_split(model, part.features, part.labels, split, part.facts)
    held_out, corpora = split[1], part.facts.get("corpora")
    if corpora is None:
        return uar(part.labels[held_out], fitted.predict(part.features[held_out]))
    sets = emotion_sets(part.labels, corpora)
    allowed = allowed_classes(corpora[held_out], fitted.classes_, sets)
    scores = own_scores(fitted.decision_function(part.features[held_out]), allowed)
    return uar(part.labels[held_out], fitted.classes_[scores.argmax(axis=1)])


def best(choices: Sequence[Choice]) -> Choice:
    """Return the first of the candidates or steps with the highest UAR.

    Examples
    --------
    >>> best([Candidate({"C": 1}, 0.4, 0.1), Candidate({"C": 10}, 0.5, 0.1)]).parameters
    {'C': 10}
    """
    return max(choices, key=lambda choice: choice.uar)


def block_columns(feature_set: FeatureSet) -> dict[str, Positions]:
    """Return the columns of each block of a vector; blocks of one label count as one.

    Examples
    --------
    >>> blocks = [{"name": "rms"}, {"name": "mfcc", "n_mfcc": 2}]
    >>> {name: columns.tolist() for name, columns in block_columns(FeatureSet(blocks=blocks)).items()}
    {'rms': [0], 'mfcc': [1, 2]}
    """
    position = {name: column for column, name in enumerate(feature_set.names)}
    labels = dict.fromkeys(block.label or block.name for block in feature_set.blocks)
    return {
        label: np.array([position[name] for name in only_blocks(feature_set, [label]).names])
        for label in labels
    }


def only_blocks(feature_set: FeatureSet, labels: Collection[str]) -> FeatureSet:
    """Return the feature set with the blocks of these labels alone.

    Examples
    --------
    >>> feature_set = FeatureSet(blocks=[{"name": "rms"}, {"name": "mfcc", "n_mfcc": 2}])
    >>> only_blocks(feature_set, ["mfcc"]).names
    ('mfcc_00_mean', 'mfcc_01_mean')
    """
    blocks = [block for block in feature_set.blocks if (block.label or block.name) in labels]
    return FeatureSet(**{**feature_set.model_dump(), "blocks": blocks})


def take_columns(features: NDArray[Any], columns: Positions, layout: Layout) -> NDArray[Any]:
    """Return these columns: values of a vector or of contours, rows of a sequence or of an image.

    Parameters
    ----------
    features : ndarray, shape (n, ...), or of objects, shape (n,)
        Features; sequences or images that differ in their frames are objects.
    columns : ndarray of int
        As in `block_columns`.
    layout : {"vector", "contours", "sequence", "image"}
        Of the features.

    Examples
    --------
    >>> frames = np.zeros((5, 228, 59))
    >>> take_columns(frames, np.arange(52), "sequence").shape
    (5, 228, 52)
    """
    if features.dtype == object:
        taken = np.empty(len(features), dtype=object)
        taken[:] = [take_columns(one[None], columns, layout)[0] for one in features]
        return taken
    axis = features.ndim - 1 if layout == "sequence" else 1
    if np.array_equal(columns, np.arange(features.shape[axis])):  # all: without a copy
        return features
    return features.take(columns, axis)


def keep_columns(model: BaseEstimator, columns: Positions) -> BaseEstimator:
    """Return the unfitted pipeline for these columns only."""
    from sklearn.base import clone

    kept = clone(model)
    if isinstance(scaler := kept[0], LimitedScaler):
        kept.set_params(**{SCALER: scaler.keep(columns)})
    return kept


def backward_selection(
    model: BaseEstimator,
    blocks: Mapping[str, Positions],
    part: TrainingPart,
    *,
    workers: int = 1,
) -> list[SelectionStep]:
    """Drop the block whose loss hurts least, again and again, until one is left.

    Parameters
    ----------
    model : estimator
        Unfitted pipeline, from `serkit.models.build_model`.
    blocks : mapping of str to ndarray of int
        Columns of each block, from `block_columns`.
    part : TrainingPart
        Rows to train on and to choose on.
    workers : int, default 1
        Models to fit at once.

    Returns
    -------
    list of SelectionStep
        From all blocks to one. Of equal losses the first block is dropped.
    """
    score = partial(_uar_of_blocks, model, blocks, part)

    def steps(dropped_and_left: list[tuple[str, tuple[str, ...]]]) -> list[SelectionStep]:
        jobs = [(left, split) for _, left in dropped_and_left for split in part.splits]
        scores = np.array(list(map_parallel(score, jobs, workers=workers))).reshape(-1, len(part.splits))
        return [
            SelectionStep(left, dropped, float(uars.mean()), float(uars.std()))
            for (dropped, left), uars in zip(dropped_and_left, scores, strict=True)
        ]

    path = steps([("", tuple(blocks))])
    while len(left := path[-1].blocks) > 1:
        smaller = [(dropped, tuple(name for name in left if name != dropped)) for dropped in left]
        path.append(best(steps(smaller)))
    return path


def _uar_of_blocks(
    model: BaseEstimator,
    blocks: Mapping[str, Positions],
    part: TrainingPart,
    job: tuple[tuple[str, ...], Split],
) -> float:
    subset, split = job
    columns = np.concatenate([blocks[name] for name in subset])
    kept = part._replace(features=take_columns(part.features, columns, part.layout))
    return _uar_of_model(kept, (keep_columns(model, columns), split))
