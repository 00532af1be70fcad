"""What a saved model says about itself: the content of ``bundle.json``."""

import hashlib
import json
import re
from collections import Counter
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from serkit import __version__
from serkit.features import FeatureSet

FORMAT_VERSION = 1
# A short syllable. Of less, models would answer as surely as ever.
LEAST_S = 0.2


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusFacts(_Facts):
    """What a model was trained on: one corpus.

    Attributes
    ----------
    name, licence : str
        Corpus and the licence of its recordings.
    recordings, speakers : int
        Counts of what the model saw.
    language : str
        Language spoken, "" if not known.
    speaker_keys : tuple of str
        `speaker_key` of each speaker, so that a test on the same speakers can be told; empty if not known.
    emotions : tuple of str
        Emotions that it contains, where the model has learned, and is tested, among these alone.
    """

    name: str
    licence: str
    recordings: int = Field(ge=0)
    speakers: int = Field(ge=0)
    language: str = ""
    speaker_keys: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()


def speaker_key(group: str) -> str:
    """Return what stands for a speaker in a bundle, without the name: names may be personal data.

    Parameters
    ----------
    group : str
        ``"corpus/speaker"``, as from `serkit.splits.speaker_groups`.

    Returns
    -------
    str
        First 16 hexadecimal digits of its SHA-256.

    Examples
    --------
    >>> speaker_key("savee/DC")
    '27b440b74b3d8287'
    """
    return hashlib.sha256(group.encode()).hexdigest()[:16]


def plain_name(text: str) -> str:
    """Return a text as the name of a bundle or a recipe may be written.

    Examples
    --------
    >>> plain_name("Meine Stimmen (2)")
    'meine-stimmen-2'
    """
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")


class ScoreFacts(_Facts):
    """One score of the model with its 95 % interval.

    Attributes
    ----------
    measured_on : str
        Recordings and protocol, e.g. ``"savee, one speaker left out"``.
    metric : str
        Name as in the reports, e.g. ``"uar"``.
    value, low, high : float
        Score and the ends of its interval.
    recordings, speakers : int
        Size of the part that it was measured on.
    """

    measured_on: str
    metric: str
    value: float
    low: float
    high: float
    recordings: int = Field(ge=0)
    speakers: int = Field(ge=0)


class Loss(_Facts):
    """What recordings of one corpus, altered in one way, cost.

    Attributes
    ----------
    corpus : str
        Of the recordings.
    condition : str
        How they are altered.
    uar : float
        Unweighted average recall, in [0, 1].
    lost : float
        By how much that is below the one of the recordings as they are.
    recordings : int
        How many there are.
    """

    corpus: str
    condition: str
    uar: float
    lost: float
    recordings: int


class BundleInfo(_Facts):
    """Everything about a saved model that is not a weight.

    Attributes
    ----------
    format_version : int
        Of the folder's layout.
    name, summary : str
        Name (lower-case letters, digits, ``-``, ``_``, ``.``) and one line of description.
    serkit_version : str
        Version that trained the model.
    licence : str
        Terms of the model itself.
    labels : tuple of str
        Emotion of each column of the scores; unique.
    front_end : FeatureSet
        From a clip to the input of the model.
    temperature : float, > 0
        Scores are divided by it before the softmax.
    offsets : tuple of float
        What is added to the score of each label after that, in a model that was adapted without labels; empty
        for nothing.
    corpora, scores : tuple of CorpusFacts, tuple of ScoreFacts
        Training data and results.
    robustness : tuple of Loss
        What altered recordings of speakers that it has not heard cost; empty if not measured.
    limits : tuple of str
        Known weaknesses, a sentence each.
    recipe : dict
        The resolved recipe.

    Examples
    --------
    >>> info = BundleInfo(name="toy", labels=["happy", "sad"], front_end={"blocks": [{"name": "rms"}]})
    >>> info.labels, info.temperature
    (('happy', 'sad'), 1.0)
    """

    format_version: int = FORMAT_VERSION
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    summary: str = ""
    serkit_version: str = ""
    licence: str = ""
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    front_end: FeatureSet
    temperature: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    offsets: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] = ()
    corpora: tuple[CorpusFacts, ...] = ()
    scores: tuple[ScoreFacts, ...] = ()
    robustness: tuple[Loss, ...] = ()
    limits: tuple[str, ...] = ()
    recipe: dict[str, JsonValue] = {}

    @property
    def minimum_s(self) -> float:
        """Duration of the shortest clip that the model is asked about, s."""
        return max(LEAST_S, self.front_end.minimum_s)

    def calibrated(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Return scores of the model as the softmax takes them."""
        found: NDArray[Any] = scores / self.temperature
        return found + np.array(self.offsets) if self.offsets else found

    def adapted(self, name: str, how: str, *, limits: tuple[str, ...], **changes: Any) -> Self:
        """Return the description of the model adapted so: what was measured of this one no longer holds."""
        same_for_all = {
            "name": name,
            "summary": f"{self.name}, adapted {how}. {self.summary}",
            "serkit_version": __version__,
            "scores": (),
            "robustness": (),
            "limits": (*self.limits, *limits),
        }
        return self.model_copy(update=same_for_all | changes)

    @model_validator(mode="after")
    def _offsets_fit(self) -> Self:
        if len(self.offsets) not in (0, len(self.labels)):
            raise ValueError(f"offsets: {len(self.offsets)} for {len(self.labels)} labels")
        return self

    @field_validator("labels")
    @classmethod
    def _labels_are_names(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        twice = [label for label, count in Counter(labels).items() if count > 1]
        if twice or not all(labels):
            raise ValueError(f"labels must be unique and not empty, not {list(labels)}")
        return labels


def info_to_json(info: BundleInfo) -> str:
    """Return ``bundle.json``: the description, and what its front end promises for a reader to check."""
    document = {**info.model_dump(mode="json"), **_promises(info)}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def info_from_json(content: bytes) -> BundleInfo:
    """Return the description, if this version of serkit understands it and its parts fit each other.

    Raises
    ------
    ValueError
        With the rule that is broken.
    """
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("must hold a JSON object")
    _check_format(document.get("format_version"))
    promised = {key: document.pop(key, None) for key in ("sampling_rate", "feature_key")}
    try:
        info = BundleInfo.model_validate(document)
    except ValidationError as error:
        raise ValueError(_first_problem(error)) from error
    _check_promises(info, promised)
    return info


def _promises(info: BundleInfo) -> dict[str, Any]:
    return {"sampling_rate": info.front_end.audio.sampling_rate, "feature_key": info.front_end.key}


def _check_promises(info: BundleInfo, promised: dict[str, Any]) -> None:
    kept = _promises(info)
    rates = promised["sampling_rate"], kept["sampling_rate"]
    if rates[0] != rates[1]:
        raise ValueError(f"sampling_rate is {rates[0]}, but the front end's is {rates[1]} Hz")
    keys = promised["feature_key"], kept["feature_key"]
    if keys[0] != keys[1]:
        trainer = info.serkit_version or "of unknown version"
        raise ValueError(
            f"made for features {keys[0]} by serkit {trainer}, but this serkit computes {keys[1]}"
        )


def _check_format(version: object) -> None:
    if type(version) is not int or version < 1:
        raise ValueError(f"format_version must be a whole number from 1, not {version!r}")
    if version > FORMAT_VERSION:
        raise ValueError(f"format_version {version} is above {FORMAT_VERSION}: upgrade serkit")


def _first_problem(error: ValidationError) -> str:
    """Return place and rule of the first problem on one line."""
    problem = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg'].removeprefix('Value error, ')}"
