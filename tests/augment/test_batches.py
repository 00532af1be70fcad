"""SpecAugment and mixup."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.augment import mixup, spec_augment
from serkit.errors import AugmentError


@settings(deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 12)),
    seed=st.integers(0, 999),
    widest=st.integers(0, 60),
)
def test_masks_are_stretches_and_bands_of_the_mean(shape, seed, widest):
    features = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    masked = spec_augment(features, np.random.default_rng(seed), frames=(1, widest), rows=(1, widest))
    changed = masked != features
    times, bands = changed.all(axis=1), changed.all(axis=0)
    np.testing.assert_array_equal(changed, times[:, None] | bands[None, :])
    np.testing.assert_allclose(masked[changed], features.mean(), rtol=1e-5)
    if not times.all() and not bands.all():
        for mask in (times, bands):
            assert np.count_nonzero(np.diff(np.pad(mask.astype(int), 1))) in (0, 2)
            assert mask.sum() <= widest


def test_masks_have_every_width_and_leave_the_original_alone():
    features = np.arange(200, dtype=np.float32).reshape(20, 10)
    before = features.copy()
    rng = np.random.default_rng(0)
    widths = {
        int((spec_augment(features, rng, frames=(1, 3), rows=(0, 0)) != features).any(axis=1).sum())
        for _ in range(100)
    }
    assert widths == {0, 1, 2, 3}
    np.testing.assert_array_equal(features, before)


def test_no_masks_change_nothing(rng):
    features = rng.standard_normal((5, 4)).astype(np.float32)
    np.testing.assert_array_equal(spec_augment(features, rng, frames=(0, 5), rows=(2, 0)), features)


def test_mixup_mixes_clips_and_labels_alike():
    features = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    targets = np.eye(4, dtype=np.float32)
    mixed, labels = mixup(features, targets, np.random.default_rng(5), alpha=0.4)
    assert mixed.dtype == labels.dtype == np.float32
    np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-6)
    # With one-hot labels the mixed label is the recipe of its clip.
    np.testing.assert_allclose(mixed, np.einsum("ij,jkl->ikl", labels, features), rtol=1e-5)
    reference = np.random.default_rng(5)
    partner, share = reference.permutation(4), reference.beta(0.4, 0.4, 4)
    np.testing.assert_allclose(
        labels, share[:, None] * np.eye(4) + (1 - share[:, None]) * np.eye(4)[partner], atol=1e-6
    )


@pytest.mark.parametrize(("n_labels", "alpha"), [(3, 0.2), (4, 0.0), (4, -1.0), (4, np.nan)])
def test_batches_that_do_not_fit_are_refused(n_labels, alpha, rng):
    with pytest.raises(AugmentError, match=rf"mixup: 4 clips, {n_labels} labels, alpha"):
        mixup(np.zeros((4, 2), np.float32), np.zeros((n_labels, 2), np.float32), rng, alpha=alpha)
