"""The state of an unfinished training on disk, so that it goes on as if it had never stopped.

One file holds all: weights, what Adam remembers, the best weights so far, and the history as its JSON header.
It is a safetensors file, which holds arrays alone and runs no code when it is read. Random draws need no
state: every epoch has a seed of its own.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from serkit.errors import TrainingError
from serkit.files import write_bytes
from serkit.models.history import Epoch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn
    from torch.optim import Optimizer

Tensors = dict[str, torch.Tensor]
_HISTORY = TypeAdapter(list[Epoch])


class Checkpoint(NamedTuple):
    """A training between two epochs.

    Attributes
    ----------
    history : list of Epoch
        Epochs that are done.
    network : dict of str to Tensor
        Weights and running statistics.
    optimizer : dict of str to Tensor
        What the optimiser remembers of each weight, by ``POSITION.NAME``.
    best : dict of str to Tensor
        The network after its best epoch; empty where it is not kept.
    """

    history: list[Epoch]
    network: Tensors
    optimizer: Tensors
    best: Tensors

    def save(self, path: Path) -> None:
        """Write it; the file appears only when it is complete."""
        tensors = {
            f"{part}.{name}": value.detach().cpu().contiguous()
            for part in ("network", "optimizer", "best")
            for name, value in getattr(self, part).items()
        }
        history = _HISTORY.dump_json(self.history).decode()
        write_bytes(path, save(tensors, metadata={"history": history}))

    @classmethod
    def load(cls, path: Path) -> Checkpoint | None:
        """Read it, or return None where there is none.

        Raises
        ------
        TrainingError
            If the file is damaged.
        """
        if not path.exists():
            return None
        parts: dict[str, Tensors] = {"network": {}, "optimizer": {}, "best": {}}
        try:
            with safe_open(path, "pt") as file:
                history = _HISTORY.validate_json(file.metadata()["history"])
                for key in file.keys():  # noqa: SIM118 - the file is no mapping
                    part, _, name = key.partition(".")
                    parts[part][name] = file.get_tensor(key)
        except (SafetensorError, ValidationError, KeyError, TypeError) as error:
            raise TrainingError(f"{path}: damaged checkpoint", hint="delete it to begin anew") from error
        return cls(history, **parts)


def optimizer_state(optimizer: Optimizer) -> Tensors:
    """Return what an optimiser remembers of each weight, by ``POSITION.NAME``."""
    remembered: dict[int, dict[str, torch.Tensor]] = optimizer.state_dict()["state"]
    return {f"{number}.{name}": v for number, values in remembered.items() for name, v in values.items()}


def restore_optimizer(optimizer: Optimizer, tensors: Tensors) -> None:
    """Give an optimiser back what it remembered."""
    remembered: dict[int, Tensors] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        remembered.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": remembered})


def network_state(network: nn.Module) -> Tensors:
    """Return a copy of weights and running statistics, which further training does not change."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def fingerprint(settings: dict[str, Any], arrays: Iterable[NDArray[np.generic]]) -> str:
    """Return the hash of all that a training follows from; 32 hexadecimal digits.

    Parameters
    ----------
    settings : dict
        What JSON can hold.
    arrays : iterable of ndarray
        Features and labels.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        for part in array if array.dtype == object else [array]:
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(part.tobytes())
    return digest.hexdigest()[:32]
