"""The emotions that serkit knows, and the names that others give them.

Valence (unpleasant -1 … pleasant 1) and arousal (calm -1 … excited 1) are positions on the
circumplex of affect [1]_; they serve derived outputs only and were not measured on any corpus here.

References
----------
.. [1] Russell, J. A. (1980). A circumplex model of affect. Journal of Personality and Social
   Psychology, 39(6), 1161-1178.
"""

from __future__ import annotations

from typing import NamedTuple


class Emotion(NamedTuple):
    """One canonical emotion.

    Attributes
    ----------
    name : str
        Canonical name.
    valence, arousal : float
        Position on the circumplex, each in [-1, 1].
    synonyms : tuple of str
        Other names found in corpora, lower case.
    """

    name: str
    valence: float
    arousal: float
    synonyms: tuple[str, ...]


EMOTIONS: dict[str, Emotion] = {
    emotion.name: emotion
    for emotion in (
        Emotion("neutral", 0.0, 0.0, ("neu", "neutrality")),
        Emotion("calm", 0.4, -0.6, ("cal", "calmness", "relaxed")),
        Emotion("happy", 0.8, 0.5, ("hap", "happiness", "joy", "joyful", "happily")),
        Emotion("sad", -0.7, -0.4, ("sadness", "unhappy")),
        Emotion("angry", -0.6, 0.8, ("ang", "anger", "mad")),
        Emotion("fear", -0.7, 0.7, ("fea", "fearful", "afraid", "scared", "anxiety", "anxious")),
        Emotion("disgust", -0.7, 0.3, ("dis", "disgusted")),
        Emotion("surprise", 0.3, 0.8, ("sur", "surprised", "ps", "pleasant_surprise", "pleasant_surprised")),
        Emotion("boredom", -0.3, -0.7, ("bor", "bored", "boredem")),
    )
}

_CANONICAL = {name: e.name for e in EMOTIONS.values() for name in (e.name, *e.synonyms)}


def canonical_emotion(name: str) -> str:
    """Return the canonical name of an emotion; a name that serkit does not know comes back in lower case.

    Parameters
    ----------
    name : str
        Any spelling, e.g. ``"Fearful"``.

    Returns
    -------
    str
        Canonical name, e.g. ``"fear"``.

    Examples
    --------
    >>> canonical_emotion("Fearful"), canonical_emotion("Pleasant Surprise"), canonical_emotion("Pride")
    ('fear', 'surprise', 'pride')
    """
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _CANONICAL.get(key, key)
