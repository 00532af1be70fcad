from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from serkit.errors import FeatureError
from serkit.features import FEATURE_SETS, table
from serkit.features.table import extract_features

FEATURES = FEATURE_SETS["serkit-functionals"]


@pytest.fixture
def manifest(synthetic_ravdess: Path) -> pd.DataFrame:
    return pd.DataFrame({"file": [str(path) for path in sorted(synthetic_ravdess.rglob("*.wav"))[:5]]})


def test_cached_values_equal_computed_ones(manifest: pd.DataFrame, tmp_path: Path) -> None:
    computed = extract_features(manifest, FEATURES)
    for _ in range(2):
        cached = extract_features(manifest, FEATURES, cache=tmp_path)
        np.testing.assert_array_equal(cached.values, computed.values)
    assert computed.values.shape == (5, len(FEATURES.names))


def test_the_cache_is_used(manifest: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extract_features(manifest, FEATURES, cache=tmp_path)
    monkeypatch.setattr(table, "_extract", lambda *_: "computed again")
    extract_features(manifest, FEATURES, cache=tmp_path)
    with pytest.raises(FeatureError, match="computed again"):
        extract_features(manifest, FEATURE_SETS["means-162"], cache=tmp_path)


def test_failures_are_told_and_the_rest_is_kept(manifest: pd.DataFrame, tmp_path: Path) -> None:
    rows = pd.concat([manifest, pd.DataFrame({"file": [str(tmp_path / "missing.wav")]})], ignore_index=True)
    with pytest.raises(FeatureError, match=r"1 of 6 recordings failed; the first: .*missing\.wav"):
        extract_features(rows, FEATURES, cache=tmp_path)


def test_tables_are_written_with_names(manifest: pd.DataFrame, tmp_path: Path) -> None:
    features = extract_features(manifest, FEATURES)
    for name, read in (("a.csv", pd.read_csv), ("a.parquet", pd.read_parquet)):
        features.write(tmp_path / name, manifest)
        assert list(read(tmp_path / name).columns) == ["file", *FEATURES.names]
    with pytest.raises(FeatureError, match=r"csv or \.parquet"):
        features.write(tmp_path / "a.txt", manifest)
