"""The input of Whisper, compared with its definition written with librosa."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from serkit.audio import Clip, load_audio
from serkit.features import FEATURE_SETS, Block, FeatureSet

WHISPER = FEATURE_SETS["whisper-80"]


def published(signal: np.ndarray) -> np.ndarray:
    """Whisper's definition: frames by bands."""
    spectra = librosa.stft(signal, n_fft=400, hop_length=160, window="hann", pad_mode="reflect")[:, :-1]
    bands = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=80) @ np.abs(spectra) ** 2
    decades = np.log10(np.maximum(bands, 1e-10))
    return ((np.maximum(decades, decades.max() - 8.0) + 4.0) / 4.0).T


@pytest.mark.parametrize("n_samples", [400, 15_999, 16_000, 16_001])
def test_frames_are_those_of_the_published_model(n_samples: int) -> None:
    rng = np.random.default_rng(n_samples)
    signal = (rng.standard_normal(n_samples) * np.linspace(0.001, 0.2, n_samples)).astype(np.float32)
    features = WHISPER.extract(Clip(signal, 16_000))
    expected = published(signal / np.abs(signal).max())
    assert features.dtype == np.float32
    assert features.shape == expected.shape == (n_samples // 160, 80)
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-4)


@pytest.mark.corpora
def test_frames_of_real_recordings_are_those_of_the_published_model(corpora_dir: Path) -> None:
    for path in sorted((corpora_dir / "ravdess" / "Actor_05").iterdir())[::12]:
        clip = load_audio(path)
        expected = published(WHISPER.audio.prepare(clip).signal)
        np.testing.assert_allclose(WHISPER.extract(clip), expected, rtol=0, atol=1e-4)


def test_longer_recordings_are_cut_where_the_encoder_s_positions_end() -> None:
    noise = np.random.default_rng(0).standard_normal(31 * 8_000).astype(np.float32) / 9
    assert WHISPER.extract(Clip(noise, 8_000)).shape == (3_000, 80)
    assert WHISPER.shape == (None, 80)


def test_level_changes_nothing() -> None:
    noise = np.random.default_rng(0).standard_normal(8_000).astype(np.float32) / 9
    loud, quiet = (WHISPER.extract(Clip(noise * np.float32(gain), 16_000)) for gain in (1.0, 0.001))
    np.testing.assert_allclose(loud, quiet, rtol=0, atol=1e-4)


def test_a_fixed_length_has_as_many_frames_as_are_computed() -> None:
    feature_set = FeatureSet.model_validate(
        WHISPER.model_dump() | {"audio": {"sampling_rate": 16_000, "duration_s": 1.0}}
    )
    tone = np.sin(np.arange(9_000) / 8).astype(np.float32)
    assert feature_set.shape == (100, 80)
    assert feature_set.extract(Clip(tone, 16_000)).shape == (100, 80)


def test_frames_can_be_summed_up_over_voice() -> None:
    block = Block(name="log_mel", n_mels=20, over="voiced", deltas=1)
    tone = np.sin(np.cumsum(np.full(16_000, 2 * np.pi * 150 / 16_000))).astype(np.float32)
    values = FeatureSet(n_fft=512, hop_length=160, blocks=(block,)).extract(Clip(tone, 16_000))
    assert np.isfinite(values).all()


def test_blocks_that_keep_the_last_frame_do_not_stand_beside_it() -> None:
    with pytest.raises(ValidationError, match="leave out the last frame"):
        FeatureSet(layout="sequence", blocks=(Block(name="log_mel"), Block(name="rms")))
