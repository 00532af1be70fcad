from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from serkit.audio import load_audio, mp3, probe_audio
from serkit.errors import DamagedAudioError


def encode(signal: np.ndarray, rate: int, **options: object) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, signal, rate, format="MP3", subtype="MPEG_LAYER_III", **options)
    return file.getvalue()


def count_packets(content: bytes) -> int:
    """Count the frames that hold sound, as FFmpeg sees them."""
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(content), format="mp3") as container:
        return sum(packet.size > 0 for packet in container.demux(audio=0))


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_frames_are_those_that_ffmpeg_finds(encoder, rate, channels):
    content = encode(encoder.voice(rate, channels), rate)
    chain = mp3.open_chain(content)
    n_frames = count_packets(content)
    assert chain.n_promised == n_frames
    assert chain.extent().readable == pytest.approx(n_frames * chain.first.samples / rate)
    assert chain.first.rate == rate


def test_a_file_that_does_not_tell_its_length_is_read_to_its_end(encoder):
    """Quiet after loud: libsndfile takes the first frame's bit rate for that of all, and stops early."""
    loud = np.random.default_rng(0).uniform(-0.5, 0.5, 5 * 16_000)
    content = encoder.mp3_without_length(np.concatenate([loud, np.zeros(15 * 16_000)]))
    assert mp3.open_chain(content).n_promised is None
    assert soundfile.info(io.BytesIO(content)).duration < 15
    assert load_audio(content).duration == pytest.approx(20, abs=0.15)
    assert probe_audio(content).duration == pytest.approx(20, abs=0.15)
    assert load_audio(content, start=18, end=19).duration == 1


def test_a_file_that_does_not_tell_its_length_gives_the_same_samples(encoder):
    av = pytest.importorskip("av")
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 24_000)
    content = encoder.mp3_without_length(noise)
    with av.open(io.BytesIO(content), format="mp3") as container:
        truth = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    signal = load_audio(content).signal
    assert abs(truth.size - signal.size) <= 1_152
    # The two decoders leave out a different part of the delay at the start.
    lag = int(np.correlate(truth[8_000:12_000], signal[8_000:10_000]).argmax())
    np.testing.assert_allclose(signal[8_000:20_000], truth[8_000 + lag : 20_000 + lag], atol=1e-4)


@pytest.mark.parametrize("n_removed", [1, 100, 3_000])
def test_a_file_that_does_not_tell_its_length_but_ends_within_a_frame_is_damaged(encoder, n_removed):
    with pytest.raises(DamagedAudioError, match="breaks off after"):
        load_audio(encoder.mp3_without_length()[:-n_removed])


@pytest.mark.parametrize(
    "trailer", [b"TAG" + bytes(125), b"APETAGEX" + bytes(300), bytes(417), b"ID3\x04" + bytes(20)]
)
def test_tags_at_the_end_are_no_damage(encoder, trailer):
    for content in (encoder.mp3_without_length(), encoder.sound("MP3", "MPEG_LAYER_III")):
        np.testing.assert_allclose(
            load_audio(content + trailer).signal, load_audio(content).signal, atol=1e-6
        )


def test_a_length_that_counts_the_information_frame_is_no_damage(encoder):
    content = encoder.sound("MP3", "MPEG_LAYER_III")
    at = content.index(b"Info") + 8 if b"Info" in content else content.index(b"Xing") + 8
    promised = int.from_bytes(content[at : at + 4], "big")
    for surplus, damaged in ((1, False), (2, True)):
        chain = mp3.open_chain(content[:at] + (promised + surplus).to_bytes(4, "big") + content[at + 4 :])
        extent = chain.extent()
        assert (extent.readable < extent.promised) == damaged


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"\xff\xfb", b"ID3", b"ID3\x04" + bytes(6), b"\xff\xfe" * 50, bytes(50)]
)
def test_what_is_no_mp3_has_no_chain(content):
    assert mp3.open_chain(content) is None
