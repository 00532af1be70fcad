from __future__ import annotations

import pandas as pd
import pytest

from serkit.corpora import scan_folders, scan_table
from serkit.errors import CorpusError, ManifestError

TABLE = pd.DataFrame(
    {
        "path": ["clips/a.wav", "clips/b.wav", "clips/c.wav"],
        "label": [1, 2, 3],
        "who": [7, 8, 8],
        "gender": ["female", "male", "male"],
        "room": ["x", "y", "z"],
    }
)
COLUMNS = {"file": "path", "emotion": "label", "speaker": "who"}


@pytest.fixture
def table(tmp_path):
    (tmp_path / "clips").mkdir()
    for name in "abc":
        (tmp_path / "clips" / f"{name}.wav").touch()
    TABLE.to_csv(tmp_path / "mine.csv", index=False)
    TABLE.to_parquet(tmp_path / "mine.parquet")
    return tmp_path


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_columns_and_labels_are_mapped(table, suffix):
    labels = {"1": "angry", "2": "Pride", "3": ""}
    manifest = scan_table(table / f"mine.{suffix}", columns=COLUMNS, labels=labels)
    assert manifest["emotion"].tolist() == ["angry", "Pride"]
    assert manifest["speaker"].tolist() == ["7", "8"]
    assert manifest["file"].tolist() == [str(table / "clips/a.wav"), str(table / "clips/b.wav")]
    assert manifest["corpus"].tolist() == ["mine", "mine"]
    assert manifest["gender"].tolist() == ["female", "male"], "a column that has its name already comes along"
    assert "room" not in manifest


def test_synonyms_become_canonical(table):
    (table / "m.csv").write_text("file,emotion\nclips/a.wav,Fearful\nclips/b.wav,ANG\n")
    assert scan_table(table / "m.csv", corpus="lab")["emotion"].tolist() == ["fear", "angry"]
    assert set(scan_table(table / "m.csv", corpus="lab")["corpus"]) == {"lab"}


def test_leading_zeros_of_speakers_stay(table):
    (table / "m.csv").write_text("file,emotion,id\nclips/a.wav,sad,007\n")
    assert scan_table(table / "m.csv", columns={"speaker": "id"})["speaker"].tolist() == ["007"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"file": "file_name", "emotion": "label"},
            "no column 'file_name' for file; its columns are path, label",
        ),
        ({**COLUMNS, "speker": "who"}, "'speker' is no column of a manifest; did you mean speaker"),
        ({"file": "path"}, "no column emotion"),
        ({**COLUMNS, "gender": "room"}, "row 1, column gender: 'x' breaks the rule: female or male"),
    ],
)
def test_wrong_mappings(table, columns, message):
    with pytest.raises(ManifestError, match=message):
        scan_table(table / "mine.csv", columns=columns)


def test_table_far_from_its_recordings(table):
    TABLE.assign(path=["1.wav", "2.wav", "3.wav"]).to_csv(table / "lost.csv", index=False)
    with pytest.raises(CorpusError, match="none of its recordings exists"):
        scan_table(table / "lost.csv", columns=COLUMNS)


def test_folders_at_any_depth_and_in_any_spelling(touch, tmp_path):
    touch(tmp_path / "train" / "Anger", ["1", "2"])
    touch(tmp_path / "test" / "HAPPY" / "speaker1" / "take2", ["1"])
    touch(tmp_path / "neutral" / "sad", ["1"])
    manifest = scan_folders(tmp_path)
    assert manifest["emotion"].value_counts().to_dict() == {"angry": 2, "happy": 1, "sad": 1}
    assert set(manifest["corpus"]) == {tmp_path.name}


def test_folders_of_unknown_names(touch, tmp_path, caplog):
    touch(tmp_path / "proud", ["1"])
    touch(tmp_path / "noise", ["1", "2"])
    with pytest.raises(CorpusError, match="no folder is named after an emotion, but noise, proud"):
        scan_folders(tmp_path)
    manifest = scan_folders(tmp_path, labels={"Proud": "pride"})
    assert manifest["emotion"].tolist() == ["pride"]
    assert "left out 2 recordings below no folder of a known emotion: noise" in caplog.text


def test_a_folder_mapped_to_nothing_is_left_out(touch, tmp_path, caplog):
    touch(tmp_path / "sad", ["1"])
    touch(tmp_path / "calm", ["1"])
    assert scan_folders(tmp_path, labels={"calm": ""})["emotion"].tolist() == ["sad"]
    assert not caplog.records


def test_names_above_the_tree_do_not_count(touch, tmp_path):
    touch(tmp_path / "happy" / "corpus" / "sad", ["1"])
    touch(tmp_path / "happy" / "corpus" / "other", ["1"])
    assert scan_folders(tmp_path / "happy" / "corpus")["emotion"].tolist() == ["sad"]
