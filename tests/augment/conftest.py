"""Clips to alter."""

import numpy as np
import pytest

from serkit.audio import Clip

SAMPLING_RATE = 16_000


def voice(sampling_rate=SAMPLING_RATE, *, duration_s=1.3, pitch=140.0):
    """Harmonics under a moving pitch, with syllables and a little noise."""
    rng = np.random.default_rng(3)
    time = np.arange(round(duration_s * sampling_rate)) / sampling_rate
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.1 * np.sin(2 * np.pi * 2 * time))) / sampling_rate
    harmonics = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, 12))
    signal = 0.2 * harmonics * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * time))
    return (signal + 0.002 * rng.standard_normal(time.size)).astype(np.float32)


@pytest.fixture
def clip():
    return Clip(voice(), SAMPLING_RATE, source="voices/a.wav")


@pytest.fixture
def silence():
    return Clip(np.zeros(SAMPLING_RATE, dtype=np.float32), SAMPLING_RATE, source="silence.wav")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def sounds(tmp_path_factory):
    """A folder with one long and one short recording, at other rates than the clip's."""
    import soundfile

    folder = tmp_path_factory.mktemp("sounds")
    (folder / "more").mkdir()
    soundfile.write(folder / "long.wav", voice(22_050, duration_s=4.0, pitch=90.0), 22_050)
    soundfile.write(folder / "more" / "short.flac", voice(8_000, duration_s=0.3, pitch=220.0), 8_000)
    return folder


def power(signal):
    return float(np.square(np.asarray(signal, dtype=np.float64)).mean())


@pytest.fixture
def snr_db():
    """Ratio of the power of a clip to that of what was added to it, dB."""

    def measure(before, after):
        added = after.signal.astype(np.float64) - before.signal
        return 10 * np.log10(power(before.signal) / power(added))

    return measure


@pytest.fixture
def band_power():
    """Power of a clip between two frequencies."""

    def measure(clip, low, high):
        spectrum = np.abs(np.fft.rfft(clip.signal.astype(np.float64))) ** 2
        hertz = np.fft.rfftfreq(clip.signal.size, 1 / clip.sampling_rate)
        return float(spectrum[(hertz >= low) & (hertz < high)].sum())

    return measure
