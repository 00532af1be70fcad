"""Step: one alteration by its name, with the ranges that its settings are drawn from."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from serkit.augment.kinds import STEPS, Setting
from serkit.errors import AugmentError
from serkit.unknown import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.audio import Clip
    from serkit.augment.others import Excerpt


class Step(BaseModel):
    """One alteration of a chain.

    The settings of the alteration stand beside these fields, each a number or a range ``[low, high]`` that a
    number is drawn from for every clip: ``Step(name="gain", gain_db=[-10, 10])``.

    Attributes
    ----------
    name : str
        Key in `STEPS`.
    probability : float, default 1.0
        How often a clip is altered, in (0, 1]; else it stays as it is.
    folder : Path, optional
        Where the step takes its recordings from; nothing of a test part belongs there.

    Examples
    --------
    >>> Step(name="stretch", rate=[0.9, 1.1]).settings
    {'rate': (0.9, 1.1)}
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    probability: float = Field(default=1.0, gt=0, le=1)
    folder: Path | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.name not in STEPS:
            raise unknown_name(AugmentError, "augmentation", self.name, STEPS)
        kind, given = STEPS[self.name], self.model_extra or {}
        if kind.reads_folder != (self.folder is not None):
            need = "needs a folder of recordings" if kind.reads_folder else "takes no folder"
            raise AugmentError(f"{self.name}: {need}", hint='written folder = "PATH"')
        for name, value in given.items():
            if name not in kind.settings:
                fields = [*kind.settings, *type(self).model_fields]
                raise unknown_name(AugmentError, f"setting of {self.name}", name, fields)
            _check_range(f"{self.name}.{name}", value, kind.settings[name])
        return self

    @property
    def settings(self) -> dict[str, tuple[float, float]]:
        """Range of each setting."""
        defaults = {name: (one.low, one.high) for name, one in STEPS[self.name].settings.items()}
        return defaults | {name: _as_range(value) for name, value in (self.model_extra or {}).items()}

    def alter(self, clip: Clip, rng: np.random.Generator, *, others: Sequence[Excerpt] = ()) -> Clip:
        """Alter a clip, or leave it as it is, as the generator draws.

        Some steps mix `others` in.
        """
        if rng.random() >= self.probability:
            return clip
        drawn: dict[str, Any] = {name: float(rng.uniform(*limits)) for name, limits in self.settings.items()}
        if self.folder is not None:
            drawn["folder"] = self.folder
        if STEPS[self.name].reads_others:
            drawn["others"] = others
        return STEPS[self.name].alter(clip, rng, **drawn)


def default_step(name: str) -> Step:
    """Return a step with its own settings.

    Raises
    ------
    AugmentError
        If there is no step of that name, or it needs a folder.

    Examples
    --------
    >>> default_step("pitch").settings
    {'semitones': (0.7, 0.7)}
    """
    if name not in STEPS:
        raise unknown_name(AugmentError, "augmentation", name, STEPS)
    if STEPS[name].reads_folder:
        raise AugmentError(f"{name}: needs a folder of recordings", hint="name one in the recipe's [augment]")
    return Step(name=name)


def _as_range(value: Any) -> tuple[float, float]:
    low, high = value if isinstance(value, list | tuple) else (value, value)
    return float(low), float(high)


def _check_range(name: str, value: Any, setting: Setting) -> None:
    try:
        low, high = _as_range(value)
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    if not setting.least <= low <= high <= setting.most:
        raise AugmentError(
            f"{name}: {value!r} is no number or ascending [low, high]",
            hint=f"from {setting.least:g} to {setting.most:g}",
        )
