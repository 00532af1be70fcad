"""Fetch the corpora that can be had without registration."""

from __future__ import annotations

import hashlib
import http.client
import logging
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from serkit.audio import probe_audio
from serkit.corpora.acted import Corpus, find_corpus
from serkit.corpora.archive import unpack_zip
from serkit.corpora.scan import recordings_in
from serkit.errors import DownloadError, LfsPointerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[int, int | None], None]

_log = logging.getLogger(__name__)
_CHUNK = 1 << 18
_TIMEOUT_S = 30.0
# Answers after which the same question may be answered another time.
_PASSING = {408, 416, 425, 429, 500, 502, 503, 504}


class _CutError(Exception):
    """A connection that broke off; what arrived is kept."""


def _say_nothing(done: int, total: int | None) -> None:
    pass


def download_corpus(
    name: str, folder: Path | str, *, accept_licence: bool = False, report: Report = _say_nothing
) -> Path:
    """Fetch a corpus, check it and unpack it.

    A download that was cut off goes on where it stopped, in this call and in the next one.

    Parameters
    ----------
    name : str
        Key of `CORPORA`.
    folder : Path or str
        Folder to make the corpus's folder in.
    accept_licence : bool, default False
        Whether you accept the licence, ``find_corpus(name).licence``.
    report : callable, optional
        Called with the bytes that have arrived and the bytes in all, or None where the server does not say.

    Returns
    -------
    Path
        Folder of the corpus: `folder` / its name.

    Raises
    ------
    DownloadError
        If the corpus needs registration, its licence is not accepted, its folder exists already, or it
        cannot be fetched, verified or unpacked.
    """
    corpus = find_corpus(name)
    target = Path(folder) / corpus.name
    if corpus.archive is None:
        raise DownloadError(f"{corpus.name}: needs registration", hint=f"register at {corpus.homepage}")
    if not accept_licence:
        raise DownloadError(
            f"{corpus.name}: its licence is not accepted: {corpus.licence}",
            hint="accept_licence=True accepts it, or --yes on the command line",
        )
    if target.exists():
        raise DownloadError(f"{target}: exists already", hint="scan it, or choose another folder")
    url, file, checksum = corpus.archive
    if not checksum:
        _log.warning("%s: no checksum is published, so the archive is not verified", corpus.name)
    packed = fetch(url, Path(folder) / file, checksum=checksum, report=report)
    try:
        unpack_zip(packed, target)
    finally:
        # Unpacked it is of no use any more, and a damaged one must be fetched anew.
        packed.unlink()
    _check_recordings(corpus, target)
    return target


def _check_recordings(corpus: Corpus, folder: Path) -> None:
    """Refuse a mirror that served pointers in place of its recordings."""
    try:
        probe_audio(recordings_in(folder)[0])
    except LfsPointerError as error:
        raise DownloadError(
            f"{folder}: the server sent Git LFS pointers instead of recordings",
            hint=f"remove the folder and clone {corpus.homepage} with git lfs",
        ) from error


def fetch(
    url: str,
    path: Path | str,
    *,
    checksum: str = "",
    report: Report = _say_nothing,
    retry_s: tuple[float, ...] = (1, 2, 4, 8, 16),
) -> Path:
    """Fetch a file; it appears under its name only once it is complete and verified.

    Until then it is called like `path` with ".part" behind it, and is continued by the next call.

    Parameters
    ----------
    url : str
        Address.
    path : Path or str
        File to make. One that exists is verified and not fetched again.
    checksum : str, default ""
        "md5:..." or "sha256:..." in hexadecimal digits; "" does not verify.
    report : callable, optional
        Called with the bytes that have arrived and the bytes in all, or None.
    retry_s : tuple of float, default (1, 2, 4, 8, 16)
        Pauses before another try, s; it gives up after as many in a row that brought nothing new.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DownloadError
        If the server refuses, the connection keeps breaking, or the checksum is wrong.
    """
    path = Path(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        _receive_all(url, partial, report, retry_s)
        _verify(partial, checksum, url)
        return partial.replace(path)
    _verify(path, checksum, url)
    return path


def _receive_all(url: str, partial: Path, report: Report, retry_s: tuple[float, ...]) -> None:
    """Receive the whole file over as many connections as it takes."""
    most, failures = _size(partial), 0
    while True:
        try:
            return _receive(url, partial, report)
        except _CutError as error:
            failures = 1 if _size(partial) > most else failures + 1
            most = max(most, _size(partial))
            if failures > len(retry_s):
                raise DownloadError(
                    f"{url}: the connection keeps breaking: {error}",
                    hint=f"try again later; {most:,} bytes are kept",
                ) from error
            time.sleep(retry_s[failures - 1])


def _receive(url: str, partial: Path, report: Report) -> None:
    """Receive the rest of the file, or all of it from a server that cannot continue."""
    response = _open(url, partial)
    if response is None:
        return
    continued = response.status == 206
    done = _size(partial) if continued else 0
    length = response.headers.get("Content-Length")
    total = None if length is None else done + int(length)
    with response, partial.open("ab" if continued else "wb") as stream:
        for chunk in _chunks(response):
            stream.write(chunk)
            done += len(chunk)
            report(done, total)
    if total is not None and done < total:
        raise _CutError(f"{done:,} of {total:,} bytes arrived")


def _open(url: str, partial: Path) -> http.client.HTTPResponse | None:
    """Ask for what is missing; None if nothing is."""
    done = _size(partial)
    headers = {"User-Agent": "serkit", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = urllib.request.Request(url, headers=headers)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        place = error.headers.get("Content-Range")
        if error.code == 416 and place == f"bytes */{done}":
            return None
        _refuse(url, error, partial)
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(str(error) or type(error).__name__) from error
    return response


def _refuse(url: str, error: urllib.error.HTTPError, partial: Path) -> NoReturn:
    answer = f"{error.code} {error.reason}"
    if error.code == 416:
        # What is here is longer than the file: it belongs to another version of it.
        partial.unlink(missing_ok=True)
    if error.code in _PASSING:
        raise _CutError(f"the server answered {answer}")
    raise DownloadError(f"{url}: the server answered {answer}", hint="open the address in a browser")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(str(error) or type(error).__name__) from error
        if not chunk:
            return
        yield chunk


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _verify(path: Path, checksum: str, url: str) -> None:
    """Compare with the published checksum; a file that differs is removed."""
    if not checksum:
        return
    kind, _, published = checksum.partition(":")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, kind).hexdigest()
    if found != published:
        path.unlink()
        raise DownloadError(
            f"{url}: damaged on the way: {kind} {found} instead of {published}", hint="fetch it again"
        )
