"""Unpack a zip archive that a stranger made."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from serkit.errors import DownloadError

# Recordings hardly shrink; an archive that claims to hold this many times its own size is a bomb.
_HIGHEST_RATIO = 100


def unpack_zip(archive: Path | str, folder: Path | str) -> Path:
    """Unpack a zip archive into a new folder, which appears only once it is complete.

    Parameters
    ----------
    archive : Path or str
        The archive.
    folder : Path or str
        Folder to make.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DownloadError
        If the archive is damaged, would write outside the folder, holds links, claims more than 100 times its
        own size or more than the disk has free, or the folder exists already.
    """
    folder = Path(folder)
    if folder.exists():
        raise DownloadError(f"{folder}: exists already", hint="scan it, or choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as content:
            _check_names(content, archive)
            _check_size(content, Path(archive), folder.parent)
            content.extractall(unfinished)
        unfinished.replace(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DownloadError(f"{archive}: a damaged archive: {error}", hint="fetch it again") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _check_names(content: zipfile.ZipFile, archive: Path | str) -> None:
    for member in content.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        outside = path.is_absolute() or ".." in path.parts or ":" in member.filename
        if outside or stat.S_ISLNK(member.external_attr >> 16):
            raise DownloadError(
                f"{archive}: {member.filename!r} could write outside its folder; not unpacked"
            )


def _check_size(content: zipfile.ZipFile, archive: Path, place: Path) -> None:
    # Unpacking stops at the declared size of each member, so what is declared can be relied on.
    declared = sum(member.file_size for member in content.infolist())
    if declared > _HIGHEST_RATIO * archive.stat().st_size:
        raise DownloadError(
            f"{archive}: claims to hold {declared:,} bytes, far more than its size; not unpacked"
        )
    free = shutil.disk_usage(place).free
    if declared > free:
        raise DownloadError(f"{place}: {declared:,} bytes are needed, {free:,} are free", hint="make room")
