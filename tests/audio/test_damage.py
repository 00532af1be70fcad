from __future__ import annotations

import io
import re

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import load_audio, probe_audio
from serkit.errors import AudioError, DamagedAudioError

PLAIN = [
    ("WAV", "PCM_16"),
    ("WAV", "ALAW"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_24"),
    ("AIFF", "PCM_16"),
    ("AU", "PCM_16"),
]
PACKED = [
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
    ("CAF", "ALAC_16"),
]
MEDIA = [("ipod", "aac"), ("webm", "libopus"), ("adts", "aac"), ("ogg", "flac"), ("matroska", "pcm_s16le")]
READABLE = re.compile(r"(?:only|after) ([\d.]+) s")
WAY_OUT = re.compile(r"with end=([\d.]+)")


@pytest.mark.parametrize(("container", "encoding"), PLAIN + PACKED)
@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1])
def test_a_file_that_was_cut_off_is_never_taken_for_a_whole_one(encoder, container, encoding, share):
    content = encoder.sound(container, encoding)
    with pytest.raises(DamagedAudioError, match="truncated") as caught:
        load_audio(content[: int(share * len(content))], sampling_rate=8_000)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("container", "encoding"), PLAIN)
def test_the_message_tells_how_much_is_left(encoder, container, encoding):
    content = encoder.sound(container, encoding)
    with pytest.raises(DamagedAudioError, match=r"only 0\.7\d s of 1\.(4|5)\d s can be read.*with end=0\.7"):
        load_audio(content[: len(content) // 2])


@pytest.mark.parametrize(("container", "encoding"), PLAIN + PACKED[:4])
def test_the_way_out_of_the_message_works(encoder, container, encoding):
    content = encoder.sound(container, encoding, duration_s=6)
    whole = load_audio(content).signal
    broken = content[: int(0.8 * len(content))]
    with pytest.raises(DamagedAudioError) as caught:
        load_audio(broken)
    end = float(WAY_OUT.search(str(caught.value))[1])
    part = load_audio(broken, end=end).signal
    assert abs(part.size - end * 16_000) <= 1 or container == "MP3"
    settled = slice(0, part.size - 1_024)
    np.testing.assert_allclose(part[settled], whole[: part.size][settled], atol=1e-6)


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("case", [*PACKED[:3], ("MP3", "MPEG_LAYER_III")])
def test_garbage_in_the_middle_is_seen(encoder, case, at):
    content = bytearray(encoder.sound(*case, duration_s=3))
    middle = int(at * len(content))
    content[middle : middle + 300] = np.random.default_rng(0).bytes(300)
    with pytest.raises(DamagedAudioError) as caught:
        load_audio(bytes(content))
    told = READABLE.search(str(caught.value))
    assert told is None or 0 < float(told[1]) < 3


@pytest.mark.parametrize("case", PACKED[:3])
def test_one_changed_bit_is_seen_where_the_format_has_checksums(encoder, case):
    content = encoder.sound(*case)
    for at in np.random.default_rng(1).integers(len(content) // 4, len(content), 20):
        changed = bytearray(content)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(DamagedAudioError):
            load_audio(bytes(changed))


@pytest.mark.parametrize(("container", "codec"), MEDIA)
@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_media_that_were_cut_off_are_never_taken_for_whole_ones(encoder, container, codec, share):
    content = encoder.media(container, codec)
    with pytest.raises(DamagedAudioError):
        load_audio(content[: int(share * len(content))])


def test_media_that_were_cut_off_tell_how_much_is_left(encoder):
    content = encoder.media("ipod", "aac", movflags="faststart")
    with pytest.raises(DamagedAudioError, match=r"only 0\.\d\d s of 1\.50 s can be read"):
        load_audio(content[: len(content) // 2])


def test_damage_behind_the_stretch_does_not_matter(encoder):
    for content in (
        encoder.sound("FLAC", "PCM_16"),
        encoder.sound("WAV", "PCM_16"),
        encoder.media("webm", "libopus"),
    ):
        whole = load_audio(content, end=0.5)
        np.testing.assert_array_equal(
            load_audio(content[: int(0.8 * len(content))], end=0.5).signal, whole.signal
        )


def test_damage_at_the_start_of_the_stretch_is_told(encoder):
    content = encoder.sound("FLAC", "PCM_16")
    with pytest.raises(DamagedAudioError, match=r"only 0\.\d\d s of 1\.50 s"):
        load_audio(content[: len(content) // 2], start=1.2)


def test_a_header_that_lies_about_the_length_does_not_fill_the_memory(encoder):
    content = bytearray(encoder.sound("FLAC", "PCM_16"))
    content[21:26] = bytes([content[21] | 0x0F]) + b"\xff" * 4
    with pytest.raises(DamagedAudioError, match=r"only 1\.50 s of 4294967\.30 s"):
        load_audio(bytes(content))


def test_blocks_join_without_a_seam(encoder, monkeypatch):
    for case in (("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS"), ("FLAC", "PCM_16"), ("WAV", "GSM610")):
        content = encoder.sound(*case, rate=8_000)
        whole, late = load_audio(content), load_audio(content, start=0.4)
        with monkeypatch.context() as patch:
            patch.setattr("serkit.audio.sound._BLOCK", 1_000)
            np.testing.assert_array_equal(load_audio(content).signal, whole.signal)
            np.testing.assert_allclose(load_audio(content, start=0.4).signal, late.signal, atol=1e-6)


FORMATS = [
    *(("sound", *case) for case in PLAIN + PACKED),
    ("sound", "WAV", "FLOAT"),
    ("sound", "WAV", "GSM610"),
]
FORMATS += [("media", *case) for case in MEDIA]


@pytest.mark.parametrize("case", FORMATS, ids="-".join)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_done_to_a_file_the_answer_is_a_clip_or_an_audio_error(encoder, case, data):
    writer, *arguments = case
    content = bytearray(getattr(encoder, writer)(*arguments))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, min(len(content), data.draw(st.sampled_from([64, 10**9]))) - 1))
        match data.draw(st.sampled_from(["change", "cut", "remove", "insert"])):
            case "change":
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[max(1, at) :]
            case "remove":
                del content[at + 1 : at + 20]
            case "insert":
                content[at:at] = data.draw(st.binary(max_size=20))
    end = data.draw(st.sampled_from([None, 0.5]))
    for load in (lambda: load_audio(bytes(content), end=end), lambda: probe_audio(bytes(content))):
        try:
            result = load()
        except AudioError as error:
            assert "\n" not in str(error)
        else:
            assert result.duration >= 0


def test_soundfile_alone_would_not_notice(encoder):
    for container, encoding in [*PLAIN, ("OGG", "OPUS")]:
        content = encoder.sound(container, encoding)
        soundfile.read(io.BytesIO(content[: int(0.9 * len(content))]))
