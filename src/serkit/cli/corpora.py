"""`serkit corpora`: list, scan, audit and download corpora."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli.recordings import ColumnOption, WorkersOption, parse_pairs
from serkit.cli.tables import print_table
from serkit.errors import CorpusError

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(no_args_is_help=True, help="List, scan, audit and download corpora.")

# More findings of a kind than this are summed up on the screen; the JSON file has them all.
_MOST_SHOWN = 12
_TABLES = {".csv", ".parquet"}

Song = Annotated[bool, typer.Option("--song", help="Take RAVDESS's songs too.")]


@app.command("list")
def list_corpora() -> None:
    """Print the corpora that serkit knows by their file names."""
    from rich.table import Table

    from serkit.corpora import CORPORA

    table = Table("name", "clips", "speakers", "emotions", "language", "download", "licence", box=None)
    for corpus in CORPORA.values():
        counts = corpus.counts["speech"]
        numbers = f"{sum(counts.values()):,}", str(len(corpus.speakers)), str(len(counts))
        licence, _, _ = corpus.licence.partition(" (")
        table.add_row(corpus.name, *numbers, corpus.language, "yes" if corpus.archive else "no", licence)
    print_table(table)


@app.command()
def scan(  # noqa: PLR0913, PLR0917 - one argument per option
    out: Annotated[Path, typer.Option(dir_okay=False, help="Manifest to write, .csv or .parquet.")],
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=DIR...", help="Known corpora and their folders.")
    ] = None,
    table: Annotated[
        list[Path] | None, typer.Option(metavar="CSV|PARQUET", help="Table of another corpus.")
    ] = None,
    column: ColumnOption = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="THEIRS=EMOTION", help="Label of the tables or folders, e.g. 1=angry; 1= leaves it out."
        ),
    ] = None,
    folders: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Tree with one folder per emotion.")
    ] = None,
    votes: Annotated[
        Path | None, typer.Option(metavar="CSV", help="CREMA-D's summaryTable.csv, for votes_* columns.")
    ] = None,
    song: Song = False,
    audit: Annotated[
        bool, typer.Option(help="Listen to every recording and leave out what cannot be used.")
    ] = True,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Keep clips of this kind of finding.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Leave clips of this kind out too.")
    ] = None,
    workers: WorkersOption = 1,
) -> None:
    """Make a manifest: known corpora by their file names, others by a table or by their folders.

    Unless told otherwise, the audit leaves out silent and unreadable clips, clips
    that stand under two labels, and repetitions; it says which.
    """
    from serkit.corpora import add_votes, audit_manifest, default_cache, write_manifest

    labels = parse_pairs(label, "--label")
    parts = [*_scan_known(sources or [], song)]
    parts += _scan_tables(table or [], parse_pairs(column, "--column"), labels)
    parts += _scan_trees(folders or [], labels)
    manifest = _together(parts)
    if votes is not None:
        manifest = add_votes(manifest, votes)
    if audit:
        report = audit_manifest(manifest, cache=default_cache(), workers=workers, progress=True)
        manifest = report.apply(keep=keep or (), drop=drop or ())
    write_manifest(manifest, out)
    _print_counts(manifest)
    typer.echo(f"{len(manifest):,} clips in {out}")


def _scan_known(sources: list[str], song: bool) -> "Iterator[pd.DataFrame]":
    from serkit.corpora import parse_sources, scan_corpus

    for name, folder in parse_sources(sources).items():
        yield scan_corpus(name, folder, song=song)


def _scan_tables(
    tables: list[Path], columns: dict[str, str], labels: dict[str, str]
) -> "Iterator[pd.DataFrame]":
    from serkit.corpora import scan_table

    for path in tables:
        yield scan_table(path, columns=columns, labels=labels)


def _scan_trees(folders: list[Path], labels: dict[str, str]) -> "Iterator[pd.DataFrame]":
    from serkit.corpora import scan_folders

    for folder in folders:
        yield scan_folders(folder, labels=labels)


def _together(parts: "list[pd.DataFrame]") -> "pd.DataFrame":
    from serkit.corpora.manifest import join_manifests

    if not parts:
        raise CorpusError("scan: no corpus is named", hint="give NAME=DIR, --table or --folders")
    return join_manifests(parts)


@app.command()
def audit(
    sources: Annotated[
        list[str], typer.Argument(metavar="NAME=DIR|MANIFEST...", help="Corpora, or manifests of them.")
    ],
    json: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the findings with all their files.")
    ] = None,
    song: Song = False,
    workers: WorkersOption = 1,
) -> None:
    """Listen to every recording and print what is wrong with it, or worth knowing."""
    from serkit.corpora import audit_manifest, default_cache, read_manifest

    tables = [source for source in sources if Path(source).suffix.lower() in _TABLES]
    named = [source for source in sources if source not in tables]
    manifest = _together([*_scan_known(named, song), *map(read_manifest, tables)])
    report = audit_manifest(manifest, cache=default_cache(), workers=workers, progress=True)
    if json is not None:
        report.write(json)
    _print_findings(report.table())
    _print_counts(manifest)


def _print_findings(findings: "pd.DataFrame") -> None:
    from rich.table import Table

    table = Table("finding", "corpus", "clips", "what", box=None)
    for kind, group in findings.groupby("kind", sort=False):
        for row in group.head(_MOST_SHOWN).itertuples():
            table.add_row(str(kind), str(row.corpus), f"{row.clips:,}", str(row.detail))
        if len(group) > _MOST_SHOWN:
            table.add_row(str(kind), "", "", f"... and {len(group) - _MOST_SHOWN:,} more")
    if len(findings):
        print_table(table)
    else:
        typer.echo("Nothing found.")


def _print_counts(manifest: "pd.DataFrame") -> None:
    """Print how many clips each corpus has of each emotion."""
    from rich.table import Table

    counts = manifest.groupby(["corpus", "emotion"], sort=False).size().unstack(fill_value=0)
    counts["total"] = counts.sum(axis="columns")
    table = Table("corpus", *map(str, counts.columns), box=None)
    for corpus, row in counts.iterrows():
        table.add_row(str(corpus), *(f"{count:,}" for count in row))
    print_table(table)


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="A corpus that `serkit corpora list` can download.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to make the corpus's folder in.")] = Path(
        "corpora"
    ),
    yes: Annotated[bool, typer.Option("--yes", help="Accept the licence without being asked.")] = False,
) -> None:
    """Fetch a corpus: show its licence, download, verify, unpack."""
    from serkit.corpora import download_corpus, find_corpus, scan_corpus

    corpus = find_corpus(name)
    typer.echo(f"{corpus.title}, {corpus.homepage}\nLicence: {corpus.licence}")
    accepted = yes or corpus.archive is None or _confirm("Do you accept it?")
    with _download_bar(corpus.name) as report:
        folder = download_corpus(corpus.name, out, accept_licence=accepted, report=report)
    found, published = len(scan_corpus(corpus.name, folder)), sum(corpus.counts["speech"].values())
    typer.echo(
        f"{found:,} of {published:,} clips in {folder}; next: serkit corpora scan {corpus.name}={folder}"
    )


def _confirm(question: str) -> bool:
    try:
        return typer.confirm(question)
    except typer.Abort:
        # Nobody is there to answer, as in a script.
        typer.echo()
        return False


@contextmanager
def _download_bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on a terminal, and none in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
