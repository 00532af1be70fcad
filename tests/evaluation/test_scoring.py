"""The report: what it holds, and that its numbers are those of the metrics."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from sklearn import metrics as sklearn_metrics

from serkit.errors import TrainingError
from serkit.evaluation import Cost, EvaluationReport, Predictions, RunFacts, ece, evaluate
from serkit.evaluation.predictions import restrict_to_corpus_emotions

FACTS = RunFacts(
    name="toy",
    protocol="4 speaker folds",
    leaks={"speaker": 0},
    cautions=("Made up.",),
    notes=("One note.",),
    cost=Cost(training_s=1.5, parameters=100, ms_per_clip=0.2),
)


@pytest.fixture(scope="module")
def report(predictions: Predictions) -> EvaluationReport:
    return evaluate(predictions, facts=FACTS)


def test_scores_are_those_of_the_metrics(predictions, report):
    truth, predicted = predictions.truth, predictions.probabilities.argmax(axis=1)
    assert report.uar.value == pytest.approx(sklearn_metrics.balanced_accuracy_score(truth, predicted))
    assert report.scores["war"].value == pytest.approx(sklearn_metrics.accuracy_score(truth, predicted))
    expected = sklearn_metrics.f1_score(truth, predicted, average="macro")
    assert report.scores["macro_f1"].value == pytest.approx(expected)
    assert report.scores["ece"].value == pytest.approx(ece(predictions.probabilities, truth))
    assert np.array_equal(report.confusion, sklearn_metrics.confusion_matrix(truth, predicted))
    assert [one.recall.value for one in report.per_class] == pytest.approx(
        sklearn_metrics.recall_score(truth, predicted, average=None)
    )


def test_intervals_hold_their_scores(report):
    with_interval = [score for score in report.scores.values() if score.low is not None]
    assert len(with_interval) >= 5
    # The calibration error grows when clips repeat, so its interval may lie above it.
    decisions = [report.scores[name] for name in ("uar", "war", "macro_precision", "macro_f1")]
    assert all(score.low <= score.value <= score.high for score in decisions)


def test_groups_are_scored_apart_and_ordered(predictions, report):
    assert list(report.groups) == ["gender", "age", "intensity"]
    assert [group.group for group in report.groups["age"]] == [
        "under 30",
        "30 to 44",
        "45 to 59",
        "60 and over",
    ]
    assert [group.group for group in report.groups["intensity"]] == ["low", "medium", "high"]
    women = (predictions.rows["gender"] == "female").to_numpy()
    predicted = predictions.probabilities.argmax(axis=1)
    expected = sklearn_metrics.balanced_accuracy_score(predictions.truth[women], predicted[women])
    group = report.groups["gender"][0]
    assert (group.group, group.n_clips, group.n_speakers) == ("female", 144, 12)
    assert group.uar.value == pytest.approx(expected)
    assert group.ece.value == pytest.approx(ece(predictions.probabilities[women], predictions.truth[women]))
    assert 0 < group.surer_half <= 1
    assert report.gap("gender") == pytest.approx(abs(expected - report.groups["gender"][1].uar.value))


def test_an_unknown_group_is_left_out_and_a_single_one_is_no_comparison(predictions):
    rows = predictions.rows.assign(gender=None, intensity="normal", race=["a", "b", None] * 96)
    some = Predictions(rows, predictions.probabilities, predictions.classes)
    groups = evaluate(some, facts=FACTS).groups
    assert set(groups) == {"age", "race"}
    assert sum(group.n_clips for group in groups["race"]) == 192


def test_folds_have_their_scores_and_mean(predictions, report):
    assert sorted(fold.fold for fold in report.folds) == ["1", "2", "3", "4"]
    values = [fold.uar for fold in report.folds]
    assert report.fold_mean("uar") == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    single = Predictions(predictions.rows, predictions.probabilities, predictions.classes)
    assert evaluate(single, facts=FACTS).fold_mean("war")[1] == 0.0


def test_facts_are_kept_and_few_speakers_are_said(predictions, report):
    assert report.facts.model_copy(update={"notes": FACTS.notes}) == FACTS
    assert (report.n_clips, report.n_speakers) == (288, 24)
    few = np.flatnonzero(predictions.rows["speaker"] < "1005")
    part = Predictions(predictions.rows.iloc[few], predictions.probabilities[few], predictions.classes)
    assert evaluate(part, facts=FACTS).facts.notes[-1].startswith("Few test speakers (mine 4)")


def test_unknown_speakers_are_said(predictions):
    rows = predictions.rows.drop(columns="speaker")
    report = evaluate(Predictions(rows, predictions.probabilities, predictions.classes), facts=FACTS)
    assert report.n_speakers == 0
    assert "Speakers are not known" in report.facts.notes[-1]


def test_the_emotions_of_a_corpus_bound_its_clips_unless_asked_otherwise(predictions):
    rows = predictions.rows.assign(corpus="crema-d")
    classes = (*predictions.classes, "calm")
    probabilities = np.column_stack([predictions.probabilities * 0.4, np.full(len(rows), 0.6)])
    eight = Predictions(rows, probabilities, classes)
    bounded = evaluate(eight, facts=FACTS)
    assert "crema-d are scored among the emotions" in bounded.facts.notes[1]
    assert bounded.uar.value == evaluate(restrict_to_corpus_emotions(eight)[0], facts=FACTS).uar.value > 0.4
    assert bounded.per_class[-1].recall.value is None
    assert evaluate(eight, facts=FACTS, among_corpus_emotions=False).uar.value == 0.0


def test_json_brings_the_same_report_back(report, tmp_path):
    report.save(tmp_path / "report.json")
    assert EvaluationReport.load(tmp_path) == report
    assert EvaluationReport.load(tmp_path / "report.json") == report


@pytest.mark.parametrize("text", ["{}", "nonsense", '{"format_version": 99}'])
def test_what_is_not_a_report_is_refused(text, tmp_path):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(TrainingError, match="not an evaluation report"):
        EvaluationReport.load(tmp_path)


def test_a_missing_report_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="no such report"):
        EvaluationReport.load(tmp_path)


def test_two_corpora_are_a_group(predictions):
    rows = pandas.concat([predictions.rows, predictions.rows.assign(corpus="other")], ignore_index=True)
    both = Predictions(rows, np.tile(predictions.probabilities, (2, 1)), predictions.classes)
    report = evaluate(both, facts=FACTS)
    assert [group.group for group in report.groups["corpus"]] == ["mine", "other"]
    assert report.n_speakers == 48
    assert report.gap("corpus") == 0.0
