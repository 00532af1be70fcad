"""`serkit predict --timeline` as a process: every format parsed back, every mistake on one line."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import struct
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from serkit.audio import load_audio
from serkit.cli.timeline import clock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]

RATE = 16_000
HELLO = Path(__file__).resolve().parents[2] / "examples" / "hello.wav"
CUE = re.compile(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n(\w+)(\??) (\d+)%")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three times "hello" with pauses, 44.1 kHz, stereo."""
    path = tmp_path_factory.mktemp("talk") / "talk.flac"
    hello = load_audio(HELLO, sampling_rate=44_100).signal
    signal = np.tile(np.concatenate([hello, np.zeros(66_150, np.float32)]), 3)
    soundfile.write(path, np.stack([signal, signal], axis=1), 44_100)
    return path


@pytest.fixture(scope="module")
def stretches(talk: Path, tiny_bundle: Path) -> list[tuple[float, float, str, float]]:
    import serkit

    found = serkit.load(tiny_bundle).timeline(talk)
    return [(one.start, one.end, one.emotion, one.confidence) for one in found]


def test_json_and_csv_hold_the_timeline(
    serkit: Serkit, tiny_bundle: Path, talk: Path, stretches: list[tuple[float, float, str, float]]
) -> None:
    runs = {
        name: serkit("predict", talk, "--timeline", "--model", tiny_bundle, "--format", name)
        for name in ("json", "csv")
    }
    assert all((run.returncode, run.stderr) == (0, b"") for run in runs.values())
    found = json.loads(runs["json"].stdout)["predictions"]
    rows = list(csv.DictReader(io.StringIO(runs["csv"].stdout.decode())))
    for given in (found, rows):
        told = [(float(one["start"]), float(one["end"]), one["emotion"]) for one in given]
        assert told == [(round(a, 6), round(b, 6), emotion) for a, b, emotion, _ in stretches]
    assert len(stretches) >= 3


def test_webvtt_can_be_read_back(
    serkit: Serkit,
    tiny_bundle: Path,
    talk: Path,
    tmp_path: Path,
    stretches: list[tuple[float, float, str, float]],
) -> None:
    out = tmp_path / "talk.vtt"
    run = serkit("predict", talk, "--timeline", "--model", tiny_bundle, "--out", out, "--abstain-below", 1)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
    head, *cues = out.read_text(encoding="utf-8").strip().split("\n\n")
    assert head == "WEBVTT"
    # With this threshold every answer is unsure, so joined differently; the times are the same.
    matches = [CUE.fullmatch(cue) for cue in cues]
    assert all(match and match[4] == "?" for match in matches)
    assert next(match[1] for match in matches if match) == clock(stretches[0][0], 3)
    assert [match[2] for match in matches if match][-1] == clock(stretches[-1][1], 3)


def test_audacity_labels_can_be_read_back(
    serkit: Serkit,
    tiny_bundle: Path,
    talk: Path,
    tmp_path: Path,
    stretches: list[tuple[float, float, str, float]],
) -> None:
    out = tmp_path / "labels.txt"
    assert serkit("predict", talk, "--timeline", "--model", tiny_bundle, "--out", out).returncode == 0
    lines = [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()]
    times = [(float(start), float(end)) for start, end, _ in lines]
    assert times == [(round(start, 6), round(end, 6)) for start, end, *_ in stretches]
    assert [label for _, _, label in lines] == [
        f"{emotion} {share:.0%}" for _, _, emotion, share in stretches
    ]


def test_the_picture_is_a_picture(serkit: Serkit, tiny_bundle: Path, talk: Path, tmp_path: Path) -> None:
    for name in ("talk.png", "talk.svg"):
        run = serkit("predict", talk, "--timeline", "--model", tiny_bundle, "--out", tmp_path / name)
        assert (run.returncode, run.stderr) == (0, b"")
    content = (tmp_path / "talk.png").read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content.startswith(b"\x89PNG")
    assert width > height > 200
    svg = ElementTree.parse(tmp_path / "talk.svg").getroot()
    texts = {"".join(text.itertext()).strip() for text in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"angry", "happy", "neutral", "sad", "talk.flac"} <= texts


def test_standard_input_has_a_timeline(serkit: Serkit, tiny_bundle: Path, talk: Path) -> None:
    settings = {"input": talk.read_bytes()}
    run = serkit("predict", "-", "--timeline", "--model", tiny_bundle, "--format", "jsonl", **settings)
    assert run.returncode == 0
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert {line["source"] for line in lines} == {"standard input"}
    assert len(lines) >= 3


def test_a_stretch_of_a_recording_has_a_timeline(serkit: Serkit, tiny_bundle: Path, talk: Path) -> None:
    run = serkit(
        "predict", talk, "--timeline", "--model", tiny_bundle, "--format", "jsonl", "--start", 4, "--end", 8
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert lines
    assert all(4 <= line["start"] < line["end"] <= 8 for line in lines)


def test_a_bad_recording_among_good_ones(
    serkit: Serkit, tiny_bundle: Path, talk: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    shutil.copy(talk, folder / "good.flac")
    (folder / "empty.wav").touch()
    soundfile.write(folder / "silent.wav", np.zeros(5 * RATE), RATE)
    run = serkit("predict", folder, "--timeline", "--model", tiny_bundle, "--format", "json")
    assert run.returncode == 1
    document = json.loads(run.stdout)
    assert {one["source"] for one in document["predictions"]} == {str(folder / "good.flac")}
    assert [one["source"] for one in document["failures"]] == [str(folder / "empty.wav")]
    lines = run.stderr.decode().splitlines()
    assert len(lines) == 2
    assert f"serkit: note: {folder / 'silent.wav'}: nobody speaks" in lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "vtt"], "needs --timeline"),
        (["--timeline", "--format", "png"], "needs --out"),
        (["--timeline", "--format", "audacity", HELLO], "shows one recording, not 2"),
    ],
)
def test_what_cannot_be_written_is_told_on_one_line(
    serkit: Serkit, tiny_bundle: Path, arguments: list[str], words: str
) -> None:
    run = serkit("predict", HELLO, "--model", tiny_bundle, *arguments)
    assert (run.returncode, run.stdout) == (2, b"")
    (line,) = run.stderr.decode().splitlines()
    assert words in line


def test_a_clock_never_shows_sixty_seconds() -> None:
    assert [clock(seconds) for seconds in (0, 59.96, 3599.99, 36_000)] == [
        "00:00:00.0",
        "00:01:00.0",
        "01:00:00.0",
        "10:00:00.0",
    ]
