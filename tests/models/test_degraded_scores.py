"""What enters the last layer, once more where a clip sounds degraded."""

from __future__ import annotations

import torch

from serkit.models.degraded_scores import DegradedScores


def gate() -> DegradedScores:
    """Only the first value tells how a clip sounds."""
    network = DegradedScores(3)
    with torch.no_grad():
        network.sounds.weight.copy_(torch.tensor([[1.0, 0.0, 0.0]]))
        network.sounds.bias.zero_()
    return network


def test_a_clip_counts_among_the_degraded_as_much_as_it_sounds_so() -> None:
    values = torch.tensor([[-9.0, 1.0, 2.0], [0.0, 1.0, 2.0], [9.0, 1.0, 2.0]])
    with torch.no_grad():
        found = gate()(values)
    assert torch.equal(found[:, :3], values)
    assert torch.allclose(found[:, 3:], torch.tensor([[0.0], [0.5], [1.0]]) * values, atol=1e-6)


def test_a_layer_on_both_halves_moves_from_one_answer_to_the_other() -> None:
    clear, degraded = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])
    layer = torch.cat([clear, degraded - clear])
    values = torch.tensor([[-9.0, 1.0, 0.0], [9.0, 1.0, 0.0]])
    with torch.no_grad():
        scores = gate()(values) @ layer
    assert torch.allclose(scores, torch.tensor([-9.0, 2.0]), atol=1e-5)
