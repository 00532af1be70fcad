"""The telephone's band, and codecs there and back."""

import io

import numpy as np
import pytest
import soundfile

from serkit.audio import Clip, resample
from serkit.augment import channels
from serkit.augment.channels import compand, compress, telephone_band
from serkit.errors import AugmentError


def tones(*hertz, rate=16_000):
    time = np.arange(rate) / rate
    return Clip(sum(0.1 * np.sin(2 * np.pi * f * time) for f in hertz).astype(np.float32), rate)


def amplitude(clip, hertz):
    return float(2 * np.abs(np.fft.rfft(clip.signal))[hertz] / clip.signal.size)


def lag(one, other):
    """How many samples `other` comes later than `one`."""
    n_fft = 2 * one.size
    likeness = np.fft.irfft(np.conj(np.fft.rfft(one, n_fft)) * np.fft.rfft(other, n_fft))
    return (int(likeness.argmax()) + one.size) % n_fft - one.size


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_telephone_passes_300_to_3400_hertz(rate):
    heard = telephone_band(tones(50, 400, 1000, 3300, rate=rate))
    assert heard.signal.shape == (rate,)
    for hertz in (400, 1000, 3300):
        assert amplitude(heard, hertz) == pytest.approx(0.1, rel=0.01)
    assert amplitude(heard, 50) < 1e-3
    if rate > 8_000:
        assert amplitude(telephone_band(tones(4500, rate=rate)), 4500) < 1e-3


def test_the_end_of_a_clip_does_not_ring_into_its_beginning(silence):
    silence.signal[-1] = 1.0
    assert np.abs(telephone_band(silence).signal[:8_000]).max() < 1e-3


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100])
@pytest.mark.parametrize(
    ("codec", "bitrate"),
    [("opus", 12_000), ("opus", 64_000), ("mp3", 8_000), ("mp3", 24_000), ("mp3", 64_000)],
)
def test_codecs_keep_length_and_time(clip, codec, bitrate, rate):
    before = resample(clip, rate)
    after = compress(before, codec, bitrate)
    assert (after.signal.shape, after.sampling_rate) == (before.signal.shape, rate)
    assert abs(lag(before.signal, after.signal)) <= rate / 8_000
    assert np.corrcoef(before.signal, after.signal)[0, 1] > 0.8


@pytest.mark.parametrize("codec", ["opus", "mp3"])
def test_more_bits_are_nearer_to_the_original(clip, codec):
    errors = [
        np.abs(compress(clip, codec, rate).signal - clip.signal).mean() for rate in (8_000, 24_000, 64_000)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 2


@pytest.mark.parametrize(
    ("codec", "rate", "bitrate"),
    [("opus", 16_000, 12_000), ("opus", 48_000, 32_000), ("mp3", 16_000, 24_000), ("mp3", 44_100, 128_000)],
)
def test_the_bitrate_is_what_was_asked_for(monkeypatch, codec, rate, bitrate):
    sizes = []
    write = soundfile.write

    def weigh(file, *arguments, **settings):
        write(file, *arguments, **settings)
        sizes.append(file.tell())

    monkeypatch.setattr(channels.soundfile, "write", weigh)
    rng = np.random.default_rng(0)
    compress(Clip((0.2 * rng.standard_normal(4 * rate)).astype(np.float32), rate), codec, bitrate)
    assert 8 * sizes[0] / 4 == pytest.approx(bitrate, rel=0.15)


def mu_law(signal):
    """G.711 by its formula: the logarithmic curve, of which the standard's segments are an approximation."""
    return np.sign(signal) * np.log1p(255 * np.abs(signal)) / np.log1p(255)


@pytest.mark.parametrize("law", ["mu-law", "a-law"])
def test_g711_is_eight_bits_at_8_khz(clip, law):
    narrow = resample(clip, 8_000)
    heard = compand(narrow, law)
    assert np.unique(heard.signal).size <= 256
    noise = np.square(heard.signal - narrow.signal).mean()
    assert 30 < 10 * np.log10(np.square(narrow.signal).mean() / noise) < 45
    file = io.BytesIO()
    soundfile.write(file, narrow.signal, 8_000, format="AU", subtype={"mu-law": "ULAW", "a-law": "ALAW"}[law])
    expected, _ = soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")
    np.testing.assert_array_equal(heard.signal, expected)
    assert compand(clip, law).signal.shape == clip.signal.shape


def test_mu_law_steps_are_even_on_its_curve():
    narrow = Clip(np.linspace(-0.99, 0.99, 4_001, dtype=np.float32), 8_000)
    steps = np.diff(np.unique(mu_law(compand(narrow, "mu-law").signal.astype(np.float64))))
    assert np.median(steps) == pytest.approx(2 / 256, rel=0.1)


def test_what_lies_beyond_full_scale_is_clipped_not_wrapped(clip):
    loud = Clip(clip.signal * 20, clip.sampling_rate)
    for heard in (compress(loud, "opus", 64_000), compand(resample(loud, 8_000), "mu-law")):
        assert np.abs(heard.signal).max() < 1.6
    assert np.corrcoef(compress(loud, "mp3", 64_000).signal, np.clip(loud.signal, -1, 1))[0, 1] > 0.9


def test_silence_stays_silent(silence):
    for heard in (
        telephone_band(silence),
        compress(silence, "opus", 12_000),
        compress(silence, "mp3", 32_000),
    ):
        assert np.abs(heard.signal).max() < 1e-4
    assert np.abs(compand(silence, "a-law").signal).max() < 1e-3


def test_codecs_and_bitrates_that_are_none_are_refused(clip):
    with pytest.raises(AugmentError, match=r'voices/a\.wav: no opus of 5000 bit/s; "opus" has 6000'):
        compress(clip, "opus", 5_000)
    with pytest.raises(AugmentError, match="no speex of 12000 bit/s"):
        compress(clip, "speex", 12_000)
    with pytest.raises(AugmentError, match=r"unknown law 'law'; choose"):
        compand(clip, "law")
