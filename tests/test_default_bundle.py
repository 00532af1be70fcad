"""The model that ships: in order, light, and what its card says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import serkit
from serkit.audio import clip_from_array
from serkit.bundle import load_bundle
from serkit.corpora import scan_corpus
from serkit.emotions import EMOTIONS
from serkit.model_card import model_card
from serkit.models import build_model
from serkit.onnx.export import export_onnx

EXAMPLE = Path(__file__).parents[1] / "examples" / "hello.wav"


def test_it_hears_the_eight_emotions_of_its_corpora():
    info = load_bundle("default").info
    assert set(info.labels) <= set(EMOTIONS)
    assert {corpus.name for corpus in info.corpora} == {"ravdess", "crema-d", "tess", "savee"}
    prediction = serkit.load("default").predict(EXAMPLE)
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert tuple(prediction.probabilities) == info.labels


def test_its_card_follows_from_its_facts():
    bundle = load_bundle("default")
    card = Path(serkit.__file__).parent / "bundles" / "default" / "MODEL_CARD.md"
    assert card.read_text(encoding="utf-8") == model_card(bundle.info)
    assert "Not for commercial use" in card.read_text(encoding="utf-8")


def test_it_says_how_much_of_a_long_recording_it_heard():
    clip = serkit.load_audio(EXAMPLE)
    long = np.tile(clip.signal, 13)
    prediction = serkit.load("default").predict_signal(long, clip.sampling_rate)
    assert long.size / clip.sampling_rate > 31
    assert (prediction.start, prediction.end) == (0, 30)


@pytest.mark.parametrize(("gain", "tolerance"), [(0.03125, 1e-6), (0.25, 1e-6), (0.03, 0.02), (0.3, 0.02)])
def test_gain_does_not_count(gain, tolerance):
    """By a power of two nothing is rounded; by others a state is, at times, to another of 256 steps."""
    clip = serkit.load_audio(EXAMPLE)
    predictor = serkit.load("default")
    expected = predictor.predict_signal(clip.signal, clip.sampling_rate).probabilities
    quiet = predictor.predict_signal(clip.signal * np.float32(gain), clip.sampling_rate).probabilities
    assert quiet == pytest.approx(expected, abs=tolerance)


def test_it_hears_what_it_was_trained_on(corpora_dir):
    # Training recordings: that they are heard far better than by chance (1 in 7) proves the front end only.
    rows = scan_corpus("savee", corpora_dir / "savee").iloc[::12]
    predictor = serkit.load("default")
    heard = [predictor.predict(file).emotion for file in rows["file"]]
    assert np.mean(np.array(heard) == rows["emotion"]) > 0.45


def test_it_takes_another_last_layer():
    """Which is a sum over ten thousand likenesses, whose rounding must not keep it from being saved."""
    rng, front_end = np.random.default_rng(0), load_bundle("default").info.front_end
    signals = [rng.normal(0, 0.1, 16_000) * np.hanning(16_000) ** (n % 4) for n in range(12)]
    features = np.empty(12, dtype=object)
    features[:] = [front_end.extract(clip_from_array(signal, 16_000)) for signal in signals]
    labels = np.array(["bored", "keen", "calm", "sad"])[np.arange(12) % 4]
    model = build_model("new_head", base="default").fit(features, labels)
    assert export_onnx(model, features)  # raises where the scores differ
