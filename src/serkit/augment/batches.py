"""What is done to features while a network trains: masks over time and frequency, and mixed pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from serkit.errors import AugmentError

Floats = NDArray[np.float32]


def spec_augment(
    features: Floats,
    rng: np.random.Generator,
    *,
    frames: tuple[int, int] = (2, 40),
    rows: tuple[int, int] = (2, 10),
) -> Floats:
    """Mask stretches of time and bands of rows with the mean of the features, as SpecAugment [1]_ does.

    Its time warping, which gained least, is left out.

    Parameters
    ----------
    features : ndarray, shape (n_frames, n_rows)
        Features of one clip, in the layout "sequence"; the transpose of the layout "image".
    rng : numpy.random.Generator
        Draws the width of each mask, 0 to the widest, and then its place.
    frames, rows : (int, int)
        How many masks there are, and the widest: in frames, and in rows.

    References
    ----------
    .. [1] Park, D. S., et al. (2019). SpecAugment: A simple data augmentation method for automatic speech
       recognition. Interspeech 2019.
    """
    n_frames, n_rows = features.shape
    hidden = draw_masks((n_frames, n_rows), rng, frames=frames, rows=rows)
    return np.where(hidden, features.mean(), features)


def draw_masks(
    shape: tuple[int, int], rng: np.random.Generator, *, frames: tuple[int, int], rows: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return what SpecAugment masks of features of the shape (n_frames, n_rows)."""
    hidden = np.zeros(shape, dtype=bool)
    for axis, (n_masks, widest) in enumerate((frames, rows)):
        along = np.moveaxis(hidden, axis, 0)
        for _ in range(n_masks):
            width = int(rng.integers(min(widest, len(along)), endpoint=True))
            first = int(rng.integers(len(along) - width, endpoint=True))
            along[first : first + width] = True
    return hidden


def mixup(
    features: Floats, targets: Floats, rng: np.random.Generator, *, alpha: float = 0.2
) -> tuple[Floats, Floats]:
    """Mix each clip of a batch, and its label, with those of another [1]_.

    Parameters
    ----------
    features, targets : ndarray, shape (n_clips, ...) and (n_clips, n_classes)
        Of a batch; targets are probabilities of classes.
    rng : numpy.random.Generator
        Draws a permutation, and the share of each clip from Beta(alpha, alpha).
    alpha : float, default 0.2
        Above 0; the smaller, the closer a mixture is to one of the two.

    Returns
    -------
    features, targets : ndarray
        ``share * own + (1 - share) * partner's`` of both.

    References
    ----------
    .. [1] Zhang, H., Cisse, M., Dauphin, Y. N., & Lopez-Paz, D. (2018). mixup: Beyond empirical risk
       minimization. ICLR 2018.
    """
    if len(features) != len(targets) or not alpha > 0:
        raise AugmentError(
            f"mixup: {len(features)} clips, {len(targets)} labels, alpha {alpha!r}",
            hint="give as many of both, and an alpha above 0",
        )
    partner, share = draw_mixture(len(features), rng, alpha=alpha)
    return _mixed(features, partner, share), _mixed(targets, partner, share)


def draw_mixture(n_clips: int, rng: np.random.Generator, *, alpha: float) -> tuple[NDArray[np.intp], Floats]:
    """Return the partner of each clip in mixup, and the share that the clip keeps."""
    return rng.permutation(n_clips), rng.beta(alpha, alpha, n_clips).astype(np.float32)


def _mixed(values: Floats, partner: NDArray[np.intp], share: Floats) -> Floats:
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(own * values + (1 - own) * values[partner])
