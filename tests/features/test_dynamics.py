"""Rhythm, modulation and correlations of whole recordings."""

from __future__ import annotations

import numpy as np
import pytest

from serkit.features import DESCRIPTORS
from serkit.features.dynamics import MODULATION_EDGES, mfcc_correlation, modulation_spectrum, rhythm
from serkit.features.frames import Analysis, Framing

FRAMING = Framing(512, 160)
RATE = 16_000


def swinging(rate_hz: float, seconds: float = 3.0) -> Analysis:
    """Noise whose loudness swings by 20 dB, so many times a second."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(t.size)
    return Analysis((noise * 10 ** (0.5 * np.sin(2 * np.pi * rate_hz * t))).astype(np.float32), RATE)


def test_rhythm_counts_stretches_of_voice():
    t = np.arange(RATE // 4) / RATE
    beep, pause = np.sin(2 * np.pi * 200 * t).astype(np.float32), np.zeros(RATE // 4, dtype=np.float32)
    duration, share, stretches = rhythm(Analysis(np.concatenate([beep, pause] * 4), RATE), FRAMING)
    assert duration == pytest.approx(2.0)
    assert share == pytest.approx(0.5, abs=0.1)
    assert stretches == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("rate_hz", "strongest"), [(1.0, 0), (2.7, 1), (4.0, 2), (6.0, 3), (10.0, 4), (18.0, 5)]
)
def test_modulation_is_found_at_its_rate(rate_hz, strongest):
    strength = modulation_spectrum(swinging(rate_hz), FRAMING).reshape(7, 8)
    assert (strength.argmax(axis=0) == strongest).all()


def test_modulation_does_not_depend_on_level():
    analysis = swinging(4.0)
    quiet = Analysis(analysis.signal * np.float32(0.01), RATE)
    np.testing.assert_allclose(
        modulation_spectrum(analysis, FRAMING), modulation_spectrum(quiet, FRAMING), atol=0.01
    )


def test_short_clips_have_modulation():
    values = modulation_spectrum(swinging(4.0, seconds=0.06), FRAMING)
    assert np.isfinite(values).all()


def test_correlations_equal_numpys(voice):
    from serkit.features.descriptors import mfcc

    analysis = Analysis(voice.signal, voice.sampling_rate)
    expected = np.corrcoef(mfcc(analysis, FRAMING, n_mfcc=13))[np.triu_indices(13, 1)]
    np.testing.assert_allclose(mfcc_correlation(analysis, FRAMING), expected, atol=1e-5)


def test_constant_contours_are_uncorrelated():
    silence = Analysis(np.zeros(RATE, dtype=np.float32), RATE)
    assert not mfcc_correlation(silence, FRAMING).any()


@pytest.mark.parametrize("name", ["rhythm", "modulation_spectrum", "mfcc_correlation"])
def test_names_are_as_many_as_values(name, voice):
    descriptor = DESCRIPTORS[name]
    values = descriptor.function(Analysis(voice.signal, voice.sampling_rate), FRAMING)
    names = descriptor.row_names(descriptor.complete({}))
    assert len(names) == len(set(names)) == values.size
    assert len(MODULATION_EDGES) == 8
