"""The layers of a network as a table: what each gives, and how many values it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from serkit.models.initialisation import RUNNING
from serkit.models.layer import Layer

if TYPE_CHECKING:
    from torch import nn


def network_layers(network: nn.Module, shape: tuple[int, ...]) -> list[Layer]:
    """Return the layers of a network in the order in which features pass through them.

    Parameters
    ----------
    network : torch.nn.Module
        Network; it is left in evaluation mode.
    shape : tuple of int
        Of the features of one recording.

    Returns
    -------
    list of Layer
        Every module without parts of its own, and those that have weights beside their parts.

    Examples
    --------
    >>> from torch import nn
    >>> network = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    >>> [(layer.kind, layer.shape, layer.trainable, layer.running) for layer in network_layers(network, (4,))]
    [('Linear', (3,), 15, 0), ('BatchNorm1d', (3,), 6, 6)]
    """
    found: dict[str, Layer] = {}

    def note(name: str, module: nn.Module, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        found.setdefault(name, _layer(name, module, tuple(first.shape[1:])))

    handles = [
        module.register_forward_hook(lambda module, _, output, name=name: note(name, module, output))
        for name, module in network.named_modules()
        if not list(module.children()) or list(module.parameters(recurse=False))
    ]
    device = next(network.parameters()).device
    with torch.inference_mode():
        network.eval()(torch.zeros(1, *shape, device=device))
    for handle in handles:
        handle.remove()
    return list(found.values())


def _layer(name: str, module: nn.Module, shape: tuple[int, ...]) -> Layer:
    weights = [value for value in module.parameters(recurse=False) if value.requires_grad]
    running = [value for key, value in module.named_buffers(recurse=False) if key.endswith(RUNNING)]
    return Layer(
        name=name,
        kind=type(module).__name__,
        shape=shape,
        trainable=sum(value.numel() for value in weights),
        running=sum(value.numel() for value in running),
    )
