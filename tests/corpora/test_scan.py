from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serkit.corpora import CORPORA, find_corpus, scan_corpora, scan_corpus, validate_manifest
from serkit.errors import CorpusError

# The published counts, as in the papers and on the corpora's pages.
COUNTS = {
    "ravdess": {
        "angry": 192,
        "calm": 192,
        "disgust": 192,
        "fear": 192,
        "happy": 192,
        "neutral": 96,
        "sad": 192,
        "surprise": 192,
    },
    "crema-d": {"angry": 1271, "disgust": 1271, "fear": 1271, "happy": 1271, "neutral": 1087, "sad": 1271},
    "tess": dict.fromkeys(["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"], 400),
    "savee": dict.fromkeys(["angry", "disgust", "fear", "happy", "sad", "surprise"], 60) | {"neutral": 120},
    "emodb": {
        "angry": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happy": 71,
        "neutral": 79,
        "sad": 62,
    },
}


@pytest.mark.parametrize(
    ("name", "suffix"), [*zip(COUNTS, [".wav", ".flac", ".OPUS", ".mp3", ".WAV"], strict=True)]
)
def test_complete_corpus_has_the_published_counts(name, suffix, published_names, touch, tmp_path):
    manifest = scan_corpus(name, touch(tmp_path, published_names(name), suffix))
    assert manifest["emotion"].value_counts().to_dict() == COUNTS[name]
    assert CORPORA[name].counts["speech"] == COUNTS[name]
    speakers = manifest["speaker"].value_counts().to_dict()
    assert speakers == {speaker: facts.clips for speaker, facts in CORPORA[name].speakers.items()}
    validate_manifest(manifest)


def test_speaker_facts(published_names, touch, tmp_path):
    names = {name: published_names(name) for name in COUNTS}
    people = {
        name: scan_corpus(name, touch(tmp_path / name, names[name]))
        .drop_duplicates("speaker")
        .set_index("speaker")
        for name in COUNTS
    }
    assert people["ravdess"].loc[["01", "02", "23", "24"], "gender"].tolist() == ["male", "female"] * 2
    assert people["crema-d"]["gender"].value_counts().to_dict() == {"male": 48, "female": 43}
    assert people["crema-d"].loc["1034", ["age", "race"]].tolist() == [74, "Caucasian"]
    races = people["crema-d"]["race"].value_counts(dropna=False).to_dict()
    assert sorted(races.values()) == [1, 7, 22, 61]
    assert people["tess"].loc[["OAF", "YAF"], "age"].tolist() == [64, 26]
    assert set(people["savee"]["gender"]) == {"male"}
    assert set(people["emodb"].query("gender == 'male'").index) == {"03", "10", "11", "12", "15"}
    assert set(people["emodb"]["language"]) == {"de"}


def test_what_a_name_says_comes_along(touch, tmp_path):
    names = ["1001_ieo_ANG_hi", "1001_TIE_SAD_XX"]
    high, unspecified = scan_corpus("crema-d", touch(tmp_path, names)).to_dict("records")
    assert (high["statement"], high["text"], high["intensity"]) == ("IEO", "It's eleven o'clock", "high")
    assert high["channel"] == "speech"
    assert unspecified["intensity"] != unspecified["intensity"], "XX names no intensity"


def test_song_only_on_request(published_names, touch, tmp_path, caplog):
    touch(tmp_path, published_names("ravdess") + published_names("ravdess-song"))
    assert len(scan_corpus("ravdess", tmp_path)) == 1440
    assert "1,012 songs" in caplog.text
    both = scan_corpus("ravdess", tmp_path, song=True)
    assert both["channel"].value_counts().to_dict() == {"speech": 1440, "song": 1012}
    songs = both[both["channel"] == "song"]["emotion"].value_counts().to_dict()
    assert songs == CORPORA["ravdess"].counts["song"]


def test_nested_archive_counts_once_and_says_so(published_names, touch, tmp_path, caplog):
    names = published_names("ravdess")[:60]
    touch(tmp_path / "Actor_01", names)
    touch(tmp_path / "audio_speech_actors_01-24" / "Actor_01", names)
    manifest = scan_corpus("ravdess", tmp_path)
    assert len(manifest) == 60
    assert not manifest["file"].str.contains("audio_speech").any(), "the copy that lies less deep is taken"
    assert "60 repeated file names" in caplog.text


def test_a_recording_without_loss_is_taken_before_its_compressed_copy(touch, tmp_path):
    touch(tmp_path / "AudioMP3", ["1001_IEO_ANG_HI"], ".mp3")
    touch(tmp_path / "further" / "down" / "AudioWAV", ["1001_IEO_ANG_HI"], ".wav")
    assert scan_corpus("crema-d", tmp_path)["file"].str.endswith(".wav").all()


def test_videos_are_left_out(touch, tmp_path, caplog):
    touch(tmp_path, ["01-01-03-01-01-01-01", "02-01-03-01-01-01-01"], ".mp4")
    touch(tmp_path, ["03-01-03-01-01-01-01"])
    assert len(scan_corpus("ravdess", tmp_path)) == 1
    assert "2 video files" in caplog.text


def test_tess_folders_do_not_matter(touch, tmp_path):
    touch(tmp_path / "TESS" / "OAF_Fear", ["OAF_back_happy", "oa_bite_Neutral"])
    touch(tmp_path / "TESS" / "YAF_pleasant_surprised", ["YAF_back_ps", "YAF_bar_pleasant_surprised"])
    manifest = scan_corpus("tess", tmp_path)
    assert manifest["speaker"].tolist() == ["OAF", "OAF", "YAF", "YAF"]
    assert sorted(manifest["emotion"]) == ["happy", "neutral", "surprise", "surprise"]
    assert "Say the word bite" in set(manifest["text"])


def test_savee_in_both_layouts_is_the_same_corpus(published_names, touch, tmp_path):
    names = published_names("savee")
    touch(tmp_path / "all", names)
    for speaker in ("DC", "JE", "JK", "KL"):
        own = [name.removeprefix(f"{speaker}_") for name in names if name.startswith(speaker)]
        touch(tmp_path / "original" / "AudioData" / speaker, own)
    flat, original = (
        scan_corpus("savee", tmp_path / layout).drop(columns="file") for layout in ("all", "original")
    )
    assert flat.equals(original)
    assert flat.query("speaker == 'DC' and statement == 'd01'")["emotion"].tolist() == ["disgust"]
    assert flat[flat["statement"].str.startswith("sa")]["emotion"].eq("sad").all()


def test_single_x_of_crema_d(touch, tmp_path):
    touch(tmp_path, ["1040_ITH_SAD_X", "1040_ITH_SAD_XX", "1040_ITH_ANG_X"])
    assert scan_corpus("crema-d", tmp_path)["emotion"].tolist() == ["angry", "sad"]


def test_order_does_not_depend_on_folders(published_names, touch, tmp_path):
    names = published_names("ravdess")[:120]
    touch(tmp_path / "flat", names)
    for index, name in enumerate(names):
        touch(tmp_path / "scattered" / str(119 - index), [name])
    orders = [scan_corpus("ravdess", tmp_path / layout)["file"].str[-24:] for layout in ("flat", "scattered")]
    assert orders[0].tolist() == orders[1].tolist()


def test_names_that_do_not_fit_are_counted(touch, tmp_path, caplog):
    strange = ["03-01-03-01-01-01-01 (1)", "03-01-09-01-01-01-01", "03-01-03-01-01-01-25", "readme"]
    touch(tmp_path, ["03-01-03-01-01-01-01", *strange])
    assert len(scan_corpus("ravdess", tmp_path)) == 1
    assert "4 file names that do not fit" in caplog.text


def test_nothing_is_logged_when_nothing_is_left_out(published_names, touch, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    scan_corpus("savee", touch(tmp_path, published_names("savee")))
    assert not caplog.records


@pytest.mark.parametrize("present", COUNTS)
def test_hint_says_what_the_names_look_like(present, published_names, touch, tmp_path):
    wanted = "tess" if present != "tess" else "savee"
    touch(tmp_path, published_names(present)[:20])
    with pytest.raises(CorpusError, match=f"the names look like {present}"):
        scan_corpus(wanted, tmp_path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "absent", "no such folder"),
        (lambda folder: folder, "holds no recordings"),
    ],
)
def test_folders_that_cannot_be_scanned(make, message, tmp_path):
    with pytest.raises(CorpusError, match=message):
        scan_corpus("tess", make(tmp_path))


def test_only_songs_without_asking_for_songs(published_names, touch, tmp_path):
    touch(tmp_path, published_names("ravdess-song")[:5])
    with pytest.raises(CorpusError, match="songs or videos"):
        scan_corpus("ravdess", tmp_path)


def test_unknown_corpus():
    with pytest.raises(CorpusError, match=r"unknown corpus .*Known: crema-d, emodb, ravdess, savee, tess"):
        find_corpus("iemocap")


@given(st.text(max_size=30))
def test_any_name_is_read_or_refused(stem):
    for corpus in CORPORA.values():
        values = corpus.parse(stem, stem)
        assert values is None or values["speaker"] in corpus.speakers


@given(st.sampled_from(list(CORPORA)), st.randoms())
def test_case_does_not_matter(name, random):
    corpus = CORPORA[name]
    scrambled = "".join(random.choice((c.lower(), c.upper())) for c in corpus.example)
    assert corpus.parse(scrambled) == corpus.parse(corpus.example) is not None


def test_several_corpora_become_one_manifest(published_names, touch, tmp_path):
    folders = {name: touch(tmp_path / name, published_names(name)) for name in ("savee", "tess", "emodb")}
    manifest = scan_corpora(folders, audit=False)
    assert manifest["corpus"].value_counts().to_dict() == {"tess": 2800, "emodb": 535, "savee": 480}
    validate_manifest(manifest)


def test_no_corpus_at_all():
    with pytest.raises(CorpusError, match="NAME=DIR"):
        scan_corpora({})


def test_real_corpora(corpora_dir):
    counts = {name: len(scan_corpus(name, corpora_dir / name)) for name in ("ravdess", "tess", "savee")}
    assert counts == {"ravdess": 1440, "tess": 2800, "savee": 480}
    crema = scan_corpus("crema-d", corpora_dir / "cremad")
    assert len(crema) == 5890
    assert crema["speaker"].nunique() == 72
