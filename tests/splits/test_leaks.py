"""The leak check: one test for each thing that may cross a split."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from serkit.errors import LeakError, SplitError
from serkit.splits import Fold, check_leaks, speaker_groups

MANIFEST = pandas.DataFrame(
    {
        "file": [f"/{i}.wav" for i in range(6)],
        "corpus": ["savee", "savee", "savee", "tess", "tess", "tess"],
        "speaker": ["DC", "JE", "KL", "DC", "YAF", "YAF"],
        "emotion": "sad",
        "content": ["a", "b", "c", "d", "e", None],
    }
)


def fold(train: list[int], test: list[int], dev: list[int] | None = None) -> Fold:
    return Fold("2", np.array(train), np.array(test), np.array(dev or [], dtype=int))


def test_the_same_speaker_name_in_two_corpora_is_two_speakers():
    assert check_leaks(MANIFEST, fold([0, 1], [2, 3], [4, 5])) == {"speaker": 0, "content": 0}


@pytest.mark.parametrize("parts", [([4], [5], [0]), ([0], [5], [4]), ([4], [0], [5])])
def test_a_speaker_must_not_stand_in_two_parts_whichever_they_are(parts):
    with pytest.raises(
        LeakError, match=r"fold '2': 1 speakers stand in .*, e\.g\. tess/YAF; split by speaker"
    ):
        check_leaks(MANIFEST, fold(*parts))


def test_the_same_content_under_two_speakers_is_found():
    manifest = MANIFEST.assign(content=["a", "b", "c", "a", "c", None])
    with pytest.raises(LeakError, match=r"2 recordings stand in .*, e\.g\. a; drop the duplicates"):
        check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]))
    assert check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]), allow=["content"])["content"] == 2


def test_unknown_contents_are_not_one_content():
    manifest = MANIFEST.assign(content=None)
    assert check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]))["content"] == 0


def test_a_copy_and_its_original_are_one_parent():
    manifest = MANIFEST.assign(parent=[None, None, None, "/0.wav", "/9.wav", "/9.wav"])
    with pytest.raises(LeakError, match=r"1 augmentation parents .*, e\.g\. /0\.wav; split first"):
        check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]))
    assert check_leaks(manifest, fold([0, 3], [1, 2]))["parent"] == 0


def test_two_copies_of_a_clip_that_is_not_in_the_manifest_are_one_parent():
    manifest = MANIFEST.assign(parent=[None, "/9.wav", None, None, "/9.wav", None])
    assert check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]), allow={"parent"})["parent"] == 1


def test_allowing_one_leak_does_not_allow_another():
    manifest = MANIFEST.assign(content="a")
    with pytest.raises(LeakError, match="recordings"):
        check_leaks(manifest, fold([0, 4], [5]), allow=["speaker"])


def test_unknown_speakers_are_refused_unless_they_may_cross():
    manifest = MANIFEST.assign(speaker=["DC", None, "KL", "DC", "YAF", np.nan])
    with pytest.raises(LeakError, match="2 of 6 rows have no speaker"):
        check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]))
    assert "speaker" not in check_leaks(manifest, fold([0, 1, 2], [3, 4, 5]), allow=["speaker"])
    with pytest.raises(SplitError, match="2 of 6 rows have no speaker"):
        speaker_groups(manifest)


def test_an_index_that_is_not_a_range_does_not_matter():
    shuffled = MANIFEST.set_index(pandas.Index([7, 7, 3, 1, 0, 0]))
    assert check_leaks(shuffled, fold([0, 1], [2, 3], [4, 5]))["speaker"] == 0


def test_a_stretch_of_a_long_recording_is_its_own_parent():
    manifest = MANIFEST.assign(file="/long.wav", start=[0, 10, 20, 30, 40, 20.0], parent=None)
    manifest.loc[5, "parent"] = "/long.wav@20"
    assert check_leaks(manifest, fold([0, 1, 2], [3]))["parent"] == 0
    with pytest.raises(LeakError, match=r"1 augmentation parents .*/long\.wav@20; split first"):
        check_leaks(manifest, fold([0, 1, 2], [5]), allow=["speaker"])
