"""F0 equals librosa's YIN; voicing and harmonicity tell voices from noise."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from serkit.errors import FeatureError
from serkit.features.frames import Analysis
from serkit.features.pitch import PitchSettings, track_pitch


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100])
@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
def test_f0_equals_librosa_yin(rate, pad_mode, at_rate):
    equal = []
    for signal in at_rate(rate):
        settings = PitchSettings(256, pad_mode, fmin=80.0, fmax=500.0, frame_length=2048)
        ours = track_pitch(Analysis(signal, rate), settings)
        theirs = librosa.yin(
            signal, fmin=80, fmax=500, sr=rate, frame_length=2048, hop_length=256, pad_mode=pad_mode
        )
        same = np.abs(ours.f0 - theirs) <= 1e-4 * theirs
        # librosa rounds to float32 within: in hardly periodic frames that decides between two dips.
        assert same[ours.voicing > 0.7].mean() > 0.98
        equal.extend(same)
    assert np.mean(equal) > 0.97


@pytest.mark.parametrize("pitch", [90.0, 200.0, 400.0])
def test_a_steady_tone_is_voiced_at_its_pitch(pitch):
    time = np.arange(16_000) / 16_000
    tone = sum(np.sin(2 * np.pi * k * pitch * time) / k for k in range(1, 6)).astype(np.float32)
    track = track_pitch(Analysis(0.1 * tone, 16_000), PitchSettings(160, frame_length=2048))
    inner = slice(10, -10)
    np.testing.assert_allclose(track.f0[inner], pitch, rtol=0.01)
    assert track.voicing[inner].min() > 0.95
    assert track.hnr[inner].min() > 20


def test_noise_and_silence_are_not_voiced():
    signal = np.zeros(32_000, dtype=np.float32)
    signal[16_000:] = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    track = track_pitch(Analysis(signal, 16_000), PitchSettings(160))
    assert (track.voicing[:90] == 0).all()
    assert np.median(track.voicing[110:]) < 0.4
    assert np.median(track.hnr[110:]) < 0


def test_contours_stay_in_their_ranges(voice):
    track = track_pitch(Analysis(voice.signal, 16_000), PitchSettings(160))
    assert ((track.voicing >= 0) & (track.voicing <= 1)).all()
    assert ((track.hnr >= -20.1) & (track.hnr <= 40.1)).all()
    assert len(track.f0) == 1 + voice.signal.size // 160


@pytest.mark.parametrize(
    "settings",
    [
        PitchSettings(160, fmin=500.0, fmax=100.0),
        PitchSettings(160, fmax=9_000.0),
        PitchSettings(160, frame_length=200),
    ],
)
def test_impossible_ranges_are_refused(settings, voice):
    with pytest.raises(FeatureError, match="fmin"):
        track_pitch(Analysis(voice.signal, 16_000), settings)
