"""AugmentPlan: which altered copies of each training clip a model learns from, too."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from serkit.augment.kinds import STEPS
from serkit.augment.material import list_material
from serkit.augment.others import Excerpt, draw_others

# pydantic reads it at run time.
from serkit.augment.steps import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas
    from numpy.typing import ArrayLike, NDArray

    from serkit.audio import Clip

# Raised whenever the same plan makes other sounds than before.
AUGMENT_VERSION = 2

Chain = Annotated[tuple[Step, ...], Field(min_length=1)]


class AugmentPlan(BaseModel):
    """Altered copies of clips, the same whatever the order of the clips and the number of workers.

    Attributes
    ----------
    chains : tuple of tuple of Step
        Each clip is copied once for each chain; the steps of the chain alter the copy one after the other.
    copies : int, default 1
        How often that is done, each time with other draws.
    seed : int, default 0
        Of all draws.

    Examples
    --------
    >>> plan = AugmentPlan(chains=[[{"name": "noise"}], [{"name": "stretch"}, {"name": "pitch"}]])
    >>> plan.n_copies
    2
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chains: Annotated[tuple[Chain, ...], Field(min_length=1)]
    copies: PositiveInt = 1
    seed: NonNegativeInt = 0

    @property
    def n_copies(self) -> int:
        """Altered copies of each clip."""
        return self.copies * len(self.chains)

    def degrades(self, copy: int) -> bool:
        """Tell whether a copy, 1 to `n_copies`, may sound worse than its original."""
        return any(STEPS[step.name].degrades for step in self._chain(copy))

    @property
    def key(self) -> str:
        """Hash of all that changes what copy a number stands for, 32 hexadecimal digits.

        Files of a step's folder count by name, size and time.
        """
        chains = [[_settings(step) for step in chain] for chain in self.chains]
        settings = json.dumps([AUGMENT_VERSION, self.seed, chains], sort_keys=True)
        return hashlib.sha256(settings.encode()).hexdigest()[:32]

    def n_others(self, copy: int) -> int:
        """Return how many other recordings a copy is altered with at most."""
        steps = [step for step in self._chain(copy) if STEPS[step.name].reads_others]
        return max((round(step.settings["voices"][1]) for step in steps), default=0)

    def alter(self, clip: Clip, copy: int, *, others: Sequence[Excerpt] = ()) -> Clip:
        """Make a copy of a clip.

        Parameters
        ----------
        clip : Clip
            The original. The last two parts of the path in `source`, and `start`, seed the draws.
        copy : int
            1 to `n_copies`.
        others : sequence of Excerpt, optional
            Other recordings, for steps that read them.
        """
        rng = np.random.default_rng([self.seed, copy, Excerpt(clip.source, clip.start).digest])
        for step in self._chain(copy):
            clip = step.alter(clip, rng, others=others)
        return clip

    def _chain(self, copy: int) -> tuple[Step, ...]:
        return self.chains[(copy - 1) % len(self.chains)]


def _settings(step: Step) -> dict[str, object]:
    files = [(str(file), file.stat()) for file in (list_material(step.folder) if step.folder else ())]
    states = [(name, state.st_size, state.st_mtime_ns) for name, state in files]
    return {"name": step.name, "probability": step.probability, "files": states} | step.settings


def add_copies(
    manifest: pandas.DataFrame, plan: AugmentPlan, *, sides: ArrayLike | None = None
) -> pandas.DataFrame:
    """Return the rows of a manifest, then those of their first copies, of their second ones, and so on.

    A copy has the number in ``copy``, 0 for an original, and the name of its original in ``parent``; its
    ``content`` and ``duration`` are not known. Where the plan has steps that read them, ``others`` are the
    recordings that are mixed in.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Recordings.
    plan : AugmentPlan
        Says how many copies there are.
    sides : array_like, shape (n_rows,), optional
        Recordings of equal values are mixed with each other alone, see `serkit.splits.sides`; without it all.

    Examples
    --------
    >>> import pandas
    >>> manifest = pandas.DataFrame({"file": ["/a.wav", "/b.wav"]})
    >>> rows = add_copies(manifest, AugmentPlan(chains=[[{"name": "noise"}]]))
    >>> rows["copy"].tolist(), rows["parent"].dropna().tolist()
    ([0, 0, 1, 1], ['/a.wav', '/b.wav'])
    """
    n_rows, n_parts = len(manifest), 1 + plan.n_copies
    rows = manifest.iloc[np.tile(np.arange(n_rows), n_parts)].reset_index(drop=True)
    copy = np.repeat(np.arange(n_parts), n_rows)
    changed: dict[str, Any] = {
        name: rows[name].where(copy == 0) for name in ("content", "duration") if name in rows
    }
    named = parents(rows)
    if "parent" not in rows:
        named[copy == 0] = None
    if any(plan.n_others(number) for number in range(1, n_parts)):
        changed["others"] = _others(manifest, plan, sides)
    return rows.assign(copy=copy, parent=named, **changed)


def _others(
    manifest: pandas.DataFrame, plan: AugmentPlan, sides: ArrayLike | None
) -> list[tuple[Excerpt, ...]]:
    """Return the recordings that rows, then their first copies, and so on, are altered with."""
    counts = [0, *map(plan.n_others, range(1, 1 + plan.n_copies))]
    drawn = draw_others(manifest, max(counts), sides=sides, seed=plan.seed)
    return [others[:count] for count in counts for others in drawn]


def is_copy(manifest: pandas.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows of a manifest are altered copies."""
    return _copy_numbers(manifest) > 0


def is_degraded(manifest: pandas.DataFrame, plan: AugmentPlan) -> NDArray[np.bool_]:
    """Tell which rows of a manifest are copies that may sound worse than their originals."""
    numbers = _copy_numbers(manifest)
    return np.isin(numbers, [copy for copy in range(1, 1 + plan.n_copies) if plan.degrades(copy)])


def _copy_numbers(manifest: pandas.DataFrame) -> NDArray[np.intp]:
    if "copy" not in manifest:
        return np.zeros(len(manifest), dtype=np.intp)
    return manifest["copy"].fillna(0).to_numpy(dtype=np.intp)


def parents(manifest: pandas.DataFrame) -> NDArray[np.object_]:
    """Return the name of the clip that each row is, or was altered from: its file, and where it begins."""
    files = manifest["file"].astype(str)
    starts = manifest["start"].fillna(0) if "start" in manifest else files.map(lambda _: 0.0)
    names = [f"{file}@{start:g}" if start else file for file, start in zip(files, starts, strict=True)]
    own = np.array(names, dtype=object)
    return np.where(manifest["parent"].notna(), manifest["parent"], own) if "parent" in manifest else own
