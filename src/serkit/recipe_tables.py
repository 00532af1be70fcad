"""The tables of a recipe: data, search, calibration and export; see `serkit.recipe`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serkit.splits import Protocol
from serkit.splits.protocol import Names  # noqa: TC001 - pydantic reads it at run time

FoldCount = Annotated[int, Field(ge=2)]
Values = Annotated[tuple[Any, ...], Field(min_length=1)]


class Table(BaseModel):
    """A table without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(Table):
    """Recordings that a recipe uses.

    Attributes
    ----------
    corpora, emotions : tuple of str
        Names; none means every one in the manifest.
    include_song : bool
        Whether sung recordings are used, too.
    own_emotions : bool
        Whether a recording teaches, and is tested, only among the emotions that its own corpus contains.
    votes : {"", "voice", "face", "multimodal"}
        What listeners said who heard, saw, or heard and saw a recording, which teaches `model.votes` of it:
        a column of the manifest.
    """

    corpora: Names = ()
    emotions: Names = ()
    include_song: bool = False
    own_emotions: bool = False
    votes: Literal["", "voice", "face", "multimodal"] = ""


class RecipeProtocol(Protocol):
    """A protocol of a recipe.

    Attributes
    ----------
    corpora : tuple of str
        Corpora that it is for; none means those of the recipe.
    augment_before_split : bool
        Whether copies are made of all rows and then split as if they were recordings. Test rows have
        near copies among the training rows then, which `allow_leaks` must name as "parent".
    """

    corpora: Names = ()
    augment_before_split: bool = False


class Search(Table):
    """How parameters and features are chosen on held-out speakers of the training part.

    Where a protocol names a dev part, that is what is held out.

    Attributes
    ----------
    blocks : {"all", "backward"}
        Whether feature blocks are dropped, one after the other, as long as that helps; before the grid.
    grid : dict of str to tuple
        Values of each parameter; every combination is tried. Empty: nothing is searched.
    folds : int
        Number of splits of the training speakers.
    scoring : {"uar"}
        The chosen combination has the highest one.
    """

    blocks: Literal["all", "backward"] = "all"
    grid: dict[str, Values] = {}
    folds: FoldCount = 5
    scoring: Literal["uar"] = "uar"


class Calibration(Table):
    """How scores become probabilities.

    Attributes
    ----------
    method : {"temperature", "clip_temperature", "none"}
        One temperature, fitted on the held-out speakers that the search chooses on; or one for each clip, by
        what a published speech encoder hears in it, fitted on the scores that models of other folds gave to
        their test rows; or the plain softmax.
    refit : {"model", "head"}
        What is fitted again without the held-out speakers: the whole model, once for each split; or only the
        landmarks of a network whose blocks are tuned once, without the speakers of the first split. That
        takes one training in place of several, but those speakers teach landmarks alone.
    """

    method: Literal["temperature", "clip_temperature", "none"] = "temperature"
    refit: Literal["model", "head"] = "model"

    @property
    def by_clip(self) -> bool:
        """Whether each clip has a temperature of its own."""
        return self.method == "clip_temperature"


class Export(Table):
    """How the model is saved.

    Attributes
    ----------
    weights : {"float32", "int8"}
        Whether large matrices are stored as they are, or as 8-bit integers, in a quarter of the space; what
        `model.rounded` rounded takes half of that.
    narrow : float, default 0.0
        By how much what a dense layer of an encoder makes may change, as a share of its variance, for units
        that are left out, see `serkit.onnx.narrow`; 0 leaves out none.
    narrow_last : int, optional
        How many layers may become narrower, from the last one back; without it all.
    """

    weights: Literal["float32", "int8"] = "float32"
    narrow: float = Field(default=0.0, ge=0, lt=1)
    narrow_last: int | None = Field(default=None, ge=1)
