"""A saved model: a folder of ONNX, JSON and text that proves itself when it is loaded.

::

    NAME/
    ├── bundle.json      BundleInfo: labels, front end, calibration, training data, scores
    ├── model.onnx       "features" float32 (N, ...) -> "scores" float32 (N, n_labels)
    ├── MODEL_CARD.md    what the model is for and what it must not be used for
    └── SHA256SUMS       of the three files above, as `sha256sum -c` reads it

Loading needs no training library and runs no code from the bundle.
"""

from __future__ import annotations

import difflib
import hashlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serkit.bundle_info import (
    FORMAT_VERSION,
    BundleInfo,
    CorpusFacts,
    ScoreFacts,
    info_from_json,
    info_to_json,
)
from serkit.errors import BundleError, BundleIntegrityError, BundleNotFoundError
from serkit.onnx.file import INPUT_NAME, OUTPUT_NAME, outside_references
from serkit.onnx.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnxruntime
    from numpy.typing import NDArray

__all__ = [
    "FORMAT_VERSION",
    "INPUT_NAME",
    "OUTPUT_NAME",
    "BundleInfo",
    "CorpusFacts",
    "ModelBundle",
    "ScoreFacts",
    "available_bundles",
    "load_bundle",
    "read_bundle",
    "save_bundle",
]

BUNDLES = Path(__file__).parent / "bundles"

_INFO, _MODEL, _CARD, _SUMS = "bundle.json", "model.onnx", "MODEL_CARD.md", "SHA256SUMS"
_SUMMED = (_CARD, _INFO, _MODEL)
# Where the number of frames depends on the recording, a model is tried with this many.
_SOME_FRAMES = 64


@dataclass(frozen=True)
class ModelBundle:
    """A verified bundle, ready to score.

    Attributes
    ----------
    folder : Path
        Where it was read from.
    info : BundleInfo
        Its description.
    card : str
        Its model card (Markdown).
    session : onnxruntime.InferenceSession
        Its model.
    """

    folder: Path
    info: BundleInfo
    card: str
    session: onnxruntime.InferenceSession

    def scores(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return the model's scores, before calibration.

        Parameters
        ----------
        features : ndarray of float32, shape (n, *info.front_end.shape), or of objects, shape (n,)
            Input of the model; objects where recordings differ in their frames.

        Returns
        -------
        ndarray of float32, shape (n, len(info.labels))
            One score per label; the higher, the more likely.
        """
        if features.dtype == object:
            return np.concatenate([self.scores(one[np.newaxis]) for one in features])
        (scores,) = self.session.run([OUTPUT_NAME], {INPUT_NAME: features})
        return np.asarray(scores)


def available_bundles() -> dict[str, Path]:
    """Return the bundles that ship with serkit.

    Returns
    -------
    dict of str to Path
        Folder of each bundle by name.

    Examples
    --------
    >>> all(folder.is_dir() for folder in available_bundles().values())
    True
    """
    return {path.parent.name: path.parent for path in sorted(BUNDLES.glob(f"*/{_INFO}"))}


def save_bundle(folder: Path | str, info: BundleInfo, model: bytes, card: str) -> Path:
    """Write a bundle, load it as a check, and only then give it its name.

    Parameters
    ----------
    folder : Path or str
        Where the bundle shall be. A bundle that is there already is replaced.
    info : BundleInfo
        Description.
    model : bytes
        ONNX model, e.g. from `serkit.onnx.export.export_onnx`.
    card : str
        Model card, e.g. from `serkit.model_card.model_card`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    BundleError
        If `folder` exists and is no bundle.
    BundleIntegrityError
        If `info` and `model` do not fit each other.
    """
    final = Path(folder)
    if final.exists() and not (final / _INFO).is_file():
        raise BundleError(f"{final}: exists and is no bundle", hint="choose another folder")
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{final.name}.", dir=final.parent) as temporary:
        fresh = Path(temporary) / "new"
        _write_files(fresh, {_CARD: card.encode(), _INFO: info_to_json(info).encode(), _MODEL: model})
        load_bundle(fresh)
        if final.exists():
            final.rename(Path(temporary) / "old")
        fresh.rename(final)
    return final


def load_bundle(name_or_folder: Path | str, *, threads: int = 1) -> ModelBundle:
    """Load a bundle after checking every byte and every promise of it.

    Parameters
    ----------
    name_or_folder : Path or str
        A name from `available_bundles`, or a folder.
    threads : int, default 1
        Threads that one prediction may use.

    Returns
    -------
    ModelBundle
        The verified bundle.

    Raises
    ------
    BundleNotFoundError
        If there is no such bundle.
    BundleIntegrityError
        If a file was changed, is missing or does not belong there, or if format, labels, sampling rate, front
        end and model do not fit each other; the message says which.
    """
    folder = _find(name_or_folder)
    with _named(folder):
        contents = _read_files(folder)
        info = _parse_info(contents[_INFO])
        session = _open_model(contents[_MODEL], threads)
        _check_fit(info, session)
        return ModelBundle(folder, info, contents[_CARD].decode(), session)


def read_bundle(name_or_folder: Path | str) -> tuple[BundleInfo, bytes]:
    """Return description and ONNX model of a bundle, as they were saved, without opening the model.

    Parameters
    ----------
    name_or_folder : Path or str
        A name from `available_bundles`, or a folder.

    Raises
    ------
    BundleNotFoundError
        If there is no such bundle.
    BundleIntegrityError
        If a file was changed, is missing or does not belong there, or the description is not understood.
    """
    folder = _find(name_or_folder)
    with _named(folder):
        contents = _read_files(folder)
        return _parse_info(contents[_INFO]), contents[_MODEL]


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Say in which bundle a rule is broken."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise BundleIntegrityError(f"{folder}: {error}", hint="get the bundle again or train anew") from error


def _find(name_or_folder: Path | str) -> Path:
    """Return the folder of a shipped bundle or of one on disk."""
    shipped = available_bundles()
    folder = shipped.get(str(name_or_folder), Path(name_or_folder))
    if (folder / _INFO).exists() or (folder / _SUMS).exists():
        return folder
    if folder.is_dir():
        raise BundleNotFoundError(f"{folder}: not a bundle, it has no {_INFO}", hint="name a bundle's folder")
    near = difflib.get_close_matches(str(name_or_folder), shipped, 1) or sorted(shipped)
    hint = f"use {' or '.join(near)}, or the folder of a bundle" if near else "give the folder of a bundle"
    raise BundleNotFoundError(f"{name_or_folder}: no such model", hint=hint)


def _read_files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file, once it is sure that they are the files that were saved."""
    _check_listing(folder)
    sums = _parse_sums((folder / _SUMS).read_bytes())
    contents = {name: (folder / name).read_bytes() for name in _SUMMED}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != sums[name]:
            raise ValueError(f"{name} is not as it was saved, its SHA-256 differs")
    return contents


def _check_listing(folder: Path) -> None:
    """Refuse a folder that holds anything but the four plain files."""
    present = {path.name: path for path in sorted(folder.iterdir())}
    for name in (*_SUMMED, _SUMS):
        if name not in present:
            raise ValueError(f"{name} is missing")
    for name, path in present.items():
        if name not in (*_SUMMED, _SUMS):
            raise ValueError(f"{name} does not belong to a bundle")
        if path.is_symlink() or not path.is_file():
            raise ValueError(f"{name} must be a plain file, not a link or a folder")


def _parse_sums(content: bytes) -> dict[str, str]:
    """Return the checksum of each file; the list must name the three files and nothing else."""
    lines = content.decode().splitlines()
    sums = {line[66:]: line[:64] for line in lines if line[64:66] == "  "}
    if sorted(sums) != sorted(_SUMMED) or len(lines) != len(_SUMMED):
        listed = ", ".join(line[66:] for line in lines) or "nothing"
        raise ValueError(f"{_SUMS} must list {', '.join(_SUMMED)} once each, not {listed}")
    return sums


def _parse_info(content: bytes) -> BundleInfo:
    try:
        return info_from_json(content)
    except ValueError as error:
        raise ValueError(f"{_INFO}: {error}") from error


def _open_model(content: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Open the ONNX model on the CPU, if it is self-contained."""
    outside = outside_references(content)
    if outside:
        raise ValueError(f"{_MODEL} needs {', '.join(outside)}, but must be self-contained standard ONNX")
    try:
        return open_session(content, threads=threads)
    except Exception as error:  # onnxruntime's own classes share no other base
        raise ValueError(f"{_MODEL} cannot be opened ({_first_line(error)})") from error


def _check_fit(info: BundleInfo, session: onnxruntime.InferenceSession) -> None:
    """Refuse a model whose input is not the front end's output or whose output is not one score per label."""
    names = [[value.name for value in values] for values in (session.get_inputs(), session.get_outputs())]
    if names != [[INPUT_NAME], [OUTPUT_NAME]]:
        raise ValueError(f"{_MODEL} must map {INPUT_NAME!r} to {OUTPUT_NAME!r}, not {names[0]} to {names[1]}")
    taken, made = session.get_inputs()[0], info.front_end.shape
    fits = len(taken.shape) == 1 + len(made) and all(
        m in (None, t) for t, m in zip(taken.shape[1:], made, strict=True)
    )
    if taken.type != "tensor(float)" or not fits:
        raise ValueError(f"{_MODEL} takes {taken.type} {taken.shape[1:]}, the front end makes {list(made)}")
    scores = _scores_of_zeros(session, tuple(size or _SOME_FRAMES for size in made))
    if scores.dtype != np.float32 or scores.shape != (1, len(info.labels)):
        raise ValueError(f"{_MODEL} gives scores of shape {scores.shape[1:]} for {len(info.labels)} labels")


def _scores_of_zeros(session: onnxruntime.InferenceSession, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Run the model once: declared shapes are only a promise."""
    try:
        (scores,) = session.run([OUTPUT_NAME], {INPUT_NAME: np.zeros((1, *shape), np.float32)})
    except Exception as error:
        raise ValueError(f"{_MODEL} cannot be run ({_first_line(error)})") from error
    return np.asarray(scores)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _write_files(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    lines = [f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)]
    (folder / _SUMS).write_bytes("".join(lines).encode())
