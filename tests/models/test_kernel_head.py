"""Comparison with landmarks: kernel ridge regression, as scikit-learn computes it."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.kernel_ridge import KernelRidge

from serkit.models.batches import Rows
from serkit.models.coarse import coarse
from serkit.models.emotion_sets import balanced_weights
from serkit.models.kernel_head import KernelHead, KernelHeads, fit_kernel_head
from serkit.models.labelled import Labelled

N_VALUES, PENALTY, WIDTH = 6, 0.3, 0.5


def pooled_values(n: int = 80) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).standard_normal((n, N_VALUES)).astype(np.float32))


UNSEEN = pooled_values(100)[80:]


def labelled(pooled: torch.Tensor, corpora: np.ndarray | None = None) -> Labelled:
    """Clips whose class is a matter of distance, which no plane tells; the second corpus has two classes."""
    truth = np.digitize(pooled.square().sum(dim=1).numpy(), [4.0, 7.0])
    if corpora is None:
        return Labelled(Rows(pooled.numpy()), truth, 3, weights=balanced_weights(truth))
    truth = np.where(corpora == "b", truth.clip(0, 1), truth)
    allowed = np.tile([True, True, True], (len(truth), 1))
    allowed[corpora == "b", 2] = False
    return Labelled(Rows(pooled.numpy()), truth, 3, allowed, balanced_weights(truth, corpora), corpora)


def fitted(train: Labelled, pooled: torch.Tensor, landmarks: int, *, rounded: bool = False) -> KernelHead:
    head = KernelHead(N_VALUES, 3, axes=N_VALUES, landmarks=landmarks)
    fit_kernel_head(head, pooled, train, penalty=PENALTY, width=WIDTH, seed=0, rounded=rounded)
    return head.eval()


def ridge(rows: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The scores of unseen clips by another library; places have a mean square of 1 on each axis."""
    pooled = pooled_values()
    gamma = 1 / (2 * WIDTH * N_VALUES * pooled.square().mean().item())
    model = KernelRidge(alpha=PENALTY, kernel="rbf", gamma=gamma)
    model.fit(pooled.numpy()[rows], wanted[rows], sample_weight=(weights / weights.mean())[rows])
    return model.predict(UNSEEN.numpy())


def test_with_all_clips_as_landmarks_it_is_kernel_ridge_regression() -> None:
    pooled = pooled_values()
    train = labelled(pooled)
    assert train.weights is not None
    wanted = np.where(np.eye(3)[train.truth] > 0, 1.0, -0.5)
    expected = ridge(np.full(80, True), wanted, train.weights)
    scores = fitted(train, pooled, landmarks=200)(UNSEEN).detach().numpy()
    assert np.abs(scores - expected).max() < 1e-4


def test_a_class_is_learned_from_the_clips_that_may_be_of_it() -> None:
    pooled, corpora = pooled_values(), np.array(["a", "b"] * 40)
    train = labelled(pooled, corpora)
    assert train.weights is not None
    expected = ridge(corpora == "a", np.where(train.truth == 2, 1.0, -0.5), train.weights)
    scores = fitted(train, pooled, landmarks=80)(UNSEEN).detach().numpy()
    assert np.abs(scores[:, 2] - expected).max() < 1e-4


def test_landmarks_are_drawn_evenly_from_the_corpora_and_by_the_seed() -> None:
    pooled = pooled_values()
    corpora = np.array(["small"] * 10 + ["large"] * 70)
    train = labelled(pooled)._replace(corpora=corpora)
    head = fitted(train, pooled, landmarks=30)
    placed = head.place(pooled)
    near = torch.cdist(head.landmarks.T, placed).argmin(dim=1)
    assert sorted(corpora[near.numpy()]) == ["large"] * 20 + ["small"] * 10
    assert torch.equal(head.landmarks, fitted(train, pooled, landmarks=30).landmarks)
    assert torch.allclose(head.likeness(placed)[near, range(30)], torch.ones(30), atol=1e-5)


def test_few_landmarks_hear_what_no_plane_tells() -> None:
    pooled = pooled_values(400)
    train = labelled(pooled)
    right = fitted(train, pooled, landmarks=60)(pooled).argmax(dim=1).numpy() == train.truth
    assert right.mean() > 0.75


def test_axes_and_landmarks_are_those_of_originals() -> None:
    pooled, altered = pooled_values(), np.arange(80) >= 40
    train = labelled(pooled)._replace(altered=altered)
    head = fitted(train, pooled, landmarks=60)
    assert head.landmarks.shape[1] == 40
    near = torch.cdist(head.landmarks.T, head.place(pooled)).argmin(dim=1)
    assert not altered[near.numpy()].any()
    alone = fitted(train.take(np.arange(40)), pooled[:40], landmarks=60)
    assert torch.equal(alone.axes, head.axes)
    assert not torch.allclose(alone.scores.weight, head.scores.weight)


def test_scores_are_fitted_to_what_rounding_leaves() -> None:
    pooled = pooled_values(400)
    train = labelled(pooled)
    head = fitted(train, pooled, landmarks=60, rounded=True)
    for matrix in (head.axes, head.landmarks):
        assert torch.allclose(coarse(matrix), matrix, atol=1e-6)
    near = head.likeness(head.landmarks.T)
    assert torch.allclose(near.diagonal(), torch.ones(60), atol=1e-5)
    right = head(pooled).argmax(dim=1).numpy() == train.truth
    assert right.mean() > 0.75
    # As near to the head that is not rounded as one rounded after its scores were fitted is not.
    exact, spoilt = (fitted(train, pooled, landmarks=60) for _ in range(2))
    spoilt.landmarks.data = coarse(spoilt.landmarks)
    errors = [(one(pooled) - exact(pooled)).abs().mean() for one in (head, spoilt)]
    assert 0 < errors[0] < 0.5 * errors[1]


def gated(pooled: torch.Tensor, train: Labelled) -> KernelHead:
    head = KernelHead(N_VALUES, 3, axes=N_VALUES, landmarks=60, gated=True)
    fit_kernel_head(head, pooled, train, penalty=PENALTY, width=WIDTH, seed=0, rest=0.1)
    return head.eval()


def confused() -> tuple[torch.Tensor, Labelled]:
    """Clips of which those that are degraded, as the first value tells, mean another class."""
    pooled, degraded = pooled_values(400), np.arange(400) % 2 == 1
    pooled[:, 0] = torch.from_numpy(np.where(degraded, 2.0, -2.0))
    train = labelled(pooled)
    truth = np.where(degraded, (train.truth + 1) % 3, train.truth)
    return pooled, train._replace(truth=truth, degraded=degraded)


def answers(head: KernelHead, pooled: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What a head says of clips that sound well, of degraded ones, and how degraded they sound."""
    assert head.degraded is not None
    near = head.near(pooled)
    first, second = (near @ half.T for half in head.scores.weight.chunk(2, dim=1))
    return first, first + second, head.degraded.sounds(near)


@torch.no_grad()
def test_degraded_clips_are_told_and_scored_by_weights_of_their_own() -> None:
    pooled, train = confused()
    head = gated(pooled, train)
    assert head.degraded is not None
    assert train.degraded is not None
    degraded = torch.from_numpy(train.degraded)
    well, badly, _ = answers(head, pooled)
    share = head.degraded.share(head.near(pooled))
    assert (share[degraded] > 0.9).float().mean() > 0.95
    assert (share[~degraded] < 0.1).float().mean() > 0.95
    assert torch.allclose(head(pooled), well + share * (badly - well), atol=1e-4)


@torch.no_grad()
def test_the_second_answer_is_taught_by_degraded_clips_before_all() -> None:
    pooled, train = confused()
    assert train.weights is not None
    assert train.degraded is not None
    for rest, answer in zip((1.0, 0.1), answers(gated(pooled, train), pooled), strict=False):
        weights = np.where(train.degraded, 1.0, rest).astype(np.float32)
        alone = fitted(train._replace(weights=train.weights * weights), pooled, landmarks=60)
        assert torch.allclose(answer, alone(pooled), atol=1e-3)


@torch.no_grad()
def test_joined_heads_answer_together_and_each_clip_by_other_shares() -> None:
    """The second is not asked of degraded clips; the first counts as much there as both elsewhere."""
    pooled, train = confused()
    heads = [gated(pooled, train), gated(pooled.square(), train)]
    (well, badly, sounds), (well_2, _, sounds_2) = (
        answers(head, values) for head, values in zip(heads, (pooled, pooled.square()), strict=True)
    )
    share = torch.sigmoid(12 * (sounds + 0.3 * sounds_2) / 1.3)
    expected = (1 - share) * (well + 0.3 * well_2) + share * 1.3 * badly
    joined = KernelHeads(heads, shares=(1.0, 0.3), degraded_shares=(2.0, 0.0))
    assert torch.allclose(joined(torch.cat([pooled, pooled.square()], dim=1)), expected, atol=1e-3)


def test_heads_are_joined_where_they_are() -> None:
    heads = [KernelHead(size, 3, axes=2, landmarks=4).to("meta") for size in (6, 5)]
    joined = KernelHeads(heads, shares=(1.0, 0.2))
    assert {weights.device.type for weights in joined.parameters()} == {"meta"}
