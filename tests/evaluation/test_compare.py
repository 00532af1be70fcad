"""Comparisons: who is better, how that is found, and what is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from serkit.errors import TrainingError
from serkit.evaluation import Predictions, RunFacts, evaluate, write_predictions
from serkit.evaluation.compare import (
    DISHONEST,
    OTHER_SPLIT,
    OVERLAP,
    PAIRED,
    Run,
    compare_runs,
    load_run,
    write_comparison,
)
from serkit.evaluation.pairing import align

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def make_run(make_predictions) -> Callable[..., Run]:
    def make(name: str, *, skill: float = 0.6, seed: int = 0, **facts: object) -> Run:
        predictions = make_predictions(skill=skill, seed=seed)
        return Run(name, evaluate(predictions, facts=RunFacts(name=name, **facts)), predictions)

    return make


@pytest.fixture(scope="module")
def good(make_run) -> Run:
    return make_run("good", skill=0.9)


@pytest.fixture(scope="module")
def poor(make_run) -> Run:
    return make_run("poor", skill=0.4, seed=1)


def test_the_better_run_is_named(good, poor):
    (difference,) = compare_runs([poor, good]).differences
    assert difference.how == PAIRED
    assert difference.value == pytest.approx(poor.report.uar.value - good.report.uar.value)
    assert difference.low <= difference.value <= difference.high < 0
    assert difference.verdict == "good is better"


def test_equal_skill_is_no_difference(good, make_run):
    (difference,) = compare_runs([good, make_run("twin", skill=0.9, seed=5)]).differences
    assert difference.differ is False
    assert difference.verdict == "no difference shown"


def test_the_order_of_the_clips_and_classes_does_not_matter(good, poor):
    rows, predictions = good.predictions.rows, good.predictions
    order = np.random.default_rng(0).permutation(len(rows))
    classes = tuple(reversed(predictions.classes))
    shuffled = Predictions(rows.iloc[order], predictions.probabilities[order][:, ::-1], classes)
    (one,) = compare_runs([good, poor]).differences
    (other,) = compare_runs([Run("good", good.report, shuffled), poor]).differences
    assert one == other


def test_other_clips_are_compared_by_their_intervals(good, poor):
    fewer = np.flatnonzero(good.predictions.rows["speaker"] > "1002")
    rows, probabilities = good.predictions.rows.iloc[fewer], good.predictions.probabilities[fewer]
    part = Run("part", good.report, Predictions(rows, probabilities, good.predictions.classes))
    for run in (part, Run("no predictions", good.report)):
        (difference,) = compare_runs([run, poor]).differences
        assert (difference.how, difference.low) == (OVERLAP, None)
        assert difference.verdict == f"{run.name} is better"


def test_another_truth_is_another_clip(good):
    rows = good.predictions.rows.copy()
    rows.loc[0, "emotion"] = "sad"
    changed = Predictions(rows, good.predictions.probabilities, good.predictions.classes)
    assert align(good.predictions, changed) is None


def test_one_speaker_allows_no_verdict(make_predictions):
    runs = []
    for name, seed in (("a", 0), ("b", 1)):
        predictions = make_predictions(seed=seed, speakers=1)
        runs.append(Run(name, evaluate(predictions, facts=RunFacts(name=name)), predictions))
    assert compare_runs(runs).differences[0].verdict == "cannot be said: no interval"
    without = [Run(run.name, run.report) for run in runs]
    assert compare_runs(without).differences[0].verdict == "cannot be said: no interval"


def test_what_spoils_a_comparison_is_said(good, make_run):
    leaky = make_run("leaky", protocol="random split", leaks={"speaker": 24})
    notes = compare_runs([good, leaky, make_run("other", seed=3)]).notes
    assert [note.split()[0] for note in notes] == ["The", "Not", "3"]
    assert "leaky" in notes[1]


@pytest.mark.parametrize("fact", [{"leaks": {"speaker": 24}}, {"cautions": ("trained on them",)}])
def test_a_leak_is_never_better(poor, make_run, fact):
    leaky = make_run("leaky", skill=0.9, **fact)
    (difference,) = compare_runs([leaky, poor]).differences
    assert (difference.differ, difference.low, difference.how) == (None, None, DISHONEST)
    assert difference.verdict == "not comparable"
    assert difference.value == pytest.approx(leaky.report.uar.value - poor.report.uar.value)


def test_two_runs_with_the_same_leak_are_compared(make_run):
    leak = {"leaks": {"speaker": 24}}
    runs = [make_run("good", skill=0.9, **leak), make_run("poor", skill=0.4, seed=1, **leak)]
    assert compare_runs(runs).differences[0].verdict == "good is better"


def test_another_split_is_compared_on_the_same_clips_only(good, make_run):
    folds = make_run("folds", skill=0.4, seed=1, protocol="5 speaker folds")
    (difference,) = compare_runs([good, folds]).differences
    assert (difference.how, difference.verdict) == (PAIRED, "good is better")
    (difference,) = compare_runs([good, Run("other clips", folds.report)]).differences
    assert (difference.how, difference.verdict) == (OTHER_SPLIT, "not comparable")


def test_few_speakers_are_said(make_predictions, good):
    predictions = make_predictions(speakers=3)
    few = Run("few", evaluate(predictions, facts=RunFacts(name="few")), predictions)
    assert compare_runs([good, few]).notes[-1] == "Few test speakers, so that intervals are rough: few."
    assert compare_runs([good, good]).notes == ()


def test_runs_of_one_name_are_told_apart(good):
    assert [run.name for run in compare_runs([good, good]).runs] == ["good #1", "good #2"]


def test_one_run_is_refused(good):
    with pytest.raises(TrainingError, match="one run cannot be compared"):
        compare_runs([good])


def test_a_run_folder_is_read_with_and_without_predictions(good, tmp_path):
    good.report.save(tmp_path / "report.json")
    assert load_run(tmp_path).predictions is None
    write_predictions(tmp_path / "predictions.csv", good.predictions)
    run = load_run(tmp_path)
    assert run.name == "good"
    assert align(run.predictions, good.predictions) is not None


def test_the_comparison_is_written_as_page_markdown_and_json(good, poor, tmp_path):
    written = write_comparison(compare_runs([good, poor]), tmp_path)
    assert [path.name for path in written] == ["comparison.html", "comparison.md", "comparison.json"]
    page, markdown, document = (path.read_text() for path in written)
    assert page.count("<svg") == 1
    assert "good is better" in page
    assert "| good − poor |" in markdown
    parsed = json.loads(document)
    assert parsed["differences"][0]["verdict"] == "good is better"
    assert parsed["runs"][0]["scores"]["uar"]["value"] == pytest.approx(good.report.uar.value)
    assert (tmp_path / "pictures" / "runs.png").is_file()
