"""What storing a model costs: its scores on the test part of a fold in floats, and as its recipe stores it.

    python benchmarks/stored.py MANIFEST [--recipe speech-encoder-adapted] [--fold 1]

The fold is trained first, which takes as long as in `serkit train`, whose cache is used.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from serkit.cli.recordings import feature_cache
from serkit.corpora import read_manifest
from serkit.features.table import extract_features
from serkit.models.emotion_sets import allowed_classes, own_scores
from serkit.onnx.export import exported_scores
from serkit.recipe import load_recipe
from serkit.recipe_tables import Export
from serkit.training.bundle import export_model
from serkit.training.computing import Computing
from serkit.training.fitting import TrainingData, fit_model
from serkit.training.plan import make_plan

if TYPE_CHECKING:
    from serkit.training.fitting import FittedModel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("manifest")
    parser.add_argument("--recipe", default="speech-encoder-adapted")
    parser.add_argument("--fold", type=int, default=1)
    options = parser.parse_args()
    plan = make_plan(load_recipe(options.recipe), read_manifest(options.manifest), None)
    recipe, cache = plan.recipe, feature_cache()
    table = extract_features(plan.rows, recipe.features, augment=recipe.augment, cache=cache, progress=True)
    data, fold = TrainingData(plan.rows, table.values), plan.folds[options.fold - 1]
    fitted = fit_model(recipe, data, train=fold.train, computing=Computing(cache=cache))
    heard, test = data.take(fold.train), data.take(fold.test)
    said = {
        name: answers(fitted, export_model(fitted, heard, export), test)
        for name, export in {"in floats": Export(), "as stored": recipe.export}.items()
    }
    changed = np.mean(said["in floats"] != said["as stored"])
    print(
        f"{recipe.name}, fold {options.fold}, {len(test.rows)} recordings; {changed:.1%} are heard otherwise"
    )
    for corpus in plan.rows["corpus"].unique():
        rows = test.corpora == corpus
        truth = test.rows["emotion"].to_numpy(dtype=str)[rows]
        scores = (
            f"{name} {100 * balanced_accuracy_score(truth, one[rows]):.1f}" for name, one in said.items()
        )
        print(f"{corpus:10} {rows.sum():5}", *scores, sep="  ")


def answers(fitted: FittedModel, content: bytes, test: TrainingData) -> np.ndarray:
    """Return the most probable emotion of each recording, among those that the model knows of its corpus."""
    scores, model = exported_scores(content, fitted.take(test.features)), fitted.model
    allowed = allowed_classes(test.corpora, model.classes_, model.emotion_sets_)
    return model.classes_[own_scores(scores, allowed).argmax(axis=1)]


if __name__ == "__main__":
    main()
