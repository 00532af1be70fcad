"""How the learning rate goes on. Every schedule is a function of what has happened, so none has a state.

============  ==================================================================================
constant      as it is set
plateau       multiplied by a factor whenever the training loss has not fallen for some epochs
one_cycle     from 1/25 up to what is set in the first 30 % of all steps, then down to almost 0 [1]_
cosine        down half a cosine wave over all steps [2]_
============  ==================================================================================

References
----------
.. [1] Smith, L. N. & Topin, N. (2019). Super-convergence: very fast training of neural networks using large
   learning rates. SPIE.
.. [2] Loshchilov, I. & Hutter, F. (2017). SGDR: stochastic gradient descent with warm restarts. ICLR.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.models.network_settings import NetworkSettings

MINIMUM_FALL = 1e-4
"""A loss that falls by less counts as one that stays."""
_RISING, _FIRST, _LAST = 0.3, 1 / 25, 1e-4 / 25


def learning_rate(settings: NetworkSettings, losses: Sequence[float], step: int, n_steps: int) -> float:
    """Return the learning rate of one step of the training.

    Parameters
    ----------
    settings : NetworkSettings
        Names the schedule and its numbers.
    losses : sequence of float
        Training loss of each finished epoch.
    step : int, >= 0
        Steps that have been made since the training began.
    n_steps : int, > step
        Steps of all epochs together.

    Returns
    -------
    float

    Examples
    --------
    >>> from serkit.models.networks import DenseSettings
    >>> settings = DenseSettings(learning_rate=1.0, schedule="cosine")
    >>> [round(learning_rate(settings, [], step, 4), 2) for step in range(4)]
    [1.0, 0.85, 0.5, 0.15]
    """
    highest, lowest = settings.learning_rate, settings.minimum_learning_rate
    if settings.schedule == "plateau":
        times = _plateaus(losses, settings.plateau_patience)
        return max(highest * settings.plateau_factor**times, min(lowest, highest))
    if settings.schedule == "one_cycle":
        return highest * _one_cycle(step, n_steps)
    if settings.schedule == "cosine":
        return _between(highest, lowest, step / n_steps)
    return highest


def _between(start: float, end: float, progress: float) -> float:
    """Go from start to end along half a cosine wave."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def _one_cycle(step: int, n_steps: int) -> float:
    top, end = _RISING * n_steps - 1, n_steps - 1
    if step <= top:
        return _between(_FIRST, 1.0, step / top)
    return _between(1.0, _LAST, (step - top) / (end - top)) if end > top else 1.0


def _plateaus(losses: Sequence[float], patience: int) -> int:
    """Count how often the loss has not fallen for so many epochs, as Keras counts."""
    best, waited, times = math.inf, 0, 0
    for loss in losses:
        if loss < best - MINIMUM_FALL:
            best, waited = loss, 0
            continue
        waited += 1
        if waited >= patience:
            times, waited = times + 1, 0
    return times
