"""A new last layer on a saved model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.bundle import load_bundle, read_bundle
from serkit.errors import BundleIntegrityError, BundleNotFoundError
from serkit.models import build_model
from serkit.models.calibration import decision_scores
from serkit.models.new_head import load_base
from serkit.onnx.export import export_onnx

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def features(tiny_bundle: Path) -> np.ndarray:
    shape = load_bundle(tiny_bundle).info.front_end.shape
    return np.random.default_rng(0).standard_normal((40, *shape)).astype(np.float32)


def test_scores_of_the_layers_of_known_emotions_are_those_of_the_base(
    tiny_bundle: Path, features: np.ndarray
) -> None:
    base = load_base(str(tiny_bundle))
    head = base.head_for(["sad", "bored", "happy"])
    bundle = load_bundle(tiny_bundle)
    known = [bundle.info.labels.index(name) for name in ("sad", "happy")]
    scores = base.hear(features) @ head.weights + head.offsets
    calibrated = bundle.scores(features)[:, known] / bundle.info.temperature
    assert scores[:, [0, 2]] == pytest.approx(calibrated, abs=1e-3)
    assert not scores[:, 1].any()


@pytest.mark.parametrize("labels", [("bored", "happy"), ("angry", "bored", "sad")])
def test_old_and_new_emotions_are_learned_and_exported(
    tiny_bundle: Path, features: np.ndarray, labels: tuple[str, ...]
) -> None:
    truth = np.array(labels)[np.arange(40) % len(labels)]
    features[:, 0] += 6 * (np.arange(40) % len(labels))
    model = build_model("new_head", base=str(tiny_bundle), penalty=0.001).fit(features, truth)
    assert model.classes_.tolist() == sorted(labels)
    assert (model.predict(features) == truth).mean() > 0.8
    assert decision_scores(model, features).shape == (40, len(labels))
    assert export_onnx(model, features)  # raises where the scores differ


def test_a_base_that_is_another_than_the_one_named_is_refused(tiny_bundle: Path) -> None:
    _, content = read_bundle(tiny_bundle)
    assert load_base(str(tiny_bundle)).content == content
    with pytest.raises(BundleIntegrityError, match="not 0000"):
        load_base(str(tiny_bundle), "0000")
    with pytest.raises(BundleNotFoundError):
        load_base("no-such-model")
