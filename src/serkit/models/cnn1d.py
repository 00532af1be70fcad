"""One-dimensional convolutional networks over a vector."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class AsOneChannel(nn.Module):
    """Give features the axis of channels that convolutions expect: (N, ...) to (N, 1, ...)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the features with one channel."""
        return features.unsqueeze(1)


class SameMaxPool1d(nn.Module):
    """Maximum over a window, padded so that every stride gives a value, as Keras pads for "same".

    An odd number of missing places gives the right side one more than the left. What is padded never wins.

    Parameters
    ----------
    kernel_size : int
        Length of the window.
    stride : int
        Steps from window to window.

    Examples
    --------
    >>> SameMaxPool1d(5, 2)(torch.zeros(1, 1, 162)).shape[-1]
    81
    """

    def __init__(self, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the maxima, (N, channels, ceil(length / stride))."""
        length = int(features.shape[-1])
        last_start = (math.ceil(length / self.stride) - 1) * self.stride
        missing = max(last_start + self.kernel_size - length, 0)
        left = missing // 2
        padded = functional.pad(features, (left, missing - left), value=-math.inf)
        return functional.max_pool1d(padded, self.kernel_size, self.stride)


class MeanOfParts(nn.Module):
    """Mean of equal parts of a sequence, which share a value where its length is no multiple of theirs.

    What `torch.nn.AdaptiveAvgPool1d` computes, which has no ONNX form of its own.

    Parameters
    ----------
    parts : int
        How many.
    """

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the means, (N, channels, parts)."""
        length = int(features.shape[-1])
        edges = [
            (part * length // self.parts, -(-(part + 1) * length // self.parts)) for part in range(self.parts)
        ]
        return torch.stack([features[..., start:end].mean(dim=-1) for start, end in edges], dim=-1)


def functionals_cnn1d(n_features: int, n_classes: int) -> nn.Sequential:
    """Build four convolutions of 256, 256, 128 and 64 filters, each pooled, and two dense layers.

    Parameters
    ----------
    n_features, n_classes : int
        Length of the vector and of the scores.

    Returns
    -------
    torch.nn.Sequential
        (N, n_features) to (N, n_classes); 557,288 parameters for 162 features and 8 classes.
    """
    layers: list[nn.Module] = [AsOneChannel()]
    length, n_channels = n_features, 1
    for n_filters, dropout in ((256, 0.0), (256, 0.0), (128, 0.2), (64, 0.0)):
        layers += [nn.Conv1d(n_channels, n_filters, 5, padding=2), nn.ReLU(), SameMaxPool1d(5, 2)]
        if dropout:
            layers.append(nn.Dropout(dropout))
        length, n_channels = math.ceil(length / 2), n_filters
    head = (nn.Linear(length * n_channels, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, n_classes))
    return nn.Sequential(*layers, nn.Flatten(), *head)


def cnn1d(n_classes: int) -> nn.Sequential:
    """Build five convolutions without padding, the maximum of their maps, and two dense layers.

    Parameters
    ----------
    n_classes : int
        Number of scores.

    Returns
    -------
    torch.nn.Sequential
        (N, n_features) to (N, n_classes); 576,008 parameters for 8 classes.
    """
    return nn.Sequential(
        AsOneChannel(),
        *(nn.Conv1d(1, 128, 3, stride=2), nn.ReLU()),
        *(nn.Conv1d(128, 128, 3), nn.ReLU()),
        nn.MaxPool1d(2),
        *(nn.Conv1d(128, 256, 3), nn.ReLU()),
        *(nn.Conv1d(256, 256, 3), nn.ReLU()),
        *(nn.Conv1d(256, 256, 3), nn.ReLU()),
        *(nn.AdaptiveMaxPool1d(1), nn.Flatten()),
        *(nn.Linear(256, 128), nn.ReLU()),
        nn.Linear(128, n_classes),
    )


def alexnet(n_classes: int, *, units: int, dropout: float) -> nn.Sequential:
    """Build AlexNet with the convolutions along one axis.

    Parameters
    ----------
    n_classes : int
        Number of scores.
    units : int
        Of each of the two hidden dense layers.
    dropout : float, in [0, 1)
        Share of their inputs that a training step leaves out.

    Returns
    -------
    torch.nn.Sequential
        (N, n_features) to (N, n_classes).

    References
    ----------
    .. [1] Krizhevsky, A. (2014). One weird trick for parallelizing convolutional neural networks.
       arXiv:1404.5997.
    """
    return nn.Sequential(
        AsOneChannel(),
        *(nn.Conv1d(1, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool1d(3, 2)),
        *(nn.Conv1d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool1d(3, 2)),
        *(nn.Conv1d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv1d(384, 256, 3, padding=1), nn.ReLU()),
        *(nn.Conv1d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool1d(3, 2)),
        *(MeanOfParts(6), nn.Flatten()),
        *(nn.Dropout(dropout), nn.Linear(256 * 6, units), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(units, units), nn.ReLU()),
        nn.Linear(units, n_classes),
    )
