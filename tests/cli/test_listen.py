"""`serkit listen`: from a pipe as a process, from a microphone that is made up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.audio import load_audio
from serkit.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]

RATE = 16_000
HELLO = load_audio(Path(__file__).resolve().parents[2] / "examples" / "hello.wav", sampling_rate=RATE).signal
TALK = np.concatenate([HELLO, np.zeros(RATE, np.float32), HELLO, HELLO, np.zeros(RATE, np.float32)])
PCM = np.round(TALK * 32_767).astype("<i2").tobytes()


class MadeUpMicrophone:
    """Stands in for sounddevice.InputStream: plays TALK at 48 kHz, then Ctrl-C is pressed."""

    samplerate = 48_000.0

    def __init__(self, *, device: object, channels: int, dtype: str) -> None:
        assert (channels, dtype) == (1, "float32")
        if device == "none such":
            raise ValueError("No input device matching 'none such'")
        self._left = np.repeat(TALK, 3)[:, None]

    def __enter__(self) -> MadeUpMicrophone:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, n_frames: int) -> tuple[np.ndarray, bool]:
        block, self._left = self._left[:n_frames], self._left[n_frames:]
        if not block.size:
            raise KeyboardInterrupt
        return block, True


@pytest.fixture
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.SimpleNamespace(InputStream=MadeUpMicrophone, PortAudioError=OSError)
    monkeypatch.setitem(sys.modules, "sounddevice", module)


def run_here(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["serkit", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_raw_sound_from_a_pipe_is_heard(serkit: Serkit, tiny_bundle: Path) -> None:
    run = serkit("listen", "-", "--model", tiny_bundle, "--format", "json", input=PCM)
    assert (run.returncode, run.stderr) == (0, b"")
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) >= 3
    for one in answers:
        assert {"emotion", "confidence", "probabilities", "latency"} <= one.keys()
        assert 0 <= one["start"] < one["end"] <= TALK.size / RATE
        assert one["latency"] > 0


def test_a_line_shows_emotion_probability_and_latency(serkit: Serkit, tiny_bundle: Path) -> None:
    upsampled = np.repeat(np.frombuffer(PCM, "<i2"), 3).tobytes()
    run = serkit(
        "listen", "-", "--rate", 48_000, "--model", tiny_bundle, "--abstain-below", 1, input=upsampled
    )
    assert (run.returncode, run.stderr) == (0, b"")
    for line in run.stdout.decode().splitlines():
        assert "? " in line
        assert "%" in line
        assert line.endswith(" ms")


def test_half_a_sample_at_the_end_is_no_mistake(serkit: Serkit, tiny_bundle: Path) -> None:
    run = serkit("listen", "-", "--model", tiny_bundle, input=PCM + b"\0")
    assert (run.returncode, run.stderr) == (0, b"")


def test_an_empty_pipe_says_nothing(serkit: Serkit, tiny_bundle: Path) -> None:
    run = serkit("listen", "-", "--model", tiny_bundle, input=b"")
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_with_the_answer_to_what_was_said(tiny_bundle: Path) -> None:
    command = [sys.executable, "-m", "serkit", "listen", "-", "--model", str(tiny_bundle), "--format", "json"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdin
        assert run.stdout
        run.stdin.write(PCM)
        run.stdin.flush()
        run.stdout.readline()
        os.kill(run.pid, signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (0, b"")


@pytest.mark.usefixtures("sounddevice")
def test_a_microphone_is_heard_until_ctrl_c(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_here(monkeypatch, "listen", "--model", tiny_bundle, "--format", "json") == 0
    out, errors = capfd.readouterr()
    answers = [json.loads(line) for line in out.splitlines()]
    assert len(answers) >= 3
    assert {one["source"] for one in answers} == {"microphone"}
    assert errors.count("some sound was lost") == 1


@pytest.mark.usefixtures("sounddevice")
def test_a_microphone_that_is_not_there_is_one_line(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_here(monkeypatch, "listen", "--model", tiny_bundle, "--device", "none such") == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert "No input device matching" in line
    assert "--device" in line


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("raise ImportError", "pip install 'serkit[live]'"),
        ("raise OSError('PortAudio library not found')", "install PortAudio"),
    ],
)
def test_what_a_microphone_needs_is_told(
    serkit: Serkit, tiny_bundle: Path, tmp_path: Path, module: str, words: str
) -> None:
    (tmp_path / "sounddevice.py").write_text(module)
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = serkit("listen", "--model", tiny_bundle, env=os.environ | {"PYTHONPATH": paths})
    assert run.returncode == 2
    (line,) = run.stderr.decode().splitlines()
    assert words in line


def test_a_file_is_sent_to_the_timeline(serkit: Serkit) -> None:
    run = serkit("listen", "talk.wav")
    assert run.returncode == 2
    assert b"serkit predict --timeline" in run.stderr
