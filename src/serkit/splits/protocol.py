"""How a manifest is cut into train, dev and test, as a recipe writes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Kind = Literal[
    "random",
    "stratified",
    "speakers",
    "speaker_folds",
    "leave_one_speaker_out",
    "leave_one_corpus_out",
    "published",
]
Leak = Literal["speaker", "content", "parent"]

# The fields that each kind reads besides `dev`; any other field would be ignored in silence.
_FIELDS: dict[str, set[str]] = {
    "random": {"test", "seed", "dev_by", "allow_leaks"},
    "stratified": {"test", "seed", "dev_by", "allow_leaks"},
    "speakers": {"speakers", "test", "seed", "dev_by"},
    "speaker_folds": {"folds", "seed"},
    "leave_one_speaker_out": {"seed"},
    "leave_one_corpus_out": {"seed"},
    "published": {"published", "seed", "allow_leaks"},
}
_REQUIRED: dict[str, set[str]] = {
    "random": {"test", "seed"},
    "stratified": {"test", "seed"},
    "speaker_folds": {"folds"},
    "published": {"published"},
}


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Protocol(BaseModel):
    """One way to cut a manifest.

    Attributes
    ----------
    kind : str
        ``random`` or ``stratified`` (by emotion): a share of the rows is the test part; speakers
        cross, so both serve the comparison with published work only.
        ``speakers``: the named speakers are the test part, or a share `test` of each corpus's speakers.
        ``speaker_folds``: every speaker is tested once; within each corpus the sorted speakers are
        cut into `folds` contiguous runs, or shuffled first where `seed` is given.
        ``leave_one_speaker_out`` and ``leave_one_corpus_out``: one fold for each.
        ``published``: lists by name; several lists, one for each corpus, are joined fold by fold.
    test : float, optional
        Share of the rows, or of the speakers, in the test part, in (0, 1).
    seed : int, optional
        Seed of every draw. The draw of speakers uses 0 where it is not given.
    folds : int, optional
        Number of speaker folds.
    speakers : tuple of str
        Test speakers, as ``"03"`` or ``"emodb/03"``.
    published : tuple of str
        Names of published lists.
    dev : float
        Share of the training speakers, in each corpus, that is held out as the dev part; for
        ``random`` and ``stratified`` the share of the training rows. Lists that name dev speakers keep them.
    dev_by : {"speaker", "row", "tail"}
        ``row``, for the kind ``speakers`` alone: `dev` is a share of the training rows, drawn at random, so
        that a model is chosen on voices that it was trained on. The test part stays unheard. ``tail``, for
        ``random`` and ``stratified``: the last rows in the order in which the training rows were drawn, as
        Keras takes its ``validation_split``.
    allow_leaks : tuple of str
        What may cross the split: ``speaker``, ``content``, ``parent``. Only kinds that cut through
        speakers may set it; what crosses is counted and reported.

    Examples
    --------
    >>> Protocol(kind="published", published="emobox-ravdess").describe()
    'published folds emobox-ravdess'
    >>> Protocol(kind="speakers", test=0.2).describe()
    'held-out speakers (20% of each corpus, drawn with seed 0)'
    >>> Protocol(kind="speaker_folds", folds=5).describe()
    '5 speaker folds, contiguous'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    test: Share | None = None
    seed: int | None = Field(default=None, ge=0)
    folds: int | None = Field(default=None, ge=2)
    speakers: Names = ()
    published: Names = ()
    dev: float = Field(default=0.0, ge=0.0, lt=1.0)
    dev_by: Literal["speaker", "row", "tail"] = "speaker"
    allow_leaks: tuple[Leak, ...] = ()

    @model_validator(mode="after")
    def _fields_fit_the_kind(self) -> Protocol:
        fields = Protocol.model_fields  # a subclass may add its own
        given = {name for name, field in fields.items() if getattr(self, name) != field.default}
        ignored = sorted(given - _FIELDS[self.kind] - {"kind", "dev"})
        missing = sorted(_REQUIRED.get(self.kind, set()) - given)
        if ignored:
            raise ValueError(f"a '{self.kind}' protocol does not use {', '.join(ignored)}")
        if missing:
            raise ValueError(f"a '{self.kind}' protocol needs {', '.join(missing)}")
        if self.kind == "speakers" and bool(self.speakers) == bool(self.test):
            raise ValueError("a 'speakers' protocol needs speakers, or test as their share")
        at_random = self.kind in ("random", "stratified")
        if self.dev_by not in ("speaker", "tail" if at_random else "row"):
            raise ValueError(f"a '{self.kind}' protocol does not take dev_by = '{self.dev_by}'")
        if self.dev_by != "speaker" and not (self.dev and self.seed is not None):
            raise ValueError(f"dev_by = '{self.dev_by}' needs dev and seed")
        return self

    def describe(self) -> str:
        """Return the protocol as a phrase for a report."""
        text = {
            "random": f"random split, {self.test or 0:.0%} test, seed {self.seed}",
            "stratified": f"random split stratified by emotion, {self.test or 0:.0%} test, seed {self.seed}",
            "speakers": f"held-out speakers {', '.join(self.speakers) or self._drawn()}",
            "speaker_folds": f"{self.folds} speaker folds, {_order(self.seed)}",
            "leave_one_speaker_out": "leave one speaker out",
            "leave_one_corpus_out": "leave one corpus out",
            "published": f"published folds {' + '.join(self.published)}",
        }[self.kind]
        if self.dev_by == "row":
            text += f"; {self.dev:.0%} of the other rows, drawn with seed {self.seed}, as the dev part"
        if self.dev_by == "tail":
            text += f"; the last {self.dev:.0%} of the training rows as the dev part"
        return f"{text}; {', '.join(self.allow_leaks)} may cross" if self.allow_leaks else text

    def _drawn(self) -> str:
        return f"({self.test or 0:.0%} of each corpus, drawn with seed {self.seed or 0})"


def _order(seed: int | None) -> str:
    return "contiguous" if seed is None else f"shuffled with seed {seed}"
