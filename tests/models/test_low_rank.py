"""Blocks that share the weights of others, and changes of what these make."""

from __future__ import annotations

import pytest
import torch

from serkit.models.low_rank import changed_block
from serkit.models.whisper_encoder import Block, EncoderShape

SHAPE = EncoderShape(d_model=8, encoder_attention_heads=2, encoder_ffn_dim=16)


@pytest.fixture
def block() -> Block:
    torch.manual_seed(0)
    return Block(SHAPE).eval()


def test_before_training_it_does_what_the_other_does(block: Block) -> None:
    states, outside = torch.randn(2, 5, 8), torch.tensor([[False] * 5, [False, False, True, True, True]])
    changed = changed_block(block, 3)
    torch.testing.assert_close(changed(states, outside), block(states, outside))


def test_only_changes_and_normalisation_are_trained(block: Block) -> None:
    before = {name: weights.clone() for name, weights in block.named_parameters()}
    changed = changed_block(block, 3)
    trained = [name for name, weights in changed.named_parameters() if weights.requires_grad]
    changes, normalisations = 4 * ["down", "up", "offset"], 2 * ["scale", "offset"]
    assert len(trained) == len(changes + normalisations)
    optimizer = torch.optim.SGD([dict(changed.named_parameters())[name] for name in trained], lr=0.1)
    for _ in range(2):  # in the first step, only what leads up from the few values has a gradient
        changed(torch.randn(2, 5, 8), None).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert not torch.equal(changed.fc1.change.down.weight, changed_block(block, 3).fc1.change.down.weight)
    assert all(torch.equal(before[name], weights) for name, weights in block.named_parameters())


def test_a_change_is_of_its_rank(block: Block) -> None:
    changed = changed_block(block, 3)
    with torch.no_grad():
        torch.nn.init.normal_(changed.fc2.change.up.weight)
        values = torch.eye(16)
        difference = changed.fc2(values) - block.fc2(values)
    assert torch.linalg.matrix_rank(difference, atol=1e-4) == 3
