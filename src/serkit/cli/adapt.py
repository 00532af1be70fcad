"""`serkit adapt`: shift a model to one speaker."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli.recordings import ColumnOption, feature_cache, listen, parse_pairs

if TYPE_CHECKING:
    import pandas

    from serkit.training.adapt import Adaptation


def adapt(
    recordings: Annotated[
        Path,
        typer.Argument(
            metavar="CSV|DIR", help="Table of file and emotion, or a folder for each emotion; one speaker."
        ),
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the adapted model.")],
    base: Annotated[
        str, typer.Option(metavar="BUNDLE", help="A model that ships, or a bundle's folder.")
    ] = "default",
    column: ColumnOption = None,
) -> None:
    """Shift a model to one speaker, by a few labelled recordings of that voice.

    One to five recordings of each emotion help; emotions of which there is no
    recording are not forgotten. For several speakers or other emotions:
    serkit train --base.
    """
    from serkit.training.adapt import adapt as adapt_model

    rows = listen(_named(recordings, column))
    _print(base, adapt_model(base, rows, out=out, cache=feature_cache(), progress=True))


def _named(recordings: Path, column: list[str] | None) -> "pandas.DataFrame":
    from serkit.corpora import scan_folders, scan_table

    if recordings.is_dir():
        return scan_folders(recordings)
    return scan_table(recordings, columns=parse_pairs(column, "--column"))


def _print(base: str, done: "Adaptation") -> None:
    typer.echo(f"{base} adapted to {done.n_clips} recordings")
    if done.after is None:
        typer.echo("Whether it helps cannot be told: give two recordings or more of each emotion.")
    else:
        typer.echo(f"Heard right of them: {done.before} as it was, {done.after} adapted to the others")
    typer.echo(f"model:  {done.folder}")
