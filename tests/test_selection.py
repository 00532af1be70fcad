"""Choosing parameters and feature blocks on held-out speakers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from serkit.augment import AugmentPlan, add_copies
from serkit.features import FeatureSet
from serkit.models import MODELS, build_model
from serkit.selection import (
    Candidate,
    TrainingPart,
    backward_selection,
    best,
    block_columns,
    grid_search,
    hold_out,
    only_blocks,
)

BLOCKS = {"useful": np.array([0, 1]), "noise": np.array([2, 3, 4]), "weak": np.array([5])}


@pytest.fixture(scope="module")
def part():
    """Ten speakers; two useful columns, one weak one and noise that differs between speakers."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(10), 12)
    labels = np.tile(["angry", "calm", "sad"], 40)
    index = np.unique(labels, return_inverse=True)[1]
    features = rng.standard_normal((120, 6))
    features[:, :2] += 1.5 * np.array([[1, 0], [0, 1], [-1, -1]])[index]
    features[:, 2:5] += 3 * rng.standard_normal((10, 3))[speakers]
    features[:, 5] += 0.4 * index
    rows = pd.DataFrame({"corpus": "mine", "speaker": speakers.astype(str), "emotion": labels})
    return TrainingPart(features, labels, hold_out(rows).splits)


def rows(**columns):
    return pd.DataFrame({"corpus": "mine", "emotion": ["calm", "sad"] * 6, **columns})


def test_speakers_are_held_out_where_there_are_two():
    table = rows(speaker=list("aaaabbbbcccc"))
    unit, splits = hold_out(table)
    assert unit == "speaker"
    assert [set(table["speaker"][held_out]) for _, held_out in splits] == [{"a"}, {"b"}, {"c"}]


def test_statements_are_held_out_where_one_speaker_is_all_there_is():
    table = rows(speaker="a", statement=list("kkddkkddppqq"))
    unit, splits = hold_out(table, folds=2)
    assert unit == "statement"
    for train, held_out in splits:
        assert not set(table["statement"][train]) & set(table["statement"][held_out])


@pytest.mark.parametrize(
    "columns", [{"speaker": "a"}, {}, {"speaker": None}, {"speaker": "a", "statement": "k"}]
)
def test_clips_are_held_out_where_nothing_else_is_known(columns):
    unit, splits = hold_out(rows(**columns), folds=3)
    assert unit == "clip"
    assert [held_out.size for _, held_out in splits] == [4, 4, 4]


def test_grid_search_scores_as_scikit_learn_does(part):
    model = build_model("logistic_regression")
    candidates = grid_search(model, {"C": [0.001, 1.0], "max_iter": [500]}, part)
    assert [candidate.parameters for candidate in candidates] == [
        {"C": 0.001, "max_iter": 500},
        {"C": 1.0, "max_iter": 500},
    ]
    for candidate in candidates:
        reference = make_pipeline(StandardScaler(), LogisticRegression(C=candidate.parameters["C"]))
        scores = cross_val_score(
            reference, part.features, part.labels, cv=part.splits, scoring="balanced_accuracy"
        )
        assert candidate.uar == pytest.approx(scores.mean())
        assert candidate.deviation == pytest.approx(scores.std())


def test_of_equal_candidates_the_first_is_best():
    first, second, third = (Candidate({"C": c}, score, 0.0) for c, score in ((1, 0.4), (2, 0.5), (3, 0.5)))
    assert best([first, second, third]) is second


def test_two_workers_find_the_same(part):
    grid = {"C": [0.1, 1.0], "gamma_factor": [0.5, 1.0]}
    one, two = (grid_search(build_model("rbf_svm"), grid, part, workers=workers) for workers in (1, 2))
    assert one == two


def test_backward_selection_drops_the_noise_first(part):
    path = backward_selection(build_model("logistic_regression"), BLOCKS, part)
    assert [step.dropped for step in path] == ["", "noise", "weak"]
    assert [step.blocks for step in path] == [("useful", "noise", "weak"), ("useful", "weak"), ("useful",)]
    assert path[1].uar > path[0].uar


def test_each_step_scores_the_blocks_that_are_left(part):
    path = backward_selection(build_model("logistic_regression"), BLOCKS, part)
    for step in path:
        kept = part.features[:, np.concatenate([BLOCKS[name] for name in step.blocks])]
        scores = []
        for train, held_out in part.splits:
            model = make_pipeline(StandardScaler(), LogisticRegression()).fit(kept[train], part.labels[train])
            scores.append(balanced_accuracy_score(part.labels[held_out], model.predict(kept[held_out])))
        assert (step.uar, step.deviation) == pytest.approx((np.mean(scores), np.std(scores)))


def test_the_blocks_that_are_left_keep_their_weights(part):
    weights = np.array([1.0, 1.0, 5.0, 5.0, 5.0, 2.0])
    settings = MODELS["logistic_regression"](C=0.01, limit=2.0)
    last = backward_selection(settings.build(seed=0, weights=weights), BLOCKS, part)[1]
    columns = np.concatenate([BLOCKS[name] for name in last.blocks])
    model = settings.build(seed=0, weights=weights[columns])
    scores = [
        balanced_accuracy_score(
            part.labels[held_out],
            clone(model)
            .fit(part.features[train][:, columns], part.labels[train])
            .predict(part.features[held_out][:, columns]),
        )
        for train, held_out in part.splits
    ]
    assert last.uar == pytest.approx(np.mean(scores))


def test_blocks_of_one_label_count_as_one():
    feature_set = FeatureSet(
        blocks=[
            {"name": "rolloff", "roll_percent": 0.85},
            {"name": "mfcc", "n_mfcc": 2},
            {"name": "rolloff", "roll_percent": 0.1},
        ],
        functionals=["mean", "std"],
    )
    columns = {name: found.tolist() for name, found in block_columns(feature_set).items()}
    assert columns == {"rolloff": [0, 1, 6, 7], "mfcc": [2, 3, 4, 5]}
    assert only_blocks(feature_set, ["rolloff"]).names == tuple(np.array(feature_set.names)[[0, 1, 6, 7]])


def test_a_corpus_is_not_held_out_whole_unless_all_are() -> None:
    table = pd.DataFrame(
        {"corpus": list("aaaab" * 4), "speaker": list("pqrst" * 4), "emotion": ["x", "y"] * 10}
    )
    unit, splits = hold_out(table, folds=5)
    held_out = table.iloc[np.concatenate([out for _, out in splits])]
    assert unit == "speaker"
    assert set(held_out["speaker"]) == set("pqrs")
    alone = table[table["speaker"].isin(["p", "t"])].reset_index(drop=True)
    assert sum(len(out) for _, out in hold_out(alone).splits) == len(alone)


@pytest.mark.parametrize("columns", [{"speaker": list("aaaabbbbcccc")}, {"speaker": "a"}])
def test_copies_are_trained_on_with_their_originals_and_never_held_out(columns):
    table = rows(file=[f"/{i}.wav" for i in range(12)], **columns)
    copied = add_copies(table, AugmentPlan(chains=[[{"name": "noise"}]], copies=2))
    _, splits = hold_out(copied, folds=3)
    assert sorted(np.concatenate([held_out for _, held_out in splits])) == list(range(12))
    for train, held_out in splits:
        assert not set(train % 12) & set(held_out)
        assert train.size == 3 * (12 - held_out.size)
