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
CsvOption = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        dir_okay=False,
        metavar="FILE",
        help="Your own recordings: a table with the columns file, emotion and speaker.",
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(metavar="OURS=THEIRS", help="Column of the table, e.g. file=path; repeatable."),
]
WorkersOption = Annotated[
    int, typer.Option(min=1, metavar="N", help="How many recordings to work on at once.")
]


def name_recordings(
    corpora: list[str] | None,
    manifest: Path | None,
    table: Path | None = None,
    *,
    columns: list[str] | None = None,
    song: bool = False,
) -> pandas.DataFrame:
    """Return the manifest of all recordings; those of corpora are known by their file names only."""
    from serkit.corpora import parse_sources, read_manifest, scan_corpora, scan_table
    from serkit.corpora.manifest import join_manifests

    if not corpora and manifest is None and table is None:
        raise CorpusError("no recordings are named", hint="give --corpus NAME=DIR or --manifest FILE")
    parts = [] if manifest is None else [read_manifest(manifest)]
    if table is not None:
        parts.append(scan_table(table, columns=parse_pairs(columns, "--column")))
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


def parse_pairs(options: list[str] | None, name: str) -> dict[str, str]:
    """Split the ``a=b`` pairs of an option."""
    pairs = [option.partition("=") for option in options or []]
    for left, sign, _ in pairs:
        if not (left and sign):
            raise CorpusError(f"{name} {left}: not of the form a=b")
    return {left: right for left, _, right in pairs}


def feature_cache() -> Path:
    """Return the folder that keeps features between all commands."""
    return cache_path("features")
