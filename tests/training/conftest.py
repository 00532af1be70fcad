"""A small recipe and a manifest that trains in a second."""

from __future__ import annotations

import pytest

from serkit.corpora import audit_manifest, scan_corpus
from serkit.recipe import load_recipe


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
