"""What may be set of comparisons with landmarks: of what an encoder hears, and how much each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from serkit.models.comparison import Comparison, ComparisonName
from serkit.models.network_settings import NetworkSettings

if TYPE_CHECKING:
    from typing import Self

    from serkit.models.speech_encoder import Pooling


class ComparisonSettings(NetworkSettings):
    """Comparisons with training clips, of states, of frames and of what adapted blocks hear.

    Attributes
    ----------
    loud : bool, default False
        Whether the loud states of a clip count before all others, also those of adapted blocks, see
        `serkit.models.loudness`. For Whisper.
    landmarks : int, default 0
        Training clips that a clip is compared with, as kernel ridge regression does, the same number of each
        corpus; 0 for the head that is trained. They are fitted once the blocks are tuned, and without epochs
        are the whole training.
    axes : int, default 512
        Principal axes in which clips are compared with landmarks.
    penalty : float, default 0.4
        How much the squared norm of the scores that landmarks give counts beside the sum of squared errors.
    width : float, default 1.0
        Of the Gaussian that compares: its variance over the mean squared distance from the centre.
    loud_share, alike_share, frame_share : float, default 0.0
        How much the scores of further comparisons with landmarks count beside those of the first: of the
        states once more, loud ones before all, or all alike where loud ones counted before; and of statistics
        of the frames themselves, see `serkit.models.frame_statistics`. For Whisper.
    loud_axes, alike_axes, frame_axes : int, default 300, 300 and 200
        Principal axes of these comparisons.
    further_landmarks : int, default 2048
        Landmarks of each of these comparisons.
    rounded : bool, default False
        Whether axes and landmarks are rounded so far that an exported file holds each value in 4 bits instead
        of 8: twice as many find room. Scores are fitted to what rounding leaves.
    steady : float, default 0.0
        How much an altered copy counts beside its original where the axes of comparisons are looked for, on
        which both shall lie alike, see `serkit.models.steady_axes`; 0 for the principal axes of originals.
    loud_steady : float, optional
        The same for the comparisons `loud` and `adapted_loud`; without it as much as in the others.
    degraded_shares : dict of str to float, default {}
        Clips that sound degraded are scored by weights of their own, see `serkit.models.degraded_scores`:
        how much the scores of comparisons count there, by their names `states`, `loud`, `alike`, `frames`,
        `adapted` and `adapted_loud`. Without any all clips are scored by the same weights.
    rest : float, default 0.1
        How much rows that are not degraded copies count beside those that are, in these weights.
    adapted_share : float, default 0.0
        How much the scores of another such comparison count: of what adapted copies of some blocks hear, see
        `serkit.models.adapted_blocks`. For Whisper. While they are trained, nothing else is.
    adapted_loud_share : float, default 0.0
        How much those of a further one count: of what they hear, loud states before all.
    adapted_axes : int, default 384
        Principal axes of these comparisons.
    """

    loud: bool = False
    landmarks: NonNegativeInt = 0
    axes: PositiveInt = 512
    penalty: PositiveFloat = 0.4
    width: PositiveFloat = 1.0
    loud_share: NonNegativeFloat = 0.0
    loud_axes: PositiveInt = 300
    alike_share: NonNegativeFloat = 0.0
    alike_axes: PositiveInt = 300
    frame_share: NonNegativeFloat = 0.0
    frame_axes: PositiveInt = 200
    further_landmarks: PositiveInt = 2048
    rounded: bool = False
    steady: NonNegativeFloat = 0.0
    loud_steady: NonNegativeFloat | None = None
    degraded_shares: dict[ComparisonName, PositiveFloat] = Field(default_factory=dict)
    rest: PositiveFloat = 0.1
    adapted_share: NonNegativeFloat = 0.0
    adapted_loud_share: NonNegativeFloat = 0.0
    adapted_axes: PositiveInt = 384

    @model_validator(mode="after")
    def _check_comparisons(self) -> Self:
        if self.loud and (self.loud_share or self.adapted_loud_share):
            raise ValueError("loud: weights states already, leave out loud_share and adapted_loud_share")
        if self.alike_share and not self.loud:
            raise ValueError("alike_share: states count alike already, set loud")
        if self.adapted_loud_share and not self.adapted_share:
            raise ValueError("adapted_loud_share: no block is adapted, set adapted_share")
        if len(self.comparisons) > 1 and not self.landmarks:
            raise ValueError(
                "loud_share, alike_share, frame_share, adapted_share: are of comparisons with landmarks, "
                "set landmarks"
            )
        for name in ("rounded", "steady", "loud_steady", "degraded_shares"):
            if getattr(self, name) and not self.landmarks:
                raise ValueError(f"{name}: is said of comparisons with landmarks, set landmarks")
        for compared in self.degraded_shares:
            if compared not in self.comparisons:
                raise ValueError(f"degraded_shares: without a share of its own {compared} is not compared")
        return self

    @property
    def comparisons(self) -> dict[ComparisonName, Comparison]:
        """The comparisons with landmarks, by what is compared."""
        further, loud = self.further_landmarks, self.steady if self.loud_steady is None else self.loud_steady
        every: dict[ComparisonName, tuple[int, int, float, float]] = {
            "states": (self.axes, self.landmarks, self.steady, 1.0),
            "loud": (self.loud_axes, further, loud, self.loud_share),
            "alike": (self.alike_axes, further, self.steady, self.alike_share),
            "frames": (self.frame_axes, further, self.steady, self.frame_share),
            "adapted": (self.adapted_axes, further, self.steady, self.adapted_share),
            "adapted_loud": (self.adapted_axes, further, loud, self.adapted_loud_share),
        }
        return {
            name: Comparison(*one, self.degraded_shares.get(name, 0.0))
            for name, one in every.items()
            if one[-1]
        }

    @property
    def _poolings(self) -> tuple[Pooling, ...]:
        """How states are pooled, once for each comparison of them."""
        both: tuple[Pooling, ...] = ("loud", "alike") if self.loud else ("alike", "loud")
        return both if self.loud_share or self.alike_share else both[:1]

    @property
    def solves_head(self) -> bool:
        """Whether the head is fitted by itself, once everything else is trained."""
        return self.landmarks > 0
