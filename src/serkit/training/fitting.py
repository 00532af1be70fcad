"""Choose, calibrate and fit a model on training rows alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

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
)

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

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
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    held_out: Unit
    blocks: tuple[str, ...]
    selection: tuple[SelectionStep, ...]
    parameters: dict[str, Any]
    candidates: tuple[Candidate, ...]
    temperature: float
    training_s: float


class TrainingData(NamedTuple):
    """Rows of a manifest with their features.

    Attributes
    ----------
    rows : pandas.DataFrame
        Rows of the manifest.
    features : ndarray of float32, shape (n, n_features)
        Their features.
    """

    rows: pandas.DataFrame
    features: NDArray[np.float32]


@dataclass(frozen=True)
class FittedModel:
    """A trained model and how it was chosen.

    Attributes
    ----------
    model : TemperatureScaled
        The classifier.
    columns : ndarray of int
        Columns of the features that it uses.
    record : FitRecord
        How it was chosen.
    """

    model: TemperatureScaled
    columns: Positions
    record: FitRecord

    def probabilities(self, features: NDArray[np.float32], classes: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the probability of each class; 0 for those that the training rows did not have."""
        found = np.zeros((len(features), len(classes)))
        columns = [classes.index(name) for name in self.model.classes_]
        found[:, columns] = self.model.predict_proba(features[:, self.columns])
        return found


def fit_model(
    recipe: Recipe,
    data: TrainingData,
    *,
    train: Positions,
    dev: Positions | None = None,
    workers: int = 1,
) -> FittedModel:
    """Choose blocks and parameters on held-out speakers, calibrate on them, and fit on all rows given.

    Parameters
    ----------
    recipe : Recipe
        What to choose from.
    data : TrainingData
        Recordings; only the rows of `train` and `dev` are looked at.
    train : ndarray of int
        Rows to train on.
    dev : ndarray of int, optional
        Rows to choose and to calibrate on; the final fit has them too. Without them speakers of `train` are
        held out.
    workers : int, default 1
        Models to fit at once.

    Returns
    -------
    FittedModel
    """
    started = time.perf_counter()
    held_out, part = _training_part(recipe, data, train, dev)
    blocks = block_columns(recipe.features)
    weights = recipe.features.weights
    model = recipe.model.build(seed=recipe.seed, weights=weights)
    backward = recipe.search.blocks == "backward"
    path = backward_selection(model, blocks, part, workers=workers) if backward else []
    kept = best(path).blocks if path else tuple(blocks)
    columns = np.sort(np.concatenate([blocks[name] for name in kept]))
    part, weights = part._replace(features=part.features[:, columns]), weights[columns]
    model = recipe.model.build(seed=recipe.seed, weights=weights)
    candidates = grid_search(model, recipe.search.grid, part, workers=workers) if recipe.search.grid else []
    settings = recipe.model.with_parameters(best(candidates).parameters) if candidates else recipe.model
    model = settings.build(seed=recipe.seed, weights=weights)
    calibrated = _calibrate(recipe, model, part, workers)
    record = FitRecord(
        held_out=held_out,
        blocks=kept,
        selection=tuple(path),
        parameters=settings.parameters(),
        candidates=tuple(candidates),
        temperature=calibrated.temperature_,
        training_s=time.perf_counter() - started,
    )
    return FittedModel(calibrated, columns, record)


def _training_part(
    recipe: Recipe, data: TrainingData, train: Positions, dev: Positions | None
) -> tuple[Unit, TrainingPart]:
    """Gather the rows that may be seen, and what to hold out among them."""
    if dev is None or not dev.size:
        rows = data.rows.iloc[train]
        unit, splits = hold_out(rows, folds=recipe.search.folds)
        return unit, TrainingPart(data.features[train], rows["emotion"].to_numpy(dtype=str), splits)
    seen = np.concatenate([train, dev])
    split = (np.arange(train.size), np.arange(train.size, seen.size))
    labels = data.rows["emotion"].to_numpy(dtype=str)
    return "dev part", TrainingPart(data.features[seen], labels[seen], [split])


def _calibrate(recipe: Recipe, model: Pipeline, part: TrainingPart, workers: int) -> TemperatureScaled:
    splits = part.splits if recipe.calibration.method == "temperature" else []
    return TemperatureScaled(model, held_out=splits, workers=workers).fit(part.features, part.labels)
