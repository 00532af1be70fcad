"""What every command has in common: help, versions, statuses, one line per error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import typer

import serkit as package
from serkit.cli import _explain
from serkit.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]

HEAVY = ("torch", "librosa", "pandas", "sklearn", "matplotlib", "onnxruntime", "numpy")


def test_version(serkit: Serkit) -> None:
    run = serkit("--version")
    assert (run.returncode, run.stdout.decode().strip()) == (0, f"serkit {package.__version__}")


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom serkit.cli import main\nsys.argv = ['serkit', '--help']\n"
        f"try: main()\nexcept SystemExit: print('loaded', *[m for m in {HEAVY} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in (
        "predict",
        "corpora",
        "features",
        "recipes",
        "train",
        "evaluate",
        "compare",
        "models",
        "doctor",
    ):
        assert f" {command} " in run.stdout
    assert run.stdout.splitlines()[-1] == "loaded"


def test_an_unknown_command_is_answered_with_the_nearest(serkit: Serkit) -> None:
    run = serkit("predit")
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr.decode().count("\n") == 1
    assert "'predict'" in run.stderr.decode()


def test_debug_shows_the_traceback(serkit: Serkit, tmp_path: Path) -> None:
    run = serkit("predict", "a.wav", "--model", tmp_path, "--debug")
    assert run.returncode == 1
    assert "Traceback" in run.stderr.decode()
    assert "BundleNotFoundError" in run.stderr.decode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="signals and pipes differ there")
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_quietly(tiny_bundle: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "endless.wav"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "serkit", "predict", str(fifo), "--model", str(tiny_bundle)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process, fifo.open("wb"):  # opens once serkit reads, which then waits for more
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert (process.returncode, out, error) == (130, b"", b"")


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (AudioError("a.wav: broken", hint="mend it"), "a.wav: broken; mend it", 2),
        (FileNotFoundError(2, "No such file", "a.csv"), "a.csv: No such file", 2),
        (OSError(28, "No space left on device"), "No space left on device", 1),
        (
            ModuleNotFoundError("no", name="pandas.io"),
            "pandas.io is not installed; pip install 'serkit[train]'",
            2,
        ),
        (ModuleNotFoundError("no", name="av"), "av is not installed; pip install 'serkit[media]'", 2),
        (ModuleNotFoundError("no", name="scipy"), "scipy is not installed; pip install scipy", 2),
        (typer.Abort(), "stopped", 1),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh; run with --debug for the traceback", 1),
    ],
)
def test_every_exception_becomes_one_line_and_a_status(error: Exception, message: str, status: int) -> None:
    assert _explain(error) == (message, status)
