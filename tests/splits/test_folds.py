"""Folds: every kind, the published lists, and what no protocol may break."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, LeaveOneGroupOut, train_test_split

from serkit.errors import LeakError, SplitError
from serkit.splits import (
    Fold,
    Protocol,
    count_leaks,
    make_folds,
    published_folds,
    published_names,
    sides,
    speaker_groups,
)

EMOTIONS = ("angry", "happy", "neutral", "sad")
RANDOM = {"test": 0.25, "seed": 3, "allow_leaks": ("speaker",)}


def build_manifest(speakers: dict[str, list[str]], *, clips: int = 8) -> pandas.DataFrame:
    rows = [
        {
            "file": f"/{corpus}/{speaker}_{i}.wav",
            "corpus": corpus,
            "speaker": speaker,
            "emotion": EMOTIONS[i % 4],
        }
        for corpus, names in speakers.items()
        for speaker in names
        for i in range(clips)
    ]
    return pandas.DataFrame(rows)


RAVDESS = build_manifest({"ravdess": [f"{number:02d}" for number in range(1, 25)]})
TWO_CORPORA = build_manifest({"emodb": ["03", "08", "09", "10"], "ravdess": ["01", "02", "03"]})


def speakers_of(manifest: pandas.DataFrame, rows: np.ndarray) -> set[str]:
    return set(speaker_groups(manifest)[rows])


speaker_lists = st.dictionaries(
    st.sampled_from(["emodb", "ravdess", "savee"]),
    st.lists(st.integers(1, 99).map(lambda n: f"{n:02d}"), min_size=4, max_size=9, unique=True),
    min_size=1,
)
protocols = st.one_of(
    st.builds(
        Protocol,
        kind=st.just("speaker_folds"),
        folds=st.integers(2, 3),
        seed=st.none() | st.integers(0, 9),
        dev=st.sampled_from([0.0, 0.3]),
    ),
    st.builds(Protocol, kind=st.just("leave_one_speaker_out"), dev=st.sampled_from([0.0, 0.3])),
)


@settings(max_examples=40, deadline=None)
@given(speaker_lists, protocols)
def test_speaker_kinds_partition_the_rows_and_never_split_a_speaker(speakers, protocol):
    manifest = build_manifest(speakers, clips=2)
    folds = make_folds(manifest, protocol)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(len(manifest)))
    for fold in folds:
        parts = (fold.train, fold.dev, fold.test)
        assert sorted(np.concatenate(parts)) == list(range(len(manifest)))
        names = [speakers_of(manifest, part) for part in parts]
        assert sum(map(len, names)) == len(set.union(*names))
        assert bool(fold.dev.size) == bool(protocol.dev)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 0.6), st.sampled_from(["random", "stratified"]))
def test_random_kinds_are_decided_by_their_seed_and_have_the_share_asked_for(seed, share, kind):
    protocol = Protocol(kind=kind, test=share, seed=seed, allow_leaks=("speaker",))
    (one,), (again,) = make_folds(RAVDESS, protocol), make_folds(RAVDESS, protocol)
    assert np.array_equal(one.test, again.test)
    assert len(one.test) == int(np.ceil(len(RAVDESS) * share))
    assert sorted([*one.train, *one.test]) == list(range(len(RAVDESS)))


def test_stratified_keeps_the_share_of_every_emotion():
    manifest = RAVDESS[RAVDESS["emotion"] != "calm"].drop(index=range(0, 60, 4)).reset_index(drop=True)
    (fold,) = make_folds(manifest, Protocol(kind="stratified", **RANDOM))
    of_all = manifest["emotion"].value_counts(normalize=True)
    of_test = manifest["emotion"].iloc[fold.test].value_counts(normalize=True)
    assert (of_all - of_test).abs().max() < 1.5 / len(fold.test)


def test_sizes_of_two_published_random_splits():
    """75/25 of 35,046 rows and 80/20 of 12,162 rows, as printed by the systems that used them."""
    for rows, share, sizes in ((35_046, 0.25, (26_284, 8_762)), (12_162, 0.2, (9_729, 2_433))):
        manifest = pandas.DataFrame({"file": "a", "corpus": "x", "speaker": "1", "emotion": ["sad"] * rows})
        (fold,) = make_folds(manifest, Protocol(kind="random", test=share, seed=0, allow_leaks=("speaker",)))
        assert (len(fold.train), len(fold.test)) == sizes


def test_the_tail_of_a_random_split_is_the_validation_split_of_keras():
    """80/20 of 2,446 rows and then the last 20 % of the first part, as printed by the system that did so."""
    manifest = pandas.DataFrame({"file": "a", "corpus": "x", "speaker": "1", "emotion": ["sad"] * 2446})
    fields = {"test": 0.2, "seed": 0, "dev": 0.2, "dev_by": "tail", "allow_leaks": ("speaker",)}
    (fold,) = make_folds(manifest, Protocol(kind="random", **fields))
    assert (len(fold.train), len(fold.dev), len(fold.test)) == (1564, 392, 490)
    drawn, _ = train_test_split(np.arange(2446), test_size=0.2, random_state=0)
    assert set(fold.dev) == set(drawn[1564:])
    assert np.array_equal(fold.train, np.sort(drawn[:1564]))


def test_contiguous_folds_are_those_of_kfold_over_sorted_speakers():
    speakers = [str(number) for number in range(1001, 1092)]
    manifest = build_manifest({"crema-d": speakers[::-1]}, clips=1)
    folds = make_folds(manifest, Protocol(kind="speaker_folds", folds=5))
    for fold, (_, test) in zip(folds, KFold(5).split(speakers), strict=True):
        assert speakers_of(manifest, fold.test) == {f"crema-d/{speakers[i]}" for i in test}


def test_a_seed_shuffles_the_speaker_folds():
    protocol = Protocol(kind="speaker_folds", folds=4, seed=0)
    shuffled = [fold.test.tolist() for fold in make_folds(RAVDESS, protocol)]
    contiguous = [fold.test.tolist() for fold in make_folds(RAVDESS, Protocol(kind="speaker_folds", folds=4))]
    assert shuffled == [fold.test.tolist() for fold in make_folds(RAVDESS, protocol)]
    assert shuffled != contiguous


def test_speaker_folds_join_several_corpora_fold_by_fold():
    folds = make_folds(TWO_CORPORA, Protocol(kind="speaker_folds", folds=3))
    assert [sorted(speakers_of(TWO_CORPORA, fold.test)) for fold in folds] == [
        ["emodb/03", "emodb/08", "ravdess/01"],
        ["emodb/09", "ravdess/02"],
        ["emodb/10", "ravdess/03"],
    ]


def test_leave_one_speaker_out_is_that_of_sklearn():
    groups = speaker_groups(TWO_CORPORA)
    folds = make_folds(TWO_CORPORA, Protocol(kind="leave_one_speaker_out"))
    for fold, (train, test) in zip(folds, LeaveOneGroupOut().split(groups, groups=groups), strict=True):
        assert np.array_equal(fold.train, train)
        assert np.array_equal(fold.test, test)
    assert folds[0].name == "emodb/03"


def test_leave_one_corpus_out():
    folds = make_folds(TWO_CORPORA, Protocol(kind="leave_one_corpus_out"))
    assert [fold.name for fold in folds] == ["emodb", "ravdess"]
    assert set(TWO_CORPORA["corpus"].iloc[folds[0].train]) == {"ravdess"}


def test_named_speakers_with_or_without_their_corpus():
    (fold,) = make_folds(TWO_CORPORA, Protocol(kind="speakers", speakers=("emodb/03", "01")))
    assert speakers_of(TWO_CORPORA, fold.test) == {"emodb/03", "ravdess/01"}
    (fold,) = make_folds(TWO_CORPORA, Protocol(kind="speakers", speakers="03"))
    assert speakers_of(TWO_CORPORA, fold.test) == {"emodb/03", "ravdess/03"}


def test_a_share_of_the_speakers_of_every_corpus():
    """As many of each corpus as the share says; who they are depends on the seed alone."""
    manifest = build_manifest({"ravdess": [f"{n:02}" for n in range(1, 25)], "tess": ["OAF", "YAF"]})
    tests = []
    for seed in (0, 0, 1):
        (fold,) = make_folds(manifest, Protocol(kind="speakers", test=0.2, seed=seed))
        tests.append(speakers_of(manifest, fold.test))
        assert not tests[-1] & speakers_of(manifest, fold.train)
        assert len(fold.test) + len(fold.train) == len(manifest)
    assert tests[0] == tests[1] != tests[2]
    assert sorted(name.split("/")[0] for name in tests[0]) == ["ravdess"] * 5 + ["tess"]


@pytest.mark.parametrize("fields", [{}, {"speakers": "01", "test": 0.2}])
def test_held_out_speakers_are_named_or_drawn(fields):
    with pytest.raises(ValueError, match="needs speakers, or test as their share"):
        Protocol(kind="speakers", **fields)


def test_dev_speakers_come_from_every_corpus_and_depend_on_the_seed():
    def dev(seed: int) -> set[str]:
        protocol = Protocol(kind="speakers", speakers="03", dev=0.4, seed=seed)
        return speakers_of(TWO_CORPORA, make_folds(TWO_CORPORA, protocol)[0].dev)

    assert dev(0) == dev(0)
    assert {name.split("/")[0] for name in dev(0)} == {"emodb", "ravdess"}
    assert len({frozenset(dev(seed)) for seed in range(9)}) > 1


def test_dev_rows_among_the_training_speakers():
    """As published for RAVDESS: actors 1 to 21 cut 90/10 at random, actors 22 to 24 for the test."""
    test = ("22", "23", "24")
    protocol = Protocol(kind="speakers", speakers=test, dev=0.1, dev_by="row", seed=0)
    (fold,) = make_folds(RAVDESS, protocol)
    assert (len(fold.train), len(fold.dev), len(fold.test)) == (151, 17, 24)
    assert speakers_of(RAVDESS, fold.test) == {f"ravdess/{name}" for name in test}
    assert speakers_of(RAVDESS, fold.dev) < speakers_of(RAVDESS, fold.train)
    assert not speakers_of(RAVDESS, fold.dev) & speakers_of(RAVDESS, fold.test)
    others = np.flatnonzero(~RAVDESS["speaker"].isin(test))
    train, dev = train_test_split(others, test_size=0.1, random_state=0)
    assert np.array_equal(fold.train, np.sort(train))
    assert np.array_equal(fold.dev, np.sort(dev))
    assert count_leaks(RAVDESS, fold, protocol) == {"speaker": 0}


def test_dev_rows_do_not_hide_what_leaks_into_the_test():
    leaking = RAVDESS.assign(content=[f"{row:064d}" for row in range(len(RAVDESS))])
    protocol = Protocol(kind="speakers", speakers="24", dev=0.5, dev_by="row", seed=0)
    (fold,) = make_folds(leaking, protocol)
    leaking.loc[fold.test[0], "content"] = leaking.loc[fold.dev[0], "content"]
    with pytest.raises(LeakError, match="1 recordings stand in more than one"):
        make_folds(leaking, protocol)


def test_dev_rows_of_a_random_split():
    (fold,) = make_folds(RAVDESS, Protocol(kind="random", dev=0.2, **RANDOM))
    assert (len(fold.train), len(fold.dev), len(fold.test)) == (115, 29, 48)


@pytest.mark.parametrize("name", published_names())
def test_every_published_list_cuts_its_own_corpus(name):
    published = published_folds(name)
    assert published.source
    if published.by_file:
        files = sorted(file for fold in published.test for file in fold)
        manifest = pandas.DataFrame({"file": [f"/x/{file}.ogg" for file in [*files, "1001_IEO_NEU_XX"]]})
        manifest = manifest.assign(corpus=published.corpus, emotion="sad", speaker=manifest["file"].str[3:7])
    else:
        named = {*published.train, *published.dev, *(s for fold in published.test for s in fold)}
        extra = set() if published.train else {"9999"}
        manifest = build_manifest({published.corpus: sorted(named | extra)}, clips=1)
    allow = () if published.speakers_disjoint else ("speaker",)
    folds = make_folds(manifest, Protocol(kind="published", published=name, allow_leaks=allow))
    assert [len(fold.test) for fold in folds] == [len(test) for test in published.test]
    assert not any(fold.missing for fold in folds)


def test_emobox_ravdess_folds():
    folds = make_folds(RAVDESS, Protocol(kind="published", published="emobox-ravdess"))
    assert len(folds) == 6
    assert speakers_of(RAVDESS, folds[0].test) == {"ravdess/01", "ravdess/11", "ravdess/20", "ravdess/21"}
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(RAVDESS)))


def test_peft_ser_test_speakers_of_the_released_model_are_its_last_fold():
    assert published_folds("peft-ser-crema-d").test[-1] == tuple(str(n) for n in range(1074, 1092))


def test_published_lists_are_joined_fold_by_fold():
    manifest = pandas.concat(
        [RAVDESS, build_manifest({"savee": ["DC", "JE", "JK", "KL"]})], ignore_index=True
    )
    folds = make_folds(manifest, Protocol(kind="published", published=("emobox-ravdess", "emobox-savee")))
    assert len(folds) == 6
    assert speakers_of(manifest, folds[0].test) & {"savee/JE", "ravdess/01"} == {"savee/JE", "ravdess/01"}
    assert {"savee/DC", "savee/JE", "savee/JK", "savee/KL"} <= speakers_of(manifest, folds[5].train)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(manifest)))


def test_published_dev_speakers_are_kept():
    (fold,) = make_folds(RAVDESS, Protocol(kind="published", published="audeering-ravdess", dev=0.5))
    assert speakers_of(RAVDESS, fold.dev) == {f"ravdess/{n}" for n in ("16", "17", "19", "20")}


def test_a_part_of_the_speakers_is_enough_and_the_missing_ones_are_said():
    manifest = RAVDESS[RAVDESS["speaker"] <= "06"].reset_index(drop=True)
    folds = make_folds(manifest, Protocol(kind="published", published="emobox-ravdess"))
    assert [fold.name for fold in folds] == ["1", "2", "4", "5", "6"]
    assert folds[0].missing == tuple(f"{number:02d}" for number in range(7, 25))


@pytest.mark.parametrize(
    ("manifest", "protocol", "message"),
    [
        (
            RAVDESS,
            {"kind": "published", "published": "emobox-savee"},
            "are for savee; the manifest holds ravdess",
        ),
        (RAVDESS, {"kind": "published", "published": "emobox-ravdes"}, "did you mean 'emobox-ravdess'"),
        (TWO_CORPORA, {"kind": "published", "published": "emobox-ravdess"}, "holds emodb, ravdess"),
        (
            build_manifest({"ravdess": ["01", "21", "99"]}),
            {"kind": "published", "published": "audeering-ravdess"},
            "do not know 99",
        ),
        (
            build_manifest({"crema-d": ["1002"]}),
            {"kind": "published", "published": "evar-crema-d"},
            "none of their test part",
        ),
        (RAVDESS, {"kind": "speakers", "speakers": ("25",)}, "no such speaker in the manifest: 25"),
        (RAVDESS, {"kind": "speaker_folds", "folds": 25}, "25 speaker folds"),
        (RAVDESS, {"kind": "leave_one_corpus_out"}, "leaving one corpus out needs two"),
        (build_manifest({"tess": ["OAF"]}), {"kind": "leave_one_speaker_out"}, "holds only tess/OAF"),
        (
            build_manifest({"tess": ["OAF"]}),
            {"kind": "speakers", "speakers": ("OAF",)},
            "no row is left for training",
        ),
        (
            build_manifest({"tess": ["OAF", "YAF"]}),
            {"kind": "published", "published": "tess-speaker-swap", "dev": 0.2},
            "no corpus has two training speakers",
        ),
        (
            RAVDESS.drop(columns="speaker"),
            {"kind": "speaker_folds", "folds": 2},
            "192 of 192 rows have no speaker",
        ),
        (RAVDESS.iloc[:0], {"kind": "leave_one_speaker_out"}, "an empty manifest"),
        (RAVDESS.iloc[:5], {"kind": "stratified", **RANDOM}, "5 rows cannot give a stratified share"),
    ],
)
def test_what_cannot_be_split_is_refused_with_the_reason(manifest, protocol, message):
    with pytest.raises(SplitError, match=message):
        make_folds(manifest, Protocol(**protocol))


def test_a_random_split_is_refused_unless_the_leak_of_speakers_is_named():
    with pytest.raises(
        LeakError, match=r"fold '1': 22 speakers stand in .* e\.g\. ravdess/01; split by speaker"
    ):
        make_folds(RAVDESS, Protocol(kind="random", test=0.25, seed=0))


@pytest.mark.corpora
def test_the_real_files_named_by_emobox_are_found(corpora_dir):
    files = sorted((corpora_dir / "cremad").rglob("*.opus"))
    manifest = pandas.DataFrame(
        {"file": [str(file) for file in files], "corpus": "crema-d", "emotion": "sad"}
    )
    manifest["speaker"] = [file.name[:4] for file in files]
    protocol = Protocol(kind="published", published="emobox-crema-d", allow_leaks=("speaker",))
    (fold,) = make_folds(manifest, protocol)
    assert len(fold.test) + len(fold.missing) == 1856
    assert {name[:4] for name in fold.missing} <= set(published_folds("evar-crema-d").test[0])


def test_what_is_on_the_same_side_of_every_split_has_one_number():
    rows = np.arange(6)
    folds = [
        Fold("1", train=rows[:2], dev=rows[2:3], test=rows[3:5]),
        Fold("2", train=rows[2:5], test=rows[:2]),
    ]
    found = sides(6, folds)
    assert found[0] == found[1]
    assert found[3] == found[4]
    assert len({*found[[0, 2, 3, 5]].tolist()}) == 4
    assert len(set(sides(6, []).tolist())) == 1
