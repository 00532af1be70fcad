"""Predictions of a made-up model over a made-up corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas
import pytest

from serkit.evaluation import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad")


def made_up_predictions(
    *, skill: float = 0.6, seed: int = 0, speakers: int = 24, corpus: str = "mine"
) -> Predictions:
    """Return predictions over `speakers` speakers, 12 clips each, right about as often as `skill`."""
    rng = np.random.default_rng(seed)
    rows = pandas.DataFrame(
        [
            {
                "file": f"/{corpus}/{1001 + speaker}_{clip}.wav",
                "corpus": corpus,
                "speaker": str(1001 + speaker),
                "emotion": CLASSES[clip % 6],
                "gender": "male" if speaker % 2 else "female",
                "age": 20 + 2 * speaker,
                "intensity": ("low", "medium", "high")[clip % 3],
            }
            for speaker in range(speakers)
            for clip in range(12)
        ]
    )
    truth = np.arange(len(rows)) % 12 % 6
    likely = np.where(rng.random(len(rows)) < skill, truth, rng.integers(0, 6, len(rows)))
    probabilities = rng.dirichlet(np.ones(6), len(rows)) + 1.2 * np.eye(6)[likely] * rng.random(
        (len(rows), 1)
    )
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Predictions(rows, probabilities, CLASSES, tuple(str(1 + int(i) % 4) for i in rows["speaker"]))


@pytest.fixture(scope="session")
def make_predictions() -> Callable[..., Predictions]:
    return made_up_predictions


@pytest.fixture(scope="session")
def predictions() -> Predictions:
    return made_up_predictions()
