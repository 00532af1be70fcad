"""Real recordings are the same in every container, at every rate, within what the codec loses."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import soxr

from serkit.audio import load_audio, resample

RATE = 16_000
# Every shape, that is 2.0 and 5.1, holds the voice in each of its channels.
# Container, encoding, channels, largest error relative to the sample and to full scale.
EXACT = [
    ("WAV", "PCM_U8", 1, 0, 2**-7),
    ("WAV", "PCM_16", 1, 0, 2**-15),
    ("WAV", "PCM_16", 2, 0, 2**-15),
    ("WAVEX", "PCM_16", 6, 0, 2**-15),
    ("WAV", "PCM_24", 1, 0, 2**-23),
    ("WAV", "PCM_32", 1, 0, 2**-23),
    ("WAV", "FLOAT", 1, 0, 1e-7),
    ("WAV", "ALAW", 1, 2**-5, 2**-11),
    ("WAV", "ULAW", 1, 2**-5, 2**-12),
    ("FLAC", "PCM_16", 1, 0, 2**-15),
    ("FLAC", "PCM_24", 6, 0, 2**-23),
]
LOSSY = [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]
MEDIA = [("ipod", "aac"), ("mp4", "aac"), ("webm", "libopus"), ("ipod", "alac")]


@pytest.fixture(scope="module")
def recordings(corpora_dir) -> list[np.ndarray]:
    """Ten recordings of four corpora as loud as telephony has them, each as float32 (n_samples, 1)."""
    patterns = ["ravdess/*/*-0[13].flac", "cremad/*_IEO_*.opus", "tess/OAF_b*.opus", "savee/*_[as]a*.opus"]
    files = [file for pattern in patterns for file in _spread(sorted(corpora_dir.glob(pattern)), 3)][:10]
    if len(files) < 10:
        pytest.skip(f"not all corpora are in {corpora_dir}")
    signals = [load_audio(file, sampling_rate=RATE).signal for file in files]
    return [(0.5 * signal / np.abs(signal).max())[:, None] for signal in signals]


def _spread(files: list, n: int) -> list:
    return files[:: max(1, len(files) // n)][:n]


def sound(signal: np.ndarray, rate: int, container: str, encoding: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, signal, rate, format=container, subtype=encoding)
    return file.getvalue()


def likeness(truth: np.ndarray, content: bytes) -> float:
    """Correlation with what is heard in `content`, brought to 16 kHz; the lengths must agree."""
    heard = resample(load_audio(content), RATE).signal
    assert abs(heard.size - truth.size) <= 0.02 * RATE
    n_samples = min(heard.size, truth.size)
    return float(np.corrcoef(heard[:n_samples], truth[:n_samples, 0])[0, 1])


@pytest.mark.corpora
@pytest.mark.parametrize("case", EXACT, ids=str)
def test_pcm_is_exact(recordings, case):
    container, encoding, channels, relative, absolute = case
    for truth in recordings:
        clip = load_audio(sound(np.repeat(truth, channels, axis=1), RATE, container, encoding))
        np.testing.assert_allclose(clip.signal, truth[:, 0], rtol=relative, atol=absolute)


@pytest.mark.corpora
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("container", "encoding"), LOSSY)
def test_lossy_encodings_sound_the_same(recordings, container, encoding, channels):
    for truth in recordings:
        content = sound(np.repeat(truth, channels, axis=1), RATE, container, encoding)
        assert likeness(truth, content) > 0.95


@pytest.mark.corpora
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(("container", "codec"), MEDIA)
def test_media_sound_the_same(recordings, encoder, container, codec, channels):
    for truth in recordings[::3]:
        signal = np.repeat(soxr.resample(truth, RATE, 48_000), channels, axis=1)
        assert likeness(truth, encoder.encode_media(signal, 48_000, container, codec)) > 0.93


@pytest.mark.corpora
@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000])
def test_every_rate_sounds_the_same(recordings, rate):
    for truth in recordings:
        content = sound(soxr.resample(truth, RATE, rate), rate, "WAV", "PCM_16")
        assert likeness(truth, content) > (0.999 if rate > RATE else 0.9)
        assert load_audio(content).sampling_rate == rate
