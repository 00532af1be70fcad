"""Scoring a saved model: what is left out, and what is said about speakers that it knows."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from serkit.bundle_info import BundleInfo, CorpusFacts, speaker_key
from serkit.errors import ManifestError
from serkit.evaluation.bundle_scoring import bundle_facts, predict_manifest, probabilities_of

MANIFEST = pandas.DataFrame(
    {
        "file": ["/a.wav", "/b.wav", "/c.wav"],
        "corpus": ["savee", "savee", "emodb"],
        "speaker": ["DC", "JE", "03"],
        "emotion": ["sad", "happy", "boredom"],
    }
)


def make_info(*corpora: CorpusFacts) -> BundleInfo:
    return BundleInfo(
        name="toy", labels=("happy", "sad"), front_end={"blocks": [{"name": "rms"}]}, corpora=corpora
    )


def trained_on(*groups: str) -> CorpusFacts:
    keys = tuple(speaker_key(group) for group in groups)
    return CorpusFacts(name="savee", licence="", recordings=120, speakers=1, speaker_keys=keys)


def test_speakers_of_the_training_data_are_counted_and_cautioned_about():
    facts = bundle_facts(make_info(trained_on("savee/DC", "savee/KL")), MANIFEST)
    assert facts.leaks == {"speaker": 1}
    assert len(facts.cautions) == 1
    assert facts.cautions[0].startswith(
        "Not an honest score: the model was trained on 1 of the savee speakers"
    )


def test_other_speakers_of_the_same_corpus_are_no_reason_for_caution():
    facts = bundle_facts(make_info(trained_on("savee/JK")), MANIFEST)
    assert (facts.cautions, facts.leaks) == ((), {"speaker": 0})


def test_the_same_speaker_name_in_another_corpus_is_another_speaker():
    assert bundle_facts(make_info(trained_on("emodb/DC")), MANIFEST).cautions == ()


@pytest.mark.parametrize("rows", [MANIFEST, MANIFEST.drop(columns="speaker")])
def test_where_nothing_tells_the_speakers_caution_is_asked_for(rows):
    known = trained_on("savee/DC") if "speaker" not in rows else trained_on()
    facts = bundle_facts(make_info(known), rows)
    assert facts.cautions[0].startswith("Perhaps not an honest score")
    assert facts.leaks == {}


def test_a_corpus_that_was_not_trained_on_is_honest():
    facts = bundle_facts(make_info(), MANIFEST)
    assert (facts.cautions, facts.leaks) == ((), {"speaker": 0})
    assert facts.name == "toy on emodb, savee"


def test_emotions_that_the_model_does_not_know_are_left_out_and_said():
    assert bundle_facts(make_info(), MANIFEST).notes == (
        "Left out, as the model does not know the emotion: 1 boredom.",
    )


def test_a_model_that_knows_none_of_the_emotions_is_refused(tiny_bundle):
    from serkit.bundle import load_bundle

    with pytest.raises(ManifestError, match="the recordings are boredom"):
        predict_manifest(load_bundle(tiny_bundle), MANIFEST[2:])


def test_a_corpus_is_tested_among_the_emotions_that_the_model_has_learned_from_it():
    savee = trained_on("savee/DC").model_copy(update={"emotions": ("sad",)})
    probabilities = probabilities_of(make_info(savee), MANIFEST, np.zeros((3, 2)))
    assert probabilities.tolist() == [[0.0, 1.0], [0.0, 1.0], [0.5, 0.5]]
