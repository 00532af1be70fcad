"""Choose, calibrate and fit a model on training rows alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from serkit.augment import is_copy, is_degraded, parents
from serkit.corpora.manifest import is_complete
from serkit.models.calibration import decision_scores
from serkit.models.dev_rows import fit_split, watches_dev
from serkit.models.history import Epoch  # noqa: TC001 - pydantic reads it at run time
from serkit.models.layer import Layer  # noqa: TC001 - pydantic reads it at run time
from serkit.models.network_settings import NetworkSettings
from serkit.models.settings import CLASSIFIER
from serkit.models.size import n_parameters
from serkit.models.temperature_scaled import TemperatureScaled
from serkit.selection import (
    Candidate,
    SelectionStep,
    TrainingPart,
    Unit,
    backward_selection,
    best,
    block_columns,
    grid_search,
    hold_out,
    take_columns,
)
from serkit.splits import speaker_groups
from serkit.training.computing import Computing

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    from serkit.features.feature_set import Layout
    from serkit.models.settings import ModelSettings, Weights
    from serkit.recipe import Recipe

    Positions = NDArray[np.intp]


class FitRecord(BaseModel):
    """How a model was chosen.

    Attributes
    ----------
    held_out : {"speaker", "statement", "clip", "dev part"}
        What of the training rows it was chosen and calibrated on.
    blocks : tuple of str
        Feature blocks that it uses.
    selection : tuple of SelectionStep
        Path of the backward selection, if there was one.
    parameters : dict
        Of the model.
    candidates : tuple of Candidate
        What they were chosen from.
    temperature : float
        Of its probabilities.
    training_s : float
        Wall time of all this, s.
    n_parameters : int, optional
        Values that the model consists of; see `serkit.models.size.n_parameters`.
    history : tuple of Epoch
        Of the training of a network; empty for other models.
    layers : tuple of Layer
        Of a network; empty for other models.
    precision : str, optional
        In which a network was trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    held_out: Unit
    blocks: tuple[str, ...]
    selection: tuple[SelectionStep, ...]
    parameters: dict[str, Any]
    candidates: tuple[Candidate, ...]
    temperature: float
    training_s: float
    n_parameters: int | None = None
    history: tuple[Epoch, ...] = ()
    layers: tuple[Layer, ...] = ()
    precision: str | None = None

    def describe(self) -> dict[str, Any]:
        """Return what JSON can hold of it, without the history and the layers, which stand elsewhere."""
        return self.model_dump(mode="json", exclude={"history", "layers"})


class TrainingData(NamedTuple):
    """Rows of a manifest with their features.

    Attributes
    ----------
    rows : pandas.DataFrame
        Rows of the manifest.
    features : ndarray of float32, shape (n, ...), or of objects, shape (n,)
        Their features.
    """

    rows: pandas.DataFrame
    features: NDArray[np.float32]

    @property
    def corpora(self) -> NDArray[np.str_]:
        """Corpus of each row."""
        return self.rows["corpus"].to_numpy(dtype=str)

    def take(self, rows: Positions) -> TrainingData:
        """Return these rows alone."""
        return TrainingData(self.rows.iloc[rows], self.features[rows])


@dataclass(frozen=True)
class FittedModel:
    """A trained model and how it was chosen.

    Attributes
    ----------
    model : TemperatureScaled
        The classifier.
    columns : ndarray of int
        Columns of the features that it uses.
    layout : {"vector", "contours", "sequence", "image"}
        Of the features.
    record : FitRecord
        How it was chosen.
    """

    model: TemperatureScaled
    columns: Positions
    layout: Layout
    record: FitRecord

    def take(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return the columns of the features that it uses."""
        return take_columns(features, self.columns, self.layout)

    def with_temperature(self, temperature: float) -> FittedModel:
        """Return it calibrated otherwise; the model itself is changed, too."""
        self.model.temperature_ = temperature
        return replace(self, record=self.record.model_copy(update={"temperature": temperature}))

    def scores(self, data: TrainingData) -> NDArray[np.float64]:
        """Return the score of each class that the training rows had."""
        return decision_scores(self.model.estimator_, self.take(data.features))

    def probabilities(self, data: TrainingData, classes: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the probability of each class, see `probabilities_of`."""
        return self.probabilities_of(self.scores(data), data, classes)

    def probabilities_of(
        self, scores: NDArray[np.float64], data: TrainingData, classes: tuple[str, ...]
    ) -> NDArray[np.float64]:
        """Return the probability of each class by the scores; 0 for those that training rows did not have.

        They are 0, too, for those that the corpus of a recording does not contain, if the model has learned
        so.
        """
        corpora = data.corpora if self.model.emotion_sets_ else None
        return self.spread(self.model.probabilities_of(scores, corpora), classes, elsewhere=0.0)

    def spread(
        self, values: NDArray[np.float64], classes: tuple[str, ...], *, elsewhere: float
    ) -> NDArray[np.float64]:
        """Return the values of its classes among those of others."""
        found = np.full((len(values), len(classes)), elsewhere)
        found[:, [classes.index(name) for name in self.model.classes_]] = values
        return found


def fit_model(
    recipe: Recipe,
    data: TrainingData,
    *,
    train: Positions,
    dev: Positions | None = None,
    computing: Computing | None = None,
) -> FittedModel:
    """Choose blocks and parameters on held-out speakers, calibrate on them, and fit.

    In the end the model is fitted on all rows given. Only a network that looks at dev rows while it trains is
    not fitted on these: it is chosen, stopped and calibrated on one and the same held-out part, the dev rows
    or, without them and if it monitors a dev score, the first split of the training speakers.

    Parameters
    ----------
    recipe : Recipe
        What to choose from.
    data : TrainingData
        Recordings; only the rows of `train` and `dev` are looked at.
    train : ndarray of int
        Rows to train on.
    dev : ndarray of int, optional
        Rows to choose and to calibrate on. Without them speakers of `train` are held out.
    computing : Computing, optional
        How it is computed; else in one process, on the CPU.

    Returns
    -------
    FittedModel
    """
    started = time.perf_counter()
    computing = computing or Computing()
    dev = dev if dev is not None and dev.size else None
    first = _watching(recipe.model, dev is not None)
    held_out, part = _training_part(recipe, data, train, dev)
    build = partial(_build, recipe.seed, computing)
    path = _drop_blocks(recipe, build(first, recipe.features.weights), part, computing.workers)
    kept, columns = _kept(recipe, path)
    build, part = partial(build, weights=recipe.features.weights[columns]), _with_columns(part, columns)
    grid = recipe.search.grid
    candidates = grid_search(build(first), grid, part, workers=computing.workers) if grid else []
    settings = first.with_parameters(best(candidates).parameters) if candidates else first
    calibrated = _calibrate(recipe, build(settings), part, computing.workers)
    record = FitRecord(
        held_out=held_out,
        blocks=kept,
        selection=tuple(path),
        parameters=settings.parameters(),
        candidates=tuple(candidates),
        temperature=calibrated.temperature_,
        training_s=time.perf_counter() - started,
        n_parameters=n_parameters(calibrated.estimator_),
        history=tuple(getattr(calibrated.estimator_[-1], "history_", ())),
        layers=_layers(calibrated.estimator_[-1]),
        precision=getattr(calibrated.estimator_[-1], "precision_", None),
    )
    return FittedModel(calibrated, columns, recipe.features.layout, record)


def _layers(classifier: Any) -> tuple[Layer, ...]:
    if not hasattr(classifier, "network_"):
        return ()
    from serkit.models.layers import network_layers  # imports torch

    return tuple(network_layers(classifier.network_.body, classifier.shape_))


def _build(seed: int, computing: Computing, settings: ModelSettings, weights: Weights) -> Pipeline:
    model = settings.build(seed=seed, weights=weights)
    if isinstance(settings, NetworkSettings):
        options = {name: getattr(computing, name) for name in ("device", "checkpoints", "cache", "progress")}
        model.set_params(**{f"{CLASSIFIER}__{name}": value for name, value in options.items()})
    return model


def _drop_blocks(recipe: Recipe, model: Pipeline, part: TrainingPart, workers: int) -> list[SelectionStep]:
    if recipe.search.blocks == "all":
        return []
    return backward_selection(model, block_columns(recipe.features), part, workers=workers)


def _kept(recipe: Recipe, path: list[SelectionStep]) -> tuple[tuple[str, ...], Positions]:
    """Return the blocks that are kept, and their columns."""
    blocks = block_columns(recipe.features)
    kept = best(path).blocks if path else tuple(blocks)
    return kept, np.sort(np.concatenate([blocks[name] for name in kept]))


def _with_columns(part: TrainingPart, columns: Positions) -> TrainingPart:
    return part._replace(features=take_columns(part.features, columns, part.layout))


def _training_part(
    recipe: Recipe, data: TrainingData, train: Positions, dev: Positions | None
) -> tuple[Unit, TrainingPart]:
    """Gather the rows that may be seen, and what to hold out among them."""
    if dev is None:
        given = data.take(train)
        unit, splits = hold_out(given.rows, folds=recipe.search.folds)
        if isinstance(recipe.model, NetworkSettings) and recipe.model.monitors_dev:
            splits = splits[:1]  # the network cannot be stopped in time on rows that it is trained on
    else:
        given = data.take(np.concatenate([train, dev]))
        unit, splits = "dev part", [(np.arange(train.size), np.arange(train.size, len(given.rows)))]
    labels = given.rows["emotion"].to_numpy(dtype=str)
    facts = _facts(recipe, given)
    return unit, TrainingPart(given.features, labels, splits, recipe.features.layout, facts)


def _facts(recipe: Recipe, given: TrainingData) -> dict[str, NDArray[Any]]:
    """Return what the recipe's network is told of rows beside their labels."""
    facts: dict[str, NDArray[Any]] = {}
    if recipe.data.own_emotions:
        facts["corpora"] = given.corpora
    if recipe.data.votes:
        facts["votes"] = given.rows[f"votes_{recipe.data.votes}"].fillna("").to_numpy(dtype=str)
    if recipe.augment and isinstance(recipe.model, NetworkSettings):
        facts["altered"] = is_copy(given.rows)
        facts["degraded"] = is_degraded(given.rows, recipe.augment)
        facts["parents"] = np.unique(parents(given.rows).astype(str), return_inverse=True)[1]
    compares = isinstance(recipe.model, NetworkSettings) and recipe.model.compares_speakers
    if compares and is_complete(given.rows, "speaker"):
        facts["speakers"] = speaker_groups(given.rows).astype(str)
    return facts


def _watching(settings: ModelSettings, has_dev: bool) -> ModelSettings:
    """Return the settings of a network that watches no dev part where there is none."""
    watches = isinstance(settings, NetworkSettings) and settings.watch_dev
    return settings.with_parameters({"watch_dev": False}) if watches and not has_dev else settings


def _calibrate(recipe: Recipe, model: Pipeline, part: TrainingPart, workers: int) -> TemperatureScaled:
    splits = part.splits if recipe.calibration.method == "temperature" else []
    if watches_dev(model):
        split = part.splits[0]
        held_out = split[1] if splits else split[1][:0]
        fitted = fit_split(model, part.features, part.labels, split, part.facts)
        own = part.facts["corpora"][held_out] if "corpora" in part.facts else None
        return TemperatureScaled.around(fitted, part.features[held_out], part.labels[held_out], own)
    facts = dict(part.facts)
    if splits and recipe.calibration.refit == "head":
        facts["tuned"] = np.isin(np.arange(len(part.labels)), splits[0][0])
    scaled = TemperatureScaled(model, held_out=splits, workers=workers)
    return scaled.fit(part.features, part.labels, **facts)
