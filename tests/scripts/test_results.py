"""The page of results, written from small synthetic corpora."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from serkit.evaluation.report import REPORT_FILE
from serkit.training import reporting

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
CREMA_D = {"neutral": "NEU", "happy": "HAP", "sad": "SAD", "angry": "ANG"}
SAVEE = {"neutral": "n", "happy": "h", "sad": "sa", "angry": "a"}
# A handful of features and of parameters: the page is what is tested.
QUICK = ["--set", "features.set=means-162", "--set", "search.folds=2", "--set", "search.grid={C=[0.01, 1]}"]


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
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "results.py"))


@pytest.fixture(scope="module")
def written(
    script: dict[str, Any], corpora: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The page and the folder of the runs."""
    folder = tmp_path_factory.mktemp("results")
    out, runs = folder / "results.md", folder / "runs"
    arguments = ["--corpora", str(corpora), "--out", str(out), "--runs", str(runs), *QUICK]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        # Drawing takes longer than training here.
        patch.setattr(
            reporting, "write_report", lambda report, folder, **_: report.save(folder / REPORT_FILE)
        )
        script["main"](arguments)
        first = out.read_text(encoding="utf-8")
        # What is done is read, not trained: even the training times stay.
        script["main"](arguments)
    assert out.read_text(encoding="utf-8") == first
    return first, runs


def test_the_page_says_what_was_measured_on_what_and_how(written: tuple[str, Path]) -> None:
    text, runs = written
    prose = " ".join(text.split())
    assert len(list(runs.iterdir())) == 8
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
    sections = text.split("\n## ")[1:-1]
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
    script: dict[str, Any], values: tuple[float, ...], said: str
) -> None:
    from types import SimpleNamespace as Stub

    candidate = Stub(parameters={"C": 0.5})
    folds = [Stub(record=Stub(candidates=(candidate,), parameters={"C": value})) for value in values]
    assert script["_chosen"](Stub(folds=folds)) == [said]


def test_a_corpus_that_is_not_there_is_told(script: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Exception, match="ravdess: no such folder"):
        script["main"](["--corpora", str(tmp_path), "--out", str(tmp_path / "results.md")])
    assert not (tmp_path / "results.md").exists()
