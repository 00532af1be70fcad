"""The leaks, each on a handful of rows, and the page that they are written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def leaks() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        import leaks

        yield leaks


@pytest.fixture(scope="module")
def leakage(leaks: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        import leakage

        yield leakage


@pytest.fixture(scope="module")
def material(leaks: Any) -> Any:
    """Ten speakers with six clips each of three emotions, and one copy of each.

    The features: number of the clip, by which a test knows it again; speaker; emotion.
    """
    speaker, take = np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10)
    emotions = np.array(["angry", "happy", "sad"])[take % 3]
    rows = pandas.DataFrame({"file": [f"{i}.wav" for i in range(60)], "corpus": "mine"})
    rows = rows.assign(speaker=[f"{name:02d}" for name in speaker], emotion=emotions)
    rng = np.random.default_rng(0)
    plain = np.column_stack([np.arange(60), 10.0 * speaker, take % 3 + 0.3 * rng.standard_normal(60)])
    return leaks.Material(rows, np.stack([plain, plain + 0.01]))


def clips(trained: Any) -> set[int]:
    return set(np.round(trained.train[:, 0]).astype(int))


def test_folds_by_speaker_keep_speakers_together(leaks: Any, material: Any) -> None:
    folds = leaks.folds_by_speaker(material)
    assert sorted(set(folds)) == [0, 1, 2, 3, 4]
    for speaker in np.unique(material.speakers):
        assert len(set(folds[material.speakers == speaker])) == 1


def test_folds_at_random_cut_through_speakers_and_share_out_emotions(leaks: Any, material: Any) -> None:
    folds = leaks.folds_at_random(material)
    for emotion in ("angry", "happy", "sad"):
        assert np.bincount(folds[material.labels == emotion]).tolist() == [4, 4, 4, 4, 4]
    assert any(len(set(folds[material.speakers == speaker])) > 1 for speaker in np.unique(material.speakers))
    assert (folds == leaks.folds_at_random(material)).all()


def test_honest_training_rows_hold_nothing_of_the_test_part(leaks: Any, material: Any) -> None:
    folds = leaks.folds_by_speaker(material)
    for learn in (leaks.train_rows, leaks.with_copies):
        for number in range(5):
            trained = learn(material, folds, number)
            assert not clips(trained) & set(trained.test)
            assert len(trained.train) == len(trained.labels) == (2 if learn is leaks.with_copies else 1) * 48


@pytest.mark.parametrize("learn", ["copies_before_split", "duplicates", "all_at_once"])
def test_leaking_training_rows_hold_test_clips_in_another_form(leaks: Any, material: Any, learn: str) -> None:
    folds = leaks.folds_by_speaker(material)
    shares = []
    for number in range(5):
        trained = getattr(leaks, learn)(material, folds, number)
        assert (trained.labels == material.labels[np.round(trained.train[:, 0]).astype(int)]).all()
        shares.append(len(clips(trained) & set(trained.test)) / len(trained.test))
    assert 0.6 < np.mean(shares) <= 1.0


def test_scaling_by_train_does_not_know_the_test_rows(leaks: Any, material: Any) -> None:
    fold = leaks.train_rows(material, leaks.folds_by_speaker(material), 4)
    train, test = leaks.scaled_by_train(material, fold)
    assert np.allclose(train.mean(axis=0), 0)
    assert np.allclose(train.std(axis=0), 1)
    assert test[:, 1].min() > 1
    everything, _ = leaks.scaled_by_all(material, fold)
    assert not np.allclose(everything.mean(axis=0), 0)


def test_each_speaker_can_be_scaled_apart(leaks: Any, material: Any) -> None:
    scaled = leaks.scaled_by_speaker(material)
    for speaker in np.unique(material.speakers):
        own = scaled.features[0, material.speakers == speaker]
        assert np.allclose(own.mean(axis=0), 0)
        assert np.isfinite(own).all()  # the speaker's own feature is constant


def test_every_clip_is_heard_once(leaks: Any, material: Any) -> None:
    heard = leaks.predict(material, leaks.folds_by_speaker(material))
    assert set(heard) <= set(material.labels)
    assert (heard == material.labels).mean() > 0.5


def test_a_network_chosen_on_the_test_part_is_no_worse_there(
    leaks: Any, material: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(leaks, "DENSE", leaks.DENSE | {"epochs": 6, "learning_rate": 0.01})
    monkeypatch.setattr(leaks, "NETWORK_SEEDS", (0, 1))
    folds = leaks.folds_by_speaker(material)
    right = {
        on_test: (leaks.predict_chosen(material, folds, on_test=on_test) == material.labels).mean()
        for on_test in (False, True)
    }
    assert right[True] >= right[False]


def test_the_table_tells_every_way_and_what_it_adds(leakage: Any, material: Any) -> None:
    heard = {way.name: material.labels for way in leakage.WAYS}
    heard[leakage.HONEST] = np.where(np.arange(60) < 30, material.labels, "sad")
    text = leakage.section("mine", material, heard)
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(leakage.WAYS)
    assert "### mine, 60 clips, 10 speakers" in text
    assert rows[0].startswith("| none | 66.7 (")
    assert rows[0].endswith("| – |")
    assert "**+33.3 (" in rows[1]


def test_only_what_stands_between_the_markers_is_written_anew(leakage: Any) -> None:
    begin, end = leakage.MARKERS
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert leakage.between_markers(page, "new") == f"before\n{begin}\n\nnew\n{end}\nafter\n"
    assert leakage.between_markers(leakage.between_markers(page, "x"), "new").count("new") == 1
    with pytest.raises(leakage.SerkitError, match="the page lacks"):
        leakage.between_markers("no markers", "new")


def test_the_page_of_the_repository_has_its_markers(leakage: Any) -> None:
    page = (SCRIPTS.parent / "docs" / "leakage.md").read_text(encoding="utf-8")
    assert leakage.between_markers(page, "new") != page
