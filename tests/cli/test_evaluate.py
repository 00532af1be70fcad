"""`serkit evaluate` and `serkit compare` as processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from serkit.evaluation import EvaluationReport, Predictions, RunFacts, evaluate, write_predictions

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two run folders over the same six speakers; the second run is always right."""
    import numpy as np
    import pandas

    rng = np.random.default_rng(0)
    speakers = np.repeat([f"{number:02d}" for number in range(1, 7)], 10)
    rows = pandas.DataFrame({"corpus": "mine", "speaker": speakers, "emotion": ["sad", "happy"] * 30})
    rows["file"] = [f"/{i}.wav" for i in range(60)]
    truth = (rows["emotion"] == "sad").to_numpy(dtype=int)
    decisions = {"guess": rng.integers(0, 2, 60), "right": truth}
    for name, decided in decisions.items():
        predictions = Predictions(rows, np.eye(2)[decided] * 0.8 + 0.1, ("happy", "sad"))
        write_predictions(tmp_path / name / "predictions.csv", predictions)
        evaluate(predictions, facts=RunFacts(name=name)).save(tmp_path / name / "report.json")
    return [tmp_path / name for name in decisions]


def test_runs_are_compared(serkit: Serkit, runs: list[Path], tmp_path: Path):
    run = serkit("compare", *runs, "--out", tmp_path / "out")
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"right is better" in run.stdout
    document = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert document["differences"][0]["how"].startswith("the same clips")


def test_what_cannot_be_compared_is_one_line(serkit: Serkit, runs: list[Path], tmp_path: Path):
    for arguments, message in (
        ([runs[0]], b"one run cannot be compared"),
        ([runs[0], tmp_path / "nothing"], b"no such report"),
    ):
        run = serkit("compare", *arguments)
        assert (run.returncode, run.stdout) == (2, b"")
        assert message in run.stderr
        assert run.stderr.count(b"\n") == 1


def test_a_bundle_is_scored_on_a_corpus(
    serkit: Serkit, tiny_bundle: Path, synthetic_ravdess: Path, tmp_path: Path
):
    run = serkit(
        "evaluate", tiny_bundle, "--corpus", f"ravdess={synthetic_ravdess}", "--out", tmp_path / "out"
    )
    assert run.returncode == 0, run.stderr
    report = EvaluationReport.load(tmp_path / "out")
    assert (report.n_clips, report.n_speakers) == (96, 6)
    assert report.uar.value > 0.9
    assert f"{100 * report.uar.value:.1f}".encode() in run.stdout
    assert (tmp_path / "out" / "predictions.csv").is_file()
    assert (tmp_path / "out" / "report.html").is_file()
    # The same features serve the next command.
    assert any((tmp_path / "cache" / "serkit" / "features").iterdir())


def test_recordings_must_be_named(serkit: Serkit, tiny_bundle: Path):
    run = serkit("evaluate", tiny_bundle)
    assert run.returncode == 2
    assert b"no recordings are named; give --corpus NAME=DIR or --manifest FILE" in run.stderr
