"""The layer table, against what the published summary of a network says."""

from __future__ import annotations

import pytest
import torch

from serkit.models import MODELS
from serkit.models.initialisation import count_parameters
from serkit.models.layers import network_layers
from serkit.models.networks import NETWORKS

# Height, width and channels after each layer, and its parameters, as Keras printed them.
PUBLISHED = [
    ("Conv2d", (32, 25, 216), 320),
    ("BatchNorm2d", (32, 25, 216), 128),
    ("MaxPool2d", (32, 12, 108), 0),
    ("Conv2d", (32, 12, 108), 9_248),
    ("BatchNorm2d", (32, 12, 108), 128),
    ("MaxPool2d", (32, 6, 54), 0),
    ("Conv2d", (32, 6, 54), 9_248),
    ("BatchNorm2d", (32, 6, 54), 128),
    ("MaxPool2d", (32, 3, 27), 0),
    ("Conv2d", (32, 3, 27), 9_248),
    ("BatchNorm2d", (32, 3, 27), 128),
    ("MaxPool2d", (32, 1, 13), 0),
    ("Flatten", (416,), 0),
    ("Linear", (64,), 26_688),
    ("BatchNorm1d", (64,), 256),
    ("Linear", (8,), 520),
]


def test_the_table_is_the_published_one() -> None:
    network = MODELS["mfcc_cnn2d"]().network((25, 216), 8)
    silent = {"AsOneChannel", "ReLU", "Dropout"}  # Keras writes activations into the layer before
    layers = [layer for layer in network_layers(network, (25, 216)) if layer.kind not in silent]
    assert [(one.kind, one.shape, one.trainable + one.running) for one in layers] == PUBLISHED
    assert sum(one.running for one in layers) == 384


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda kind: kind.model_fields["name"].default)
def test_no_parameter_is_left_out(settings: type) -> None:
    shape = settings.minimum_shape
    network = settings().network(shape, 3)
    layers = network_layers(network, shape)
    assert sum(one.trainable for one in layers) == count_parameters(network)
    assert sum(one.trainable + one.running for one in layers) == count_parameters(network, running=True)
    assert layers[-1].shape == (3,)
    drawn = torch.get_rng_state()
    assert network_layers(network, shape) == layers
    assert torch.equal(drawn, torch.get_rng_state()), "nothing is drawn"
