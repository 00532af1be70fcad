"""Mean and deviation over the states of a clip."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from serkit.models.pooling import StatisticsPooling

STATES = torch.randn(3, 9, 4, generator=torch.Generator().manual_seed(0))
OUTSIDE = torch.arange(9) >= torch.tensor([[9], [5], [2]])


def test_without_attention_it_is_mean_and_deviation() -> None:
    pooled = StatisticsPooling(4)(STATES, OUTSIDE).numpy()
    for row, length in enumerate((9, 5, 2)):
        states = STATES[row, :length].numpy()
        expected = np.concatenate([states.mean(axis=0), states.std(axis=0)])
        np.testing.assert_allclose(pooled[row], expected, rtol=1e-4)


@pytest.mark.parametrize("attention", [0, 3])
def test_means_alone_are_the_first_half(attention: int) -> None:
    torch.manual_seed(0)
    both, means = StatisticsPooling(4, attention), StatisticsPooling(4, attention, deviations=False)
    means.load_state_dict(both.state_dict())
    assert means(STATES, OUTSIDE).shape == (3, means.n_values) == (3, 4)
    torch.testing.assert_close(means(STATES, OUTSIDE), both(STATES, OUTSIDE)[:, :4])


@pytest.mark.parametrize("attention", [0, 3])
def test_what_lies_outside_of_a_clip_counts_for_nothing(attention: int) -> None:
    torch.manual_seed(0)
    pool = StatisticsPooling(4, attention)
    changed = STATES.masked_fill(OUTSIDE.unsqueeze(-1), 1e6)
    torch.testing.assert_close(pool(STATES, OUTSIDE), pool(changed, OUTSIDE))
    torch.testing.assert_close(pool(STATES, OUTSIDE)[2:], pool(STATES[2:, :2]))


def test_attention_follows_the_published_formulas() -> None:
    torch.manual_seed(0)
    pool = StatisticsPooling(4, 3)
    weights = {name: value.detach().numpy() for name, value in pool.named_parameters()}
    states = STATES[0].numpy()
    votes = np.tanh(states @ weights["attend.0.weight"].T + weights["attend.0.bias"])
    votes = np.exp(votes @ weights["attend.2.weight"][0] + weights["attend.2.bias"])
    shares = (votes / votes.sum())[:, None]
    mean = (shares * states).sum(axis=0)
    deviation = np.sqrt((shares * states**2).sum(axis=0) - mean**2)
    found = pool(STATES[:1]).detach().numpy()[0]
    np.testing.assert_allclose(found, np.concatenate([mean, deviation]), rtol=1e-4, atol=1e-5)


def test_one_state_alone_can_be_trained_on() -> None:
    states = torch.ones(1, 1, 4, requires_grad=True)
    StatisticsPooling(4)(states).sum().backward()
    assert torch.isfinite(states.grad).all()
