"""Train a network with Adam on the cross-entropy, epoch by epoch.

A plain loop: all that a training has is its weights, what Adam remembers and a list of epochs. Learning rate,
early stopping and random draws follow from that list, so one file is enough to go on to the very same result;
callbacks with a state of their own would each need a way to save it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from serkit.errors import TrainingError
from serkit.models.alterations import masked, mixed
from serkit.models.checkpoints import Checkpoint, network_state, optimizer_state, restore_optimizer
from serkit.models.draws import drawn_rows
from serkit.models.epoch_bar import epoch_bar
from serkit.models.history import Epoch, best_epoch, has_ended
from serkit.models.losses import cross_entropy
from serkit.models.precision import computed_in
from serkit.models.schedules import learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from serkit.models.batches import Batch, Rows
    from serkit.models.checkpoints import Tensors
    from serkit.models.labelled import Labelled
    from serkit.models.losses import Targets
    from serkit.models.network_settings import NetworkSettings
    from serkit.models.standardise import StandardisedNetwork


@dataclass
class NetworkTraining:
    """The training of one network.

    Attributes
    ----------
    network : StandardisedNetwork
        Network, on its device; trained in place.
    settings : NetworkSettings
        How it is trained.
    train : Labelled
        Rows to train on.
    dev : Labelled, optional
        Rows to look at after each epoch.
    seed : int
        Of order and dropout.
    device : str
        Where the network is.
    """

    network: StandardisedNetwork
    settings: NetworkSettings
    train: Labelled
    dev: Labelled | None
    seed: int
    device: str

    def run(self, *, checkpoint: Path | None = None, progress: bool = False) -> list[Epoch]:
        """Train until the end, from where the checkpoint left off.

        Parameters
        ----------
        checkpoint : Path, optional
            File of the state after each epoch.
        progress : bool, default False
            Show a progress bar on a terminal.

        Returns
        -------
        list of Epoch
            The history.

        Raises
        ------
        TrainingError
            If the loss is no longer finite.
        """
        optimizer = self._optimizer()
        history, best = self._restore(optimizer, checkpoint)
        with epoch_bar(self.settings.epochs, shown=progress) as show:
            while not self._has_ended(history):
                history.append(self._epoch(optimizer, history))
                if self._is_best(history):
                    best = network_state(self.network)
                if checkpoint:
                    state = network_state(self.network), optimizer_state(optimizer)
                    Checkpoint(history, *state, best).save(checkpoint)
                show(history)
        if self.settings.keep == "best":
            self.network.load_state_dict(best)
        return history

    def _optimizer(self) -> torch.optim.Optimizer:
        chosen = self.settings
        groups = chosen.parameter_groups(self.network.body)
        return torch.optim.AdamW(
            groups, chosen.learning_rate, chosen.betas, chosen.epsilon, chosen.weight_decay
        )

    def _restore(
        self, optimizer: torch.optim.Optimizer, checkpoint: Path | None
    ) -> tuple[list[Epoch], Tensors]:
        saved = Checkpoint.load(checkpoint) if checkpoint else None
        if saved is None:
            return [], {}
        self.network.load_state_dict(saved.network)
        restore_optimizer(optimizer, saved.optimizer)
        return saved.history, saved.best

    def _has_ended(self, history: list[Epoch]) -> bool:
        chosen = self.settings
        return has_ended(history, chosen.monitor, epochs=chosen.epochs, patience=chosen.patience)

    def _is_best(self, history: list[Epoch]) -> bool:
        newest = len(history) - 1
        return self.settings.keep == "best" and best_epoch(history, self.settings.monitor) == newest

    def _epoch(self, optimizer: torch.optim.Optimizer, history: list[Epoch]) -> Epoch:
        rng = seed_everything(self.seed, len(history) + 1)
        batches = self._batches(rng)
        losses = [epoch.train_loss for epoch in history]
        total_loss, right, rate = 0.0, 0, 0.0
        self.network.train()
        for number, rows in enumerate(batches):
            step, n_steps = len(history) * len(batches) + number, self.settings.epochs * len(batches)
            rate = learning_rate(self.settings, losses, step, n_steps)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["scale"]
            loss, hits = self._step(optimizer, rows, rng)
            if not math.isfinite(loss):
                raise self._diverged(len(history) + 1, loss, rate)
            total_loss, right = total_loss + loss * len(rows), right + hits
        n = sum(map(len, batches))
        return Epoch(
            learning_rate=rate, train_loss=total_loss / n, train_accuracy=right / n, **self._dev_scores()
        )

    def _batches(self, rng: np.random.Generator) -> list[NDArray[np.intp]]:
        """Return the rows of an epoch; in every epoch there are as many batches."""
        chosen = self.settings
        drawn = drawn_rows(self.train, chosen.copy_weight, rng) if chosen.draw == "speakers" else None
        return self.train.rows.batches(chosen.batch_size, rng, rows=drawn)

    def _step(
        self, optimizer: torch.optim.Optimizer, rows: NDArray[np.intp], rng: np.random.Generator
    ) -> tuple[float, int]:
        """Go one step down; return the loss of these rows and how many of them were right."""
        targets = self.train.targets(rows, self.device)
        batch, altered = self._altered(self.train.rows.batch(rows, self.device), targets, rng)
        with computed_in(self.settings.precision, self.device):
            scores, loss = self.settings.losses(self.network, batch, altered, rows)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.item(), int((targets.among(scores).argmax(dim=1) == targets.truth).sum())

    def _altered(self, batch: Batch, targets: Targets, rng: np.random.Generator) -> tuple[Batch, Targets]:
        """Standardise a batch, mask and mix it; return it and its targets."""
        chosen = self.settings
        batch = batch._replace(features=self.network.standardise(batch.features))
        if chosen.spec_augment:
            batch = masked(batch, chosen.spec_augment, rng, frames_last="image" in chosen.layouts)
        return (batch, targets) if chosen.mixup is None else mixed(batch, targets, chosen.mixup, rng)

    def _dev_scores(self) -> dict[str, float]:
        if self.dev is None:
            return {}
        scores = network_scores(self.network, self.dev.rows, self.settings.batch_size, self.device)
        targets = self.dev.targets(slice(None))
        return {
            "dev_loss": cross_entropy(scores, targets).item(),
            "dev_uar": _uar(self.dev.truth, targets.among(scores).argmax(dim=1).numpy()),
        }

    def _diverged(self, epoch: int, loss: float, rate: float) -> TrainingError:
        also = "" if self.settings.standardise != "none" else ", or standardise the features"
        return TrainingError(
            f"{self.settings.name}: the loss is {loss} in epoch {epoch}, at the learning rate {rate:.3g}",
            hint=f"lower learning_rate{also}",
        )


def network_scores(network: nn.Module, rows: Rows, batch_size: int, device: str) -> torch.Tensor:
    """Return the scores of rows, float32 (n, n_classes) on the CPU, with nothing dropped out."""
    network.eval()
    with torch.inference_mode():
        return rows.apply(lambda *batch: network(*batch).float().cpu(), batch_size, device)


def seed_everything(seed: int, number: int) -> np.random.Generator:
    """Seed torch for one part of a training, and return a generator of the same seed for the rest."""
    sequence = np.random.SeedSequence([seed, number])
    torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0]))
    return np.random.default_rng(sequence)


def _uar(truth: NDArray[np.intp], predicted: NDArray[np.intp]) -> float:
    return float(np.mean([np.mean(predicted[truth == label] == label) for label in np.unique(truth)]))
