"""Features of all recordings of a manifest: in parallel, cached on disk, exported as a table."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serkit.audio import load_audio
from serkit.augment.others import excerpts
from serkit.errors import FeatureError, SerkitError
from serkit.features.cache import FeatureCache, Stretch
from serkit.files import atomic_path
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from serkit.augment import AugmentPlan
    from serkit.augment.others import Excerpt
    from serkit.features.feature_set import FeatureSet
    from serkit.features.frames import Floats


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of recordings, in the order of their manifest.

    Attributes
    ----------
    values : ndarray of float32, shape (n_recordings, ...)
        Where the number of frames depends on the recording, an array of objects of shape (n_recordings,),
        each of them the features of one recording.
    names : tuple of str
        `names` of the feature set.
    """

    values: NDArray[Any]
    names: tuple[str, ...]

    def to_csv(self, path: Path | str, manifest: pd.DataFrame) -> None:
        """Write one line for each recording: the columns of the manifest, then the features by name.

        Parameters
        ----------
        path : Path or str
            File to write.
        manifest : pandas.DataFrame
            The manifest that the features were extracted from.

        Raises
        ------
        FeatureError
            If a recording has more than one row of features, or the manifest has another length.
        """
        frame = self._frame(manifest)
        with atomic_path(path) as partial_path:
            frame.to_csv(partial_path, index=False)

    def to_parquet(self, path: Path | str, manifest: pd.DataFrame) -> None:
        """Write the table that `to_csv` writes as Parquet."""
        frame = self._frame(manifest)
        with atomic_path(path) as partial_path:
            frame.to_parquet(partial_path, index=False)

    def _frame(self, manifest: pd.DataFrame) -> pd.DataFrame:
        if self.values.ndim != 2:
            raise FeatureError(
                "export: sequences and images do not fit into one line a recording",
                hint="choose the layout vector or contours",
            )
        if len(manifest) != len(self.values):
            raise FeatureError(f"export: {len(manifest)} rows of manifest for {len(self.values)} of features")
        features = pd.DataFrame(self.values, columns=list(self.names))
        return pd.concat([manifest.reset_index(drop=True), features], axis=1)


def extract_features(  # noqa: PLR0913 - every choice has a name
    manifest: pd.DataFrame,
    feature_set: FeatureSet,
    *,
    augment: AugmentPlan | None = None,
    cache: Path | str | None = None,
    workers: int = 1,
    progress: bool = False,
) -> FeatureTable:
    """Extract the features of every recording of a manifest.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Its columns `file` and, where they are, `start` and `end` in s say what to read; `copy`, from
        `add_copies`, says which altered copy of it a row is.
    feature_set : FeatureSet
        What to extract.
    augment : AugmentPlan, optional
        How copies are altered.
    cache : Path or str, optional
        Folder that keeps the features. What it holds already is not computed again, unless the file has
        changed in size or time; several processes may share it.
    workers : int, default 1
        How many recordings to work on at once.
    progress : bool, default False
        Whether to draw a progress bar, on a terminal only.

    Returns
    -------
    FeatureTable
        One entry for each row of the manifest.

    Raises
    ------
    FeatureError
        If recordings failed, after all others are done and cached. The first one is named. Also if there are
        copies and no plan.
    """
    stretches, copies = _stretches(manifest), _copies(manifest, augment)
    others = list(manifest["others"]) if "others" in manifest else [()] * len(copies)
    keys = _keys(feature_set, augment, copies, others)
    with FeatureCache(Path(cache)) if cache is not None else nullcontext() as store:
        found = [store.get(*place) if store else None for place in zip(keys, stretches, strict=True)]
        missing = [row for row, features in enumerate(found) if features is None]
        failures = []
        results = map_parallel(
            partial(_extract, feature_set, augment),
            [(stretches[row], copies[row], others[row]) for row in missing],
            workers=workers,
            progress="Extracting features" if progress else None,
        )
        for row, result in zip(missing, results, strict=True):
            if isinstance(result, SerkitError):
                failures.append(result)
                continue
            found[row] = result
            if store:
                store.add(keys[row], stretches[row], result)
    _check_failures(failures, len(stretches))
    return FeatureTable(stack_features(found, feature_set.shape), feature_set.names)


def _stretches(manifest: pd.DataFrame) -> list[Stretch]:
    """List what each row of a manifest reads, in its present state."""
    return [Stretch(*one, *_state(one.file)) for one in excerpts(manifest)]


def _copies(manifest: pd.DataFrame, augment: AugmentPlan | None) -> list[int]:
    """List which copy each row is; 0 is the original."""
    if "copy" not in manifest:
        return [0] * len(manifest)
    copies = [int(copy) for copy in manifest["copy"].fillna(0)]
    most = augment.n_copies if augment else 0
    if max(copies, default=0) > most:
        raise FeatureError(
            f"copy {max(copies)} of a recording is to be extracted, and the augmentation makes {most}",
            hint="give the plan that the copies were added with",
        )
    return copies


def _keys(
    feature_set: FeatureSet,
    augment: AugmentPlan | None,
    copies: list[int],
    others: list[tuple[Excerpt, ...]],
) -> list[str]:
    """List the key of each row in the cache."""
    plan = augment.key if augment else ""
    keys = [f"{feature_set.key}-{plan}-{copy}" if copy else feature_set.key for copy in copies]
    return [f"{key}-{_digest(mixed)}" if mixed else key for key, mixed in zip(keys, others, strict=True)]


def _digest(others: tuple[Excerpt, ...]) -> str:
    states = [(one, _state(one.file)) for one in others]
    return hashlib.blake2b(repr(states).encode(), digest_size=8).hexdigest()


def _state(file: str) -> tuple[int, int]:
    """Size and time of a file; of one that is missing, loading it will tell."""
    try:
        status = Path(file).stat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns


def _extract(
    feature_set: FeatureSet, augment: AugmentPlan | None, job: tuple[Stretch, int, tuple[Excerpt, ...]]
) -> Floats | SerkitError:
    """Features of a stretch, or why there are none: one bad recording must not stop the others."""
    stretch, copy, others = job
    alter = partial(augment.alter, copy=copy, others=others) if augment and copy else None
    try:
        clip = load_audio(stretch.file, start=stretch.start, end=stretch.end)
        return feature_set.extract(clip, alter=alter)
    except SerkitError as error:
        return error


def _check_failures(failures: list[SerkitError], n_recordings: int) -> None:
    if failures:
        raise FeatureError(
            f"{len(failures)} of {n_recordings} recordings failed; the first: {failures[0]}",
            hint="leave them out of the manifest; the rest is done",
        )


def stack_features(found: Sequence[Floats | None], shape: tuple[int | None, ...]) -> NDArray[Any]:
    """One array of all; of objects where recordings differ in shape."""
    fixed = tuple(length for length in shape if length is not None)
    if len(fixed) == len(shape):
        return np.array(found, dtype=np.float32).reshape(len(found), *fixed)
    values = np.empty(len(found), dtype=object)
    for row, features in enumerate(found):
        values[row] = features
    return values
