"""One of the comparisons with landmarks that a head makes."""

from __future__ import annotations

from typing import Literal, NamedTuple

ComparisonName = Literal["states", "loud", "alike", "frames", "adapted", "adapted_loud"]
"""What is compared."""


class Comparison(NamedTuple):
    """A comparison with landmarks.

    Attributes
    ----------
    axes : int
        Principal axes that clips are compared on.
    landmarks : int
        Training clips to compare with.
    steady : float
        How much an altered copy counts beside its original where the axes are looked for.
    share : float
        How much its scores count.
    degraded_share : float, default 0.0
        How much they count in those of clips that sound degraded, where these have weights of their own.
    """

    axes: int
    landmarks: int
    steady: float
    share: float
    degraded_share: float = 0.0
