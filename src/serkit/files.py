"""Write files so that a half-written one never appears under its final name; find the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path that takes the name `path` once the block ends without an error.

    Parameters
    ----------
    path : Path or str
        Final name. Its folder is made if it is missing. A link stays, and what it points to is replaced.

    Yields
    ------
    Path
        A name in the same folder, with the same suffix, to write to; `path` itself if it is a device or a
        pipe, whose place no file may take.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "a.txt") as partial:
    ...     _ = partial.write_text("done")
    >>> [file.name for file in folder.iterdir()]
    ['a.txt']
    """
    final = Path(path)
    if final.exists() and not final.is_file() and not final.is_dir():
        yield final
        return
    with _naming(final):
        target = Path(os.path.realpath(final))
        partial = _empty_beside(target)
    try:
        yield partial
        with _naming(final):
            partial.chmod(0o666 & ~_umask())
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _empty_beside(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    return Path(name)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error name the path that the user knows, not that of the temporary file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8 to `path`, atomically."""
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with atomic_path(path) as partial:
        partial.write_bytes(content)


def sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def cache_path(name: str) -> Path:
    """Return where the user's cache folder keeps what serkit calls `name`."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "serkit" / name


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
