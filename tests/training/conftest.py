"""A small recipe and a manifest that trains in a second."""

from __future__ import annotations

import pytest

from serkit.corpora import audit_manifest, scan_corpus
from serkit.recipe import load_recipe

RECIPE = """
name = "small"
summary = "A recipe for tests"
[data]
corpora = "ravdess"
[protocol.folds]
kind = "speaker_folds"
folds = 3
[protocol.dev]
kind = "speakers"
speakers = ["05", "06"]
dev = 0.5
[protocol.random]
kind = "random"
test = 0.25
seed = 0
allow_leaks = ["speaker"]
[features]
hop_length = 256
n_fft = 512
functionals = ["mean", "std"]
blocks = [{ name = "rms" }, { name = "mfcc", n_mfcc = 5 }, { name = "zero_crossing_rate" }]
[model]
name = "logistic_regression"
[search]
grid.C = [0.01, 1]
folds = 2
"""


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="session")
def recipe(recipe_file):
    return load_recipe(recipe_file)


@pytest.fixture(scope="session")
def manifest(synthetic_ravdess):
    return audit_manifest(scan_corpus("ravdess", synthetic_ravdess)).apply()


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """One feature cache for all runs of a test session."""
    return tmp_path_factory.mktemp("features")
