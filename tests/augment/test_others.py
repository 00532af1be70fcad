"""Voices of other recordings: which are drawn, and how they are mixed."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from serkit.audio import Clip
from serkit.augment.noise import crowd, mix
from serkit.augment.others import Excerpt, add_others, draw_others, excerpts


@pytest.fixture
def manifest():
    """Two corpora of two speakers each, who share their names."""
    names = [f"/{corpus}/{speaker}{n}.wav" for corpus in "ab" for speaker in "xy" for n in range(4)]
    rows = pd.DataFrame({"file": names})
    return rows.assign(corpus=rows["file"].str[1], speaker=rows["file"].str[3])


def drawn_of(manifest, n_others=2, *, sides=None, seed=0):
    drawn = draw_others(manifest, n_others, sides=sides, seed=seed)
    return {
        file: {other.file for other in others} for file, others in zip(manifest["file"], drawn, strict=True)
    }


def test_others_are_of_other_speakers(manifest):
    drawn = drawn_of(manifest, 12)
    for file, others in drawn.items():
        assert others == {other for other in manifest["file"] if other[:4] != file[:4]}
    assert all(len(others) == 2 for others in drawn_of(manifest).values())


def test_nobody_is_heard_on_another_side(manifest):
    sides = [(file[1], file[3]) == ("b", "x") for file in manifest["file"]]
    for file, others in drawn_of(manifest, 9, sides=sides).items():
        alone = file[:4] == "/b/x"
        assert {other[:4] == "/b/x" for other in others} == {alone}
        assert file not in others
        # Where a speaker is alone, what else there is of them is heard.
        assert len(others) == (3 if alone else 8)


def test_recordings_without_speakers_are_mixed_with_each_other(manifest):
    unknown = manifest.drop(columns=["corpus", "speaker"])
    assert {len(others) for others in drawn_of(unknown, 99).values()} == {15}
    assert set(map(len, drawn_of(unknown, 9, sides=np.arange(16)).values())) == {0}


def test_the_draw_depends_on_the_seed_and_neither_on_order_nor_on_where_a_corpus_lies(manifest):
    drawn = drawn_of(manifest)
    assert drawn_of(manifest.iloc[::-1]) == drawn
    moved = drawn_of(manifest.assign(file="/elsewhere" + manifest["file"]))
    assert [{other.removeprefix("/elsewhere") for other in others} for others in moved.values()] == list(
        drawn.values()
    )
    assert drawn_of(manifest, seed=1) != drawn


def test_stretches_of_one_file_are_others_of_each_other():
    rows = pd.DataFrame({"file": "/a/talk.wav", "start": [np.nan, 2.0], "end": [2.0, np.nan], "speaker": "x"})
    first, second = Excerpt("/a/talk.wav", 0.0, 2.0), Excerpt("/a/talk.wav", 2.0, None)
    assert excerpts(rows) == [first, second]
    assert draw_others(rows, 3, seed=0) == [(second,), (first,)]


@pytest.mark.parametrize("voices", [1, 2, 5])
def test_the_ratio_is_reached_with_more_voices_than_there_are_others_too(clip, sounds, snr_db, rng, voices):
    others = [Excerpt(str(sounds / "long.wav"), 1.0, 1.5), Excerpt(str(sounds / "more" / "short.flac"))]
    found = add_others(clip, rng, others=others, voices=voices, snr_db=4.0)
    assert snr_db(clip, found) == pytest.approx(4.0, abs=0.1)
    assert (found.source, found.signal.size) == (clip.source, clip.signal.size)


def test_only_the_stretch_is_heard_at_another_pitch(tmp_path):
    time = np.arange(32_000) / 16_000
    sound = np.where(time < 1, np.sin(2 * np.pi * 3000 * time), np.sin(2 * np.pi * 500 * time))
    soundfile.write(tmp_path / "two.wav", sound, 16_000)
    clip = Clip(np.full(16_000, 0.1, dtype=np.float32), 16_000)
    highest = []
    for seed in range(8):
        others = [Excerpt(str(tmp_path / "two.wav"), 1.0)]
        found = add_others(clip, np.random.default_rng(seed), others=others, voices=1, snr_db=10)
        highest.append(np.abs(np.fft.rfft(found.signal - clip.signal)).argmax())
    assert 500 * 0.7 < min(highest) < max(highest) < 500 * 1.4
    assert max(highest) - min(highest) > 50


def test_without_others_it_is_a_crowd(clip):
    found = add_others(clip, np.random.default_rng(0), others=(), voices=4, snr_db=3.0)
    expected = mix(clip, crowd(clip, 4, np.random.default_rng(0)), 3.0)
    np.testing.assert_array_equal(found.signal, expected.signal)
