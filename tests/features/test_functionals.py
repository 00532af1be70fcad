"""Functionals equal numpy's and scipy's, and stay finite."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from serkit.errors import FeatureError
from serkit.features.functionals import FUNCTIONALS, apply_functionals, find_functional

TIMES = np.arange(200) / 100
REFERENCES = {
    "mean": lambda x: x.mean(axis=1),
    "std": lambda x: x.std(axis=1),
    "min": lambda x: x.min(axis=1),
    "max": lambda x: x.max(axis=1),
    "range": lambda x: np.ptp(x, axis=1),
    "median": lambda x: np.median(x, axis=1),
    "skewness": lambda x: scipy.stats.skew(x, axis=1),
    "kurtosis": lambda x: scipy.stats.kurtosis(x, axis=1),
    "slope": lambda x: np.polyfit(TIMES, x.T, 1)[0],
    "curvature": lambda x: np.polyfit((TIMES - TIMES.mean()) / np.ptp(TIMES) * 2, x.T, 2)[0],
    "spread_20_80": lambda x: np.percentile(x, 80, axis=1) - np.percentile(x, 20, axis=1),
    "first_third": lambda x: x[:, :66].mean(axis=1) - x.mean(axis=1),
    "middle_third": lambda x: x[:, 66:133].mean(axis=1) - x.mean(axis=1),
    "last_third": lambda x: x[:, 133:].mean(axis=1) - x.mean(axis=1),
    "mean_shift": lambda x: np.zeros(len(x)),
    "centred_percentile_20": lambda x: np.percentile(x, 20, axis=1) - x.mean(axis=1),
    "percentile_05": lambda x: np.percentile(x, 5, axis=1),
    "percentile_80": lambda x: np.percentile(x, 80, axis=1),
}


def test_every_functional_has_a_reference():
    assert set(FUNCTIONALS) <= set(REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_functional_equals_its_reference(name):
    contours = np.random.default_rng(0).gamma(2.0, 1.0, (7, 200)).astype(np.float32)
    values = apply_functionals(contours, TIMES, [name])
    np.testing.assert_allclose(values[:, 0], REFERENCES[name](contours.astype(float)), rtol=1e-4, atol=1e-5)


def test_mean_shift_is_from_the_mean_of_all_frames():
    whole = np.array([[1.0, 2.0, 6.0]], dtype=np.float32)
    shift = apply_functionals(whole[:, 1:], np.array([0.0, 0.1]), ["mean_shift"], whole=whole)
    assert shift == pytest.approx(1.0)


@pytest.mark.parametrize("n_frames", [1, 2, 50])
def test_a_constant_contour_has_no_spread(n_frames):
    contours = np.full((1, n_frames), 0.3, dtype=np.float32)
    names = ["std", "range", "skewness", "kurtosis", "slope"]
    np.testing.assert_allclose(apply_functionals(contours, np.arange(n_frames) / 10, names), 0, atol=1e-6)


FINITE = st.floats(-1e6, 1e6, width=32)


@settings(deadline=None, max_examples=60)
@given(arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 30)), elements=FINITE))
@example(np.array([[0, 1.2e-38], [3e-23, 0]], dtype=np.float32))
def test_functionals_are_finite_and_ordered(contours):
    names = [*FUNCTIONALS, "percentile_10", "percentile_90"]
    values = apply_functionals(contours, np.arange(contours.shape[1]) * 0.01, names)
    assert np.isfinite(values).all()
    of = dict(zip(names, values.T, strict=True))
    assert (of["min"] <= of["percentile_10"]).all()
    assert (of["percentile_10"] <= of["median"]).all()
    assert (of["median"] <= of["percentile_90"]).all()
    assert (of["percentile_90"] <= of["max"]).all()


@pytest.mark.parametrize("name", ["meen", "percentile_5", "percentile_100", "percentile", ""])
def test_unknown_functionals_are_refused(name):
    with pytest.raises(FeatureError, match="unknown functional"):
        find_functional(name)
