"""Explore: the pages of a recording and of a manifest."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from serkit.audio import Clip, load_audio
from serkit.errors import AugmentError
from serkit.evaluation.explore import explore_clip, explore_manifest

PICTURES = [
    "waveform",
    "spectrogram",
    "spectrogram-db",
    "mel",
    "mfcc",
    "chroma",
    "zero-crossings",
    "centroid",
    "rolloff",
]


def test_a_recording_becomes_nine_pictures_and_a_page(voice_file, tmp_path):
    written = explore_clip(load_audio(voice_file), tmp_path / "out")
    assert [path.stem for path in written[1::2]] == PICTURES
    assert all(path.stat().st_size > 1000 for path in written)
    page = written[0].read_text()
    assert page.count("<svg") == len(PICTURES)
    assert "voice.wav" in page
    assert "16,000 Hz" in page


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_every_rate_and_very_short_clips_can_be_drawn(rate, tmp_path):
    noise = np.random.default_rng(0).standard_normal(rate // 20).astype(np.float32) / 10
    assert len(explore_clip(Clip(noise, rate), tmp_path)) == 19


def test_a_manifest_with_all_that_can_be_known(synthetic_ravdess, tmp_path):
    from serkit.corpora import scan_corpus

    manifest = scan_corpus("ravdess", synthetic_ravdess).assign(duration=1.2)
    written = explore_manifest(manifest, tmp_path, title="my corpora")
    assert [path.stem for path in written[1::2]] == ["classes", "durations", "speakers"]
    assert "my corpora" in written[0].read_text()


def test_a_manifest_with_nothing_but_the_required_columns(tmp_path):
    manifest = pandas.DataFrame({"file": ["a", "b"], "corpus": "x", "emotion": ["sad", "happy"]})
    written = explore_manifest(manifest, tmp_path)
    assert [path.stem for path in written[1::2]] == ["classes"]
    assert "not known" in written[0].read_text()


def test_augmentations_are_drawn_and_written(voice_file, tmp_path):
    clip = load_audio(voice_file)
    written = explore_clip(clip, tmp_path, augment=["gain", "stretch"])
    assert [path.name for path in written[-6:]] == [
        "augment-gain.png",
        "augment-gain.svg",
        "augment-stretch.png",
        "augment-stretch.svg",
        "augment-gain.wav",
        "augment-stretch.wav",
    ]
    assert load_audio(written[-1]).duration == pytest.approx(clip.duration / 0.8, abs=1e-3)
    louder = load_audio(written[-2]).signal / clip.signal.max()
    assert np.abs(louder).max() != pytest.approx(1, abs=0.01)
    page = written[0].read_text()
    assert page.count("<svg") == len(PICTURES) + 2
    assert '<audio controls src="augment-gain.wav">' in page
    with pytest.raises(AugmentError, match=r"babble: needs a folder of recordings; name one in the recipe"):
        explore_clip(clip, tmp_path, augment=["babble"])
