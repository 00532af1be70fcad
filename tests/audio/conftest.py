"""A made-up voice in every container and encoding."""

from __future__ import annotations

import functools
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

DURATION_S = 1.5


def voice(sampling_rate: int = 16_000, channels: int = 1, duration_s: float = DURATION_S) -> np.ndarray:
    """Return harmonics of a gliding pitch, all below 2 kHz, as float32 (n_samples, channels)."""
    time = np.arange(round(duration_s * sampling_rate)) / sampling_rate
    phase = 2 * np.pi * (120 * time + 20 * time**2)
    signal = sum(np.sin(k * phase) / k for k in range(1, 10)) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))
    gains = np.linspace(0.25, 0.15, channels)
    return (signal[:, None] * gains).astype(np.float32)


class Encoder:
    """Writes the voice into any container, as bytes."""

    voice = staticmethod(voice)

    @functools.cache  # noqa: B019 - one encoder lives as long as the tests
    def sound(
        self,
        container: str,
        encoding: str,
        *,
        rate: int = 16_000,
        channels: int = 1,
        duration_s: float = DURATION_S,
    ) -> bytes:
        """Encode with libsndfile."""
        file = io.BytesIO()
        signal = voice(rate, channels, duration_s)
        soundfile.write(file, signal, rate, format=container, subtype=encoding)
        return file.getvalue()

    @functools.cache  # noqa: B019 - one encoder lives as long as the tests
    def media(self, container: str, codec: str, *, channels: int = 1, **options: str) -> bytes:
        """Encode with FFmpeg, at 16 kHz."""
        return self.encode_media(voice(16_000, channels), 16_000, container, codec, **options)

    @staticmethod
    def encode_media(signal: np.ndarray, rate: int, container: str, codec: str, **options: str) -> bytes:
        """Encode any signal, of shape (n_samples, channels), with FFmpeg."""
        av = pytest.importorskip("av")
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[signal.shape[1]]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "recording"
            with av.open(str(path), "w", format=container, options=options) as output:
                stream = output.add_stream(codec, rate=rate)
                stream.layout = layout
                samples = np.ascontiguousarray(signal.reshape(1, -1))
                frame = av.AudioFrame.from_ndarray(samples, format="flt", layout=layout)
                frame.sample_rate, frame.pts = rate, 0
                for packet in (*stream.encode(frame), *stream.encode(None)):
                    output.mux(packet)
            return path.read_bytes()

    def piped_flac(self) -> bytes:
        """Encode FLAC as a program does that writes into a pipe: the number of samples stays 0."""
        content = self.sound("FLAC", "PCM_16")
        return content[:21] + bytes([content[21] & 0xF0]) + bytes(4) + content[26:]

    def mp3_without_length(self, signal: np.ndarray | None = None) -> bytes:
        """Encode an MP3 file of varying bit rate and take its information frame away."""
        file = io.BytesIO()
        soundfile.write(
            file,
            voice() if signal is None else signal,
            16_000,
            format="MP3",
            subtype="MPEG_LAYER_III",
            bitrate_mode="VARIABLE",
        )
        content = file.getvalue()
        return content[content.index(b"\xff\xf3", 4) :]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Return what writes the voice into any container."""
    return Encoder()
