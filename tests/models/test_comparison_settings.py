"""What may be set of comparisons with landmarks, and what makes no sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from tests.models.test_speech_encoder import ADAPTED, LANDMARKS, MORE, settings

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
        ({"alike_share": 0.3, "landmarks": 9}, "count alike already"),
        ({"loud": True, "loud_share": 0.3, "landmarks": 9}, "weights states already"),
        ({"landmarks": 9, "degraded_shares": {"frames": 1.0}}, "without a share of its own frames is not"),
        ({"landmarks": 9, "degraded_shares": {"ears": 1.0}}, "degraded_shares.ears"),
        (ADAPTED | {"loud": True, "adapted_loud_share": 0.3}, "leave out .* adapted_loud_share"),
        ({"landmarks": 9, "adapted_loud_share": 0.3}, "no block is adapted"),
    ],
)
def test_comparisons_that_make_no_sense_are_refused(choice: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SpeechEncoderSettings(encoder="folder", **choice)
