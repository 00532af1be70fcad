"""`serkit evaluate` and `serkit compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli.recordings import (
    CorpusOption,
    ManifestOption,
    WorkersOption,
    feature_cache,
    listen,
    name_recordings,
)
from serkit.cli.tables import print_report_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serkit.bundle_info import Loss
    from serkit.evaluation import EvaluationReport, Predictions


def evaluate(  # noqa: PLR0913, PLR0917 - one argument per option
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A model that ships, or a bundle's folder.")
    ],
    corpus: CorpusOption = None,
    manifest: ManifestOption = None,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="Folder to write the report to.")] = None,
    workers: WorkersOption = 1,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Alter the recordings in ten ways, and say what is lost.")
    ] = False,
) -> None:
    """Score a saved model on labelled recordings.

    With --robustness: the recordings as they are, and louder, quieter, through
    the telephone, through Opus, in noise, in babble, in a room, and between silences.
    With --out: report.html, report.md, report.json, predictions.csv and the pictures,
    and robustness.json and robustness.md.
    Speakers that the model was trained on are reported: their scores are not honest.
    """
    from serkit.bundle import load_bundle
    from serkit.evaluation import evaluate as make_report
    from serkit.evaluation.bundle_scoring import bundle_facts, predict_manifest

    model = load_bundle(bundle)
    rows = listen(name_recordings(corpus, manifest), workers=workers)
    predictions = predict_manifest(model, rows, cache=feature_cache(), workers=workers, progress=True)
    report = make_report(predictions, facts=bundle_facts(model.info, rows))
    _print_report(report)
    found = []
    if robustness:
        from serkit.evaluation.robustness import measure_robustness, robustness_table

        found = measure_robustness(model, rows, workers=workers, progress=True)
        print_report_table(robustness_table(found))
    if out is not None:
        for path in _write(out, report, predictions, found):
            typer.echo(path)


def _write(
    out: Path, report: "EvaluationReport", predictions: "Predictions", found: "list[Loss]"
) -> "Iterator[Path]":
    from serkit.evaluation.pages import write_report
    from serkit.evaluation.predictions import PREDICTIONS_FILE, write_predictions
    from serkit.evaluation.robustness import robustness_table, write_robustness
    from serkit.evaluation.tables import prediction_table

    write_predictions(out / PREDICTIONS_FILE, predictions)
    tables = [prediction_table(predictions), *([robustness_table(found)] if found else [])]
    yield from write_report(report, out, tables=tables)
    yield out / PREDICTIONS_FILE
    yield from write_robustness(out, found) if found else ()


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN RUN...", help="Folders that hold a report.json.")
    ],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to write the comparison to.")
    ] = None,
) -> None:
    """Put runs side by side, and say which differ by more than chance.

    With --out: comparison.html, comparison.md and comparison.json.
    """
    from serkit.evaluation.compare import compare_runs, load_run, write_comparison

    comparison = compare_runs([load_run(run) for run in runs])
    for table in comparison.tables():
        print_report_table(table)
    for note in comparison.notes:
        typer.echo(f"Note: {note}")
    if out is not None:
        for path in write_comparison(comparison, out):
            typer.echo(path)


def _print_report(report: "EvaluationReport") -> None:
    from serkit.evaluation.tables import report_tables, summary_line

    for caution in report.facts.cautions:
        typer.secho(f"CAUTION: {caution}", fg="red", bold=True)
    typer.echo(f"{report.facts.name}: {summary_line(report)}")
    for table in report_tables(report)[:2]:
        print_report_table(table)
    for note in report.facts.notes:
        typer.echo(f"Note: {note}")
