"""The formats in which `serkit predict` writes."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serkit.prediction import Failure, Prediction

_BAR_WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True)
class Answers:
    """What a format has to write.

    Attributes
    ----------
    model : str
        Name of the model.
    labels : tuple of str
        Its emotions.
    predictions : iterator of Prediction
        Each is made when it is asked for.
    failures : list of Failure
        Complete once `predictions` is used up.
    top : int
        How many emotions a table shows per recording.
    """

    model: str
    labels: tuple[str, ...]
    predictions: Iterator[Prediction]
    failures: list[Failure]
    top: int


def write_table(answers: Answers, stream: IO[str]) -> None:
    """Write a table with bars to a terminal, aligned lines to anything else."""
    if stream.isatty():
        _write_rich_table(answers, stream)
    else:
        _write_plain_table(answers, stream)


def write_json(answers: Answers, stream: IO[str]) -> None:
    """Write one JSON object."""
    predictions = [prediction.to_dict() for prediction in answers.predictions]
    failures = [{"source": failure.source, "error": str(failure.error)} for failure in answers.failures]
    document = {"model": answers.model, "predictions": predictions, "failures": failures}
    stream.write(json.dumps(document, indent=2) + "\n")


def write_jsonl(answers: Answers, stream: IO[str]) -> None:
    """Write one JSON object per line, as soon as it is known."""
    for prediction in answers.predictions:
        stream.write(json.dumps(prediction.to_dict()) + "\n")
        stream.flush()


def write_csv(answers: Answers, stream: IO[str]) -> None:
    """Write comma-separated values with a header."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_columns(answers.labels))
    writer.writerows(_row(prediction).values() for prediction in answers.predictions)


def write_parquet(answers: Answers, stream: IO[bytes]) -> None:
    """Write a Parquet table with the columns of the CSV format."""
    import pyarrow
    import pyarrow.parquet

    kinds = {"source": pyarrow.string(), "emotion": pyarrow.string(), "abstained": pyarrow.bool_()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in _columns(answers.labels)])
    rows = [_row(prediction) for prediction in answers.predictions]
    for row in rows:  # a file name need not be text, but a Parquet string must
        row["source"] = row["source"].encode(errors="backslashreplace").decode()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), stream)


def _columns(labels: tuple[str, ...]) -> list[str]:
    facts = ["source", "start", "end", "emotion", "confidence", "abstained"]
    return [*facts, "derived_valence", "derived_arousal", *(f"probability_{label}" for label in labels)]


def _row(prediction: Prediction) -> dict[str, Any]:
    facts = prediction.to_dict()
    probabilities = facts.pop("probabilities")
    return facts | {f"probability_{label}": value for label, value in probabilities.items()}


def _write_plain_table(answers: Answers, stream: IO[str]) -> None:
    width = max(len("emotion"), *(len(label) + 1 for label in answers.labels))
    header = f"{'emotion':{width}}  confidence     start       end  source\n"
    for prediction in answers.predictions:
        stream.write(header)
        header = ""
        times = f"{prediction.start:8.2f}  {prediction.end:8.2f}"
        rest = ", ".join(f"{label} {value:.3f}" for label, value in prediction.ranked()[1 : answers.top])
        answer = f"{emotion_shown(prediction):{width}}  {prediction.confidence:10.3f}"
        line = f"{answer}  {times}  {source_shown(prediction)}"
        stream.write(f"{line}  ({rest})\n" if rest else f"{line}\n")


def _write_rich_table(answers: Answers, stream: IO[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("recording", overflow="fold")
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("emotion", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for prediction in answers.predictions:
        times = f"{prediction.start:.2f}–{prediction.end:.2f}"
        first, *others = prediction.ranked()[: answers.top]
        style = "yellow" if prediction.abstained else "bold green"
        share = f"{first[1]:.0%}"
        table.add_row(
            Text(source_shown(prediction)),
            times,
            Text(emotion_shown(prediction), style),
            share,
            bar(first[1]),
        )
        for label, value in others:
            table.add_row("", "", Text(label, "dim"), Text(f"{value:.0%}", "dim"), Text(bar(value), "dim"))
    if table.row_count:
        Console(file=stream).print(table)


def source_shown(prediction: Prediction) -> str:
    """Return the name of a recording so that it stays on its line and holds no commands for the terminal."""
    source = prediction.source
    return source if source.isprintable() else repr(source)


def emotion_shown(prediction: Prediction) -> str:
    """Return the emotion, with a question mark if the answer is abstained from."""
    return f"{prediction.emotion}?" if prediction.abstained else prediction.emotion


def bar(probability: float) -> str:
    """Return a bar of block characters."""
    full, eighths = divmod(round(probability * _BAR_WIDTH * 8), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip()
