"""`serkit train`: from recordings to a report and a saved model."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import typer

from serkit.cli.recordings import (
    ColumnOption,
    CorpusOption,
    CsvOption,
    ManifestOption,
    WorkersOption,
    feature_cache,
    listen,
    name_recordings,
)
from serkit.cli.tables import print_table
from serkit.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.table import Table

    from serkit.evaluation import EvaluationReport
    from serkit.training import FoldResult, TrainingRun

STOPPED = 130
_SHOWN = ("uar", "war", "macro_f1", "ece")


class Device(StrEnum):
    """Where networks are trained."""

    cpu = "cpu"
    cuda = "cuda"
    auto = "auto"


class Log(StrEnum):
    """Where else a run is logged."""

    tensorboard = "tensorboard"
    mlflow = "mlflow"


class _Choices(TypedDict):
    """What a whole run and some of its folds are asked alike."""

    out: Path
    protocol: str
    cache: Path
    workers: int
    device: Literal["cpu", "cuda", "auto"]
    threads: int
    progress: bool
    robustness: int | None


def train(  # noqa: PLR0913, PLR0917 - one argument per option
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A name from `serkit recipes list`, or a .toml file."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="BUNDLE", help="Instead of a recipe: put a new last layer on this model, e.g. default."
        ),
    ] = None,
    csv: CsvOption = None,
    column: ColumnOption = None,
    corpus: CorpusOption = None,
    manifest: ManifestOption = None,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Protocol of the recipe; else the one for these corpora."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder of the run; else runs/RECIPE-PROTOCOL.", show_default=False
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe, e.g. model.C=10; repeatable."),
    ] = None,
    workers: WorkersOption = 1,
    device: Annotated[
        Device, typer.Option(help="Where networks are trained; auto takes a GPU where there is one.")
    ] = Device.cpu,
    threads: Annotated[
        int, typer.Option(min=1, metavar="N", help="Threads; with another number last bits differ.")
    ] = 1,
    bundle: Annotated[bool, typer.Option(help="Train a model on all recordings, too, and save it.")] = True,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was interrupted.")] = True,
    fold: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Train only this fold, others elsewhere; 1 is the first; repeatable."),
    ] = None,
    robustness: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Alter N test recordings of each corpus in each fold, too, and say what is lost.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        Log | None,
        typer.Option(help="Log the run to RUN/tensorboard or to MLflow, too.", show_default=False),
    ] = None,
) -> None:
    """Train a recipe, test it on unseen speakers, and save a model of all recordings.

    Recordings that no audit has heard are listened to first: what cannot be
    used is left out, and said. Each fold is kept when it is done: after an
    interruption the same command goes on where it stopped. With --fold, several
    processes or machines share the folds of a run; the same command without it
    then finishes the run.

    With --base, any emotions in any language: what that model has learned to
    hear is kept, and only which emotion that is learned anew.
    """
    from serkit.recipe import load_recipe

    _check_choice(recipe, base)
    _check_fold(fold, resume=resume)
    if recipe is not None:
        loaded = load_recipe(recipe, changes or ())
        named = name_recordings(corpus, manifest, csv, columns=column, song=loaded.data.include_song)
    else:
        from serkit.training.own_data import own_data_recipe

        named = name_recordings(corpus, manifest, csv, columns=column)
        loaded = own_data_recipe(str(base), named, changes or ())
    # scikit-learn takes a second to import, which those need not wait for who mistyped a key or a folder.
    from serkit.training import make_plan, train_folds
    from serkit.training import train as train_recipe

    # File names tell whether the recordings suffice: listening to all of them may take an hour.
    plan = make_plan(loaded, named, protocol)
    plan.check_folds(fold or ())
    name = plan.protocol_name
    folder = out or Path("runs") / f"{loaded.name}-{name}"
    with _resumable(folder):
        heard = listen(named, workers=workers)
        choices = _Choices(
            out=folder,
            protocol=name,
            cache=feature_cache(),
            workers=workers,
            device=device.value,
            threads=threads,
            progress=True,
            robustness=robustness,
        )
        if fold:
            _print_folds(folder, train_folds(loaded, heard, folds=fold, **choices))
            return
        logged = log.value if log else None
        run = train_recipe(loaded, heard, resume=resume, bundle=bundle, log=logged, **choices)
    _print(run)


def _check_choice(recipe: str | None, base: str | None) -> None:
    if (recipe is None) == (base is None):
        raise RecipeError(
            "train takes either a recipe or a model to build on",
            hint="e.g. serkit train RECIPE --corpus NAME=DIR, or serkit train --base default --csv mine.csv",
        )


def _check_fold(fold: list[int] | None, *, resume: bool) -> None:
    if fold and not resume:
        raise RecipeError(
            "--no-resume would delete the folds that other processes have finished for --fold",
            hint="leave one of them out, or choose another --out",
        )


@contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    """Say how to go on to who presses Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"serkit: stopped; the same command goes on with {folder}", file=sys.stderr)
        raise typer.Exit(STOPPED) from None


def _print_folds(folder: Path, folds: Mapping[int, FoldResult | None]) -> None:
    finished = [str(number) for number, result in folds.items() if result]
    missing = [str(number) for number, result in folds.items() if not result]
    typer.echo(f"folds finished: {', '.join(finished)}")
    typer.echo(f"folds missing:  {', '.join(missing) or 'none'}")
    typer.echo(f"The same command without --fold trains those that are missing and finishes {folder}.")


def _print(run: TrainingRun) -> None:
    from serkit.evaluation.tables import summary_line

    report = run.report
    typer.echo(f"{report.facts.name}: {summary_line(report)}")
    print_table(_score_table(report))
    for remark in (*report.facts.cautions, *report.facts.notes):
        typer.echo(remark)
    typer.echo(f"report: {run.folder / 'report.html'}")
    if run.final is not None:
        typer.echo(f"model:  {run.folder / 'bundle'}")


def _score_table(report: EvaluationReport) -> Table:
    from rich.table import Table

    from serkit.evaluation.tables import SCORES, percent

    table = Table("score", "%", "95% interval", box=None)
    for name in _SHOWN:
        table.add_row(SCORES[name][0], percent(report.scores[name].value), report.scores[name].interval)
    for one in report.per_class:
        table.add_row(f"recall of {one.emotion}", percent(one.recall.value), one.recall.interval)
    return table
