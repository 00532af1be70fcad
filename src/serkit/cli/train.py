"""`serkit train`: from recordings to a report and a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.errors import TrainingError

if TYPE_CHECKING:
    import pandas

    from serkit.evaluation import EvaluationReport
    from serkit.recipe import Recipe
    from serkit.training import TrainingRun

_SHOWN = ("uar", "war", "macro_f1", "ece")


def train(  # noqa: PLR0913, PLR0917 - one argument per option
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A name from `serkit recipes list`, or a .toml file.")
    ],
    corpus: Annotated[
        list[str] | None, typer.Option(metavar="NAME=DIR", help="A known corpus and its folder; repeatable.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Recordings as .csv or .parquet.")
    ] = None,
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
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="How much to do at once.")] = 1,
    bundle: Annotated[bool, typer.Option(help="Train a model on all recordings, too, and save it.")] = True,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was interrupted.")] = True,
) -> None:
    """Train a recipe, test it on unseen speakers, and save a model of all recordings.

    Recordings of --corpus are listened to first: what cannot be used is left
    out, and said. Each fold is kept when it is done: after an interruption
    the same command goes on where it stopped.
    """
    from serkit.recipe import load_recipe
    from serkit.training import train as train_recipe

    loaded = load_recipe(recipe, changes or ())
    rows = _recordings(loaded, corpus or [], manifest, workers)
    name = loaded.choose_protocol(protocol, set(rows["corpus"]))
    folder = out or Path("runs") / f"{loaded.name}-{name}"
    run = train_recipe(
        loaded,
        rows,
        out=folder,
        protocol=name,
        cache=_feature_cache(),
        workers=workers,
        progress=True,
        resume=resume,
        bundle=bundle,
    )
    _print(run)


def _recordings(recipe: Recipe, corpus: list[str], manifest: Path | None, workers: int) -> pandas.DataFrame:
    from serkit.corpora import parse_sources, read_manifest, scan_corpora
    from serkit.corpora.manifest import join_manifests

    if not corpus and manifest is None:
        raise TrainingError(
            "train: no recordings are named", hint="give --corpus NAME=DIR or --manifest FILE"
        )
    parts = [] if manifest is None else [read_manifest(manifest)]
    if corpus:
        song = recipe.data.include_song
        parts.append(scan_corpora(parse_sources(corpus), song=song, workers=workers, progress=True))
    return join_manifests(parts)


def _feature_cache() -> Path:
    from serkit.corpora import default_cache

    return default_cache().parent / "features"


def _print(run: TrainingRun) -> None:
    from rich.console import Console

    from serkit.evaluation.tables import summary_line

    report = run.report
    typer.echo(f"{report.facts.name}: {summary_line(report)}")
    Console().print(_score_table(report))
    for remark in (*report.facts.cautions, *report.facts.notes):
        typer.echo(remark)
    typer.echo(f"report: {run.folder / 'report.html'}")
    if run.final is not None:
        typer.echo(f"model:  {run.folder / 'bundle'}")


def _score_table(report: EvaluationReport) -> object:
    from rich.table import Table

    from serkit.evaluation.tables import SCORES, percent

    table = Table("score", "%", "95% interval", box=None)
    for name in _SHOWN:
        table.add_row(SCORES[name][0], percent(report.scores[name].value), report.scores[name].interval)
    for one in report.per_class:
        table.add_row(f"recall of {one.emotion}", percent(one.recall.value), one.recall.interval)
    return table
