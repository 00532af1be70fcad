"""The timeline of `serkit predict --timeline`: how it is heard, and the formats that only it has."""

from __future__ import annotations

import html
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from serkit.errors import SerkitError
from serkit.prediction import Failure, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.text import Text

    from serkit.cli.prediction_formats import Answers
    from serkit.predictor import Predictor

Stretch = tuple[float, float | None]


def hear_timelines(
    predictor: Predictor, sources: Iterable[str], stretch: Stretch, *, progress: bool
) -> Iterator[Prediction | Failure]:
    """Yield the timelines of recordings; one that cannot be used does not stop the others.

    Where nobody speaks in a recording, a line on standard error says so.
    """
    for source in sources:
        n_found = 0
        try:
            for found in _with_progress(_timeline(predictor, source, stretch), source, stretch, progress):
                n_found += 1
                yield found
        except (SerkitError, OSError) as error:
            yield Failure(source, error)
        else:
            if not n_found:
                print(f"serkit: note: {source}: nobody speaks", file=sys.stderr)


def _timeline(predictor: Predictor, source: str, stretch: Stretch) -> Iterator[Prediction]:
    start, end = stretch
    return predictor.timeline(source, start=start, end=end, workers=_usable_cores())


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not everywhere
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _with_progress(
    found: Iterator[Prediction], source: str, stretch: Stretch, progress: bool
) -> Iterator[Prediction]:
    """Draw how far in a recording we are, on a terminal only."""
    if not (progress and sys.stderr.isatty()):
        yield from found
        return
    from rich.progress import Progress

    from serkit.parallel import progress_console

    with Progress(console=progress_console(), transient=True) as bar:
        start, end = stretch
        task = bar.add_task(Path(source).name, total=(end or _duration(source)) - start or None)
        for one in found:
            bar.update(task, completed=one.end - start)
            yield one


def _duration(source: str) -> float:
    from serkit.audio import probe_audio

    return 0.0 if source == "-" else probe_audio(source).duration


def write_lines(answers: Answers, stream: IO[str]) -> None:
    """Write one line for each stretch, as soon as it is known."""
    from rich.console import Console

    from serkit.cli.prediction_formats import source_shown

    console = Console(file=stream, highlight=False)
    source = None
    for one in answers.predictions:
        if one.source != source:
            source = one.source
            console.print(source_shown(one), style="bold", markup=False)
        console.print(line(one), soft_wrap=True)


def line(one: Prediction) -> Text:
    """Return the times, the emotion and a bar of its probability on one line."""
    from rich.text import Text

    from serkit.cli.prediction_formats import bar, emotion_shown

    width = max(len(label) + 1 for label in one.probabilities)
    times = (f"{clock(one.start)} – {clock(one.end)}  ", "dim")
    style = "yellow" if one.abstained else "bold green"
    answer = (f"{emotion_shown(one):{width}} {one.confidence:4.0%}  ", style)
    return Text.assemble(times, answer, f"{bar(one.confidence):24}")


def write_vtt(answers: Answers, stream: IO[str]) -> None:
    """Write WebVTT, which video players show as subtitles."""
    stream.write("WEBVTT\n")
    for one in answers.predictions:
        stream.write(f"\n{clock(one.start, 3)} --> {clock(one.end, 3)}\n{html.escape(_label(one))}\n")


def write_audacity(answers: Answers, stream: IO[str]) -> None:
    """Write a label track of Audacity: start and end in seconds and a label, separated by tabs."""
    for one in answers.predictions:
        stream.write(f"{one.start:.6f}\t{one.end:.6f}\t{_label(one)}\n")


def write_svg(answers: Answers, stream: IO[str]) -> None:
    """Write the picture of a timeline as SVG."""
    from serkit.evaluation.plots import style
    from serkit.evaluation.plots.timeline import plot_timeline

    stretches = list(answers.predictions)
    stream.write(style.to_svg(plot_timeline(stretches, answers.labels, title=_title(stretches))))


def write_png(answers: Answers, stream: IO[bytes]) -> None:
    """Write the picture of a timeline as PNG."""
    from serkit.evaluation.plots import style
    from serkit.evaluation.plots.timeline import plot_timeline

    stretches = list(answers.predictions)
    figure = plot_timeline(stretches, answers.labels, title=_title(stretches))
    figure.savefig(stream, format="png", dpi=style.PNG_DPI, facecolor="white")


def _title(stretches: list[Prediction]) -> str:
    return Path(stretches[0].source).name if stretches else "nobody speaks"


def _label(one: Prediction) -> str:
    from serkit.cli.prediction_formats import emotion_shown

    return f"{emotion_shown(one)} {one.confidence:.0%}"


def clock(seconds: float, decimals: int = 1) -> str:
    """Return a time as hours, minutes and seconds.

    Examples
    --------
    >>> clock(3723.456), clock(59.9996, 3)
    ('01:02:03.5', '00:01:00.000')
    """
    units = round(seconds * 10**decimals)
    whole, fraction = divmod(units, 10**decimals)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{fraction:0{decimals}}"
