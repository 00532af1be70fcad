from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serkit.corpora import SCHEMA, read_manifest, validate_manifest, write_manifest
from serkit.corpora.manifest import join_manifests
from serkit.errors import ManifestError


def rows(**columns):
    n_rows = max((len(values) for values in columns.values()), default=2)
    needed = {
        "file": [f"/data/{i}.wav" for i in range(n_rows)],
        "corpus": ["mine"] * n_rows,
        "emotion": ["sad"] * n_rows,
    }
    return pd.DataFrame(needed | columns)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("gender", "woman", "female or male"),
        ("split", "test1", "train or dev or test"),
        ("channel", "sung", "speech or song"),
        ("speaker", 1, "text that is not empty"),
        ("speaker", " ", "text that is not empty"),
        ("age", -1, "at least 0 and at most 130 years"),
        ("age", "old", "at least 0"),
        ("start", -0.5, "at least 0 s"),
        ("duration", float("inf"), "at least 0 s"),
        ("valence", 1.5, "at least -1 and at most 1"),
        ("arousal", True, "at least -1"),
        ("content", "abc", "0-9a-f"),
        ("language", "English", "a-z"),
        ("votes_voice", 3, "text"),
    ],
)
def test_broken_value_is_named_with_row_column_value_and_rule(column, value, rule):
    with pytest.raises(ManifestError) as caught:
        validate_manifest(rows(**{column: pd.Series([None, value], dtype=object)}), source="table.csv")
    message = str(caught.value)
    assert message.startswith(f"table.csv: row 2, column {column}: {value!r} breaks the rule: ")
    assert rule in message


@pytest.mark.parametrize("name", [name for name, column in SCHEMA.items() if column.required])
def test_required_columns_and_values(name):
    with pytest.raises(ManifestError, match=f"no column {name}"):
        validate_manifest(rows().drop(columns=name))
    with pytest.raises(ManifestError, match=f"row 1, column {name}: nothing breaks the rule"):
        validate_manifest(rows(**{name: [None, "x"]}))


def test_no_row():
    with pytest.raises(ManifestError, match="not a single row"):
        validate_manifest(rows().iloc[:0])


def test_clip_that_ends_before_it_begins():
    with pytest.raises(ManifestError, match=r"row 2, column end: .* breaks the rule: later than start"):
        validate_manifest(rows(start=[0.0, 1.0], end=[0.5, 1.0]))
    with pytest.raises(ManifestError, match="row 1, column end"):
        validate_manifest(rows(end=[0.0, 1.0]))


def test_each_clip_stands_in_one_row():
    with pytest.raises(ManifestError, match=r"row 2, column file: '/a.wav' breaks the rule: each clip"):
        validate_manifest(rows(file=["/a.wav", "/a.wav"]))
    validate_manifest(rows(file=["/a.wav", "/a.wav"], start=[0.0, 1.0], end=[1.0, 2.0]))


def test_other_columns_and_missing_values_are_allowed():
    manifest = rows(room=["a", None], age=[None, 30], gender=["male", None])
    assert validate_manifest(manifest) is manifest


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".CSV"])
def test_what_is_written_is_read_back(suffix, tmp_path):
    manifest = rows(
        start=[0.0, 1.5],
        end=[1.0, None],
        speaker=["01", "NA"],
        age=[None, 30.0],
        statement=["001", None],
        text=['Say "hm", loud', "ä\nö"],
        votes_voice=["sad:neutral", None],
        room=["a", "b"],
    )
    path = tmp_path / f"manifest{suffix}"
    write_manifest(manifest, path)
    back = read_manifest(path)
    pd.testing.assert_frame_equal(back, manifest, check_dtype=False)
    assert back["speaker"].tolist() == ["01", "NA"]


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_any_text_survives_csv(tmp_path_factory, texts):
    texts = [
        text.replace("\0", "0").replace("\r", "\n").encode("utf-8", "replace").decode() for text in texts
    ]
    path = tmp_path_factory.mktemp("csv") / "manifest.csv"
    write_manifest(rows(text=texts), path)
    assert read_manifest(path)["text"].tolist() == texts


def test_relative_paths_start_at_the_manifest(tmp_path):
    (tmp_path / "m.csv").write_text("file,corpus,emotion\nclips/a.wav,x,sad\n/abs/b.wav,x,sad\n")
    assert read_manifest(tmp_path / "m.csv")["file"].tolist() == [str(tmp_path / "clips/a.wav"), "/abs/b.wav"]


def test_files_that_are_no_manifest(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "noise.parquet").write_bytes(b"not parquet")
    (tmp_path / "latin.csv").write_bytes("file,corpus,emotion\n\xe4.wav,x,sad\n".encode("latin-1"))
    (tmp_path / "ragged.csv").write_text('file,corpus\na,b\nc,"d\n')
    for name in ("empty.csv", "noise.parquet", "latin.csv", "ragged.csv"):
        with pytest.raises(ManifestError, match=name):
            read_manifest(tmp_path / name)
    with pytest.raises(ManifestError, match="no such file"):
        read_manifest(tmp_path / "absent.csv")
    with pytest.raises(ManifestError, match=r"ends in \.csv or \.parquet"):
        read_manifest(tmp_path / "m.xlsx")


def test_a_broken_manifest_is_not_written(tmp_path):
    with pytest.raises(ManifestError):
        write_manifest(rows(gender=["m", "f"]), tmp_path / "m.csv")
    with pytest.raises(ManifestError, match=r"\.json"):
        write_manifest(rows(), tmp_path / "m.json")
    assert not list(tmp_path.iterdir())


def test_joined_manifests_keep_the_columns_of_all():
    joined = join_manifests(
        [rows(speaker=["a", "b"]), rows(file=["/x.wav"], corpus=["y"], emotion=["happy"])]
    )
    assert joined["speaker"].isna().tolist() == [False, False, True]
    assert joined.index.tolist() == [0, 1, 2]


def test_every_column_says_what_it_means():
    for column in SCHEMA.values():
        assert column.meaning
        assert column.is_text or column.rule.startswith("a number")


def test_copies_of_a_clip_may_stand_beside_it():
    rows = pd.DataFrame({"file": ["/a.wav"] * 3, "corpus": "x", "emotion": "sad", "copy": [0, 1, 2]})
    rows["parent"] = [None, "/a.wav", "/a.wav"]
    assert validate_manifest(rows) is rows
    with pytest.raises(ManifestError, match="each clip stands in one row"):
        validate_manifest(rows.assign(copy=[0, 1, 1]))
