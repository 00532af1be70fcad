"""`serkit predict` among folders, disks, readers, terminals and names that are not as one would wish."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_predict import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that cannot be written to")
def test_a_folder_that_cannot_be_written_to_is_one_line(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    run = serkit("predict", voice_file, "--model", tiny_bundle, "--out", locked / "p.csv")
    assert run.returncode == 2
    assert "Permission denied" in errors(run)[0]


def test_an_out_folder_below_a_file_is_one_line(serkit: Serkit, tiny_bundle: Path, voice_file: Path) -> None:
    run = serkit("predict", voice_file, "--model", tiny_bundle, "--out", voice_file / "p.csv")
    assert run.returncode == 2
    assert len(errors(run)) == 1


@pytest.mark.skipif(os.name == "nt", reason="pipes differ there")
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_a_reader_that_leaves_is_no_error(serkit: Serkit, tiny_bundle: Path, voices: Path, form: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        run = serkit(
            "predict",
            voices,
            "--model",
            tiny_bundle,
            "--format",
            form,
            capture_output=False,
            stdout=write,
            stderr=subprocess.PIPE,
        )
    finally:
        os.close(write)
    assert (run.returncode, run.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "options", [["--out", "/dev/full"], ["--format", "json"], ["--out", "/dev/full", "--format", "parquet"]]
)
def test_a_full_disk_is_one_line(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, options: list[str]
) -> None:
    streams = {"capture_output": False, "stderr": subprocess.PIPE}
    with Path("/dev/full").open("wb") as full:
        run = serkit("predict", voice_file, "--model", tiny_bundle, *options, stdout=full, **streams)
    assert run.returncode == 1
    assert errors(run) == ["No space left on device"]
    assert Path("/dev/full").is_char_device()


@pytest.mark.skipif(os.name == "nt", reason="file descriptors differ there")
@pytest.mark.parametrize(
    ("closed", "source", "status", "words"),
    [("0", "-", 1, ["empty"]), ("1", "examples/hello.wav", 0, []), ("2", "missing.wav", 1, [])],
)
def test_a_closed_stream_is_no_reason_to_break(
    tiny_bundle: Path, closed: str, source: str, status: int, words: list[str]
) -> None:
    command = [sys.executable, "-m", "serkit", "predict", source, "--model", str(tiny_bundle)]
    shell = ["sh", "-c", f'exec "$@" {closed}>&-', "sh", *command]
    repository = Path(__file__).parents[2]
    run = subprocess.run(shell, capture_output=True, check=False, timeout=60, cwd=repository)
    assert run.returncode == status
    assert [word in line for word, line in zip(words, errors(run), strict=True)] == [True] * len(words)


@pytest.mark.skipif(os.name == "nt", reason="such names are not allowed there")
@pytest.mark.parametrize("name", ["two words.wav", "ünïcödé 日本語 🎙.wav", "-dash.wav", "line\nbreak.wav"])
def test_any_name_is_a_recording(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path, name: str
) -> None:
    shutil.copy(voice_file, tmp_path / "working" / name)
    run = serkit("predict", "--model", tiny_bundle, "--format", "json", "--", name)
    assert (run.returncode, errors(run)) == (0, [])
    assert json.loads(run.stdout)["predictions"][0]["source"] == name
    table = serkit("predict", "--model", tiny_bundle, "--", name).stdout.decode().splitlines()
    assert len(table) == 2
    assert table[1].count(name if name.isprintable() else repr(name)) == 1


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_file_name_that_is_no_text_is_no_reason_to_fail(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(voice_file, os.fsencode(folder) + b"/caf\xe9.wav")
    for form in ("table", "json", "csv"):
        run = serkit("predict", folder, "--model", tiny_bundle, "--format", form)
        assert (run.returncode, errors(run)) == (0, [])
    for name in ("p.csv", "p.parquet"):
        run = serkit("predict", folder, "--model", tiny_bundle, "--out", name)
        assert (run.returncode, errors(run)) == (0, [])


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
def test_a_terminal_gets_bars_and_a_redirected_output_stays_clean(
    tiny_bundle: Path, voices: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "serkit", "predict", str(voices), "--model", str(tiny_bundle)]
    shown = _on_terminal(command)
    assert "█" in shown
    assert "more/angry.wav" in shown.replace("\r\n", "")
    with (tmp_path / "out.jsonl").open("wb") as stream:
        progress = _on_terminal([*command, "--format", "jsonl"], stdout=stream)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [Path(json.loads(line)["source"]).stem for line in lines] == ["happy", "angry", "neutral", "sad"]
    assert "happy" not in progress


def _on_terminal(command: list[str], *, stdout: io.BufferedWriter | None = None) -> str:
    """Run with a terminal of 200 columns; return what it shows."""
    import pty

    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "200"}
    process = subprocess.Popen(command, stdin=theirs, stdout=stdout or theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # Linux: the other end has closed
        pass
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode()
