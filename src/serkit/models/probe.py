"""The head of a speech encoder before it is tuned, and the one that compares with landmarks afterwards.

A random head would first send random gradients through the blocks, and spoil what they know [1]_. So values
are standardised, and the head begins as the best logistic regression on the encoder as it is.

References
----------
.. [1] Kumar, A. et al. (2022). Fine-tuning can distort pretrained features and underperform
   out-of-distribution. ICLR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

from serkit.models.kernel_head import KernelHead, KernelHeads, fit_kernel_head
from serkit.models.losses import cross_entropy
from serkit.models.neighbours import Neighbours
from serkit.models.precision import computed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import nn

    from serkit.models.batches import Rows
    from serkit.models.comparison_settings import ComparisonSettings
    from serkit.models.encoder_settings import SpeechEncoderSettings
    from serkit.models.inner_folds import Split
    from serkit.models.labelled import Labelled
    from serkit.models.speech_encoder import Head, SpeechEncoder

_STEPS = 100
_LEAST_DEVIATION = 1e-6


def prepare_head(
    network: SpeechEncoder, train: Labelled, settings: SpeechEncoderSettings, device: str, seed: int
) -> None:
    """Standardise the pooled values by the training rows; fit the scores to them, too, if asked for.

    Where training goes on from there, altered copies are left to it.

    Parameters
    ----------
    network : SpeechEncoder
        Its head, one that is trained, is changed in place.
    train : Labelled
        Training rows.
    settings : SpeechEncoderSettings
        How large the penalty is, and whether rows will be compared with their neighbours.
    device : str
        Where the network is.
    seed : int
        Of the axes on which neighbours are compared.
    """
    head = cast("Head", network.head)
    rows = train.take(train.originals) if settings.epochs else train
    pooled = _pooled(network, rows, settings, device)
    _standardise(head, pooled[rows.originals])
    if settings.probe is not None:
        _fit(head.scores, head.standardise(pooled), rows, settings.probe)
    if settings.neighbours:
        network.neighbours = Neighbours(head.standardise(pooled), train, seed=seed)


def compare_with_landmarks(  # noqa: PLR0913 - every choice has a name
    network: SpeechEncoder,
    train: Labelled,
    settings: SpeechEncoderSettings,
    device: str,
    seed: int,
    *,
    split: Split | None = None,
) -> torch.Tensor | None:
    """Put a head in place that compares with landmarks, fitted to what the encoder hears now.

    Parameters
    ----------
    network : SpeechEncoder
        Changed in place.
    train : Labelled
        Training rows.
    settings : SpeechEncoderSettings
        How many landmarks there are, over how many axes, and how smooth.
    device : str
        Where the network is.
    seed : int
        Of the draw of landmarks.
    split : (ndarray of int, ndarray of int), optional
        Rows to fit another such head to, and those that it is to score.

    Returns
    -------
    Tensor or None
        The scores that the other head gives to the rows held out.
    """
    pooled, scores = _pooled(network, train, settings, device), None
    parts = torch.split(pooled, list(network.sizes), dim=1)
    if split is not None:
        rows, held_out = split
        with torch.no_grad():
            other = _landmarks((part[rows] for part in parts), train.take(rows), settings, seed)
            scores = other(pooled[held_out])
    network.head = _landmarks(parts, train, settings, seed)
    return scores


def _landmarks(
    parts: Iterable[torch.Tensor], train: Labelled, settings: ComparisonSettings, seed: int
) -> KernelHead | KernelHeads:
    """Return the comparison of what the states tell, and the others that are wanted."""
    heads, comparisons = [], settings.comparisons.values()
    gated = bool(settings.degraded_shares)
    for part, one in zip(parts, comparisons, strict=True):
        head = KernelHead(part.shape[1], train.n_classes, axes=one.axes, landmarks=one.landmarks, gated=gated)
        head.to(part.device)
        _standardise(head, part[train.originals])
        fit_kernel_head(
            head,
            part,
            train,
            penalty=settings.penalty,
            width=settings.width,
            seed=seed,
            rounded=settings.rounded,
            steady=one.steady,
            rest=settings.rest,
        )
        heads.append(head)
    if len(heads) == 1:
        return heads[0]
    return KernelHeads(
        heads,
        shares=[one.share for one in comparisons],
        degraded_shares=[one.degraded_share for one in comparisons] if gated else None,
    )


def _pooled(
    network: SpeechEncoder, train: Labelled, settings: SpeechEncoderSettings, device: str
) -> torch.Tensor:
    return hear_rows(network.eval().embed, train.rows, settings, device)


@torch.no_grad()
def hear_rows(
    hear: Callable[..., torch.Tensor], rows: Rows, settings: SpeechEncoderSettings, device: str
) -> torch.Tensor:
    """Return what is heard in all rows, (n, n_values), in the precision of settings that are settled."""
    with computed_in(settings.precision, device):
        return rows.apply(hear, settings.batch_size, device).float()


@torch.no_grad()
def _standardise(head: Head | KernelHead, pooled: torch.Tensor) -> None:
    head.standardise.mean.copy_(pooled.mean(dim=0))
    head.standardise.deviation.copy_(pooled.std(dim=0, correction=0).clamp(min=_LEAST_DEVIATION))


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
