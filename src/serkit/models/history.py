"""What a training has been through, epoch by epoch, and when it is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serkit.models.network_settings import Monitor


class Epoch(BaseModel):
    """One pass over the training rows.

    Attributes
    ----------
    learning_rate : float
        Of its last step.
    train_loss : float
        Mean cross-entropy of the rows at the time that they were trained on.
    train_accuracy : float
        Share of them that was right then, in [0, 1].
    dev_loss, dev_uar : float, optional
        Mean cross-entropy and unweighted average recall of the dev rows after the epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float
    train_loss: float
    train_accuracy: float
    dev_loss: float | None = None
    dev_uar: float | None = None


def best_epoch(history: Sequence[Epoch], monitor: Monitor) -> int:
    """Return the position of the first epoch with the lowest loss, or the highest accuracy or UAR.

    Examples
    --------
    >>> losses = (0.9, 0.4, 0.4)
    >>> history = [Epoch(learning_rate=0.1, train_loss=loss, train_accuracy=0.5) for loss in losses]
    >>> best_epoch(history, "train_loss")
    1
    """
    values = [float(getattr(epoch, monitor)) for epoch in history]
    best = min(values) if monitor.endswith("loss") else max(values)
    return values.index(best)


def has_ended(history: Sequence[Epoch], monitor: Monitor, *, epochs: int, patience: int | None) -> bool:
    """Tell whether all epochs are done, or none of the last `patience` was better than those before.

    Examples
    --------
    >>> history = [Epoch(learning_rate=0.1, train_loss=1.0, train_accuracy=0.5)] * 3
    >>> has_ended(history, "train_loss", epochs=10, patience=2)
    True
    """
    if len(history) >= epochs:
        return True
    if patience is None or not history:
        return False
    return len(history) - 1 - best_epoch(history, monitor) >= patience
