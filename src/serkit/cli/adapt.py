"""`serkit adapt`: shift a model to one speaker, or to recordings of one kind."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli.recordings import ColumnOption, feature_cache, listen, parse_pairs
from serkit.errors import CorpusError

if TYPE_CHECKING:
    import pandas

    from serkit.adapt_unlabelled import UnlabelledAdaptation
    from serkit.training.adapt import Adaptation


def adapt(  # noqa: PLR0913, PLR0917 - one argument per option
    recordings: Annotated[
        Path,
        typer.Argument(
            metavar="CSV|DIR",
            help="Table of file and emotion, or a folder for each emotion; one speaker. "
            "With --unlabelled a folder of recordings.",
        ),
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the adapted model.")],
    base: Annotated[
        str, typer.Option(metavar="BUNDLE", help="A model that ships, or a bundle's folder.")
    ] = "default",
    column: ColumnOption = None,
    unlabelled: Annotated[
        bool,
        typer.Option(
            "--unlabelled", help="The recordings have no labels, and hold all emotions about alike."
        ),
    ] = False,
    emotion: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --unlabelled: one that they can hold; repeatable. Else all."),
    ] = None,
) -> None:
    """Shift a model to one speaker, by a few labelled recordings of that voice.

    One to five recordings of each emotion help; emotions of which there is no
    recording are not forgotten. For several speakers or other emotions:
    serkit train --base.
    With --unlabelled: shift it to a voice, microphone or language that it does
    not know, by a dozen recordings or more without labels. All emotions should be
    among them about equally often.
    """
    if unlabelled:
        _adapt_unlabelled(recordings, out, base, emotion or [])
        return
    if emotion:
        raise CorpusError("--emotion goes with --unlabelled", hint="labelled recordings say it themselves")
    from serkit.training.adapt import adapt as adapt_model

    rows = listen(_named(recordings, column))
    _print(base, adapt_model(base, rows, out=out, cache=feature_cache(), progress=True))


def _adapt_unlabelled(folder: Path, out: Path, base: str, emotions: list[str]) -> None:
    from serkit.adapt_unlabelled import adapt_unlabelled
    from serkit.prediction import Failure
    from serkit.predictor import Predictor

    heard = list(Predictor.load(base).predict_folder(folder, progress="Predicting"))
    for one in heard:
        if isinstance(one, Failure):
            typer.echo(f"left out: {one.error}", err=True)
    _print_unlabelled(base, adapt_unlabelled(base, heard, out=out, emotions=emotions))


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


def _print_unlabelled(base: str, done: "UnlabelledAdaptation") -> None:
    from rich.table import Table

    from serkit.cli.tables import print_table
    from serkit.models.matched_offsets import ENOUGH_RECORDINGS

    typer.echo(f"{base} adapted to {done.n_clips} recordings without labels. How often it hears in them:")
    table = Table("emotion", "as it was", "adapted", box=None)
    for name, before in done.before.items():
        table.add_row(name, f"{before:.0%}", f"{done.after[name]:.0%}")
    print_table(table)
    if done.n_clips < ENOUGH_RECORDINGS:
        typer.echo(f"With {ENOUGH_RECORDINGS} recordings or more it gains much more.")
    typer.echo(f"model:  {done.folder}")
