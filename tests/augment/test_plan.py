"""Plans: the same sound for the same row, and rows that name their parents."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile
from pydantic import ValidationError

from serkit.augment import AugmentPlan, add_copies, is_copy, is_degraded, parents
from serkit.augment.material import list_material

PLAN = {
    "chains": [[{"name": "noise"}], [{"name": "stretch"}, {"name": "pitch", "semitones": [-1, 1]}]],
    "copies": 2,
}


@pytest.fixture
def plan():
    return AugmentPlan(**PLAN)


def test_a_copy_depends_on_seed_row_and_number_alone(plan, clip):
    sounds = [plan.alter(clip, copy).signal for copy in range(1, 5)]
    again = [plan.alter(clip, copy).signal for copy in (4, 2, 3, 1)]
    for one, two in zip(sounds, (again[3], again[1], again[2], again[0]), strict=True):
        np.testing.assert_array_equal(one, two)
    others = [
        plan.alter(replace(clip, source="voices/b.wav"), 1),
        plan.alter(replace(clip, start=1.0), 1),
        plan.model_copy(update={"seed": 1}).alter(clip, 1),
        plan.alter(clip, 3),
    ]
    assert len({other.signal.tobytes() for other in others} | {sounds[0].tobytes()}) == 5


def test_a_corpus_may_lie_anywhere(plan, clip):
    moved = plan.alter(replace(clip, source="/elsewhere/voices/a.wav"), 1)
    np.testing.assert_array_equal(moved.signal, plan.alter(clip, 1).signal)


def test_the_chains_take_turns_and_their_steps_follow_each_other(plan, clip):
    sizes = [plan.alter(clip, copy).signal.size for copy in range(1, 5)]
    assert plan.n_copies == 4
    assert sizes == [20_800, 26_000, 20_800, 26_000]


def test_the_key_changes_with_what_changes_a_copy_and_with_nothing_else(plan):
    same = [PLAN | {"copies": 7}, PLAN | {"chains": [[{"name": "noise", "scale": 0.035}], PLAN["chains"][1]]}]
    other = [
        PLAN | {"seed": 1},
        PLAN | {"chains": PLAN["chains"][::-1]},
        PLAN | {"chains": [[{"name": "noise", "probability": 0.5}], PLAN["chains"][1]]},
        PLAN | {"chains": [[{"name": "noise", "scale": 0.03}], PLAN["chains"][1]]},
    ]
    assert {AugmentPlan(**settings).key for settings in same} == {plan.key}
    assert len({AugmentPlan(**settings).key for settings in other} | {plan.key}) == 5


def test_the_key_changes_with_the_files_of_a_folder(sounds):
    plan = AugmentPlan(chains=[[{"name": "background", "folder": sounds}]])
    before = plan.key
    soundfile.write(sounds / "long.wav", np.ones(100), 8_000)
    list_material.cache_clear()
    assert plan.key != before


def test_a_plan_survives_the_way_through_json(plan, sounds):
    for one in (plan, AugmentPlan(chains=[[{"name": "room", "folder": sounds, "probability": 0.5}]])):
        assert AugmentPlan.model_validate(json.loads(one.model_dump_json())) == one


@pytest.mark.parametrize("chains", [[], [[]], [{"name": "noise"}]])
def test_a_plan_without_steps_is_refused(chains):
    with pytest.raises(ValidationError):
        AugmentPlan(chains=chains)


def test_copies_follow_the_rows_and_name_their_parents(plan):
    manifest = pd.DataFrame(
        {
            "file": ["/a.wav", "/a.wav"],
            "start": [np.nan, 2.5],
            "emotion": ["sad", "calm"],
            "content": ["0" * 64] * 2,
        },
        index=[5, 9],
    )
    rows = add_copies(manifest, plan)
    assert rows["copy"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert rows["parent"].isna().tolist() == [True] * 2 + [False] * 8
    assert rows["parent"].tolist()[2:] == ["/a.wav", "/a.wav@2.5"] * 4
    assert rows["emotion"].tolist() == ["sad", "calm"] * 5
    assert rows["content"].notna().tolist() == [True] * 2 + [False] * 8
    assert is_copy(rows).tolist() == [False] * 2 + [True] * 8
    assert parents(rows).tolist() == ["/a.wav", "/a.wav@2.5"] * 5
    assert not is_copy(manifest).any()
    # Of noise and of another tempo and pitch in turn, the first may sound worse.
    assert is_degraded(rows, plan).tolist() == [False, False, *[True, True, False, False] * 2]
    assert not is_degraded(manifest, plan).any()


def test_copies_that_other_recordings_are_mixed_into_name_these(sounds, clip):
    chains = [[{"name": "others", "voices": [1, 3]}], [{"name": "gain"}]]
    plan = AugmentPlan(chains=chains, seed=1)
    files = [str(sounds / "long.wav"), str(sounds / "more" / "short.flac")]
    rows = add_copies(pd.DataFrame({"file": files, "speaker": ["x", "y"]}), plan)
    assert [[one.file for one in others] for others in rows["others"]] == [
        [], [], [files[1]], [files[0]], [], [],
    ]  # fmt: skip
    found = [plan.alter(clip, 1, others=others).signal.tobytes() for others in rows["others"][:4]]
    assert len(set(found)) == 3
    assert "others" not in add_copies(rows[["file"]][:2], AugmentPlan(chains=chains[1:]))
