"""How long a recipe takes for one clip: features and model, in one thread."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import numpy as np

from serkit.audio import clip_from_array, load_audio
from serkit.files import write_text
from serkit.models.network_settings import NetworkSettings
from serkit.recipe import load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from serkit.recipe import Recipe

CLIP_S = 3.0
REPEATS = 5
# Support vector machines keep most of the rows that they are trained on, so that these decide.
ROWS, NETWORK_ROWS, CLASSES = 1300, 16, 8
MOMENT = {"epochs": 1, "monitor": "train_loss", "watch_dev": False}


def clip_times(names: Iterable[str], clip: Path, kept: Path) -> dict[str, float]:
    """Return milliseconds per clip of each recipe; those that were measured before are read from a file.

    Parameters
    ----------
    names : iterable of str
        Recipes.
    clip : Path
        A recording; it is repeated to last three seconds.
    kept : Path
        JSON file of what was measured.
    """
    times: dict[str, float] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for name in names:
        if name not in times:
            times[name] = ms_per_clip(load_recipe(name), clip)
    write_text(kept, json.dumps(times, indent=2) + "\n")
    return times


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
