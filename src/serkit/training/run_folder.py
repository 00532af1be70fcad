"""The folder of a run: what was planned, and each fold as soon as it is done.

::

    RUN/
    ├── run.json            recipe, protocol, folds with their speakers, versions; in the end what was chosen
    ├── folds/1.json ...    test probabilities of each fold and how its model was chosen and trained
    ├── checkpoints/        states of networks that are being trained
    │   ├── 1/ ...          those of each fold, until it is done
    │   └── bundle/         those of the model trained on all rows, until the run is done
    ├── history.csv         of networks: loss, accuracy, dev scores and learning rate of each epoch
    ├── predictions.csv     test predictions of all folds
    ├── report.html ...     the report, with pictures/
    └── bundle/             the model trained on all rows

Every file appears under its name only when it is complete, so a run that was killed goes on with the first
fold that is missing. A fold counts only in the run that it was made for: run.json holds a fingerprint of
everything that changes a result. Several processes may work in one folder, each on folds of its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from serkit.corpora.manifest import is_complete
from serkit.errors import TrainingError
from serkit.files import sha256, write_text
from serkit.training.fitting import FitRecord  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas

FORMAT_VERSION = 1
RUN_FILE = "run.json"
BUNDLE = "bundle"


class HeldOut(BaseModel):
    """What the model of a fold makes of recordings that it has not heard, before calibration.

    Attributes
    ----------
    rows : tuple of int
        Rows of the run: the test rows, and altered copies of them.
    scores : tuple of tuple of float
        One row for each: the score of each of the fold's `classes`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[int, ...]
    scores: tuple[tuple[float, ...], ...]


class FoldResult(BaseModel):
    """One fold, done.

    Attributes
    ----------
    name : str
        Of the fold.
    rows : tuple of int
        Test rows in the manifest of the run.
    classes : tuple of str
        Emotion of each column of `probabilities`.
    probabilities : tuple of tuple of float
        One row for each test row.
    record : FitRecord
        How the model was chosen.
    altered_rows : tuple of int
        Those of `rows` that were altered, too. Empty if that was not asked for.
    altered : tuple of tuple of str
        One row for each of `altered_rows`: the emotion that is heard in each of
        `serkit.evaluation.robustness.CONDITIONS`.
    held_out : HeldOut, optional
        What the temperatures of other folds are fitted to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rows: tuple[int, ...]
    classes: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]
    record: FitRecord
    altered_rows: tuple[int, ...] = ()
    altered: tuple[tuple[str, ...], ...] = ()
    held_out: HeldOut | None = None


class RunFolder:
    """The files of a run.

    Parameters
    ----------
    path : Path
        Of the folder; made if it is missing.
    plan : mapping
        What run.json says; anything that JSON can hold. Its "fingerprint" tells runs apart.
    resume : bool, default True
        Whether finished folds are kept; otherwise the run begins anew.

    Raises
    ------
    TrainingError
        If the folder holds another run, and it is to be resumed, or files that are none of a run.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any], *, resume: bool = True) -> None:
        self.path = path
        self._plan = {"format_version": FORMAT_VERSION, **plan}
        names = self._names()
        if RUN_FILE in names and resume:
            self._check_same_run()
            return  # run.json may say already what was found
        if names and RUN_FILE not in names:
            raise TrainingError(f"{path}: is not empty and holds no run", hint="choose another folder")
        self._clear()
        write_text(path / RUN_FILE, _json(self._plan))

    def load_fold(self, number: int) -> FoldResult | None:
        """Return a finished fold, or None.

        Raises
        ------
        TrainingError
            If its file was changed.
        """
        path = self._fold_path(number)
        if not path.exists():
            return None
        try:
            return FoldResult.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise TrainingError(
                f"{path}: damaged", hint="delete it, and the fold is trained again"
            ) from error

    def save_fold(self, number: int, result: FoldResult) -> None:
        """Keep a finished fold."""
        write_text(self._fold_path(number), result.model_dump_json() + "\n")
        shutil.rmtree(self.checkpoints(number), ignore_errors=True)

    def checkpoints(self, part: int | str) -> Path:
        """Return the folder for the states of unfinished trainings of a fold, by its number, or of BUNDLE."""
        return self._all_checkpoints / str(part)

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Add to run.json what was found."""
        shutil.rmtree(self._all_checkpoints, ignore_errors=True)
        write_text(self.path / RUN_FILE, _json({**self._plan, **outcome}))

    @property
    def _all_checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def _names(self) -> set[str]:
        """Return what is in the folder, without a run.json that another process is about to write."""
        names = {path.name for path in self.path.iterdir()} if self.path.exists() else set()
        return {name for name in names if not name.startswith(".run.")}

    def _fold_path(self, number: int) -> Path:
        return self.path / "folds" / f"{number}.json"

    def _check_same_run(self) -> None:
        path = self.path / RUN_FILE
        try:
            found = json.loads(path.read_text(encoding="utf-8"))["fingerprint"]
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{path}: damaged", hint="choose another folder") from error
        if found != self._plan["fingerprint"]:
            raise TrainingError(
                f"{self.path}: holds another run: recipe, protocol, recordings or versions differ",
                hint="choose another folder, or begin anew with --no-resume",
            )

    def _clear(self) -> None:
        shutil.rmtree(self._all_checkpoints, ignore_errors=True)
        for path in self.path.glob("folds/*.json"):
            path.unlink()


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def fingerprint(settings: Mapping[str, Any], rows: pandas.DataFrame) -> str:
    """Return the hash of everything that changes the result of a run.

    Parameters
    ----------
    settings : mapping
        Recipe, protocol, versions.
    rows : pandas.DataFrame
        Recordings. Where they lie does not count; what they hold does, by the column ``content`` or by their
        bytes.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    contents = rows["content"] if is_complete(rows, "content") else rows["file"].map(sha256)
    table = rows.drop(columns="file").assign(content=contents)
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(table[sorted(map(str, table))].to_csv(index=False).encode())
    return digest.hexdigest()
