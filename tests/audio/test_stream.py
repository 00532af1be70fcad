"""Recordings read piece by piece: the same samples as at once, whatever the container."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import Resampler, load_audio, stream_audio
from serkit.errors import AudioError, DamagedAudioError, InvalidSignalError

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16_000
FORMATS = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III", "CAF": "FLOAT"}


def long_signal(duration_s: float, rate: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal(round(duration_s * rate))).astype(np.float32)


def written(container: str, encoding: str, *, duration_s: float = 24.7, rate: int = 22_050) -> bytes:
    stream = io.BytesIO()
    signal = long_signal(duration_s, rate)
    soundfile.write(stream, np.stack([signal, -signal / 3], axis=1), rate, format=container, subtype=encoding)
    return stream.getvalue()


def joined(source: bytes | Path, **stretch: float) -> np.ndarray:
    return np.concatenate([clip.signal for clip in stream_audio(source, sampling_rate=RATE, **stretch)])


@pytest.mark.parametrize(("container", "encoding"), FORMATS.items())
def test_the_pieces_of_a_recording_are_the_recording(container: str, encoding: str) -> None:
    content = written(container, encoding)
    whole = load_audio(content, sampling_rate=RATE).signal
    np.testing.assert_allclose(joined(content), whole, atol=2e-5)


@pytest.mark.parametrize(("codec", "suffix"), [("aac", "m4a"), ("libopus", "webm")])
def test_the_pieces_of_a_medium_are_the_medium(codec: str, suffix: str, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(long_signal(21.3, 48_000)[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        resampler = av.AudioResampler(stream.format, "mono", 48_000, stream.frame_size or 960)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(part))
    whole = load_audio(path, sampling_rate=RATE).signal
    np.testing.assert_allclose(joined(path), whole, atol=2e-5)


def test_a_stretch_is_the_same_stretch_and_starts_where_it_starts() -> None:
    content = written("WAV", "PCM_16")
    clips = list(stream_audio(content, sampling_rate=RATE, start=3.5, end=17.25))
    whole = load_audio(content, sampling_rate=RATE, start=3.5, end=17.25).signal
    np.testing.assert_allclose(np.concatenate([clip.signal for clip in clips]), whole, atol=2e-5)
    assert clips[0].start == 3.5
    for before, after in pairwise(clips):
        assert after.start == pytest.approx(before.end)
    assert clips[-1].end == pytest.approx(17.25, abs=1e-4)


def test_no_piece_is_long() -> None:
    content = written("FLAC", "PCM_16", duration_s=64)
    durations = [clip.duration for clip in stream_audio(content, sampling_rate=RATE)]
    assert max(durations) < 10.1
    assert sum(durations) == pytest.approx(64)


def test_damage_is_raised_behind_what_can_be_read(tmp_path: Path) -> None:
    content = written("WAV", "PCM_16")
    with pytest.raises(DamagedAudioError, match="can be read"):
        list(stream_audio(content[: len(content) // 2], sampling_rate=RATE))


@pytest.mark.parametrize("stretch", [{"start": 30.0}, {"start": 2.0, "end": 1.0}, {"end": 40.0}])
def test_a_stretch_outside_is_refused(stretch: dict[str, float]) -> None:
    with pytest.raises(InvalidSignalError):
        list(stream_audio(written("WAV", "PCM_16"), sampling_rate=RATE, **stretch))


def test_what_is_no_recording_is_refused() -> None:
    with pytest.raises(AudioError):
        list(stream_audio(b"no sound at all" * 20, sampling_rate=RATE))


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 12_000), max_size=8),
    rates=st.sampled_from([(8_000, 16_000), (44_100, 16_000), (16_000, 16_000)]),
)
def test_resampling_in_pieces_is_resampling_at_once(cuts: list[int], rates: tuple[int, int]) -> None:
    signal = long_signal(0.75, 16_000)
    at_once = Resampler(*rates).push(signal, last=True)
    resampler = Resampler(*rates)
    pieces = [resampler.push(piece) for piece in np.split(signal, sorted(cuts))]
    pieces.append(resampler.push(signal[:0], last=True))
    np.testing.assert_allclose(np.concatenate(pieces), at_once, atol=1e-6)
