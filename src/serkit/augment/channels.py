"""What a recording passes through: the telephone's band, and codecs that encode and decode it in memory.

References
----------
.. [1] Valin, J.-M., Vos, K., & Terriberry, T. (2012). Definition of the Opus Audio Codec. RFC 6716.
.. [2] ITU-T (1988). Recommendation G.711: Pulse code modulation (PCM) of voice frequencies.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import soundfile

from serkit.audio import Clip, resample
from serkit.augment.signals import altered, fitted
from serkit.errors import AugmentError

# A telephone passes 300 Hz to 3,400 Hz, and cannot pass half of its 8,000 samples a second.
_BAND_HZ, _BAND_GAIN = (150.0, 300.0, 3_400.0, 4_000.0), (0, 1, 1, 0)
# Zeros behind the clip, s, so that its end does not ring into its beginning.
_GUARD_S = 0.1
# Lowest and highest bitrate, bit/s, of each sampling rate, Hz. libsndfile's compression level runs evenly
# from the highest at 0 to the lowest at 1, but refuses 1.
_BITRATES = {
    "opus": dict.fromkeys((8_000, 12_000, 16_000, 24_000, 48_000), (6_000, 256_000)),
    "mp3": dict.fromkeys((8_000, 11_025, 12_000), (8_000, 64_000))
    | dict.fromkeys((16_000, 22_050, 24_000), (8_000, 160_000))
    | dict.fromkeys((32_000, 44_100, 48_000), (32_000, 320_000)),
}
_HIGHEST_LEVEL = 0.9999
_FORMATS = {
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT"},
    "mu-law": {"format": "WAV", "subtype": "ULAW"},
    "a-law": {"format": "WAV", "subtype": "ALAW"},
}
_G711_RATE = 8_000
# Samples that encoder and decoder put in front where an MP3 frame is too small to say so.
_MP3_DELAY = 576 + 529


def telephone_band(clip: Clip) -> Clip:
    """Keep 300 Hz to 3,400 Hz, and nothing from 4,000 Hz on, as a telephone of 8 kHz does.

    The edges are raised cosines, the phase stays, and the clip keeps its sampling rate and length.
    """
    n_fft = 2 ** (clip.signal.size + round(_GUARD_S * clip.sampling_rate)).bit_length()
    edges = np.interp(np.fft.rfftfreq(n_fft, 1 / clip.sampling_rate), _BAND_HZ, _BAND_GAIN)
    spectrum = np.fft.rfft(clip.signal.astype(np.float64), n_fft) * np.sin(np.pi / 2 * edges) ** 2
    return altered(clip, np.fft.irfft(spectrum, n_fft)[: clip.signal.size])


def compress(clip: Clip, codec: Literal["opus", "mp3"], bitrate: float) -> Clip:
    """Encode and decode a clip with Opus or MP3; it keeps its sampling rate and length.

    Parameters
    ----------
    clip : Clip
        Any clip; what lies beyond full scale is clipped.
    codec : {"opus", "mp3"}
        The codec. It works at the nearest sampling rate that it has for the bitrate.
    bitrate : float
        Opus: 6,000 to 256,000 bit/s. MP3: 8,000 to 320,000 bit/s, brought to the nearest that the format has.

    Raises
    ------
    AugmentError
        If there is no such codec, or it has no such bitrate.

    Examples
    --------
    >>> tone = np.sin(np.arange(22_050) / 8).astype(np.float32) / 2
    >>> compress(Clip(tone, 22_050), "opus", 12_000).signal.shape
    (22050,)
    """
    limits = _BITRATES.get(codec, {})
    rates = [rate for rate, (low, high) in limits.items() if low <= bitrate <= high]
    if not rates:
        raise AugmentError(
            f"{clip.source}: no {codec} of {bitrate:g} bit/s",
            hint='"opus" has 6000 to 256000, "mp3" 8000 to 320000',
        )
    rate = min((rate for rate in rates if rate >= clip.sampling_rate), default=rates[-1])
    low, high = limits[rate]
    return _send(clip, rate, codec, compression_level=min((high - bitrate) / (high - low), _HIGHEST_LEVEL))


def compand(clip: Clip, law: Literal["mu-law", "a-law"]) -> Clip:
    """Bring a clip to 8 bits at 8 kHz, as telephones do by G.711, and back to its sampling rate."""
    if law not in ("mu-law", "a-law"):
        raise AugmentError(f"{clip.source}: unknown law {law!r}", hint='choose "mu-law" or "a-law"')
    return _send(clip, _G711_RATE, law)


def _send(clip: Clip, rate: int, codec: str, **settings: Any) -> Clip:
    """Encode at a rate, decode, and restore rate and length."""
    sent, file = resample(clip, rate), io.BytesIO()
    soundfile.write(file, np.clip(sent.signal, -1, 1), rate, **_FORMATS[codec], **settings)
    file.seek(0)
    received, _ = soundfile.read(file, dtype="float32")
    late = _MP3_DELAY if codec == "mp3" and received.size > sent.signal.size else 0
    heard = resample(replace(sent, signal=received[late:]), clip.sampling_rate)
    return altered(clip, fitted(heard.signal, clip.signal.size))
