"""Open whatever a recording comes as: a path, bytes, a file object or standard input."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from serkit.errors import (
    AudioError,
    AudioIsFolderError,
    AudioNotFoundError,
    EmptyFileError,
    InvalidSignalError,
    LfsPointerError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AudioSource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]

AUDIO_SUFFIXES = frozenset(
    (
        *(".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3"),
        *(".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"),
        *(".m4a", ".m4b", ".mp4", ".mov", ".3gp", ".aac", ".webm", ".mka", ".mkv", ".wma", ".asf", ".amr"),
    )
)

STANDARD_INPUT = "-"
LFS_MAGIC = b"version https://git-lfs"
HEAD_SIZE = 64
# A file up to this size is read at once, which is faster than the decoder's many small reads.
SMALL_FILE = 4 * 2**20


@contextlib.contextmanager
def open_source(source: AudioSource) -> Iterator[tuple[str, BinaryIO]]:
    """Yield a recording's name and a seekable stream of its bytes; raise if they cannot hold sound."""
    name, stream = _open(source)
    with stream:
        head = peek(stream)
        if not head:
            raise EmptyFileError(f"{name}: empty, zero bytes", hint="copy or record it again")
        if head.startswith(LFS_MAGIC):
            raise LfsPointerError(f"{name}: a Git LFS pointer, not the recording", hint="run `git lfs pull`")
        yield name, stream


def peek(stream: BinaryIO) -> bytes:
    """Return the first bytes of a stream and leave it at its start."""
    stream.seek(0)
    head = stream.read(HEAD_SIZE)
    stream.seek(0)
    return head


def _open(source: Any) -> tuple[str, BinaryIO]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "bytes", io.BytesIO(source)
    if isinstance(source, (str, os.PathLike)):
        name = os.fsdecode(source)
        if name == STANDARD_INPUT:
            return "standard input", spool(_parts(sys.stdin.buffer, name))
        return name, _open_path(name)
    if callable(getattr(source, "read", None)):
        return _open_file_object(source)
    raise InvalidSignalError(
        f"{type(source).__name__}: not a path, bytes or a binary file object",
        hint="load an array of samples with clip_from_array",
    )


def _open_file_object(file: Any) -> tuple[str, BinaryIO]:
    name = str(getattr(file, "name", "file object"))
    return name, spool(_parts(file, name))


def _parts(file: IO[bytes], name: str) -> Iterator[bytes]:
    while True:
        part = file.read(SMALL_FILE)
        if not isinstance(part, bytes):
            raise InvalidSignalError(f"{name}: the file object gives text", hint='open it with mode "rb"')
        if not part:
            return
        yield part


def spool(parts: Iterable[bytes]) -> BinaryIO:
    """Return a stream of what can be read only once: a little is kept in memory, more in a temporary file."""
    stream: BinaryIO = io.BytesIO()
    for part in parts:
        stream.write(part)
        if isinstance(stream, io.BytesIO) and stream.tell() > SMALL_FILE:
            stream = _moved_to_disk(stream)
    stream.seek(0)
    return stream


def _moved_to_disk(stream: io.BytesIO) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller
    file.write(stream.getbuffer())
    return file


def _open_path(name: str) -> BinaryIO:
    shown = name if name and name.isprintable() else repr(name)
    with _told_in_our_words(shown):
        mode = os.stat(name).st_mode  # noqa: PTH116 - Path("") would be the current folder
    if stat.S_ISDIR(mode):
        raise AudioIsFolderError(f"{shown}: a folder, not a recording", hint="name a file in it")
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise AudioError(f"{shown}: a device, not a recording", hint="name a file")
    with _told_in_our_words(shown):
        return _read_or_keep_open(name)


@contextlib.contextmanager
def _told_in_our_words(name: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise AudioError(f"{name}: no permission to read it", hint="ask its owner, or run chmod") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AudioNotFoundError(f"{name}: no such file", hint="check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{name:.200}: cannot be opened, {reason}", hint="check the path") from error


def _read_or_keep_open(name: str) -> BinaryIO:
    file = Path(name).open("rb")  # noqa: SIM115 - handed to the caller when it is large
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and status.st_size > SMALL_FILE:
        return file
    with file:
        return spool(_parts(file, name))


def find_audio_files(folder: str | os.PathLike[str]) -> list[Path]:
    """Find the recordings below a folder by their suffixes.

    Parameters
    ----------
    folder : str or path
        Searched with all its sub-folders.

    Returns
    -------
    list of Path
        In alphabetical order, without hidden files such as the "._a.wav" that macOS puts into archives.

    Raises
    ------
    AudioNotFoundError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.WAV", "a.opus", "._a.opus", "notes.txt"):
    ...     _ = (folder / name).write_bytes(b"")
    >>> [file.name for file in find_audio_files(folder)]
    ['a.opus', 'b.WAV']
    """
    root = Path(folder)
    if not root.is_dir():
        raise AudioNotFoundError(f"{root}: no such folder", hint="check the path")
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
