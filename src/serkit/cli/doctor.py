"""`serkit doctor`."""

import math
import platform
import sys
import time
from importlib import metadata

import typer

import serkit
from serkit.cli import SOME_FAILED
from serkit.cli.extras import how_to_install, requirements

_TONE_HZ, _TONE_S, _TONE_RATE = 220.0, 3.0, 16_000


def doctor() -> None:
    """Say what is installed, what is missing and how to get it, and try the default model on a tone.

    The exit status is 1 if serkit cannot predict.
    """
    typer.echo(f"serkit {serkit.__version__}, Python {platform.python_version()}, {platform.platform()}")
    typer.echo(f"running from {sys.prefix}\n")
    wanted = sorted((extra, name) for name, extra in requirements().items() if extra != "dev")
    complete = [_report_library(name, extra) for extra, name in wanted]
    typer.echo()
    if not (all(complete) and _report_model()):
        raise typer.Exit(SOME_FAILED)


def _report_library(name: str, extra: str) -> bool:
    """Print one line; return whether serkit can predict in spite of it."""
    try:
        state = metadata.version(name)
    except metadata.PackageNotFoundError:
        state = f"missing: {how_to_install(name)}"
    typer.echo(f"{name:20}  {f'[{extra}]' if extra else 'core':10}  {state}")
    return bool(extra) or not state.startswith("missing")


def _tone() -> list[float]:
    step = 2 * math.pi * _TONE_HZ / _TONE_RATE
    return [0.5 * math.sin(step * position) for position in range(round(_TONE_S * _TONE_RATE))]


def _report_model() -> bool:
    from serkit.errors import SerkitError

    try:
        before = time.perf_counter()
        predictor = serkit.load("default")
        loaded = time.perf_counter()
        prediction = predictor.predict_signal(_tone(), _TONE_RATE)
    except SerkitError as error:
        typer.echo(f"default model: {error}")
        return False
    seconds = time.perf_counter() - loaded
    typer.echo(f"default model: in order, loaded in {loaded - before:.2f} s")
    typer.echo(
        f"a tone of {_TONE_S:g} s: {prediction.emotion} {prediction.confidence:.2f}, in {seconds:.3f} s"
    )
    return True
