"""The descriptors by name, with their parameters and the names of their rows."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from serkit.errors import FeatureError
from serkit.features import descriptors, dynamics
from serkit.features.log_mel import log_mel
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from serkit.features.frames import Floats

    Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Descriptor:
    """One entry of the catalogue.

    Attributes
    ----------
    function : callable
        Takes an `Analysis`, a `Framing` and the parameters.
    row_names : callable
        Takes the parameters, returns what distinguishes the rows; one empty name for a single row.
    per_frame : bool, default True
        Whether it gives contours; otherwise a few numbers for the whole signal.
    amplitude : bool, default False
        Whether it is an amplitude, which is squared before it is turned into decibels.
    drops_last : bool, default False
        Whether it leaves out the last frame, whose middle is the end of the signal.
    precise : bool, default False
        Whether it takes the logarithm of weak bins, which single precision may not resolve.
    """

    function: Callable[..., Floats]
    row_names: Callable[[Parameters], tuple[str, ...]] = lambda _: ("",)
    per_frame: bool = True
    amplitude: bool = False
    drops_last: bool = False
    precise: bool = False

    @property
    def summary(self) -> str:
        """First line of the function's docstring."""
        return inspect.getdoc(self.function).partition("\n")[0]  # type: ignore[union-attr]

    @property
    def defaults(self) -> dict[str, Any]:
        """Parameters and their defaults."""
        parameters = inspect.signature(self.function).parameters.values()
        return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}

    def complete(self, parameters: Parameters) -> dict[str, Any]:
        """Check parameters and fill in the defaults.

        Raises
        ------
        pydantic.ValidationError
            If a value has the wrong type or lies outside its range.
        """
        return _schema(self.function)(**parameters).model_dump()


@cache
def _schema(function: Callable[..., Floats]) -> type[BaseModel]:
    """Make a pydantic model of the keyword-only parameters of a descriptor."""
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    fields: dict[str, Any] = {
        each.name: (hints[each.name], each.default) for each in parameters if each.kind is each.KEYWORD_ONLY
    }
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid", strict=True), **fields)


def _numbered(count: str, extra: int = 0) -> Callable[[Parameters], tuple[str, ...]]:
    """Row names 00, 01, ... as many as a parameter says."""

    def names(parameters: Parameters) -> tuple[str, ...]:
        n_rows = parameters[count] + extra
        width = max(2, len(str(n_rows - 1)))
        return tuple(f"{row:0{width}d}" for row in range(n_rows))

    return names


def _modulation_rows(parameters: Parameters) -> tuple[str, ...]:
    rates = [f"{low:g}_to_{high:g}_hz" for low, high in pairwise(dynamics.MODULATION_EDGES)]
    return tuple(f"{rate}_band_{band:02d}" for rate in rates for band in range(parameters["n_bands"]))


def _correlation_rows(parameters: Parameters) -> tuple[str, ...]:
    return tuple(f"{a:02d}_{b:02d}" for a, b in combinations(range(parameters["n_mfcc"]), 2))


def _rolloff_row(parameters: Parameters) -> tuple[str, ...]:
    return (f"{100 * parameters['roll_percent']:g}".zfill(2),)


DESCRIPTORS: dict[str, Descriptor] = {
    "zero_crossing_rate": Descriptor(descriptors.zero_crossing_rate),
    "zero_crossing_count": Descriptor(descriptors.zero_crossing_count, per_frame=False),
    "rms": Descriptor(descriptors.rms, amplitude=True),
    "mel": Descriptor(descriptors.mel, _numbered("n_mels")),
    "log_mel": Descriptor(log_mel, _numbered("n_mels"), drops_last=True, precise=True),
    "mfcc": Descriptor(descriptors.mfcc, _numbered("n_mfcc")),
    "chroma": Descriptor(descriptors.chroma, _numbered("n_chroma")),
    "tonnetz": Descriptor(
        descriptors.tonnetz,
        lambda _: ("fifth_x", "fifth_y", "minor_x", "minor_y", "major_x", "major_y"),
    ),
    "spectral_contrast": Descriptor(descriptors.spectral_contrast, _numbered("n_bands", 1), precise=True),
    "centroid": Descriptor(descriptors.centroid),
    "bandwidth": Descriptor(descriptors.bandwidth),
    "flatness": Descriptor(descriptors.flatness, precise=True),
    "rolloff": Descriptor(descriptors.rolloff, _rolloff_row),
    "spectral_flux": Descriptor(descriptors.spectral_flux),
    "spectral_slope": Descriptor(descriptors.spectral_slope),
    "f0": Descriptor(descriptors.f0),
    "voicing": Descriptor(descriptors.voicing),
    "hnr": Descriptor(descriptors.hnr),
    "rhythm": Descriptor(
        dynamics.rhythm, lambda _: ("duration", "voiced_share", "voiced_rate"), per_frame=False
    ),
    "modulation_spectrum": Descriptor(dynamics.modulation_spectrum, _modulation_rows, per_frame=False),
    "mfcc_correlation": Descriptor(dynamics.mfcc_correlation, _correlation_rows, per_frame=False),
    "samples": Descriptor(descriptors.samples, _numbered("n_samples"), drops_last=True),
    "wave": Descriptor(
        descriptors.wave, lambda _: ("max", "min", "mean", "std", "median", "range"), per_frame=False
    ),
}


def find_descriptor(name: str) -> Descriptor:
    """Return a descriptor by its name, or raise FeatureError with the nearest one.

    Examples
    --------
    >>> find_descriptor("mfcc").defaults["n_mfcc"]
    20
    """
    if name not in DESCRIPTORS:
        raise unknown_name(FeatureError, "descriptor", name, DESCRIPTORS)
    return DESCRIPTORS[name]
