from __future__ import annotations

import sys

import numpy as np
import pytest

from serkit.audio import load_audio, probe_audio
from serkit.errors import (
    AudioError,
    InvalidSignalError,
    MissingDependencyError,
    NoSamplesError,
    NotAudioError,
)

# FFmpeg's muxer and codec; container and encoding as we name them; samples that the encoder puts in front.
CONTAINERS = [
    ("ipod", "aac", "MP4", "AAC", 0),
    ("mp4", "aac", "MP4", "AAC", 0),
    ("ipod", "alac", "MP4", "ALAC", 0),
    ("mov", "pcm_s16le", "MP4", "PCM_S16LE", 0),
    ("webm", "libopus", "MATROSKA", "OPUS", 0),
    ("matroska", "pcm_s16le", "MATROSKA", "PCM_S16LE", 0),
    ("adts", "aac", "ADTS", "AAC", 1_024),
    ("ogg", "flac", "OGG", "FLAC", 0),
]


@pytest.mark.parametrize("case", CONTAINERS, ids=lambda case: "-".join(case[:2]))
@pytest.mark.parametrize("channels", [1, 2])
def test_every_container_gives_back_the_voice(encoder, case, channels):
    muxer, codec, container, encoding, delay = case
    content = encoder.media(muxer, codec, channels=channels)
    clip, info = load_audio(content, sampling_rate=16_000), probe_audio(content)
    truth = encoder.voice(16_000, channels).mean(axis=1)
    n_common = min(truth.size, clip.signal.size - delay)
    assert clip.duration == pytest.approx(1.5, abs=0.11)
    assert np.corrcoef(clip.signal[delay : delay + n_common], truth[:n_common])[0, 1] > 0.97
    assert (info.container, info.channels) == (container, channels)
    assert info.encoding in (encoding, f"LIB{encoding}")
    assert info.duration == pytest.approx(clip.duration, abs=0.02)


@pytest.mark.parametrize("case", CONTAINERS, ids=lambda case: "-".join(case[:2]))
def test_a_stretch_is_a_slice_of_the_whole(encoder, case):
    content = encoder.media(*case[:2])
    whole = load_audio(content)
    part = load_audio(content, start=0.31, end=0.9)
    expected = whole.signal[round(0.31 * whole.sampling_rate) : round(0.9 * whole.sampling_rate)]
    np.testing.assert_array_equal(part.signal, expected)
    assert part.start == 0.31


def test_the_padding_of_the_last_frame_is_left_out(encoder):
    duration_s = (16 * 1_024 + 100) / 8_000
    content = encoder.encode_media(encoder.voice(8_000, duration_s=duration_s), 8_000, "ipod", "aac")
    assert load_audio(content).duration == pytest.approx(duration_s, abs=0.001)


def test_flac_from_a_pipe_is_read_whole(encoder):
    clip = load_audio(encoder.piped_flac())
    np.testing.assert_array_equal(clip.signal, load_audio(encoder.sound("FLAC", "PCM_16")).signal)
    assert probe_audio(encoder.piped_flac()).duration == 1.5


@pytest.mark.parametrize("load", [load_audio, probe_audio])
def test_a_codec_that_nobody_knows_is_refused(encoder, load):
    content = encoder.media("matroska", "pcm_s16le")
    assert content.count(b"A_PCM/INT/LIT") == 1
    with pytest.raises(AudioError, match="bytes"):
        load(content.replace(b"A_PCM/INT/LIT", b"A_XYZ/INT/LIT"))


def test_amr_from_an_old_telephone(tmp_path):
    pytest.importorskip("av")
    frame = bytes([0x3C]) + bytes(31)
    clip = load_audio(b"#!AMR\n" + 50 * frame)
    assert (clip.sampling_rate, clip.duration) == (8_000, 1.0)


def test_a_stretch_past_the_end_is_refused(encoder):
    for start, end in ((5, None), (0, 3)):
        with pytest.raises(InvalidSignalError, match="past the end"):
            load_audio(encoder.media("ipod", "aac"), start=start, end=end)


def test_a_stretch_between_two_samples_holds_none(encoder):
    with pytest.raises(NoSamplesError):
        load_audio(encoder.media("ipod", "aac"), start=0.5, end=0.500001)


def test_a_film_without_sound_is_told(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), dtype=np.uint8), format="rgb24")
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    with pytest.raises(NotAudioError, match="holds no sound"):
        load_audio(path)


@pytest.mark.parametrize("load", [load_audio, probe_audio])
def test_without_pyav_the_error_tells_what_to_install(encoder, monkeypatch, load):
    content = encoder.media("ipod", "aac")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'serkit\[media\]'"):
        load(content)


def test_a_playlist_is_never_followed(voice_file, tmp_path):
    playlist = tmp_path / "list.m4a"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:1,\n{voice_file}\n#EXT-X-ENDLIST\n")
    with pytest.raises(NotAudioError):
        load_audio(playlist)
