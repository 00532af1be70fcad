"""Which frames count as voiced."""

from __future__ import annotations

import numpy as np
import pytest

from serkit.features.frames import Analysis, Framing
from serkit.features.pitch import PitchSettings
from serkit.features.voicing import voiced_frames

FRAMING = Framing(512, 160)
RATE = 16_000


def tone(seconds: float, level: float = 1.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 180 * t)).astype(np.float32)


def noise(seconds: float, level: float = 1.0) -> np.ndarray:
    return (level * np.random.default_rng(3).standard_normal(round(seconds * RATE))).astype(np.float32)


def test_tones_are_voiced_and_noise_is_not():
    voiced = voiced_frames(Analysis(np.concatenate([tone(1), noise(1)]), RATE), FRAMING)
    assert voiced[5:90].all()
    assert voiced[110:].mean() < 0.05


def test_what_is_30_db_below_the_loudest_is_not_heard():
    for level, heard in ((0.1, True), (0.01, False)):
        voiced = voiced_frames(Analysis(np.concatenate([tone(1), tone(1, level)]), RATE), FRAMING)
        assert voiced[115:195].mean() == pytest.approx(float(heard))


def test_level_does_not_count():
    signal = np.concatenate([tone(0.5), noise(0.5), tone(0.3, 0.2)])
    np.testing.assert_array_equal(
        voiced_frames(Analysis(signal, RATE), FRAMING), voiced_frames(Analysis(signal / 64, RATE), FRAMING)
    )


def test_without_voice_the_eight_most_periodic_frames_are_taken():
    assert voiced_frames(Analysis(noise(1), RATE), FRAMING).sum() == 8
    assert voiced_frames(Analysis(noise(0.05), RATE), FRAMING).sum() == 6


def test_pitch_settings_count():
    analysis = Analysis(tone(1), RATE)
    too_high = PitchSettings(FRAMING.hop_length, fmin=300.0, fmax=350.0)
    assert voiced_frames(analysis, FRAMING, too_high).sum() < voiced_frames(analysis, FRAMING).sum()
