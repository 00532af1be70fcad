"""`serkit train` as a process: from a folder of recordings to a model that predicts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import matplotlib
import pytest

from serkit.models.checkpoints import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One cache for all runs, as a user has."""
    # Matplotlib would list the fonts anew for each new cache folder, which takes long.
    cache = tmp_path_factory.mktemp("cache")
    return os.environ | {"XDG_CACHE_HOME": str(cache), "MPLCONFIGDIR": matplotlib.get_cachedir()}


@pytest.fixture(scope="module")
def command(recipe_file: Path, synthetic_ravdess: Path) -> list[str]:
    corpus = f"ravdess={synthetic_ravdess}"
    return [sys.executable, "-m", "serkit", "train", str(recipe_file), "--corpus", corpus]


@pytest.fixture(scope="module")
def finished(
    command: list[str], environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The folder of a run that was not interrupted, and what it printed."""
    working = tmp_path_factory.mktemp("working")
    run = subprocess.run(
        [*command, "--protocol", "folds"], cwd=working, env=environment, capture_output=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    return working / "runs" / "small-folds", run.stdout.decode()


def test_a_training_prints_its_scores_and_where_everything_is(finished: tuple[Path, str]) -> None:
    folder, out = finished
    scores = json.loads((folder / "report.json").read_text())["scores"]
    assert "small/folds: 3 speaker folds, contiguous · 96 test clips · 6 speakers · 4 emotions" in out
    assert f"UAR                {100 * scores['uar']['value']:.1f}" in out
    assert "recall of angry" in out
    assert "Few test speakers (ravdess 6), so that intervals are rough." in out
    assert out.splitlines()[-2:] == [
        "report: runs/small-folds/report.html",
        "model:  runs/small-folds/bundle",
    ]
    assert (folder / "report.html").is_file()


def test_the_model_is_in_order_and_predicts(
    finished: tuple[Path, str], serkit: Serkit, voice_file: Path
) -> None:
    bundle = finished[0] / "bundle"
    assert b"in order (small, 4 emotions)" in serkit("models", "verify", bundle).stdout
    run = serkit("predict", voice_file, "--model", bundle, "--format", "json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["predictions"][0]["emotion"] == "happy"


def test_a_killed_training_goes_on_to_the_same_result(
    finished: tuple[Path, str], command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    stopped = tmp_path / "run"
    command = [*command, "--protocol", "folds", "--out", str(stopped)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (stopped / "folds" / "1.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.wait(timeout=60)
    assert not (stopped / "bundle").exists()
    first = (stopped / "folds" / "1.json").read_bytes()

    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert (stopped / "folds" / "1.json").read_bytes() == first
    for name in ("predictions.csv", "bundle/model.onnx"):
        assert (stopped / name).read_bytes() == (finished[0] / name).read_bytes()


def test_processes_share_the_folds_of_a_run(
    finished: tuple[Path, str], command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    def start(*options: str) -> subprocess.Popen[bytes]:
        asked = [*command, "--protocol", "folds", "--out", "run", *options]
        pipe = subprocess.PIPE
        return subprocess.Popen(asked, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe)

    out = tmp_path / "run"
    for process in [start("--fold", "3"), start("--fold", "1")]:
        assert process.communicate(timeout=240)[1] == b""
        assert process.returncode == 0
    assert sorted(path.name for path in (out / "folds").iterdir()) == ["1.json", "3.json"]
    told, _ = start("--fold", "1", "--fold", "3").communicate(timeout=240)
    assert told.decode().splitlines() == [
        "folds finished: 1, 3",
        "folds missing:  2",
        "The same command without --fold trains those that are missing and finishes run.",
    ]
    assert not (out / "report.html").exists()
    told, _ = start().communicate(timeout=240)
    assert told.decode().splitlines()[-1] == "model:  run/bundle"
    for name in ("predictions.csv", "bundle/model.onnx"):
        assert (out / name).read_bytes() == (finished[0] / name).read_bytes()


NETWORK = """
[model]
name = "dense"
widths = [8]
epochs = 1_000_000
[search]
folds = 2
[calibration]
method = "none"
"""


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_a_run_that_goes_on_and_says_how(
    command: list[str], recipe_file: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    recipe, run = tmp_path / "network.toml", tmp_path / "run"
    recipe.write_text(recipe_file.read_text().partition("[model]")[0] + NETWORK)
    command = [*command[:4], str(recipe), *command[5:], "--protocol", "dev", "--out", str(run)]
    first = _epochs_until_ctrl_c(command, environment, run, more_than=0)
    assert first < _epochs_until_ctrl_c(command, environment, run, more_than=first)
    assert not (run / "report.html").exists()


def _epochs_until_ctrl_c(
    command: list[str], environment: dict[str, str], run: Path, *, more_than: int
) -> int:
    """Press Ctrl-C once more epochs are done; return how many there are."""
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while _epochs(run) <= more_than:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.decode() == f"serkit: stopped; the same command goes on with {run}\n"
    return _epochs(run)


def _epochs(run: Path) -> int:
    states = [Checkpoint.load(path) for path in run.glob("checkpoints/*/[!.]*.safetensors")]
    return sum(len(state.history) for state in states if state)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["--set", "model.c=1"], "unknown setting of logistic_regression 'c'; did you mean 'C'?"),
        (["--set", "serach.folds=3"], "unknown key 'serach'; did you mean 'search'?"),
        (["--protocol", "fold"], "small: unknown protocol 'fold'; did you mean 'folds'?"),
        (["--corpus", "tes=/nowhere"], "unknown corpus 'tes'; did you mean 'tess'?"),
        (
            ["--protocol", "folds", "--fold", "4"],
            "fold 4: protocol folds has 3 folds; they are counted",
        ),
        (
            ["--protocol", "folds", "--fold", "0"],
            "fold 0: protocol folds has 3 folds; they are counted",
        ),
        (["--fold", "1", "--no-resume"], "--no-resume would delete the folds that other processes have"),
        (["--set", "data.corpora=['ravdess', 'tess']", "--protocol", "folds"], "corpus tess: not in the"),
        (
            ["--protocol", "random", "--set", "protocol.random.allow_leaks=[]"],
            "6 speakers stand in more than one of train, dev and test, e.g. ravdess/01; split by speaker",
        ),
    ],
)
def test_a_mistake_is_told_on_one_line_before_anything_is_heard(
    changes: list[str], told: str, serkit: Serkit, command: list[str], tmp_path: Path
) -> None:
    run = serkit(*command[3:], *changes)
    assert (run.returncode, run.stdout) == (2, b"")
    assert told in run.stderr.decode()
    assert run.stderr.count(b"\n") == 1
    assert not (tmp_path / "cache" / "serkit").exists()
    assert not (tmp_path / "working" / "runs").exists()


def test_recordings_must_be_named(serkit: Serkit, recipe_file: Path) -> None:
    run = serkit("train", recipe_file)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr.decode() == (
        "serkit: error: no recordings are named; give --corpus NAME=DIR or --manifest FILE\n"
    )


def test_own_recordings_make_a_model_on_top_of_another(
    write_voice: Callable[..., None], tiny_bundle: Path, serkit: Serkit, tmp_path: Path
) -> None:
    rows = ["path,label,who"]
    for speaker in range(1, 4):
        for label, voice in {"Freude": "happy", "boredom": "sad"}.items():
            for take in range(4):
                name = f"{speaker}-{label}-{take}.wav"
                write_voice(tmp_path / name, voice, speaker=speaker, seed=take)
                rows.append(f"{name},{label},{speaker}")
    table, out = tmp_path / "mine.csv", tmp_path / "run"
    table.write_text("\n".join(rows) + "\n")
    columns = [f"--column={pair}" for pair in ("file=path", "emotion=label", "speaker=who")]
    run = serkit("train", "--base", tiny_bundle, "--csv", table, *columns, "--out", out)
    assert run.returncode == 0, run.stderr
    assert b"mine-on-tiny/speakers: leave one speaker out \xc2\xb7 24 test clips" in run.stdout
    said = serkit("predict", tmp_path / "1-boredom-0.wav", "--model", out / "bundle", "--format", "json")
    assert json.loads(said.stdout)["predictions"][0]["emotion"] == "boredom"


def test_recipe_or_base_not_both_and_not_neither(recipe_file: Path, serkit: Serkit, tmp_path: Path) -> None:
    for given in ([], [recipe_file, "--base", "default"]):
        run = serkit("train", *given, "--csv", tmp_path / "mine.csv")
        assert run.returncode == 2
        assert b"either a recipe or a model to build on" in run.stderr
