"""What the alterations share: a clip with another signal, and the length and level of signals."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serkit.audio import check_audible
from serkit.errors import SilentSignalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from serkit.audio import Clip

Signal = NDArray[np.floating[Any]]


def altered(clip: Clip, signal: Signal) -> Clip:
    """Return the clip with another signal, as float32."""
    return replace(clip, signal=np.ascontiguousarray(signal, dtype=np.float32))


def fitted(signal: Signal, n_samples: int) -> Signal:
    """Cut a signal at its end, or fill it up with zeros."""
    return np.pad(signal[:n_samples], (0, max(0, n_samples - signal.size)))


def first_audible(draw: Callable[[], Clip]) -> Clip:
    """Return what is drawn; while it is digital silence, draw again, up to ten times."""
    for _ in range(10):
        drawn = draw()
        with contextlib.suppress(SilentSignalError):
            check_audible(drawn)
            break
    return drawn


def rms(signal: Signal) -> float:
    """Return the root mean square of a signal."""
    return float(np.sqrt(np.square(signal, dtype=np.float64).mean()))
