"""The last layer of a model, read, left out and replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.bundle import load_bundle, read_bundle
from serkit.errors import ExportError
from serkit.models import build_model
from serkit.onnx.export import export_onnx
from serkit.onnx.file import INPUT_NAME, OUTPUT_NAME
from serkit.onnx.head import EMBEDDING_NAME, Head, embedding_model, read_head, replace_head
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

rng = np.random.default_rng(0)
FEATURES = rng.standard_normal((60, 5)).astype(np.float32)
LABELS = np.array(["calm", "happy", "sad"])[np.arange(60) % 3]


def run(content: bytes, name: str, features: NDArray[np.float32]) -> NDArray[np.float32]:
    return open_session(content).run([name], {INPUT_NAME: features})[0]


def test_the_layer_of_a_classical_model_is_that_of_its_classifier() -> None:
    model = build_model("logistic_regression", C=0.3).fit(FEATURES, LABELS)
    content = export_onnx(model, FEATURES)
    head = read_head(content)
    assert head.weights == pytest.approx(model[-1].coef_.T, abs=1e-5)
    assert head.offsets == pytest.approx(model[-1].intercept_, abs=1e-5)
    assert run(embedding_model(content), EMBEDDING_NAME, FEATURES) == pytest.approx(
        model[0].transform(FEATURES), abs=1e-5
    )


def test_another_layer_decides_among_as_many_labels_as_it_has() -> None:
    content = export_onnx(build_model("logistic_regression").fit(FEATURES, LABELS), FEATURES)
    other = Head(rng.standard_normal((5, 2)), np.array([1.0, -1.0]))
    heard = run(embedding_model(content), EMBEDDING_NAME, FEATURES)
    scores = run(replace_head(content, other), OUTPUT_NAME, FEATURES)
    assert scores == pytest.approx(heard @ other.weights + other.offsets, abs=1e-5)
    assert read_head(replace_head(content, other)).weights == pytest.approx(other.weights, abs=1e-5)


def test_the_layer_of_a_model_of_integers_is_read_as_it_is() -> None:
    """The integers of what it hears are rounded; the layer itself is not."""
    bundle, (_, content) = load_bundle("default"), read_bundle("default")
    frames = rng.standard_normal((1, 150, 80)).astype(np.float32)
    head, scores = read_head(content), bundle.scores(frames)
    heard = run(embedding_model(content), EMBEDDING_NAME, frames)
    assert heard.shape == (1, len(head.weights))
    plain = heard @ head.weights + head.offsets
    factor = float((plain * scores).sum() / np.square(scores).sum())  # of this clip's temperature
    assert 0.3 < factor < 3.0
    assert plain == pytest.approx(factor * scores, abs=float(0.05 * np.abs(plain).max()))
    assert run(replace_head(content, head), OUTPUT_NAME, frames) == pytest.approx(
        heard @ head.weights + head.offsets, abs=1e-3
    )


def test_a_model_without_a_last_layer_is_refused(tmp_path: Path) -> None:
    forest = build_model("random_forest", n_estimators=3).fit(FEATURES, LABELS)
    content = export_onnx(forest, FEATURES)
    for use in (read_head, embedding_model):
        with pytest.raises(ExportError, match="one linear layer"):
            use(content)
