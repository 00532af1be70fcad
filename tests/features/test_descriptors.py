"""Each descriptor equals librosa's, at several rates, frame lengths and paddings."""

from __future__ import annotations

import itertools
import warnings

import librosa
import numpy as np
import pytest

from serkit.features import FeatureSet, descriptors
from serkit.features.contours import delta
from serkit.features.frames import Analysis, Framing

REFERENCE = librosa.feature
HOP = 256
GRID = list(itertools.product((8_000, 16_000, 22_050, 44_100), (512, 1024, 2048), ("constant", "reflect")))


def call_librosa(name: str, signal: np.ndarray, rate: int, framing: Framing) -> np.ndarray:
    """librosa's version of a descriptor, called on the signal."""
    n_fft, hop_length, pad_mode = framing.n_fft, framing.hop_length, framing.pad_mode
    spectral = {"y": signal, "n_fft": n_fft, "hop_length": hop_length, "pad_mode": pad_mode}
    rated = {**spectral, "sr": rate}
    n_bands = 4 if rate == 8_000 else 6
    calls = {
        "zero_crossing_rate": lambda: REFERENCE.zero_crossing_rate(
            signal, frame_length=n_fft, hop_length=hop_length
        ),
        "rms": lambda: REFERENCE.rms(y=signal, frame_length=n_fft, hop_length=hop_length, pad_mode=pad_mode),
        "mel": lambda: REFERENCE.melspectrogram(**rated, n_mels=64),
        "mfcc": lambda: REFERENCE.mfcc(**rated, n_mfcc=25, n_mels=64),
        "chroma": lambda: REFERENCE.chroma_stft(**rated),
        "tonnetz": lambda: REFERENCE.tonnetz(chroma=REFERENCE.chroma_stft(**rated)),
        "spectral_contrast": lambda: REFERENCE.spectral_contrast(**rated, n_bands=n_bands),
        "centroid": lambda: REFERENCE.spectral_centroid(**rated),
        "bandwidth": lambda: REFERENCE.spectral_bandwidth(**rated),
        "flatness": lambda: REFERENCE.spectral_flatness(**spectral),
        "rolloff": lambda: REFERENCE.spectral_rolloff(**rated, roll_percent=0.3),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # empty mel filters at low rates
        return np.asarray(calls[name]())


PARAMETERS = {"mel": {"n_mels": 64}, "mfcc": {"n_mfcc": 25, "n_mels": 64}, "rolloff": {"roll_percent": 0.3}}
NAMES = (
    "zero_crossing_rate",
    "rms",
    "mel",
    "mfcc",
    "chroma",
    "tonnetz",
    "spectral_contrast",
    "centroid",
    "bandwidth",
    "flatness",
    "rolloff",
)


@pytest.mark.parametrize("name", NAMES)
def test_descriptor_equals_librosa(name, at_rate, close):
    for rate, n_fft, pad_mode in GRID:
        framing = Framing(n_fft, HOP, "hann", pad_mode)
        parameters = dict(PARAMETERS.get(name, {}))
        if name == "spectral_contrast" and rate == 8_000:
            parameters["n_bands"] = 4
        for signal in at_rate(rate):
            ours = getattr(descriptors, name)(Analysis(signal, rate), framing, **parameters)
            close(ours, call_librosa(name, signal, rate, framing))


def test_chroma_of_magnitudes_equals_librosa(at_rate, close):
    for signal in at_rate(22_050):
        reference = REFERENCE.chroma_stft(S=np.abs(librosa.stft(signal)), sr=22_050, n_chroma=24)
        close(descriptors.chroma(Analysis(signal, 22_050), Framing(), n_chroma=24, power=1), reference)


def test_htk_mel_with_limits_equals_librosa(at_rate, close):
    settings = {"n_mels": 40, "fmin": 50.0, "fmax": 7_000.0, "htk": True}
    for signal in at_rate(16_000):
        reference = REFERENCE.melspectrogram(y=signal, sr=16_000, n_fft=512, hop_length=160, **settings)
        close(descriptors.mel(Analysis(signal, 16_000), Framing(512, 160), **settings), reference)


def test_zero_crossing_count_equals_librosa(at_rate):
    for signal in at_rate(22_050):
        count = descriptors.zero_crossing_count(Analysis(signal, 22_050), Framing())
        assert count == [np.sum(librosa.zero_crossings(signal, pad=False))]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("n_frames", [9, 10, 60])
def test_delta_equals_librosa(order, n_frames, close):
    contours = np.random.default_rng(0).standard_normal((5, n_frames)).astype(np.float32)
    close(delta(contours, order), REFERENCE.delta(contours, order=order))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("n_frames", [2, 5, 8])
def test_delta_of_a_short_contour_continues_its_ends(order, n_frames, close):
    contours = np.random.default_rng(0).standard_normal((5, n_frames)).astype(np.float32)
    close(delta(contours, order), REFERENCE.delta(contours, order=order, mode="nearest"))


def test_wave_statistics(voice):
    signal = voice.signal.astype(np.float64)
    expected = [signal.max(), signal.min(), signal.mean(), signal.std(), np.median(signal), np.ptp(signal)]
    np.testing.assert_allclose(
        descriptors.wave(Analysis(voice.signal, 16_000), Framing()), expected, atol=1e-6
    )


def test_samples_are_those_of_the_signal_frame_by_frame(voice):
    settings = {"n_fft": 400, "hop_length": 320, "layout": "sequence", "blocks": [{"name": "samples"}]}
    frames = FeatureSet(**settings).extract(voice)
    n_frames = voice.signal.size // 320
    assert frames.shape == (n_frames, 320)
    assert np.array_equal(frames.ravel(), voice.signal[: 320 * n_frames])
    twice = FeatureSet(**settings | {"hop_length": 160}).extract(voice)
    assert np.array_equal(twice[::2], frames)
    assert np.array_equal(twice[1, :160], frames[0, 160:])


def test_silent_frames_have_finite_descriptors():
    signal = np.zeros(16_000, dtype=np.float32)
    signal[8_000:8_010] = 0.5
    analysis = Analysis(signal, 16_000)
    for name in (*NAMES, "f0", "voicing", "hnr"):
        assert np.isfinite(getattr(descriptors, name)(analysis, Framing(512, 160))).all(), name
    assert descriptors.centroid(analysis, Framing(512, 160))[0, 0] == 0


def test_blocks_share_one_transform(voice, monkeypatch):
    transforms = []
    original = np.fft.rfft
    monkeypatch.setattr(
        np.fft, "rfft", lambda *args, **kwargs: transforms.append(1) or original(*args, **kwargs)
    )
    analysis = Analysis(voice.signal, 16_000)
    descriptors.mfcc(analysis, Framing())
    once = len(transforms)
    descriptors.chroma(analysis, Framing())
    descriptors.centroid(analysis, Framing())
    assert once == len(transforms) > 0
    descriptors.centroid(analysis, Framing(n_fft=512))
    assert len(transforms) > once
