"""What stays in its file is read as what is in memory, to the byte and to the sample."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serkit.audio import load_audio, probe_audio, source
from serkit.audio.content import FileBytes, content_of
from serkit.errors import AudioError, DamagedAudioError

CONTENT = np.random.default_rng(0).integers(0, 256, 3_000, dtype=np.uint8).tobytes()
SOUNDS = {"wav": ("WAV", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}


@given(slices=st.lists(st.tuples(st.integers(0, 3_200), st.integers(0, 3_200)), min_size=1, max_size=20))
def test_slices_are_those_of_the_bytes(slices: list[tuple[int, int]]) -> None:
    content = FileBytes(io.BytesIO(CONTENT))
    content_module = pytest.MonkeyPatch()
    content_module.setattr("serkit.audio.content._WINDOW", 100)
    for start, stop in slices:
        assert content[start:stop] == CONTENT[start:stop]
        assert content[start:] == CONTENT[start:]
        if start < len(CONTENT):
            assert content[start] == CONTENT[start]
    content_module.undo()
    assert len(content) == len(CONTENT)


def test_what_is_in_memory_stays_there_and_what_is_in_a_file_too(tmp_path: Path) -> None:
    assert content_of(io.BytesIO(CONTENT)) == CONTENT
    (tmp_path / "a").write_bytes(CONTENT)
    with (tmp_path / "a").open("rb") as file:
        assert isinstance(content_of(file), FileBytes)


@pytest.mark.parametrize("size", [0, 999, 1_000, 1_001, 3_000])
def test_a_little_is_spooled_in_memory_and_more_on_disk(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "SMALL_FILE", 1_000)
    with source.spool(CONTENT[i : min(i + 300, size)] for i in range(0, size, 300)) as stream:
        assert isinstance(stream, io.BytesIO) == (size <= 1_000)
        assert stream.read() == CONTENT[:size]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every recording for a large one."""
    monkeypatch.setattr(source, "SMALL_FILE", 1_000)


@pytest.mark.parametrize("suffix", SOUNDS)
def test_large_files_give_the_samples_of_small_ones(suffix, encoder, tmp_path, monkeypatch) -> None:
    content = encoder.sound(*SOUNDS[suffix], duration_s=3.0)
    reference, facts = load_audio(content).signal, probe_audio(content)
    monkeypatch.setattr(source, "SMALL_FILE", 1_000)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with path.open("rb") as file:
        np.testing.assert_array_equal(load_audio(file).signal, reference)
    np.testing.assert_array_equal(load_audio(path).signal, reference)
    assert probe_audio(path) == facts


@pytest.mark.usefixtures("small")
def test_a_large_mp3_file_that_does_not_tell_its_length_is_read_to_its_end(encoder, tmp_path) -> None:
    loud = np.random.default_rng(0).uniform(-0.5, 0.5, 5 * 16_000)
    path = tmp_path / "a.mp3"
    path.write_bytes(encoder.mp3_without_length(np.concatenate([loud, np.zeros(15 * 16_000)])))
    assert load_audio(path).duration == pytest.approx(20, abs=0.15)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_damage_in_a_large_file_is_found(suffix, encoder, tmp_path) -> None:
    content = encoder.sound(*SOUNDS[suffix], duration_s=3.0)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content[: 2 * len(content) // 3])
    with pytest.raises(DamagedAudioError, match="can be read"):
        load_audio(path)


@pytest.mark.usefixtures("small")
def test_a_large_file_object_that_gives_text_is_refused() -> None:
    with tempfile.TemporaryFile("w+") as file, pytest.raises(AudioError, match="text"):
        load_audio(file)
