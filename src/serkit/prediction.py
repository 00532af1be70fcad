"""What a model hears in one recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from serkit.emotions import EMOTIONS

if TYPE_CHECKING:
    from serkit.errors import SerkitError


@dataclass(frozen=True)
class Prediction:
    """What a model hears in a clip.

    Attributes
    ----------
    source : str
        Where the clip came from.
    start, end : float
        The stretch of the source that was heard, s.
    emotion : str
        The most probable label.
    confidence : float
        Its probability, in [0, 1].
    probabilities : dict of str to float
        Probability of every label, in the model's order; they sum to 1.
    abstained : bool
        Whether the confidence is below what the user asked for: the emotion should not be relied on then.
    """

    source: str
    start: float
    end: float
    emotion: str
    confidence: float
    probabilities: dict[str, float]
    abstained: bool = False

    @classmethod
    def of(
        cls, source: str, times: tuple[float, float], probabilities: dict[str, float], *, abstain_below: float
    ) -> Self:
        """Answer with the most probable label.

        Examples
        --------
        >>> heard = Prediction.of("a.wav", (0.0, 2.0), {"sad": 0.25, "calm": 0.75}, abstain_below=0.8)
        >>> heard.emotion, heard.confidence, heard.abstained
        ('calm', 0.75, True)
        """
        emotion = max(probabilities, key=probabilities.__getitem__)
        confidence = probabilities[emotion]
        return cls(source, *times, emotion, confidence, probabilities, confidence < abstain_below)

    @property
    def valence(self) -> float | None:
        """How pleasant the emotion is, -1 to 1, derived: see `affect`."""
        return self.affect[0]

    @property
    def arousal(self) -> float | None:
        """How excited the emotion is, -1 to 1, derived: see `affect`."""
        return self.affect[1]

    @property
    def affect(self) -> tuple[float | None, float | None]:
        """Valence and arousal, derived from the probabilities.

        Each emotion's place on the circumplex of affect, weighted by its probability. Nobody has rated the
        valence or the arousal of the voices that the model was trained on. None for both if serkit does not
        know the place of a label.

        Examples
        --------
        >>> Prediction("a.wav", 0.0, 2.0, "sad", 0.5, {"sad": 0.5, "neutral": 0.5}).affect
        (-0.35, -0.2)
        """
        if not EMOTIONS.keys() >= self.probabilities.keys():
            return None, None
        weighted = [(EMOTIONS[label], share) for label, share in self.probabilities.items()]
        return (
            sum(emotion.valence * share for emotion, share in weighted),
            sum(emotion.arousal * share for emotion, share in weighted),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as plain JSON values, numbers rounded to 6 decimals.

        Examples
        --------
        >>> Prediction("a.wav", 0.0, 2.0, "sad", 2 / 3, {"sad": 2 / 3, "calm": 1 / 3}).to_dict()["confidence"]
        0.666667
        """
        return {
            "source": self.source,
            "start": round(self.start, 6),
            "end": round(self.end, 6),
            "emotion": self.emotion,
            "confidence": round(self.confidence, 6),
            "abstained": self.abstained,
            "derived_valence": _rounded(self.valence),
            "derived_arousal": _rounded(self.arousal),
            "probabilities": {label: round(value, 6) for label, value in self.probabilities.items()},
        }

    def ranked(self) -> list[tuple[str, float]]:
        """Return labels and probabilities, the most probable first.

        Examples
        --------
        >>> Prediction("a.wav", 0.0, 1.5, "sad", 0.75, {"happy": 0.25, "sad": 0.75}).ranked()
        [('sad', 0.75), ('happy', 0.25)]
        """
        return sorted(self.probabilities.items(), key=lambda item: -item[1])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


@dataclass(frozen=True)
class Failure:
    """A recording that could not be predicted.

    Attributes
    ----------
    source : str
        The recording.
    error : SerkitError or OSError
        What was wrong with it.
    """

    source: str
    error: SerkitError | OSError
