"""Residual network with convolutions along one axis.

References
----------
.. [1] He, K., Zhang, X., Ren, S. & Sun, J. (2016). Deep residual learning for image recognition. CVPR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

from serkit.models.cnn1d import AsOneRow, convolution, maximum

if TYPE_CHECKING:
    import torch


class ResidualBlock(nn.Module):
    """Two convolutions, and what they were given added to what they make.

    Parameters
    ----------
    n_inputs, n_filters : int
        Channels in and out.
    stride : int
        Of the first convolution. What is added passes a convolution of width 1 if the shapes differ.
    """

    def __init__(self, n_inputs: int, n_filters: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            convolution(n_inputs, n_filters, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(n_filters),
            nn.ReLU(),
            convolution(n_filters, n_filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(n_filters),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_inputs != n_filters:
            projection = convolution(n_inputs, n_filters, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(n_filters))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the block's maps, (N, n_filters, 1, ceil(length / stride))."""
        return functional.relu(self.layers(features) + self.shortcut(features))


def resnet18(n_classes: int) -> nn.Sequential:
    """Build ResNet-18 along one axis: four stages of two blocks, of 64, 128, 256 and 512 filters.

    Parameters
    ----------
    n_classes : int
        Number of scores.

    Returns
    -------
    torch.nn.Sequential
        (N, n_features) to (N, n_classes).

    Examples
    --------
    >>> import torch
    >>> resnet18(6)(torch.zeros(2, 848)).shape
    torch.Size([2, 6])
    """
    blocks: list[nn.Module] = []
    n_inputs = 64
    for n_filters in (64, 128, 256, 512):
        stride = 1 if n_filters == n_inputs else 2
        blocks += [ResidualBlock(n_inputs, n_filters, stride), ResidualBlock(n_filters, n_filters, 1)]
        n_inputs = n_filters
    return nn.Sequential(
        AsOneRow(),
        *(convolution(1, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
        maximum(3, 2, padding=1),
        *blocks,
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(512, n_classes),
    )
