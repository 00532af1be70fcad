"""How long a recipe takes for one clip: features and model, in one thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from serkit.audio import clip_from_array, load_audio
from serkit.models.network_settings import NetworkSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serkit.recipe import Recipe

CLIP_S = 3.0
REPEATS = 5
# Support vector machines keep most of the rows that they are trained on, so that these decide.
ROWS, NETWORK_ROWS, CLASSES = 1300, 16, 8
MOMENT = {"epochs": 1, "monitor": "train_loss", "watch_dev": False}


def ms_per_clip(recipe: Recipe, path: Path) -> float:
    """Return the time of features and model of a three-second clip, ms; the least of several tries.

    The model is trained on noise for a moment: how long it takes does not depend on what it learnt.
    """
    from threadpoolctl import threadpool_limits

    clip = load_audio(path)
    signal = np.resize(clip.signal, int(CLIP_S * clip.sampling_rate))
    clip = clip_from_array(signal, clip.sampling_rate)
    features = recipe.features.extract(clip)[None]
    rng = np.random.default_rng(0)
    network = isinstance(recipe.model, NetworkSettings)
    settings = recipe.model.with_parameters(MOMENT) if network else recipe.model
    n_rows = NETWORK_ROWS if network else ROWS
    noise = rng.standard_normal((n_rows, *features.shape[1:]), dtype=np.float32)
    labels = np.arange(n_rows) % CLASSES
    with threadpool_limits(1):
        model = settings.build(seed=0).fit(noise, labels)
        return _least(lambda: recipe.features.extract(clip)) + _least(lambda: model.predict(features))


def _least(act: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return 1000 * min(times)
