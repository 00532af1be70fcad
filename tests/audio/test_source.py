from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from serkit.audio import AUDIO_SUFFIXES, find_audio_files, load_audio, probe_audio
from serkit.errors import (
    AudioError,
    AudioIsFolderError,
    AudioNotFoundError,
    DamagedAudioError,
    EmptyFileError,
    InvalidSignalError,
    LfsPointerError,
    NoSamplesError,
    NotAudioError,
)

LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.fixture
def wav(encoder) -> bytes:
    return encoder.sound("WAV", "PCM_16")


def test_every_kind_of_source_gives_the_same_samples(wav, tmp_path, monkeypatch):
    path = tmp_path / "a b ü.wav"
    path.write_bytes(wav)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(wav)))
    with path.open("rb") as file:
        sources = [path, str(path), wav, bytearray(wav), memoryview(wav), io.BytesIO(wav), file, "-"]
        clips = [load_audio(source) for source in sources]
    for clip in clips[1:]:
        np.testing.assert_array_equal(clip.signal, clips[0].signal)
    assert [clip.source for clip in clips[2:]] == [*["bytes"] * 3, "file object", str(path), "standard input"]


def test_a_file_object_is_read_from_where_it_stands(wav):
    file = io.BytesIO(b"four" + wav)
    file.seek(4)
    assert load_audio(file).duration == 1.5


def test_a_large_file_is_read_like_a_small_one(encoder, tmp_path, monkeypatch):
    contents = [
        encoder.sound("OGG", "OPUS"),
        encoder.sound("MP3", "MPEG_LAYER_III"),
        encoder.sound("FLAC", "PCM_16"),
    ]
    for content in contents:
        path = tmp_path / "recording.raw"
        path.write_bytes(content)
        small = load_audio(path, start=0.2)
        with monkeypatch.context() as patch:
            patch.setattr("serkit.audio.source.SMALL_FILE", 100)
            large = load_audio(path, start=0.2)
        np.testing.assert_array_equal(small.signal, large.signal)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_a_source(wav, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(wav,))
    writer.start()
    assert load_audio(path).duration == 1.5
    writer.join()


@pytest.mark.parametrize("load", [load_audio, probe_audio])
class TestWhatIsNoRecording:
    @pytest.mark.parametrize("name", ["missing.wav", "", "a\0b.wav", "x" * 5_000, "voice.wav/inside.wav"])
    def test_no_such_file(self, load, name, voice_file, monkeypatch):
        monkeypatch.chdir(voice_file.parent)
        with pytest.raises(AudioError) as caught:
            load(name)
        assert "\n" not in str(caught.value)

    def test_a_missing_file_is_also_python_s_own_error(self, load):
        with pytest.raises(AudioNotFoundError, match=r"missing\.wav: no such file; check the path"):
            load("missing.wav")
        with pytest.raises(FileNotFoundError):
            load(Path("missing.wav"))

    def test_a_folder(self, load, tmp_path):
        with pytest.raises(AudioIsFolderError, match="a folder, not a recording"):
            load(tmp_path)

    def test_an_empty_file(self, load, tmp_path):
        (tmp_path / "empty.wav").touch()
        for source in (tmp_path / "empty.wav", b"", io.BytesIO()):
            with pytest.raises(EmptyFileError, match="zero bytes"):
                load(source)

    def test_a_git_lfs_pointer(self, load):
        with pytest.raises(LfsPointerError, match="git lfs pull"):
            load(LFS_POINTER)

    @pytest.mark.parametrize(
        "content",
        [
            b"x",
            b"Once upon a time\n" * 100,
            "Once upon a time\n".encode("utf-16") * 100,
            b"\x89PNG\r\n\x1a\n" + bytes(500),
            b"%PDF-1.7\n" + bytes(500),
            b"PK\x03\x04" + bytes(500),
            bytes(5_000),
            b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
            b"ffconcat version 1.0\nfile voice.wav\n",
        ],
    )
    def test_not_audio(self, load, content):
        with pytest.raises(NotAudioError, match="not audio"):
            load(content)

    @pytest.mark.parametrize(
        "source", [None, 5, np.zeros(16_000), [0.0, 0.1], io.StringIO("text")], ids=lambda s: type(s).__name__
    )
    def test_an_object_that_is_no_source(self, load, source):
        with pytest.raises(InvalidSignalError):
            load(source)

    @pytest.mark.skipif(not Path("/dev/null").exists(), reason="this system has no /dev/null")
    def test_a_device(self, load):
        with pytest.raises(AudioError, match="a device"):
            load("/dev/null")

    def test_a_file_that_must_not_be_read(self, load, wav, tmp_path, monkeypatch):
        path = tmp_path / "secret.wav"
        path.write_bytes(wav)
        path.chmod(0)
        if os.access(path, os.R_OK):  # an administrator may read everything

            def refuse(*_: object, **__: object) -> None:
                raise PermissionError(13, "Permission denied")

            monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(AudioError, match=r"secret\.wav: no permission to read it"):
            load(path)


def test_a_file_without_samples(encoder):
    for container, encoding in (("WAV", "PCM_16"), ("AIFF", "PCM_16"), ("OGG", "VORBIS")):
        with pytest.raises(NoSamplesError, match="not a single sample"):
            load_audio(encoder.sound(container, encoding, duration_s=0))


def test_an_encoding_that_nobody_decodes_is_told(wav):
    at = wav.index(b"fmt ") + 8
    with pytest.raises(DamagedAudioError, match=r"encoding that is not supported.*convert it to WAV"):
        load_audio(wav[:at] + b"\x99\x99" + wav[at + 2 :])


def test_files_are_found_by_suffix_below_a_folder(tmp_path):
    names = ["b.WAV", "a.flac", "sub/deep/c.opus", "sub/d.m4a", "._b.wav", "notes.txt", "wav", "e.wav.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in find_audio_files(tmp_path)]
    assert found == ["a.flac", "b.WAV", "sub/d.m4a", "sub/deep/c.opus"]
    assert {".wav", ".flac", ".opus", ".mp3", ".m4a", ".webm"} <= AUDIO_SUFFIXES


def test_a_folder_that_is_missing_has_no_files(tmp_path, voice_file):
    for folder in (tmp_path / "missing", voice_file):
        with pytest.raises(AudioNotFoundError, match="no such folder"):
            find_audio_files(folder)
