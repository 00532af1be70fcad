"""Two-dimensional convolutional networks over sequences and images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    import torch

# Defaults of batch normalisation in Keras: epsilon, and one minus its momentum.
_KERAS = (1e-3, 0.01)


class AsOneChannel(nn.Module):
    """Give features the axis of channels that convolutions expect: (N, ...) to (N, 1, ...)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the features with one channel."""
        return features.unsqueeze(1)


def cnn2d(n_classes: int, *, dropout: float) -> nn.Sequential:
    """Build three convolutions over frames and features, the maximum of their maps, and two dense layers.

    Parameters
    ----------
    n_classes : int
        Number of scores.
    dropout : float, in [0, 1)
        Share of the maxima that a training step leaves out; evaluation leaves out none.

    Returns
    -------
    torch.nn.Sequential
        (N, n_frames, n_rows) to (N, n_classes); 2,205,958 parameters for 8 classes.
    """
    return nn.Sequential(
        AsOneChannel(),
        *(nn.Conv2d(1, 200, (20, 5)), nn.ReLU(), nn.AvgPool2d((6, 2))),
        *(nn.Conv2d(200, 200, (10, 5)), nn.ReLU(), nn.AvgPool2d((6, 2))),
        *(nn.Conv2d(200, 100, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1)),
        *(nn.Flatten(), nn.Dropout(dropout)),
        *(nn.Linear(100, 50), nn.ReLU()),
        nn.Linear(50, n_classes),
    )


def mfcc_cnn2d(shape: tuple[int, ...], n_classes: int, *, dropout: float) -> nn.Sequential:
    """Build four times a convolution of 32 filters, normalised, halved and dropped out, and two dense layers.

    Parameters
    ----------
    shape : (int, int)
        Rows and frames of the image.
    n_classes : int
        Number of scores.
    dropout : float, in [0, 1)
        Share of the values of a layer that a training step leaves out.

    Returns
    -------
    torch.nn.Sequential
        (N, n_rows, n_frames) to (N, n_classes); 56,040 parameters for 25 x 216 and 8 classes, as
        Keras counts.

    Examples
    --------
    >>> import torch
    >>> mfcc_cnn2d((25, 216), 8, dropout=0.2).eval()(torch.zeros(1, 25, 216)).shape
    torch.Size([1, 8])
    """
    layers: list[nn.Module] = [AsOneChannel()]
    for n_channels in (1, 32, 32, 32):
        layers += [nn.Conv2d(n_channels, 32, 3, padding=1), nn.ReLU()]
        layers += [nn.BatchNorm2d(32, *_KERAS), nn.MaxPool2d(2), nn.Dropout(dropout)]
    n_rows, n_frames = (length // 16 for length in shape)
    layers += [nn.Flatten(), nn.Linear(n_rows * n_frames * 32, 64), nn.ReLU()]
    layers += [nn.Dropout(dropout), nn.BatchNorm1d(64, *_KERAS), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(64, n_classes))
