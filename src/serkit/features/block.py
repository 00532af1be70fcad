"""One block of a feature set: a descriptor and what is done to its contours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    ValidationError,
    model_validator,
)

from serkit.errors import FeatureError
from serkit.features.catalogue import Descriptor, find_descriptor
from serkit.features.contours import Transform, delta, hertz_to_semitones, power_to_db
from serkit.features.functionals import apply_functionals, find_functional
from serkit.features.pitch import PitchSettings
from serkit.features.voicing import voiced_frames
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from serkit.features.frames import Analysis, Floats, Framing


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        find_functional(name)
    return names


Functionals = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_known)]
FrameLength = Annotated[int, Field(ge=16, multiple_of=2)]
HopLength = Annotated[int, Field(ge=1)]

PITCH_DESCRIPTORS = {"f0", "voicing", "hnr"}


class Block(BaseModel):
    """A descriptor, its parameters, and what is done to its contours.

    The parameters of the descriptor stand beside these fields: ``Block(name="mfcc", n_mfcc=13)``.

    Attributes
    ----------
    name : str
        A key of `DESCRIPTORS`.
    label : str, default ""
        What the names of the features begin with instead of `name`; tells two blocks of one descriptor apart.
    n_fft, hop_length : int, optional
        Samples in a frame and between two frames, where they differ from the feature set's.
    transform : {"none", "log1p", "db", "semitones"}, default "none"
        Logarithm of 1 + x, decibels with a range of 80 dB, or semitones above 55 Hz.
    transform_of : {"frames", "functionals"}, default "frames"
        Whether the contours are transformed, or what the functionals make of them.
    combine : {"none", "mean"}, default "none"
        "mean" averages the rows into one.
    deltas : {0, 1, 2}, default 0
        How many orders of deltas are appended as further rows.
    over : {"all", "voiced"}, default "all"
        Frames that the functionals see; `serkit.features.voicing` says which are voiced.
    functionals : tuple of str, optional
        Functionals, where they differ from the feature set's.
    delta_functionals : tuple of str, optional
        Functionals of the deltas, where they differ from those of the contours.
    weight : float, default 1
        How much the block counts in a model that standardises its features; it changes no feature.

    Examples
    --------
    >>> Block(name="mfcc", n_mfcc=2, deltas=1).row_names
    ('mfcc_00', 'mfcc_01', 'mfcc_00_delta', 'mfcc_01_delta')
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    label: str = ""
    n_fft: FrameLength | None = None
    hop_length: HopLength | None = None
    transform: Transform = "none"
    transform_of: Literal["frames", "functionals"] = "frames"
    combine: Literal["none", "mean"] = "none"
    deltas: Literal[0, 1, 2] = 0
    over: Literal["all", "voiced"] = "all"
    functionals: Functionals | None = None
    delta_functionals: Functionals | None = None
    weight: PositiveFloat = 1.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = self.model_extra or {}
        known = self.descriptor.defaults
        for name in given:
            if name not in known:
                fields = [*known, *type(self).model_fields]
                raise unknown_name(FeatureError, f"parameter of {self.name}", name, fields)
        try:
            _ = self.parameters
        except ValidationError as error:
            first = error.errors()[0]
            raise FeatureError(
                f"{self.name}.{first['loc'][0]} = {first['input']!r}: {first['msg']}"
            ) from error
        if not self.descriptor.per_frame:
            self._check_global()
        return self

    def _check_global(self) -> None:
        for field in ("n_fft", "hop_length", "functionals", "delta_functionals", "deltas", "combine", "over"):
            if getattr(self, field) != type(self).model_fields[field].default:
                raise FeatureError(
                    f"{self.name}.{field}: {self.name} describes the whole signal, not its frames"
                )

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor that `name` stands for."""
        return find_descriptor(self.name)

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the descriptor, with its defaults where none are given."""
        return self.descriptor.complete(self.model_extra or {})

    @property
    def row_names(self) -> tuple[str, ...]:
        """Name of each row, deltas included."""
        label = self.label or self.name
        rows = ("",) if self.combine == "mean" else self.descriptor.row_names(self.parameters)
        names = [f"{label}_{row}" if row else label for row in rows]
        suffixes = ("", "_delta", "_delta2")[: self.deltas + 1]
        return tuple(name + suffix for suffix in suffixes for name in names)

    def contours(self, analysis: Analysis, framing: Framing) -> Floats:
        """Return the transformed contours and their deltas, (n_rows, n_frames), or (n_rows,) if global."""
        # Blocks that differ in what is made of a descriptor, as over voiced frames, share its contours.
        parameters = tuple(self.parameters.items())
        contours = analysis.once(_described, self.descriptor.function, framing, parameters)
        if self.transform_of == "frames":
            contours = self._transformed(contours)
        if self.combine == "mean":
            contours = contours.mean(axis=0, keepdims=True)
        orders = range(1, self.deltas + 1)
        return (
            np.concatenate([contours, *(delta(contours, order) for order in orders)])
            if self.deltas
            else contours
        )

    def chosen_functionals(self, default: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the functionals of the contours and of their deltas; `default` where the block has none."""
        functionals = self.functionals or default
        return functionals, self.delta_functionals or functionals

    def values(self, analysis: Analysis, framing: Framing, default: tuple[str, ...]) -> Floats:
        """Return the value of each of `value_names`; `default` are the functionals of the feature set."""
        values = self.contours(analysis, framing)
        if self.descriptor.per_frame:
            values = self._functionals(values, analysis, framing, default)
        return self._transformed(values) if self.transform_of == "functionals" else values

    def value_names(self, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return the name of each value: rows outermost, deltas last."""
        if not self.descriptor.per_frame:
            return self.row_names
        rows, n_contours = self.row_names, len(self.row_names) // (self.deltas + 1)
        functionals, of_deltas = self.chosen_functionals(default)
        names = [f"{row}_{functional}" for row in rows[:n_contours] for functional in functionals]
        return (*names, *(f"{row}_{functional}" for row in rows[n_contours:] for functional in of_deltas))

    def _functionals(
        self, contours: Floats, analysis: Analysis, framing: Framing, default: tuple[str, ...]
    ) -> Floats:
        times = np.arange(contours.shape[1]) * (framing.hop_length / analysis.sampling_rate)
        seen = slice(None) if self.over == "all" else self._voiced(analysis, framing)[: times.size]
        n_contours = len(contours) // (self.deltas + 1)
        functionals, of_deltas = self.chosen_functionals(default)
        parts = [(contours[:n_contours], functionals)]
        if self.deltas:
            parts.append((contours[n_contours:], of_deltas))
        values = [
            apply_functionals(rows[:, seen], times[seen], names, whole=rows).ravel() for rows, names in parts
        ]
        return np.concatenate(values)

    def _transformed(self, values: Floats) -> Floats:
        if self.transform == "log1p":
            return np.log1p(values)
        if self.transform == "semitones":
            return hertz_to_semitones(values)
        if self.transform == "db":
            return power_to_db(np.square(values) if self.descriptor.amplitude else values)
        return values

    def _voiced(self, analysis: Analysis, framing: Framing) -> NDArray[np.bool_]:
        """Which frames are voiced, by the block's own pitch settings if it has them."""
        own = self.parameters if self.name in PITCH_DESCRIPTORS else {}
        return voiced_frames(analysis, framing, PitchSettings(framing.hop_length, framing.pad_mode, **own))


def _described(
    analysis: Analysis,
    function: Callable[..., Floats],
    framing: Framing,
    parameters: tuple[tuple[str, Any], ...],
) -> Floats:
    return function(analysis, framing, **dict(parameters))
