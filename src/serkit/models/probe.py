"""The head of a speech encoder before it is tuned: what its published states tell by themselves.

A random head would first send random gradients through the blocks, and spoil what they know [1]_. So values
are standardised, and the head begins as the best logistic regression on the encoder as it is.

References
----------
.. [1] Kumar, A. et al. (2022). Fine-tuning can distort pretrained features and underperform
   out-of-distribution. ICLR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from serkit.models.kernel_head import KernelHead, fit_kernel_head
from serkit.models.losses import cross_entropy

if TYPE_CHECKING:
    from torch import nn

    from serkit.models.labelled import Labelled
    from serkit.models.speech_encoder import SpeechEncoder

_STEPS = 100
_LEAST_DEVIATION = 1e-6


def prepare_head(  # noqa: PLR0913 - every choice has a name
    network: SpeechEncoder,
    train: Labelled,
    *,
    penalty: float | None,
    width: float,
    batch_size: int,
    device: str,
    seed: int,
) -> None:
    """Standardise the pooled values by the training rows; fit the scores to them, too, if asked for.

    Parameters
    ----------
    network : SpeechEncoder
        Its head is changed in place.
    train : Labelled
        Training rows.
    penalty : float, optional
        How much large weights count beside the loss; without it the weights of the scores stay as they are.
    width : float
        Of a kernel head, as `fit_kernel_head` takes it.
    batch_size : int
        Rows at once.
    device : str
        Where the network is.
    seed : int
        Of what a kernel head draws.
    """
    network.eval()
    with torch.no_grad():
        pooled = train.rows.apply(network.embed, batch_size, device)
    head = network.head
    originals = pooled[train.originals]
    head.standardise.mean.copy_(originals.mean(dim=0))
    head.standardise.deviation.copy_(originals.std(dim=0, correction=0).clamp(min=_LEAST_DEVIATION))
    if penalty is None:
        return
    if isinstance(head, KernelHead):
        fit_kernel_head(head, pooled, train, penalty=penalty, width=width, seed=seed)
    else:
        _fit(head.scores, head.standardise(pooled), train, penalty)


def _fit(scores: nn.Linear, values: torch.Tensor, train: Labelled, penalty: float) -> None:
    """Fit a logistic regression from zero, in steps that know the curvature."""
    targets = train.targets(slice(None), str(values.device))
    for weights in scores.parameters():
        torch.nn.init.zeros_(weights)
    optimizer = torch.optim.LBFGS(
        scores.parameters(), max_iter=_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = cross_entropy(scores(values), targets) + penalty / 2 * scores.weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
