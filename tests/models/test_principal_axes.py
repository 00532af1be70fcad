"""The principal axes of training rows, against scikit-learn's PCA."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

from serkit.models.principal_axes import principal_axes


def rows(n: int = 200, n_features: int = 30) -> np.ndarray:
    """Rows of mean 0 whose features go together, each direction half as much as the one before."""
    rng = np.random.default_rng(0)
    turned, _ = np.linalg.qr(rng.standard_normal((n_features, n_features)))
    drawn = rng.standard_normal((n, n_features)) * 0.5 ** np.arange(n_features) @ turned
    return (drawn - drawn.mean(axis=0)).astype(np.float32)


def coordinates(features: np.ndarray, n_axes: int) -> np.ndarray:
    return features @ principal_axes(features, n_axes)


def test_the_axes_are_those_of_pca() -> None:
    features = rows()
    found, expected = coordinates(features, 5), PCA(5).fit_transform(features)
    scale = np.sqrt(np.square(expected).mean())
    np.testing.assert_allclose(np.abs(found), np.abs(expected) / scale, rtol=1e-2, atol=2e-3)


def test_the_mean_square_of_the_coordinates_is_1_and_they_are_uncorrelated() -> None:
    for n_axes in (1, 5, 30):
        found = coordinates(rows(), n_axes)
        np.testing.assert_allclose(np.square(found).mean(), 1.0, rtol=1e-4)
        products = found.T @ found
        np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-3 * products.max())


def test_distances_stay_what_they_were_where_all_axes_are_kept() -> None:
    features = rows(n=20, n_features=6)
    found = coordinates(features, 6)
    before, after = (np.linalg.norm(v[:, None] - v[None], axis=2) for v in (features, found))
    np.testing.assert_allclose(after / after.max(), before / before.max(), atol=1e-5)


def test_axes_that_nothing_is_known_of_stay_0() -> None:
    found = coordinates(rows(n=4), 7)
    assert found.shape == (4, 7)
    assert not found[:, 4:].any()
    np.testing.assert_allclose(np.square(found[:, :4]).mean(), 1.0, rtol=1e-4)


def test_the_same_seed_gives_the_same_axes() -> None:
    first, again = (principal_axes(rows(), 5, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
