"""What is done to a batch while a network trains: masks over time and features, and mixed pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from serkit.augment.batches import draw_masks, draw_mixture
from serkit.models.batches import Batch
from serkit.models.losses import Targets

if TYPE_CHECKING:
    from serkit.models.network_settings import Masks


def masked(batch: Batch, masks: Masks, rng: np.random.Generator, *, frames_last: bool) -> Batch:
    """Set stretches of time and bands of features to 0, other ones in each row.

    Parameters
    ----------
    batch : Batch
        Standardised features, shape (n, n_frames, n_features), or (n, n_features, n_frames).
    masks : Masks
        How many, and how wide.
    rng : numpy.random.Generator
        Draws them.
    frames_last : bool
        Whether frames are the last axis, as in the layout "image".
    """
    n_frames, n_features = batch.features.shape[:0:-1] if frames_last else batch.features.shape[1:]
    lengths = [n_frames] * len(batch.features) if batch.lengths is None else batch.lengths.tolist()
    hidden = np.zeros((len(lengths), n_frames, n_features), dtype=bool)
    for row, length in enumerate(lengths):
        hidden[row, :length] = draw_masks((length, n_features), rng, frames=masks.frames, rows=masks.rows)
    places = torch.from_numpy(hidden.swapaxes(1, 2) if frames_last else hidden)
    return batch._replace(features=batch.features.masked_fill(places.to(batch.features.device), 0.0))


def mixed(batch: Batch, targets: Targets, alpha: float, rng: np.random.Generator) -> tuple[Batch, Targets]:
    """Mix each row with another one of the batch, and its target alike.

    Parameters
    ----------
    batch : Batch
        Standardised features. A mixture of sequences is as long as the longer one.
    targets : Targets
        What is to be learned from each. A mixture may be what one of the two may be.
    alpha : float
        The share of a row is drawn from Beta(alpha, alpha).
    rng : numpy.random.Generator
        Draws shares and pairs.
    """
    drawn = draw_mixture(len(targets.shares), rng, alpha=alpha)
    partner, share = (torch.from_numpy(values).to(targets.shares.device) for values in drawn)

    def mix(values: torch.Tensor) -> torch.Tensor:
        return torch.lerp(values[partner], values, share.reshape(-1, *[1] * (values.ndim - 1)))

    lengths = None if batch.lengths is None else torch.maximum(batch.lengths, batch.lengths[partner])
    allowed = None if targets.allowed is None else targets.allowed | targets.allowed[partner]
    weights = None if targets.weights is None else mix(targets.weights)
    return Batch(mix(batch.features), lengths), Targets(mix(targets.shares), allowed, weights)
