"""`serkit adapt` as a process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


def test_a_folder_for_each_emotion_adapts_a_model(
    write_voice: Callable[..., None], tiny_bundle: Path, serkit: Serkit, tmp_path: Path
) -> None:
    for emotion in ("happy", "sad", "angry"):
        for take in range(2):
            write_voice(tmp_path / "voice" / emotion / f"{take}.wav", emotion, speaker=2, seed=take)
    run = serkit("adapt", tmp_path / "voice", "--base", tiny_bundle, "--out", tmp_path / "mine")
    assert run.returncode == 0, run.stderr
    assert b"adapted to 6 recordings" in run.stdout
    assert b"Heard right of them: " in run.stdout
    said = serkit(
        "predict", tmp_path / "voice" / "sad" / "0.wav", "--model", tmp_path / "mine", "--format", "json"
    )
    assert json.loads(said.stdout)["predictions"][0]["emotion"] == "sad"


def test_a_table_that_is_not_there_is_one_line(serkit: Serkit, tmp_path: Path) -> None:
    run = serkit("adapt", tmp_path / "none.csv", "--out", tmp_path / "mine")
    assert run.returncode == 2
    assert run.stderr.decode().splitlines() == [
        f"serkit: error: {tmp_path / 'none.csv'}: no such file; check the path"
    ]


def test_recordings_without_labels_adapt_a_model(
    write_voice: Callable[..., None], tiny_bundle: Path, serkit: Serkit, tmp_path: Path
) -> None:
    for emotion in ("happy", "sad", "angry", "neutral"):
        write_voice(tmp_path / "voice" / f"{emotion[:2]}.wav", emotion, speaker=2, seed=0)
    (tmp_path / "voice" / "bad.wav").write_text("no audio")
    run = serkit(
        "adapt", tmp_path / "voice", "--unlabelled", "--base", tiny_bundle, "--out", tmp_path / "mine"
    )
    assert run.returncode == 0, run.stderr
    assert b"adapted to 4 recordings without labels" in run.stdout
    assert [line.split()[0] for line in run.stdout.decode().splitlines()[2:6]] == [
        "angry",
        "happy",
        "neutral",
        "sad",
    ]
    assert b"With 12 recordings or more it gains much more." in run.stdout
    assert run.stderr.startswith(f"left out: {tmp_path / 'voice' / 'bad.wav'}: ".encode())
    said = serkit("predict", tmp_path / "voice" / "sa.wav", "--model", tmp_path / "mine", "--format", "json")
    assert json.loads(said.stdout)["model"] == "mine"


def test_labelled_recordings_say_their_emotions_themselves(serkit: Serkit, tmp_path: Path) -> None:
    run = serkit("adapt", tmp_path, "--emotion", "sad", "--out", tmp_path / "mine")
    assert run.returncode == 2
    assert run.stderr.decode().splitlines() == [
        "serkit: error: --emotion goes with --unlabelled; labelled recordings say it themselves"
    ]
