"""`serkit listen`: live from a microphone or from a pipe."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from serkit.errors import AudioError, MissingDependencyError

if TYPE_CHECKING:
    from serkit.stream import LivePrediction

PIPED = "-"
# How much sound is taken at once: the shorter, the smaller the latency, s.
BLOCK_S = 0.1


class Format(StrEnum):
    """How answers are written."""

    TABLE = "table"
    JSON = "json"


def listen(  # noqa: PLR0913, PLR0917 - one argument per option
    source: Annotated[
        str, typer.Argument(metavar="[-]", show_default=False, help="- reads raw sound from a pipe.")
    ] = "",
    rate: Annotated[
        int, typer.Option(metavar="HZ", help="Sampling rate of what comes through the pipe.")
    ] = 16_000,
    device: Annotated[
        str | None, typer.Option(metavar="NAME|NUMBER", help="Microphone; else that of the system.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="A model that ships with serkit, or a bundle's folder.")
    ] = "default",
    form: Annotated[Format, typer.Option("--format", help="json: one object per line.")] = Format.TABLE,
    abstain_below: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, metavar="P", help="Mark less probable answers as abstained."),
    ] = 0.0,
) -> None:
    """Hear the emotion in live speech, until Ctrl-C.

    An answer comes after three seconds of speech, then every second, and after a
    pause. Its latency is the time from the end of what it heard.
    With - the sound is mono, 16 bit, little-endian, without a header:
    ffmpeg -i talk.mp3 -ac 1 -ar 16000 -f s16le - | serkit listen -
    """
    from serkit.predictor import Predictor
    from serkit.stream import Stream

    if source not in ("", PIPED):
        raise typer.BadParameter(f"{source}: not -; to hear a file use serkit predict --timeline")
    predictor = Predictor.load(model, abstain_below=abstain_below)
    write = _write_json if form is Format.JSON else _write_line
    with _from_pipe(rate) if source == PIPED else _from_microphone(device) as sound:
        stream = Stream(predictor, sound.rate, source=sound.name)
        with suppress(KeyboardInterrupt):  # this is how one stops listening
            for block in sound.blocks:
                _write_all(stream.push(block), write)
    _write_all(stream.finish(), write)


class _Sound(NamedTuple):
    """What is listened to: its name, its sampling rate in Hz, and its samples, block by block."""

    name: str
    rate: int
    blocks: Iterator[Any]


@contextmanager
def _from_pipe(rate: int) -> Iterator[_Sound]:
    yield _Sound("standard input", rate, _read_pipe(rate))


def _read_pipe(rate: int) -> Iterator[Any]:
    import numpy as np

    rest = b""
    pipe: Any = sys.stdin.buffer
    while content := pipe.read1(2 * round(BLOCK_S * rate)):
        content = rest + content
        whole = len(content) - len(content) % 2
        rest = content[whole:]
        yield np.frombuffer(content[:whole], dtype="<i2").astype(np.int16, copy=False)


@contextmanager
def _from_microphone(device: str | None) -> Iterator[_Sound]:
    sounddevice = _import_sounddevice()
    wanted = int(device) if device and device.isdecimal() else device
    try:
        with sounddevice.InputStream(device=wanted, channels=1, dtype="float32") as stream:
            if sys.stderr.isatty():
                print("listening; Ctrl-C ends", file=sys.stderr)
            yield _Sound("microphone", round(stream.samplerate), _read_microphone(stream))
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioError(
            f"microphone: {error}", hint="choose another with --device, or pipe sound into serkit listen -"
        ) from error


def _import_sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise MissingDependencyError(
            "microphone: needs sounddevice",
            hint="pip install 'serkit[live]', or pipe sound into serkit listen -",
        ) from error
    except OSError as error:
        raise AudioError(
            f"microphone: {error}",
            hint="install PortAudio (Debian: libportaudio2), or pipe sound into serkit listen -",
        ) from error
    return sounddevice


def _read_microphone(stream: Any) -> Iterator[Any]:
    told = False
    while True:
        block, overflowed = stream.read(round(BLOCK_S * stream.samplerate))
        if overflowed and not told:
            told = True
            print("serkit: note: microphone: some sound was lost, this machine is too busy", file=sys.stderr)
        yield block


def _write_all(answers: "Iterable[LivePrediction]", write: "Callable[[LivePrediction], None]") -> None:
    for answer in answers:
        write(answer)
        sys.stdout.flush()


def _write_json(answer: "LivePrediction") -> None:
    print(json.dumps(answer.to_dict()))


def _write_line(answer: "LivePrediction") -> None:
    from rich.console import Console

    from serkit.cli.timeline import line

    latency = f"  {1000 * answer.latency:.0f} ms"
    Console(highlight=False).print(line(answer).append(latency, "dim"), soft_wrap=True)
