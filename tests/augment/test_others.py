"""Voices of a speaker's other recordings: which are drawn, and how they are mixed."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from serkit.audio import Clip
from serkit.augment.noise import crowd, mix
from serkit.augment.others import Excerpt, add_others, draw_others, excerpts


@pytest.fixture
def manifest():
    """Two corpora of two speakers each, who share their names; the last row has no speaker."""
    names = [f"/{corpus}/{speaker}{n}.wav" for corpus in "ab" for speaker in "xy" for n in range(4)]
    rows = pd.DataFrame({"file": [*names, "/b/z.wav"]})
    return rows.assign(corpus=rows["file"].str[1], speaker=rows["file"].str[3].where(rows.index < 16))


def test_others_are_of_the_same_speaker_and_never_the_clip_itself(manifest):
    drawn = draw_others(manifest, 2, seed=0)[:16]
    for file, others in zip(manifest["file"], drawn, strict=False):
        assert len({other.file for other in others}) == 2
        assert {other.file[:4] for other in others} == {file[:4]}
        assert file not in {other.file for other in others}


def test_all_are_drawn_where_there_are_fewer_and_none_of_an_unknown_speaker(manifest):
    drawn = draw_others(manifest, 9, seed=0)
    assert [len(others) for others in drawn] == [3] * 16 + [0]
    assert draw_others(manifest.drop(columns="speaker"), 9, seed=0) == [()] * 17


def test_the_draw_depends_on_the_seed_and_neither_on_order_nor_on_where_a_corpus_lies(manifest):
    drawn = dict(zip(manifest["file"], draw_others(manifest, 2, seed=0), strict=True))
    turned = manifest.iloc[::-1]
    assert dict(zip(turned["file"], draw_others(turned, 2, seed=0), strict=True)) == drawn
    moved = manifest.assign(file="/elsewhere" + manifest["file"])
    found = draw_others(moved, 2, seed=0)
    assert [[other.file.removeprefix("/elsewhere") for other in others] for others in found] == [
        [other.file for other in others] for others in drawn.values()
    ]
    assert dict(zip(manifest["file"], draw_others(manifest, 2, seed=1), strict=True)) != drawn


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
