"""`serkit predict`."""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from serkit.cli import SOME_FAILED, report
from serkit.cli import prediction_formats as formats
from serkit.cli import timeline as timeline_formats
from serkit.cli.one_sided import noticed
from serkit.errors import AudioNotFoundError
from serkit.files import atomic_path
from serkit.prediction import Failure, Prediction


class Format(StrEnum):
    """How predictions are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    VTT = "vtt"
    AUDACITY = "audacity"
    PNG = "png"
    SVG = "svg"


_WRITERS: dict[Format, Callable[[formats.Answers, Any], None]] = {
    Format.TABLE: formats.write_table,
    Format.JSON: formats.write_json,
    Format.JSONL: formats.write_jsonl,
    Format.CSV: formats.write_csv,
    Format.PARQUET: formats.write_parquet,
    Format.VTT: timeline_formats.write_vtt,
    Format.AUDACITY: timeline_formats.write_audacity,
    Format.PNG: timeline_formats.write_png,
    Format.SVG: timeline_formats.write_svg,
}
# These show one recording over time.
_OF_ONE_TIMELINE = (Format.VTT, Format.AUDACITY, Format.PNG, Format.SVG)
_BINARY = (Format.PARQUET, Format.PNG)

# A file name that is no text is no reason to lose the others.
_TEXT: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}


def predict(  # noqa: PLR0913, PLR0917 - one argument per option
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|DIR|GLOB|-...", show_default=False, help="Recordings, or where they are."
        ),
    ],
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="A model that ships with serkit, or a bundle's folder.")
    ] = "default",
    form: Annotated[
        Format | None,
        typer.Option("--format", show_default=False, help="If not given: the ending of --out, else table."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write to this file, all at once at the end.")
    ] = None,
    start: Annotated[float, typer.Option(min=0.0, metavar="S", help="Begin at this second.")] = 0.0,
    end: Annotated[float | None, typer.Option(min=0.0, metavar="S", help="Stop at this second.")] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Say when which emotion is heard, in recordings of any length.")
    ] = False,
    abstain_below: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, metavar="P", help="Mark less probable answers as abstained."),
    ] = 0.0,
    top: Annotated[
        int, typer.Option(min=1, metavar="K", help="How many emotions a table shows per recording.")
    ] = 3,
) -> None:
    """Hear the emotion in recordings.

    A folder stands for every recording below it, - for standard input. Put --
    before names that begin with a dash.
    A recording that cannot be used is named on standard error, the others
    are done, and the exit status is 1. In a table, "happy?" is an answer less
    probable than --abstain-below.
    Beside a table, standard error says if nearly all of a dozen recordings or more
    are heard as the same emotion: see serkit adapt --unlabelled.
    With --timeline there is one answer for each stretch of one emotion; where
    nobody speaks there is none.

    json: one object, "model", "predictions" and "failures". A prediction has
    "source", "start" and "end" in seconds, "emotion", "confidence",
    "abstained", "derived_valence", "derived_arousal" and "probabilities" by label;
    a failure "source" and "error".
    jsonl: one prediction per line, each as soon as it is known.
    csv, parquet: one column for each of these, "probability_LABEL" for each label.
    Of the timeline of one recording: vtt (WebVTT subtitles), audacity (labels; the
    ending .txt), png and svg (a picture).
    """
    from serkit.predictor import Predictor

    if end is not None and end <= start:
        raise typer.BadParameter(f"--end {end} does not come after --start {start}")
    form = form or _format_of(out, timeline=timeline)
    _check_can_write(form, out, timeline=timeline)
    predictor = Predictor.load(model, abstain_below=abstain_below)
    failures: list[Failure] = []
    with _output(form, out) as stream:
        progress = not stream.isatty() or (form is Format.TABLE and not timeline)
        sources = _find_sources(inputs, failures)
        if timeline:
            _check_are_few(form, sources)
            results = timeline_formats.hear_timelines(predictor, sources, (start, end), progress=progress)
        else:
            label = "Predicting" if progress else None
            results = predictor.predict_files(sources, start=start, end=end, progress=label)
        kept = _keep_predictions(results, failures)
        answered = noticed(kept) if form is Format.TABLE and not timeline else kept
        answers = formats.Answers(predictor.info.name, predictor.labels, answered, failures, top)
        lines = timeline and form is Format.TABLE and stream.isatty()
        write = timeline_formats.write_lines if lines else _WRITERS[form]
        write(answers, stream)
    if failures:
        raise typer.Exit(SOME_FAILED)


def _format_of(out: Path | None, *, timeline: bool) -> Format:
    ending = out.suffix.lower().removeprefix(".") if out else ""
    if timeline and ending == "txt":
        return Format.AUDACITY
    return Format(ending) if ending in [*Format] else Format.TABLE


def _check_can_write(form: Format, out: Path | None, *, timeline: bool) -> None:
    """Fail before the first prediction, not after the last."""
    if form in _OF_ONE_TIMELINE and not timeline:
        raise typer.BadParameter(f"the format {form} needs --timeline")
    if form in _BINARY and out is None:
        raise typer.BadParameter(f"the format {form} needs --out FILE")
    if form is Format.PARQUET:
        import pyarrow  # noqa: F401
    if form in (Format.PNG, Format.SVG):
        import matplotlib  # noqa: F401


def _check_are_few(form: Format, sources: list[str]) -> None:
    if form in _OF_ONE_TIMELINE and len(sources) > 1:
        raise typer.BadParameter(f"the format {form} shows one recording, not {len(sources)}")


@contextmanager
def _output(form: Format, out: Path | None) -> Iterator[IO[Any]]:
    """Yield the stream to write to; a file appears under its name only once it is complete."""
    if out is None:
        yield sys.stdout
    elif form in _BINARY:
        with atomic_path(out) as partial, partial.open("wb") as stream:
            yield stream
    else:
        with atomic_path(out) as partial, partial.open("w", **_TEXT) as stream:
            yield stream


def _find_sources(inputs: list[str], failures: list[Failure]) -> list[str]:
    """Return the recordings that the inputs stand for; an input without any becomes a failure."""
    sources: list[str] = []
    for name in inputs:
        try:
            sources += _expand(name)
        except AudioNotFoundError as error:
            _note(Failure(name, error), failures)
    return sources


def _expand(name: str) -> list[str]:
    """Return the recordings of a folder, of a pattern that the shell left alone, or the name itself."""
    if name not in ("", "-") and Path(name).is_dir():
        return _expand_folder(name)
    if not glob.has_magic(name) or Path(name).exists():
        return [name]
    found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - pathlib takes no absolute pattern
    if not found:
        raise AudioNotFoundError(f"{name}: nothing has such a name", hint="check the pattern")
    files = [match for match in found if Path(match).is_file()]
    return files or [source for match in found for source in _expand_folder(match)]


def _expand_folder(folder: str) -> list[str]:
    from serkit.audio import find_audio_files

    found = find_audio_files(folder)
    if not found:
        raise AudioNotFoundError(f"{folder}: no recordings in this folder", hint="check the path")
    return [os.fspath(path) for path in found]


def _keep_predictions(
    results: Iterable[Prediction | Failure], failures: list[Failure]
) -> Iterator[Prediction]:
    for result in results:
        if isinstance(result, Failure):
            _note(result, failures)
        else:
            yield result


def _note(failure: Failure, failures: list[Failure]) -> None:
    failures.append(failure)
    report(failure.error)
