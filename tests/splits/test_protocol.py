"""Protocols: a field that its kind does not read is a mistake."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from serkit.splits import Protocol


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "random"}, "a 'random' protocol needs seed, test"),
        ({"kind": "random", "test": 0.2, "seed": 0, "folds": 5}, "a 'random' protocol does not use folds"),
        ({"kind": "speaker_folds"}, "needs folds"),
        ({"kind": "speaker_folds", "test": 0.2}, "does not use test"),
        ({"kind": "speaker_folds", "allow_leaks": ["speaker"]}, "does not use allow_leaks"),
        ({"kind": "published"}, "needs published"),
        ({"kind": "speakers"}, "needs speakers"),
        ({"kind": "random", "test": 1.0, "seed": 0}, "less than 1"),
        ({"kind": "speaker_folds", "folds": 1}, "greater than or equal to 2"),
        ({"kind": "speaker_fold"}, "'speaker_folds'"),
        ({"kind": "random", "test": 0.2, "seed": 0, "allow_leaks": ["speakers"]}, "'speaker'"),
        ({"kind": "speaker_folds", "fold": 5}, "Extra inputs are not permitted"),
        ({"kind": "speakers", "speakers": "KL", "dev_by": "row", "dev": 0.1}, "needs dev and seed"),
        ({"kind": "speakers", "speakers": "KL", "dev_by": "row", "seed": 0}, "needs dev and seed"),
        ({"kind": "speaker_folds", "folds": 5, "dev_by": "row"}, "does not use dev_by"),
        ({"kind": "speakers", "speakers": "KL", "dev_by": "tail"}, "does not take dev_by = 'tail'"),
        ({"kind": "random", "test": 0.2, "seed": 0, "dev_by": "row"}, "does not take dev_by = 'row'"),
        ({"kind": "random", "test": 0.2, "seed": 0, "dev_by": "tail"}, "needs dev and seed"),
    ],
)
def test_wrong_fields_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        Protocol(**fields)


def test_a_protocol_survives_json():
    protocol = Protocol(kind="published", published=["emobox-ravdess", "emobox-savee"], dev=0.2, seed=1)
    assert Protocol.model_validate_json(protocol.model_dump_json()) == protocol


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"kind": "random", "test": 0.2, "seed": 0, "allow_leaks": ("speaker",)},
            "random split, 20% test, seed 0; speaker may cross",
        ),
        (
            {"kind": "stratified", "test": 0.25, "seed": 1},
            "random split stratified by emotion, 25% test, seed 1",
        ),
        ({"kind": "speakers", "speakers": "KL"}, "held-out speakers KL"),
        (
            {"kind": "speakers", "speakers": ("JK", "KL"), "dev": 0.1, "dev_by": "row", "seed": 2},
            "held-out speakers JK, KL; 10% of the other rows, drawn with seed 2, as the dev part",
        ),
        (
            {"kind": "random", "test": 0.2, "seed": 0, "dev": 0.2, "dev_by": "tail"},
            "random split, 20% test, seed 0; the last 20% of the training rows as the dev part",
        ),
        ({"kind": "speaker_folds", "folds": 4, "seed": 7}, "4 speaker folds, shuffled with seed 7"),
        ({"kind": "leave_one_corpus_out"}, "leave one corpus out"),
        (
            {"kind": "published", "published": ("emobox-ravdess", "emobox-savee")},
            "published folds emobox-ravdess + emobox-savee",
        ),
    ],
)
def test_the_description_says_how_it_is_cut(fields, text):
    assert Protocol(**fields).describe() == text
