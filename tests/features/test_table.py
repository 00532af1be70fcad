"""Feature tables: parallel, cached, resumed after a kill, shared by processes, exported."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from serkit.augment import AugmentPlan, add_copies
from serkit.errors import FeatureError
from serkit.features import FEATURE_SETS, FeatureSet
from serkit.features import table as table_module
from serkit.features.cache import FILE_NAME
from serkit.features.table import extract_features

SMALL = FeatureSet(
    blocks=({"name": "rms"}, {"name": "mfcc", "n_mfcc": 3}), n_fft=512, functionals=("mean", "std")
)
# Extracts as another process would, slowly enough to be interrupted.
PROGRAM = """
import sys, time
import pandas as pd
from serkit.features import FeatureSet
from serkit.features import table
from serkit.features import cache
manifest, folder, settings, pause = sys.argv[1:]
cache.BATCH = 4
original = table.load_audio
table.load_audio = lambda *args, **kwargs: time.sleep(float(pause)) or original(*args, **kwargs)
feature_set = FeatureSet.model_validate_json(settings)
values = table.extract_features(pd.read_csv(manifest), feature_set, cache=folder).values
print(values.sum())
"""


@pytest.fixture
def manifest(synthetic_ravdess) -> pd.DataFrame:
    files = sorted(str(file) for file in synthetic_ravdess.rglob("*.wav"))[:24]
    return pd.DataFrame({"file": files, "corpus": "ravdess", "emotion": "happy"})


@pytest.fixture
def loads(monkeypatch) -> list[str]:
    """Files that were loaded."""
    seen: list[str] = []
    original = table_module.load_audio
    monkeypatch.setattr(
        table_module, "load_audio", lambda file, **stretch: seen.append(file) or original(file, **stretch)
    )
    return seen


def start(manifest_file, folder, pause) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, manifest_file, folder, SMALL.model_dump_json(), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_rows_follow_the_manifest(manifest):
    table = extract_features(manifest, SMALL)
    assert table.values.shape == (24, 8)
    assert table.values.dtype == np.float32
    assert table.names == SMALL.names
    turned = extract_features(manifest[::-1], SMALL)
    np.testing.assert_array_equal(turned.values, table.values[::-1])


def test_workers_do_not_change_the_values(manifest):
    np.testing.assert_allclose(
        extract_features(manifest, SMALL, workers=2).values,
        extract_features(manifest, SMALL).values,
        rtol=1e-5,
    )


def test_stretches_are_read(manifest):
    rows = manifest.head(2).assign(start=[0.2, np.nan], end=[0.7, np.nan])
    values = extract_features(rows, SMALL).values
    whole = extract_features(manifest.head(2), SMALL).values
    assert (values[0] != whole[0]).any()
    np.testing.assert_array_equal(values[1], whole[1])


def test_nothing_is_computed_twice(manifest, tmp_path, loads):
    first = extract_features(manifest, SMALL, cache=tmp_path)
    assert len(loads) == 24
    again = extract_features(manifest, SMALL, cache=tmp_path)
    assert len(loads) == 24
    np.testing.assert_array_equal(first.values, again.values)


def test_a_changed_file_is_seen(manifest, tmp_path, loads):
    import soundfile

    copy = tmp_path / "voice.wav"
    signal_, rate = soundfile.read(manifest["file"][0])
    soundfile.write(copy, signal_, rate)
    rows = manifest.head(1).assign(file=str(copy))
    before = extract_features(rows, SMALL, cache=tmp_path).values
    soundfile.write(copy, signal_ * 0.5, rate)
    after = extract_features(rows, SMALL, cache=tmp_path).values
    assert len(loads) == 2
    assert (before != after).any()
    os.utime(copy, ns=(0, 0))
    extract_features(rows, SMALL, cache=tmp_path)
    assert len(loads) == 3


def test_a_changed_setting_or_stretch_is_seen(manifest, tmp_path, loads):
    rows = manifest.head(1)
    extract_features(rows, SMALL, cache=tmp_path)
    extract_features(rows, SMALL.model_copy(update={"n_fft": 1024}), cache=tmp_path)
    extract_features(rows.assign(start=0.1), SMALL, cache=tmp_path)
    assert len(loads) == 3
    extract_features(rows, SMALL.model_copy(update={"name": "other"}), cache=tmp_path)
    assert len(loads) == 3


def test_a_killed_extraction_resumes_to_the_same_table(manifest, tmp_path, loads):
    expected = extract_features(manifest, SMALL).values
    loads.clear()
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    process = start(tmp_path / "manifest.csv", tmp_path / "cache", 0.15)
    database = tmp_path / "cache" / FILE_NAME
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and n_cached(database) < 4:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = n_cached(database)
    assert 4 <= done < 24
    resumed = extract_features(manifest, SMALL, cache=tmp_path / "cache").values
    assert len(loads) == 24 - done
    np.testing.assert_allclose(resumed, expected, rtol=1e-6)


def n_cached(database) -> int:
    if not database.exists():
        return 0
    try:
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute("SELECT COUNT(*) FROM features").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_two_processes_share_a_cache(manifest, tmp_path):
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    processes = [start(tmp_path / "manifest.csv", tmp_path / "cache", 0.01) for _ in range(2)]
    sums = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], sums
    expected = extract_features(manifest, SMALL).values
    assert [float(out) for out, _ in sums] == pytest.approx([expected.sum()] * 2, rel=1e-4)
    assert n_cached(tmp_path / "cache" / FILE_NAME) == 24
    np.testing.assert_allclose(
        extract_features(manifest, SMALL, cache=tmp_path / "cache").values, expected, rtol=1e-6
    )


def test_failures_are_told_after_the_rest_is_done(manifest, tmp_path, loads):
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    rows = manifest.head(4).copy()
    rows.loc[0, "file"] = str(bad)
    rows.loc[2, "file"] = str(tmp_path / "missing.wav")
    with pytest.raises(FeatureError, match=r"2 of 4 recordings failed; the first: .*bad\.wav"):
        extract_features(rows, SMALL, cache=tmp_path)
    assert len(loads) == 4
    extract_features(manifest.iloc[[1, 3]], SMALL, cache=tmp_path)
    assert len(loads) == 4


def test_sequences_of_any_length_come_as_objects(manifest):
    made = FeatureSet(blocks=({"name": "mfcc"},), layout="sequence")
    rows = manifest.head(2).assign(end=[0.5, 1.0])
    values = extract_features(rows, made).values
    assert [each.shape for each in values] == [(16, 20), (32, 20)]


def test_an_empty_manifest_gives_an_empty_table(manifest):
    assert extract_features(manifest.head(0), SMALL).values.shape == (0, 8)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_export_has_the_manifest_in_front(manifest, tmp_path, suffix):
    table = extract_features(manifest.head(3), SMALL)
    path = tmp_path / f"features.{suffix}"
    getattr(table, f"to_{suffix}")(path, manifest.head(3))
    read = getattr(pd, f"read_{suffix}")(path)
    assert list(read.columns) == [*manifest.columns, *SMALL.names]
    np.testing.assert_allclose(read[list(SMALL.names)], table.values, rtol=1e-6)


def test_images_are_not_exported(manifest, tmp_path):
    table = extract_features(manifest.head(1), FEATURE_SETS["mfcc-image-25"])
    with pytest.raises(FeatureError, match="vector"):
        table.to_csv(tmp_path / "a.csv", manifest.head(1))


def test_a_damaged_cache_is_told(manifest, tmp_path):
    (tmp_path / FILE_NAME).write_text(
        "this is no database, but a file that somebody put here by mistake" * 20
    )
    with pytest.raises(FeatureError, match="delete it"):
        extract_features(manifest.head(1), SMALL, cache=tmp_path)


PLAN = AugmentPlan(chains=[[{"name": "noise"}], [{"name": "gain", "gain_db": [-12, -6]}]])


def test_copies_are_altered_and_originals_are_not(manifest):
    rows = add_copies(manifest.head(3), PLAN)
    values = extract_features(rows, SMALL, augment=PLAN).values
    plain = extract_features(manifest.head(3), SMALL).values
    np.testing.assert_array_equal(values[:3], plain)
    share = values[6:, 0] / plain[:, 0]
    assert ((share > 10 ** (-12 / 20)) & (share < 10 ** (-6 / 20))).all()
    assert len(set(share)) == 3
    assert (values[3:6, 0] >= plain[:, 0]).all()


def test_copies_depend_neither_on_order_nor_on_workers(manifest):
    rows = add_copies(manifest.head(4), PLAN)
    values = extract_features(rows, SMALL, augment=PLAN).values
    turned = extract_features(rows[::-1], SMALL, augment=PLAN, workers=2).values
    np.testing.assert_allclose(turned[::-1], values, rtol=1e-5)


def test_copies_are_cached_under_their_plan_and_number(manifest, tmp_path, loads):
    rows = add_copies(manifest.head(2), PLAN)
    first = extract_features(rows, SMALL, augment=PLAN, cache=tmp_path)
    assert len(loads) == 6
    again = extract_features(rows, SMALL, augment=PLAN, cache=tmp_path)
    assert len(loads) == 6
    np.testing.assert_array_equal(first.values, again.values)
    extract_features(manifest.head(2), SMALL, cache=tmp_path)
    more = PLAN.model_copy(update={"copies": 2})
    extract_features(add_copies(manifest.head(2), more), SMALL, augment=more, cache=tmp_path)
    assert len(loads) == 10
    other = PLAN.model_copy(update={"seed": 1})
    extract_features(rows, SMALL, augment=other, cache=tmp_path)
    assert len(loads) == 14


@pytest.mark.parametrize("plan", [None, AugmentPlan(chains=[[{"name": "noise"}]])])
def test_copies_without_their_plan_are_refused(manifest, plan):
    with pytest.raises(FeatureError, match=r"copy 2 of a recording .* makes [01]; give the plan"):
        extract_features(add_copies(manifest.head(1), PLAN), SMALL, augment=plan)


def test_copies_are_made_anew_where_recordings_that_are_mixed_in_have_changed(manifest, tmp_path, loads):
    plan = AugmentPlan(chains=[[{"name": "others", "voices": 2}]])
    files = [tmp_path / Path(file).name for file in manifest["file"].head(3)]
    for file, source in zip(files, manifest["file"], strict=False):
        shutil.copy(source, file)
    rows = manifest.head(3).assign(file=[str(file) for file in files], speaker=["1", "2", "3"])
    copies = add_copies(rows, plan, sides=[0, 0, 1]).iloc[3:]
    before = extract_features(copies, SMALL, augment=plan, cache=tmp_path).values
    assert len(loads) == 3
    shutil.copy(manifest["file"].iloc[5], files[1])
    after = extract_features(copies, SMALL, augment=plan, cache=tmp_path).values
    # The first is mixed with the second and the other way round, the third with itself.
    assert (before != after).any(axis=1).tolist() == [True, True, False]
    assert len(loads) == 5
