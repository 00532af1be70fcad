"""The model card says what must not be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from serkit.bundle import BundleInfo, load_bundle
from serkit.model_card import model_card

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def info(tiny_bundle: Path) -> BundleInfo:
    return load_bundle(tiny_bundle).info


@pytest.mark.parametrize(
    "use", ["hiring", "policing", "border", "insurance", "diagnosis", "at work", "at school", "consent"]
)
def test_it_rules_out_decisions_about_people(info: BundleInfo, use: str) -> None:
    ruled_out = model_card(info).split("## Must not be used for")[1].split("##")[0]
    assert use in ruled_out


def test_it_says_that_acted_is_not_felt(info: BundleInfo) -> None:
    assert "Acted emotion is not felt emotion" in model_card(info)


def test_it_names_training_data_with_licence_and_scores_with_interval(info: BundleInfo) -> None:
    card = model_card(info)
    assert "| synthetic | 72 | 6 | – | CC0-1.0 |" in card
    assert "| synthetic, training rows | uar | 0.980 | 0.950–1.000 | 72 | 6 |" in card


@pytest.mark.parametrize(
    ("licence", "restricted"),
    [("CC BY-NC-SA 4.0", True), ("research only, after registration", True), ("ODbL 1.0", False)],
)
def test_it_says_which_corpora_forbid_commerce(info: BundleInfo, licence: str, restricted: bool) -> None:
    corpus = info.corpora[0].model_copy(update={"licence": licence})
    card = model_card(info.model_copy(update={"corpora": (corpus,)}))
    assert ("Not for commercial use" in card) is restricted


def test_it_says_where_nothing_is_known(info: BundleInfo) -> None:
    bare = info.model_copy(update={"corpora": (), "scores": ()})
    assert "Not recorded." in model_card(bare)
    assert "Not measured." in model_card(bare)


def test_a_text_cannot_break_a_table(info: BundleInfo) -> None:
    corpus = info.corpora[0].model_copy(update={"licence": "A | B"})
    card = model_card(info.model_copy(update={"corpora": (corpus,)}))
    assert "| A / B |" in card
