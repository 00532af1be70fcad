"""From the corpora that a user names to one manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from serkit.corpora.audit import audit_manifest
from serkit.corpora.manifest import join_manifests
from serkit.corpora.scan import scan_corpus
from serkit.errors import CorpusError
from serkit.files import cache_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd


def parse_sources(sources: Iterable[str]) -> dict[str, Path]:
    """Split ``NAME=DIR`` pairs.

    Parameters
    ----------
    sources : iterable of str
        Pairs as typed on a command line.

    Returns
    -------
    dict of str to Path
        Folder of each corpus.

    Raises
    ------
    CorpusError
        If one is no such pair, or a name comes twice.

    Examples
    --------
    >>> parse_sources(["tess=data/tess"])
    {'tess': PosixPath('data/tess')}
    """
    folders: dict[str, Path] = {}
    for source in sources:
        name, _, folder = source.partition("=")
        if not name or not folder:
            raise CorpusError(
                f"{source}: not NAME=DIR", hint="name the corpus and its folder: tess=data/tess"
            )
        if name in folders:
            raise CorpusError(f"{source}: {name} is named twice", hint="give the folder that holds all of it")
        folders[name] = Path(folder)
    return folders


def scan_corpora(
    folders: Mapping[str, Path | str],
    *,
    song: bool = False,
    audit: bool = True,
    workers: int = 1,
    progress: bool = False,
) -> pd.DataFrame:
    """Scan known corpora into one manifest, and leave out what an audit finds unusable.

    Parameters
    ----------
    folders : mapping of str to path
        Folder of each corpus by its name in `CORPORA`.
    song : bool, default False
        Whether to take RAVDESS's songs too.
    audit : bool, default True
        Whether to listen to every recording; what was measured is kept in `default_cache()`. Without it the
        manifest has no columns `duration` and `content`.
    workers : int, default 1
        How many recordings to listen to at once.
    progress : bool, default False
        Whether to show a progress bar on a terminal.

    Returns
    -------
    DataFrame
        Manifest of all corpora, in the order given.

    Raises
    ------
    CorpusError
        If there is no corpus, or one cannot be scanned.
    """
    if not folders:
        raise CorpusError("corpora: none is named", hint="name one as NAME=DIR, e.g. tess=data/tess")
    parts = [scan_corpus(name, folder, song=song) for name, folder in folders.items()]
    manifest = join_manifests(parts)
    if not audit:
        return manifest
    return audit_manifest(manifest, cache=default_cache(), workers=workers, progress=progress).apply()


def default_cache() -> Path:
    """Return the file in the user's cache folder that keeps what audits measured."""
    return cache_path("audit.jsonl")
