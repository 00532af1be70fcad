from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from serkit.audio import Clip, clip_from_array, load_audio, probe_audio, resample
from serkit.errors import InvalidSignalError, NoSamplesError

# Container, encoding, rate, channels, largest error of a sample.
LOSSLESS = [
    ("WAV", "PCM_U8", 8_000, 1, 2**-7),
    ("WAV", "PCM_16", 16_000, 2, 2**-15),
    ("WAV", "PCM_24", 44_100, 1, 2**-23),
    ("WAV", "PCM_32", 48_000, 6, 2**-23),
    ("WAV", "FLOAT", 24_414, 1, 1e-7),
    ("WAV", "DOUBLE", 22_050, 2, 1e-7),
    ("WAV", "ALAW", 8_000, 1, 0.02),
    ("WAV", "ULAW", 8_000, 2, 0.02),
    ("WAV", "GSM610", 8_000, 1, 0.6),
    ("WAV", "IMA_ADPCM", 16_000, 1, 0.25),
    ("WAVEX", "PCM_16", 16_000, 3, 2**-15),
    ("RF64", "PCM_16", 16_000, 1, 2**-15),
    ("W64", "PCM_24", 96_000, 1, 2**-23),
    ("AIFF", "PCM_16", 11_025, 2, 2**-15),
    ("AU", "PCM_16", 16_000, 1, 2**-15),
    ("CAF", "ALAC_16", 44_100, 1, 2**-15),
    ("FLAC", "PCM_16", 16_000, 2, 2**-15),
    ("FLAC", "PCM_24", 48_000, 1, 2**-23),
]
LOSSY = [
    ("OGG", "VORBIS", 16_000, 1),
    ("OGG", "VORBIS", 44_100, 2),
    ("OGG", "OPUS", 16_000, 1),
    ("OGG", "OPUS", 48_000, 2),
    ("MP3", "MPEG_LAYER_III", 16_000, 1),
    ("MP3", "MPEG_LAYER_III", 44_100, 2),
    ("MP3", "MPEG_LAYER_III", 8_000, 1),
]


def mono(encoder, rate, channels) -> np.ndarray:
    return encoder.voice(rate, channels).mean(axis=1)


@pytest.mark.parametrize("case", LOSSLESS, ids=str)
def test_lossless_containers_give_back_the_signal(encoder, case):
    container, encoding, rate, channels, error = case
    clip = load_audio(encoder.sound(container, encoding, rate=rate, channels=channels))
    truth = mono(encoder, rate, channels)
    assert clip.sampling_rate == rate
    np.testing.assert_allclose(clip.signal[: truth.size], truth, atol=error)
    assert clip.signal[truth.size :].size < 2_048, "only a block of ADPCM or GSM may be filled up"


@pytest.mark.parametrize(("container", "encoding", "rate", "channels"), LOSSY)
def test_lossy_containers_keep_length_and_shape(encoder, container, encoding, rate, channels):
    clip = load_audio(encoder.sound(container, encoding, rate=rate, channels=channels))
    truth = mono(encoder, rate, channels)
    assert (clip.sampling_rate, clip.signal.size) == (rate, truth.size)
    assert np.corrcoef(clip.signal, truth)[0, 1] > 0.97


@pytest.mark.parametrize(
    ("container", "encoding", "rate", "channels"), [case[:4] for case in LOSSLESS] + LOSSY
)
def test_probing_tells_what_loading_gives(encoder, container, encoding, rate, channels):
    content = encoder.sound(container, encoding, rate=rate, channels=channels)
    info, clip = probe_audio(content), load_audio(content)
    assert (info.sampling_rate, info.channels, info.encoding) == (rate, channels, encoding)
    assert info.container == soundfile.info(io.BytesIO(content)).format
    assert info.duration == pytest.approx(clip.duration)


@pytest.mark.parametrize(
    ("container", "encoding", "rate", "channels"), [case[:4] for case in LOSSLESS] + LOSSY
)
def test_a_stretch_is_a_slice_of_the_whole(encoder, container, encoding, rate, channels):
    content = encoder.sound(container, encoding, rate=rate, channels=channels)
    whole, part = load_audio(content), load_audio(content, start=0.31, end=0.9)
    expected = whole.signal[round(0.31 * rate) : round(0.9 * rate)]
    assert part.start == 0.31
    np.testing.assert_allclose(part.signal, expected, atol=1e-6)


@given(start=st.floats(0, 1.49), length=st.floats(1e-4, 2))
@settings(max_examples=60, deadline=None)
def test_any_stretch_is_a_slice_of_the_whole(encoder, start, length):
    content = encoder.sound("FLAC", "PCM_16")
    whole = load_audio(content).signal
    end = start + length
    try:
        part = load_audio(content, start=start, end=end)
    except InvalidSignalError:
        assert end > 1.55
    except NoSamplesError:
        assert round(start * 16_000) == round(end * 16_000)
    else:
        np.testing.assert_array_equal(part.signal, whole[round(start * 16_000) : round(end * 16_000)])


def test_only_the_stretch_is_read(encoder, tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(encoder.voice(), (100, 1)), 16_000)
    n_read = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda file, frames, **options: n_read.append(frames) or read(file, frames, **options),
    )
    load_audio(path, start=100, end=101)
    assert n_read == [16_000]


def test_resampling_is_that_of_the_whole_clip(encoder):
    content = encoder.sound("WAV", "PCM_16", rate=44_100)
    loaded = load_audio(content, sampling_rate=16_000)
    np.testing.assert_array_equal(loaded.signal, resample(load_audio(content), 16_000).signal)
    assert loaded.sampling_rate == 16_000


def test_a_clip_of_a_file_names_it(voice_file):
    for source in (voice_file, str(voice_file)):
        clip = load_audio(source)
        assert isinstance(clip, Clip)
        assert (clip.source, clip.start) == (str(voice_file), 0.0)


def test_the_suffix_is_never_trusted(encoder, tmp_path):
    contents = [
        encoder.sound("MP3", "MPEG_LAYER_III"),
        encoder.sound("OGG", "OPUS"),
        encoder.sound("WAV", "PCM_16"),
    ]
    for content in contents:
        expected = load_audio(content).signal
        for suffix in (".wav", ".mp3", ".raw", ".flac", ".gsm", ".txt", ""):
            path = tmp_path / f"recording{suffix}"
            path.write_bytes(content)
            np.testing.assert_array_equal(load_audio(path).signal, expected)


def test_tags_before_an_mp3_are_passed_over(encoder):
    content = encoder.sound("MP3", "MPEG_LAYER_III")
    tag = b"ID3\x04\x00\x00\x00\x00\x02\x01" + bytes(257)
    np.testing.assert_array_equal(load_audio(tag + content).signal, load_audio(content).signal)
    np.testing.assert_array_equal(load_audio(tag + tag + content).signal, load_audio(content).signal)


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000, 0x8000_0000])
def test_a_wav_written_into_a_pipe_is_read_to_its_end(encoder, size):
    content = encoder.sound("WAV", "PCM_16")
    at = content.index(b"data") + 4
    piped = (
        content[:4]
        + size.to_bytes(4, "little")
        + content[8:at]
        + size.to_bytes(4, "little")
        + content[at + 4 :]
    )
    np.testing.assert_array_equal(load_audio(piped).signal, load_audio(content).signal)


def test_a_float_wav_beyond_full_scale_is_kept():
    file = io.BytesIO()
    soundfile.write(file, np.array([1.5, -2.0] * 100), 16_000, format="WAV", subtype="FLOAT")
    assert load_audio(file.getvalue()).signal.min() == -2.0


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (-0.1, None, "start -0.1 is not a number of seconds"),
        ("1", None, "start '1'"),
        (None, None, "start None"),
        (True, None, "start True"),
        (float("nan"), None, "start nan"),
        (0, float("inf"), "end inf"),
        (0, "2", "end '2'"),
        (0.5, 0.5, "end 0.5 s is not after start 0.5 s"),
        (1.0, 0.5, "end 0.5 s is not after"),
        (1.5, None, "start 1.5 s is past the end of the recording; it lasts 1.500 s"),
        (0, 1.6, "end 1.6 s is past the end"),
    ],
)
def test_a_stretch_that_is_not_there_is_refused(encoder, start, end, words):
    with pytest.raises(InvalidSignalError, match=words):
        load_audio(encoder.sound("WAV", "PCM_16"), start=start, end=end)


def test_an_end_that_was_rounded_up_is_the_end(encoder):
    content = encoder.sound("WAV", "PCM_16")
    assert load_audio(content, end=1.54).duration == 1.5
    assert load_audio(content, start=np.float32(0.5), end=np.int64(1)).duration == 0.5


def test_a_stretch_between_two_samples_holds_none(encoder):
    with pytest.raises(NoSamplesError, match="no sample between"):
        load_audio(encoder.sound("WAV", "PCM_16"), start=0.5, end=0.500001)


@pytest.mark.parametrize("rate", [0, "16000", 16, None])
def test_a_wrong_rate_is_refused(encoder, rate):
    if rate is None:
        assert load_audio(encoder.sound("WAV", "PCM_16"), sampling_rate=None).sampling_rate == 16_000
        return
    with pytest.raises(InvalidSignalError, match="sampling rate"):
        load_audio(encoder.sound("WAV", "PCM_16"), sampling_rate=rate)


def test_loading_is_light():
    program = "import sys, serkit.audio; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"av", "torch", "librosa", "scipy", "pandas", "sklearn", "matplotlib", "joblib", "onnxruntime"}
    assert not heavy & set(run.stdout.split())


@pytest.mark.corpora
@pytest.mark.parametrize("pattern", ["ravdess/*/*.flac", "cremad/*.opus", "tess/*.opus", "savee/*.opus"])
def test_real_recordings_are_what_soundfile_reads(corpora_dir, pattern):
    files = sorted(corpora_dir.glob(pattern))
    if not files:
        pytest.skip(f"no {pattern} in {corpora_dir}")
    for path in files[:: max(1, len(files) // 25)]:
        samples, rate = soundfile.read(path, dtype="float32")
        clip, info = load_audio(path), probe_audio(path)
        np.testing.assert_array_equal(clip.signal, clip_from_array(samples, rate).signal)
        assert (clip.sampling_rate, info.duration) == (16_000, clip.duration)


def test_the_example_recording_is_a_short_voice():
    path = Path(__file__).parents[2] / "examples" / "hello.wav"
    info = probe_audio(path)
    assert (info.sampling_rate, info.channels, info.encoding) == (16_000, 1, "PCM_16")
    assert 2 <= info.duration <= 3
    assert np.abs(load_audio(path).signal).max() > 0.1
