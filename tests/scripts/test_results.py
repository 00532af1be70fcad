"""The page of results, written from small synthetic corpora."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas
import pytest

from serkit.evaluation import Predictions
from serkit.evaluation.report import REPORT_FILE
from serkit.recipe import load_recipe
from serkit.training import reporting

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
CREMA_D = {"neutral": "NEU", "happy": "HAP", "sad": "SAD", "angry": "ANG"}
SAVEE = {"neutral": "n", "happy": "h", "sad": "sa", "angry": "a"}
# A handful of features and of parameters: the page is what is tested.
QUICK = ["--set", "features.set=means-162", "--set", "search.folds=2", "--set", "search.grid={C=[0.01, 1]}"]
OWN = ["functionals-logistic-regression", "functionals-svm-rbf"]


@pytest.fixture(scope="module")
def corpora(
    tmp_path_factory: pytest.TempPathFactory, synthetic_ravdess: Path, write_voice: Callable[..., None]
) -> Path:
    """Four corpora of four emotions: 6 speakers, 5, 4 and 2, with 4 clips each of an emotion, or 2."""
    root = tmp_path_factory.mktemp("corpora")
    (root / "ravdess").symlink_to(synthetic_ravdess)
    for emotion, code in CREMA_D.items():
        for take in range(4):
            for speaker in range(1001, 1006):
                sentence = ("IEO", "TIE", "IOM", "IWW")[take]
                name = f"{speaker}_{sentence}_{code}_XX.wav"
                write_voice(root / "cremad" / name, emotion, speaker=speaker - 995, seed=take)
            for number, speaker in enumerate(("DC", "JE", "JK", "KL")):
                name = f"{speaker}_{SAVEE[emotion]}{take + 1:02d}.wav"
                write_voice(root / "savee" / name, emotion, speaker=number + 11, seed=take)
            for number, speaker in enumerate(("OAF", "YAF")):
                name = f"{speaker}_{('back', 'bar', 'base', 'bath')[take]}_{emotion}.wav"
                write_voice(root / "tess" / name, emotion, speaker=number + 15, seed=take)
    return root


@pytest.fixture(scope="module")
def scripts() -> SimpleNamespace:
    """The modules of the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        import clip_times
        import reference_systems
        import results
        import results_pages
        import run_records

    return SimpleNamespace(
        clip_times=clip_times,
        systems=reference_systems,
        results=results,
        pages=results_pages,
        runs=run_records,
    )


@pytest.fixture(scope="module")
def written(
    scripts: SimpleNamespace, corpora: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The page and the folder of the runs."""
    folder = tmp_path_factory.mktemp("results")
    out, runs = folder / "results.md", folder / "runs"
    arguments = ["--corpora", str(corpora), "--out", str(out), "--runs", str(runs), *QUICK, "--only", *OWN]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        # Drawing takes longer than training here.
        patch.setattr(
            reporting, "write_report", lambda report, folder, **_: report.save(folder / REPORT_FILE)
        )
        scripts.results.main(arguments)
        first = out.read_text(encoding="utf-8")
        # What is done is read, not trained: even the training times stay.
        scripts.results.main(arguments)
    assert out.read_text(encoding="utf-8") == first
    return first, runs


def test_the_page_says_what_was_measured_on_what_and_how(written: tuple[str, Path]) -> None:
    text, runs = written
    prose = " ".join(text.split())
    assert len([path for path in runs.iterdir() if path.is_dir()]) == 8
    for said in (
        "python scripts/results.py --corpora CORPORA --set features.set=means-162",
        "with serkit 0.1.0 (python 3.",
        "(crema-d) Used: 80 of 7,442 published clips, 5 of 91 speakers. Licence: ODbL 1.0",
        "Protocol: 5 speaker folds, contiguous · 80 test clips · 5 speakers · 4 emotions · 5 folds.",
        "Protocol: published folds emobox-savee · 64 test clips · 4 speakers · 4 emotions · 4 folds.",
        "Fold 1, 2: chosen and calibrated on held-out statements, as there is one speaker only.",
        "Few test speakers (tess 2), so that intervals are rough.",
        "the inner search cannot hold out speakers. It holds out statements instead",
        "Over two to four speakers",
    ):
        assert said in prose


def test_each_corpus_has_both_models_with_scores_and_recalls(written: tuple[str, Path]) -> None:
    text, _ = written
    sections = text.split("\n## ")[1:-2]
    assert len(sections) == 4
    for section in sections:
        rows = [
            line.split(" | ") for line in section.splitlines() if line.startswith(("| logistic", "| SVM"))
        ]
        assert [len(row) for row in rows] == [8, 8, 5, 5]
        score = float(rows[0][1].removeprefix("**").split()[0])
        assert 50 < score <= 100
        assert rows[0][6].startswith("C ")
        assert rows[0][7].endswith(" s |")
        assert "| model | angry | happy | neutral | sad |" in section


@pytest.mark.parametrize(
    ("values", "said"), [((0.01, 1.0), "C 0.01–1"), ((1.0, 1.0), "C 1"), ((10.0, 3.0), "C 3–10")]
)
def test_chosen_parameters_are_told_from_the_lowest_to_the_highest(
    scripts: SimpleNamespace, values: tuple[float, ...], said: str
) -> None:
    candidates = [{"parameters": {"C": 0.5}}]
    chosen = {str(n): {"candidates": candidates, "parameters": {"C": c}} for n, c in enumerate(values)}
    assert scripts.pages.chosen_parameters(SimpleNamespace(chosen=chosen)) == [said]


def test_what_has_not_been_run_is_said(written: tuple[str, Path], scripts: SimpleNamespace) -> None:
    text, _ = written
    for one in scripts.systems.PUBLISHED:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{one.recipe}` | {one.accuracy}")]
        assert row.count("not run") == 7
    (ours,) = [line for line in text.splitlines() if line.startswith("| `functionals-landmarks`")]
    assert ours.count("not run") == 4
    rows = {line[2:10]: line for line in text.splitlines() if line.startswith("| system ")}
    assert [line.count("not run") for line in rows.values()] == [1, 3, 1, 1, 4]
    assert text.count("| not run |\n") >= len(scripts.systems.VARIATIONS)


def test_the_log_has_one_line_for_each_run(written: tuple[str, Path]) -> None:
    _, runs = written
    lines = (runs.parent / "results-log.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `serkit train")]
    assert len(rows) == 8
    assert rows[0].startswith("| `serkit train functionals-logistic-regression --protocol ravdess --set")
    assert " s | " in rows[0]


def test_every_recipe_has_the_protocols_and_changes_of_its_runs(scripts: SimpleNamespace) -> None:
    jobs = scripts.results.list_jobs()
    assert len({job.folder for job in jobs}) == len(jobs)
    for job in jobs:
        assert job.protocol in job.load().protocol
        assert all(character.isalnum() or character in "._-" for character in job.folder)
        assert len(job.folder) <= 220


def test_a_run_of_another_recipe_does_not_count(written: tuple[str, Path], scripts: SimpleNamespace) -> None:
    _, runs = written
    changes = ("features.set=means-162", "search.folds=2", "search.grid={C=[0.01, 1]}")
    job = scripts.runs.Job(OWN[0], "savee", changes)
    assert scripts.runs.read_run(job, runs) is not None
    moved = scripts.runs.Job(OWN[0], "savee", (*changes, "seed=1"))
    (runs / moved.folder).symlink_to(runs / job.folder)
    assert scripts.runs.read_run(moved, runs) is None
    (runs / moved.folder).unlink()


def test_published_scores_are_counted_as_the_systems_do(scripts: SimpleNamespace) -> None:
    # Of SAVEE a report would rule out "calm"; a published accuracy does not.
    rows = pandas.DataFrame({"corpus": ["savee"] * 2, "emotion": ["sad", "sad"]})
    predictions = Predictions(rows, np.array([[0.6, 0.4], [0.2, 0.8]]), ("calm", "sad"))
    job = scripts.runs.Job("ravdess-mlp", "as_published")
    run = scripts.runs.RunRecord(job, None, predictions, {"1": {"training_s": 2.0}}, 0, None)
    assert run.accuracy == 0.5
    assert run.at_half == (0.5, 0.5)
    assert run.training_s == 2.0
    assert len(run.digest) == 10
    assert scripts.runs.RunRecord(job, None, predictions, {}, 1, None).digest == run.digest


def test_a_score_of_one_corpus_is_that_of_its_test_clips(scripts: SimpleNamespace) -> None:
    groups = {"corpus": [SimpleNamespace(group="savee", uar=0.5), SimpleNamespace(group="tess", uar=0.75)]}
    for found, corpus, score in ((groups, "tess", 0.75), (groups, "savee", 0.5), ({}, "tess", 0.625)):
        run = SimpleNamespace(report=SimpleNamespace(groups=found, uar=0.625))
        assert scripts.pages.corpus_uar(run, corpus) == score


def test_the_time_of_a_clip_is_measured_once(
    scripts: SimpleNamespace, tmp_path: Path, voice_file: Path
) -> None:
    kept = tmp_path / "times.json"
    names = ["ravdess-functionals-dense"]
    times = scripts.clip_times.clip_times(names, voice_file, kept)
    assert 0 < times[names[0]] < 10_000
    assert scripts.clip_times.clip_times(names, voice_file, kept) == times


def test_the_published_systems_have_their_recipes(scripts: SimpleNamespace) -> None:
    for one in scripts.systems.PUBLISHED:
        assert {"as_published", "speaker_independent"} <= set(load_recipe(one.recipe).protocol)
        assert 0 <= one.system < len(scripts.systems.SYSTEMS)


def test_a_corpus_that_is_not_there_is_told(scripts: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="ravdess: no such folder"):
        scripts.results.main(["--corpora", str(tmp_path), "--out", str(tmp_path / "results.md")])
    assert not (tmp_path / "results.md").exists()
