"""Recordings that a command works on: corpora in their folders, a manifest, or both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.errors import CorpusError
from serkit.files import cache_path

if TYPE_CHECKING:
    import pandas

CorpusOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME=DIR", help="A known corpus and its folder; repeatable.")
]
ManifestOption = Annotated[
    Path | None, typer.Option(dir_okay=False, metavar="FILE", help="Recordings as .csv or .parquet.")
]
WorkersOption = Annotated[
    int, typer.Option(min=1, metavar="N", help="How many recordings to work on at once.")
]


def name_recordings(
    corpora: list[str] | None, manifest: Path | None, *, song: bool = False
) -> pandas.DataFrame:
    """Return the manifest of all recordings; those of corpora are known by their file names only."""
    from serkit.corpora import parse_sources, read_manifest, scan_corpora
    from serkit.corpora.manifest import join_manifests

    if not corpora and manifest is None:
        raise CorpusError("no recordings are named", hint="give --corpus NAME=DIR or --manifest FILE")
    parts = [] if manifest is None else [read_manifest(manifest)]
    if corpora:
        parts.append(scan_corpora(parse_sources(corpora), song=song, audit=False))
    return join_manifests(parts)


def listen(rows: pandas.DataFrame, *, workers: int = 1) -> pandas.DataFrame:
    """Audit the recordings that no audit has heard yet, and leave out those that cannot be used."""
    from serkit.corpora import audit_manifest, default_cache
    from serkit.corpora.manifest import join_manifests

    heard = rows.reindex(columns=["content"])["content"].notna()
    if heard.all():
        return rows
    report = audit_manifest(rows[~heard], cache=default_cache(), workers=workers, progress=True)
    return join_manifests([rows[heard], report.apply()])


def feature_cache() -> Path:
    """Return the folder that keeps features between all commands."""
    return cache_path("features")
