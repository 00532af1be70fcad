"""The command line: one file per command or group of commands, imported only when it is used."""

from __future__ import annotations

import os
import sys
from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

import serkit
from serkit.errors import SerkitError

_COMMANDS = {
    "predict": "predict:predict",
    "listen": "listen:listen",
    "explore": "explore:explore",
    "corpora": "corpora:app",
    "features": "features:app",
    "recipes": "recipes:app",
    "train": "train:train",
    "adapt": "adapt:adapt",
    "evaluate": "evaluate:evaluate",
    "compare": "evaluate:compare",
    "models": "models:app",
    "doctor": "doctor:doctor",
}
DONE, SOME_FAILED, USER_MISTAKE = 0, 1, 2


class _LazyCommands(UserDict[str, Any]):
    """Commands by name; each is imported when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self.data[name].partition(":")
        found = getattr(import_module(f"{__name__}.{module}"), attribute)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = name
            return group
        single = typer.Typer(add_completion=False)
        single.command(name)(found)
        return get_command(single)


class _LazyGroup(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _LazyCommands(_COMMANDS)


app = typer.Typer(cls=_LazyGroup, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"serkit {serkit.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """Hear emotion in speech; train, measure and ship the models that do."""


def main() -> None:
    """Run the command line and leave with its exit status.

    0: done. 1: something failed for some inputs, each named on standard error. 2: a mistake of the user,
    explained on one line.
    """
    _mend_streams()
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    sys.exit(_run(arguments) if debug else _run_politely(arguments))


def _mend_streams() -> None:
    """Replace the streams that the caller closed; let no name that an encoding lacks stop a command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _run(arguments: list[str]) -> int:
    status = get_command(app).main(arguments, prog_name="serkit", standalone_mode=False)
    sys.stdout.flush()
    return status if isinstance(status, int) else DONE


def _run_politely(arguments: list[str]) -> int:
    """Run, and turn every exception into one line and a status."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Who read our output has gone; Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        message, status = _explain(error)
        if message:
            report(message)
        return status


def _with_help(error: typer.TyperException) -> str:
    """Return the message of a wrong usage, and where the right one is explained."""
    message = error.format_message().removesuffix(".").replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    return f"{message}; see {context.command_path} --help" if message and context else message


def report(problem: object) -> None:
    """Print a problem on one line of standard error."""
    print("serkit: error:", " ".join(str(problem).splitlines()), file=sys.stderr)


def _explain(error: Exception) -> tuple[str, int]:
    """Return the line that explains an exception, and the exit status."""
    if isinstance(error, SerkitError):
        return str(error), USER_MISTAKE
    if isinstance(error, typer.TyperException):
        return _with_help(error), error.exit_code
    if isinstance(error, typer.Abort):
        return "stopped", SOME_FAILED
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("serkit"):
        from serkit.cli.extras import how_to_install

        return f"{error.name} is not installed; {how_to_install(error.name)}", USER_MISTAKE
    if isinstance(error, OSError) and error.strerror:
        # Without a file it is the output: a full disk, for example.
        named = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return named + error.strerror, USER_MISTAKE if named else SOME_FAILED
    return f"{type(error).__name__}: {error}; run with --debug for the traceback", SOME_FAILED
