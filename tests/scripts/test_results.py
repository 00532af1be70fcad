"""The page of results, written from small synthetic corpora."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas
import pytest

from serkit.errors import SerkitError
from serkit.evaluation import EvaluationReport, Predictions
from serkit.evaluation.report import REPORT_FILE
from serkit.recipe import load_recipe
from serkit.training import reporting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CREMA_D = {"neutral": "NEU", "happy": "HAP", "sad": "SAD", "angry": "ANG"}
SAVEE = {"neutral": "n", "happy": "h", "sad": "sa", "angry": "a"}
# A handful of features and of parameters: the page is what is tested.
QUICK = ["--set", "features.set=means-162", "--set", "search.folds=2", "--set", "search.grid={C=[0.01, 1]}"]
CHANGES = tuple(QUICK[1::2])
OWN = ["functionals-logistic-regression", "functionals-svm-rbf"]
# One model of a published system.
SYSTEM = "ravdess-logistic-regression"


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
def measured(
    scripts: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Path]]:
    """Write the pages into a folder, with its own runs; drawing takes longer than training here."""
    cache = tmp_path_factory.mktemp("cache")

    def measure(folder: Path, *arguments: str) -> Path:
        out = folder / "results.md"
        scripts.results.main(["--out", str(out), "--runs", str(folder / "runs"), *QUICK, *arguments])
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setattr(
            reporting, "write_report", lambda report, folder, **_: report.save(folder / REPORT_FILE)
        )
        yield measure


@pytest.fixture(scope="module")
def written(
    measured: Callable[..., Path], corpora: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The page and its folder."""
    folder = tmp_path_factory.mktemp("results")
    given = ["--corpora", str(corpora), "--only"]
    measured(folder, *given, *OWN)
    first = measured(folder, *given, SYSTEM, "--protocol", "speaker_independent").read_text(encoding="utf-8")
    # What is done is known, not trained: even the times stay.
    assert measured(folder, *given, *OWN).read_text(encoding="utf-8") == first
    return first, folder


def test_the_pages_are_written_from_the_records_alone(
    written: tuple[str, Path], measured: Callable[..., Path], tmp_path: Path
) -> None:
    text, folder = written
    shutil.copy(folder / "results-runs.json", tmp_path)
    assert measured(tmp_path).read_text(encoding="utf-8") == text
    for name in ("results-log.md", "results-runs.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert not (tmp_path / "runs").exists()


def test_a_finished_run_is_kept_when_a_later_one_fails(
    measured: Callable[..., Path], corpora: Path, scripts: SimpleNamespace, tmp_path: Path
) -> None:
    some = tmp_path / "corpora"
    some.mkdir()
    (some / "ravdess").symlink_to(corpora / "ravdess")
    with pytest.raises(SerkitError, match="cremad: no such folder"):
        measured(tmp_path, "--corpora", str(some), "--only", OWN[0])
    (record,) = scripts.runs.Results.load(tmp_path / "results-runs.json").runs
    assert (record.recipe, record.protocol, record.n_speakers) == (OWN[0], "ravdess", 6)
    assert not (tmp_path / "results.md").exists()


def test_the_page_says_what_was_measured_on_what_and_how(written: tuple[str, Path]) -> None:
    text, folder = written
    prose = " ".join(text.split())
    assert len(list((folder / "runs").iterdir())) == 9
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
    folds = [{"candidates": candidates, "parameters": {"C": value, "gamma": 1.0}} for value in values]
    assert scripts.pages.chosen_text(scripts.runs.chosen_parameters(folds)) == said


# Newcombe (1998), Statistics in Medicine 17, table I, method 3.
@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_over_clips_is_the_published_one(
    scripts: SimpleNamespace, right: int, total: int, low: float, high: float
) -> None:
    assert scripts.pages.wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_the_published_accuracy_is_placed_in_the_interval_of_ours(scripts: SimpleNamespace) -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| `")]
    placed = [row for row in rows if row[3] in ("inside", "above", "below")]
    assert len(placed) == len(scripts.systems.PUBLISHED)
    for row in placed:
        low, high = map(float, row[2].split("(")[1].split(")")[0].split("–"))
        published = float(row[1].split()[0])
        assert row[3] == ("above" if published > high else "below" if published < low else "inside")


def test_runs_that_differ_by_their_seed_stand_together(scripts: SimpleNamespace) -> None:
    variations = [
        scripts.systems.Variation("a", changes) for changes in (("seed=1",), ("x=1",), ("x=1", "seed=2"))
    ]
    assert scripts.pages.seed_groups(variations) == {
        ("a", ()): [(), ("seed=1",)],
        ("a", ("x=1",)): [(), ("seed=2",)],
    }
    of_all = [run for one in scripts.systems.VARIATIONS for run in one.changes[:-1]]
    assert not [change for change in of_all if change.startswith("seed=")]


def test_what_has_not_been_run_is_said(written: tuple[str, Path], scripts: SimpleNamespace) -> None:
    text, _ = written
    systems, _, varied = text.partition("### What was assumed, varied")
    for one in (one for one in scripts.systems.PUBLISHED if one.recipe != SYSTEM):
        start = f"| `{one.recipe}` | {one.accuracy}"
        (row,) = [line for line in systems.splitlines() if line.startswith(start)]
        assert row.count("not run") == 8
    (ours,) = [line for line in text.splitlines() if line.startswith("| `functionals-landmarks`")]
    assert ours.count("not run") == 4
    rows = {line[2:10]: line for line in text.splitlines() if line.startswith("| system ")}
    assert [line.count("not run") for line in rows.values()] == [1, 3, 0, 1, 4]
    cells = [line[2:-2].split(" | ")[-1] for line in varied.splitlines() if line.startswith("| `")]
    assert len(cells) == len(scripts.pages.seed_groups(scripts.systems.VARIATIONS))
    assert {word for cell in cells for word in cell.split(", ")} == {"not run"}


def test_accuracies_of_several_seeds_have_their_mean(scripts: SimpleNamespace) -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    cells = [
        line[2:-2].split(" | ")[3:]
        for line in text.splitlines()
        if line.startswith("| `ravdess-cnn1d` | 35.6 | ")
    ]
    assert ["0, 1, 2", "31.1, 38.3, 37.8: mean 35.7"] in cells


def test_the_log_has_one_line_for_each_run(written: tuple[str, Path]) -> None:
    _, folder = written
    lines = (folder / "results-log.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `serkit train")]
    assert len(rows) == 9
    assert rows[0].startswith("| `serkit train functionals-logistic-regression --protocol ravdess --set")
    assert " s | " in rows[0]


def test_every_recipe_has_the_protocols_and_changes_of_its_runs(scripts: SimpleNamespace) -> None:
    jobs = scripts.results.list_jobs()
    assert len({job.folder for job in jobs}) == len(jobs)
    for job in jobs:
        assert job.protocol in job.load().protocol
        assert all(character.isalnum() or character in "._-" for character in job.folder)
        assert len(job.folder) <= 220


def test_a_record_says_what_the_report_of_its_run_says(
    written: tuple[str, Path], scripts: SimpleNamespace
) -> None:
    _, folder = written
    job = scripts.runs.Job(OWN[0], "savee", CHANGES)
    record = scripts.runs.Results.load(folder / "results-runs.json").current()[job]
    report = EvaluationReport.load(folder / "runs" / job.folder)
    assert str(record.uar) == str(report.uar)
    assert [str(recall) for recall in record.recalls.values()] == [
        str(one.recall) for one in report.per_class
    ]
    assert record.n_clips == 64
    assert record.accuracy == pytest.approx(report.scores["war"].value, abs=1e-4)


@pytest.mark.parametrize(
    ("change", "current"),
    [("seed=1", False), ("model.C=5", False), ("model.was_removed=1", False), ("seed=0", True)],
)
def test_a_run_of_another_recipe_does_not_count(
    written: tuple[str, Path], scripts: SimpleNamespace, change: str, current: bool
) -> None:
    _, folder = written
    results = scripts.runs.Results.load(folder / "results-runs.json")
    record = results.runs[0].model_copy(update={"changes": (*CHANGES, change)})
    results.add(record)
    assert len(results.runs) == 10
    assert (record.job in results.current()) == current


def test_the_pages_of_the_repository_are_those_of_its_records(
    scripts: SimpleNamespace, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "docs" / "results-runs.json", tmp_path)
    scripts.results.main(["--out", str(tmp_path / "results.md")])
    for name in ("results.md", "results-log.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text == (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_published_scores_are_counted_as_the_systems_do(scripts: SimpleNamespace) -> None:
    # Of SAVEE a report would rule out "calm"; a published accuracy does not.
    rows = pandas.DataFrame({"corpus": ["savee"] * 2, "emotion": ["sad", "sad"]})
    probabilities = np.array([[0.6, 0.4], [0.2, 0.8]])
    decided = scripts.runs.decisions(Predictions(rows, probabilities, ("calm", "sad")))
    assert decided["accuracy"] == 0.5
    assert decided["at_half"] == (0.5, 0.5)
    for moved_by, same in ((2e-6, True), (2e-4, False)):
        moved = Predictions(rows, probabilities + moved_by, ("calm", "sad"))
        assert (scripts.runs.decisions(moved)["digest"] == decided["digest"]) == same


def test_a_score_of_one_corpus_is_that_of_its_test_clips(
    written: tuple[str, Path], scripts: SimpleNamespace
) -> None:
    _, folder = written
    record = scripts.runs.Results.load(folder / "results-runs.json").runs[0]
    assert record.corpus_uar("tess") == record.uar
    several = record.model_copy(update={"corpora": {"tess": scripts.runs.Figure(0.75)}})
    assert str(several.corpus_uar("tess")) == "75.0"


def test_the_time_of_a_clip_is_measured(written: tuple[str, Path], scripts: SimpleNamespace) -> None:
    text, folder = written
    times = scripts.runs.Results.load(folder / "results-runs.json").ms_per_clip
    assert set(times) == {SYSTEM}
    assert 0 < times[SYSTEM] < 10_000
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{SYSTEM}` | 42.2 | not run")]
    assert row.endswith(f" | {times[SYSTEM]:.1f} |")


def test_the_published_systems_have_their_recipes(scripts: SimpleNamespace) -> None:
    for one in scripts.systems.PUBLISHED:
        assert {"as_published", "speaker_independent"} <= set(load_recipe(one.recipe).protocol)
        assert 0 <= one.system < len(scripts.systems.SYSTEMS)


def test_a_corpus_that_is_not_there_is_told(scripts: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="ravdess: no such folder"):
        scripts.results.main(["--corpora", str(tmp_path), "--out", str(tmp_path / "results.md")])
    assert not (tmp_path / "results.md").exists()
