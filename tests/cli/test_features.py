"""`serkit features` as a process."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture
def manifest(synthetic_ravdess, tmp_path):
    files = sorted(str(file) for file in synthetic_ravdess.rglob("*.wav"))[:3]
    path = tmp_path / "manifest.csv"
    pd.DataFrame({"file": files, "corpus": "ravdess", "emotion": "happy"}).to_csv(path, index=False)
    return path


def test_sets_and_descriptors_are_listed(serkit):
    out = serkit("features", "list").stdout.decode()
    assert "means-162" in out
    assert "228 × 219" in out
    assert "n_mfcc=20" in out


def test_features_are_extracted_into_a_table(serkit, manifest, tmp_path):
    out = tmp_path / "features.csv"
    run = serkit(
        "features", "extract", manifest, "--set", "means-162", "--out", out, "--cache", tmp_path / "cache"
    )
    assert run.returncode == 0, run.stderr
    assert pd.read_csv(out).shape == (3, 3 + 162)


@pytest.mark.parametrize(
    ("name", "out", "told"),
    [
        ("means-16", "a.csv", "did you mean 'means-186'"),
        ("means-162", "a.txt", ".csv or .parquet"),
        ("sequence-219", "a.csv", "layout vector or contours"),
    ],
)
def test_mistakes_are_told_on_one_line(serkit, manifest, name, out, told):
    run = serkit("features", "extract", manifest, "--set", name, "--out", manifest.parent / out)
    assert run.returncode == 2
    assert told in run.stderr.decode()
    assert len(run.stderr.decode().splitlines()) == 1
