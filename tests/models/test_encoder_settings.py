"""What may be set of a speech encoder, and what makes no sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from tests.models.test_speech_encoder import ADAPTED, LANDMARKS, settings

from serkit.errors import RecipeError
from serkit.models.encoder_settings import SpeechEncoderSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"epochs": 0}, "without a probe"),
        ({"probe": 0.1, "units": 8}, "without a hidden layer"),
        ({"loud": True, "attention": 4}, "weights states already"),
        ({"neighbours": 1.0}, "are for tuned blocks"),
        ({"neighbours": 1.0, "tuned_blocks": 1, "landmarks": 8, "epochs": 0}, "are for tuned blocks"),
        ({"neighbours": 1.0, "tuned_blocks": 1, "mixup": 0.2}, "leave out mixup"),
        ({"probe": 0.1, "epochs": 0, "keep": "best"}, "of no epochs none is best"),
        (ADAPTED | {"epochs": 0, "neighbours": 0.0}, "blocks are adapted in epochs"),
        (ADAPTED | {"tuned_blocks": 1}, "neither attention nor tuned_blocks"),
        (ADAPTED | {"join": "mix"}, 'join = "concatenate"'),
    ],
)
def test_settings_that_make_no_sense_are_refused(choice: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SpeechEncoderSettings(encoder="folder", **choice)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"blocks": 1, "states": (2,)}, "states: .* has 1 blocks here, not 2"),
        ({"tuned_blocks": 4}, "tuned_blocks: .* has 2 blocks here"),
        (ADAPTED | {"adapted_states": (3,)}, "adapted_states: .* has 2 blocks here, not 3"),
        (LANDMARKS | {"states": (1,), "tuned_blocks": 3, "epochs": 1}, "tuned_blocks: .* has 1 blocks"),
    ],
)
def test_more_than_the_encoder_has_is_refused(
    encoder_dir: Path, choice: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        settings(encoder_dir, **choice).network((20, 80), 2)


def test_frames_of_another_width_are_refused(encoder_dir: Path) -> None:
    with pytest.raises(RecipeError, match="takes frames of 80 values, not 40"):
        settings(encoder_dir).network((20, 40), 2)
