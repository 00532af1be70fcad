"""One line of the table of a network's layers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Layer(BaseModel):
    """One layer.

    Attributes
    ----------
    name, kind : str
        Its place in the network and what it is, e.g. "3" and "MaxPool2d".
    shape : tuple of int
        Of what it gives for one recording.
    trainable, running : int
        Weights, and running statistics of batch normalisation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: str
    shape: tuple[int, ...]
    trainable: int
    running: int
