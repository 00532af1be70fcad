"""What may be set of a speech encoder, and what makes no sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from tests.models.test_speech_encoder import ADAPTED, LANDMARKS, MORE, settings

from serkit.errors import RecipeError
from serkit.models.encoder_settings import SpeechEncoderSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "choice", [{"rounded": True}, {"steady": 0.2}, {"loud_steady": 0.2}, {"degraded_shares": {"states": 1.0}}]
)
def test_what_is_said_of_landmarks_is_refused_without(choice: dict[str, Any]) -> None:
    (name,) = choice
    with pytest.raises(ValidationError, match=f"{name}: is said of comparisons with landmarks"):
        SpeechEncoderSettings(encoder="x", **choice)


@pytest.mark.parametrize("share", ["loud_share", "frame_share", "adapted_share", "alike_share"])
def test_further_comparisons_are_with_landmarks(encoder_dir: Path, share: str) -> None:
    with pytest.raises(ValidationError, match="are of comparisons with landmarks"):
        settings(encoder_dir, loud=share == "alike_share", **{share: 0.1})


def test_loud_states_may_be_steadier_than_others() -> None:
    choice = LANDMARKS | MORE | {"adapted_share": 0.1, "adapted_loud_share": 0.1, "epochs": 1, "steady": 0.2}
    for chosen, of_loud in ((None, 0.2), (0.0, 0.0), (0.6, 0.6)):
        comparisons = SpeechEncoderSettings(encoder="x", **choice, loud_steady=chosen).comparisons
        expected = {"states": 0.2, "loud": of_loud, "frames": 0.2, "adapted": 0.2, "adapted_loud": of_loud}
        assert {name: one.steady for name, one in comparisons.items()} == expected


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"epochs": 0}, "without a probe"),
        ({"probe": 0.1, "units": 8}, "without a hidden layer"),
        ({"loud": True, "attention": 4}, "weights states already"),
        ({"alike_share": 0.3, "landmarks": 9}, "count alike already"),
        ({"loud": True, "loud_share": 0.3, "landmarks": 9}, "weights states already"),
        ({"landmarks": 9, "degraded_shares": {"frames": 1.0}}, "without a share of its own frames is not"),
        ({"landmarks": 9, "degraded_shares": {"ears": 1.0}}, "degraded_shares.ears"),
        ({"neighbours": 1.0}, "are for tuned blocks"),
        ({"neighbours": 1.0, "tuned_blocks": 1, "landmarks": 8, "epochs": 0}, "are for tuned blocks"),
        ({"neighbours": 1.0, "tuned_blocks": 1, "mixup": 0.2}, "leave out mixup"),
        ({"probe": 0.1, "epochs": 0, "keep": "best"}, "of no epochs none is best"),
        (ADAPTED | {"epochs": 0, "neighbours": 0.0}, "blocks are adapted in epochs"),
        (ADAPTED | {"loud": True, "adapted_loud_share": 0.3}, "leave out .* adapted_loud_share"),
        ({"landmarks": 9, "adapted_loud_share": 0.3}, "no block is adapted"),
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
