from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from serkit.audio import load_audio
from serkit.corpora import KINDS, audit_manifest, read_manifest, scan_corpora, scan_corpus, write_manifest
from serkit.corpora.facts import ClipFacts, measure_clip, measure_clips
from serkit.errors import CorpusError, ManifestError

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 123456\n"


@pytest.fixture
def clips(tmp_path, write_tone):
    """A corpus of eight sound clips, and one of every defect."""
    for index in range(8):
        write_tone(tmp_path / f"{index}.wav", seed=index)
    write_tone(tmp_path / "loud.wav", seed=20, level=2.0)
    write_tone(tmp_path / "whisper.wav", seed=21, level=0.002)
    write_tone(tmp_path / "stereo.wav", seed=22, channels=2)
    write_tone(tmp_path / "rate.wav", seed=23, rate=44_100)
    soundfile.write(tmp_path / "silent.wav", np.zeros(4000), 16_000)
    shutil.copy(tmp_path / "0.wav", tmp_path / "again.wav")
    shutil.copy(tmp_path / "1.wav", tmp_path / "other_label.wav")
    # The same samples in another container: no byte is the same.
    soundfile.write(tmp_path / "again.flac", soundfile.read(tmp_path / "2.wav")[0], 16_000)
    (tmp_path / "pointer.wav").write_text(POINTER)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no audio " * 100)
    whole = (tmp_path / "3.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    return tmp_path


@pytest.fixture
def manifest(clips):
    files = [*sorted(clips.glob("*.*")), clips / "absent.wav"]
    emotions = ["happy" if file.stem == "other_label" else "sad" for file in files]
    speakers = ["b" if file.name == "again.flac" else "a" for file in files]
    return pd.DataFrame({"file": map(str, files), "corpus": "mine", "emotion": emotions, "speaker": speakers})


def found(report) -> dict[str, list[set[str]]]:
    names = report.manifest["file"].str.rsplit("/").str[-1].tolist()
    kinds: dict[str, list[set[str]]] = {}
    for finding in report.findings:
        kinds.setdefault(finding.kind, []).append({names[row] for row in finding.rows})
    return kinds


def test_every_defect_is_found_and_nothing_else(manifest):
    assert found(audit_manifest(manifest)) == {
        "missing": [{"absent.wav"}],
        "lfs-pointer": [{"pointer.wav"}],
        "truncated": [{"cut.wav"}],
        "unreadable": [{"empty.wav", "text.wav"}],
        "silent": [{"silent.wav"}],
        "conflict": [{"1.wav", "other_label.wav"}],
        "duplicate": [{"0.wav", "again.wav"}, {"2.wav", "again.flac"}],
        "clipping": [{"loud.wav"}],
        "stereo": [{"stereo.wav"}],
        "odd-rate": [{"rate.wav"}],
        "level": [{"whisper.wav", "loud.wav"}],
    }


def test_findings_say_what_matters(manifest):
    table = audit_manifest(manifest).table()
    details = table.groupby("kind")["detail"].agg(list).to_dict()
    assert "labelled sad and happy" in details["conflict"][0]
    copied, converted = details["duplicate"]
    assert "byte for byte the same" in copied
    assert "the same samples" in converted
    assert "spoken by mine/a and mine/b" in converted
    assert "not 16,000 Hz" in details["odd-rate"][0]
    assert set(table["kind"]) <= set(KINDS)
    assert table["kind"].tolist() == sorted(table["kind"], key=list(KINDS).index), "the gravest first"


def test_unusable_clips_are_left_out_and_said(manifest, caplog):
    report = audit_manifest(manifest)
    kept = report.apply()
    gone = {"absent", "pointer", "cut", "empty", "text", "silent", "1", "other_label"}
    names = {file.rsplit("/")[-1] for file in kept["file"]}
    assert not names & {f"{name}.wav" for name in gone}
    assert len(names & {"0.wav", "again.wav"}) == len(names & {"2.wav", "again.flac"}) == 1
    assert len(kept) == len(manifest) - len(gone) - 2
    assert "left out 1 (silent): silent.wav" in caplog.text
    assert "left out 1 (duplicate)" in caplog.text
    assert "clipping" not in caplog.text
    assert kept["content"].is_unique
    assert kept["duration"].between(0.24, 0.26).all()


def test_keep_and_drop_change_the_policy(manifest):
    report = audit_manifest(manifest)
    usual, kept, fewer = (
        report.apply(),
        report.apply(keep=["silent"]),
        report.apply(drop=["clipping", "stereo"]),
    )
    assert set(kept["file"]) - set(usual["file"]) == {f for f in manifest["file"] if "silent" in f}
    assert len(fewer) == len(usual) - 2
    with pytest.raises(CorpusError, match="clipped: no such kind of finding; there are missing"):
        report.apply(keep=["clipped"])


def test_kept_unreadable_clips_have_no_content(manifest, tmp_path):
    kept = audit_manifest(manifest).apply(keep=["lfs-pointer"])
    assert kept[kept["file"].str.endswith("pointer.wav")][["duration", "content"]].isna().all(axis=None)
    write_manifest(kept, tmp_path / "kept.parquet")


def test_nothing_left_is_an_error(clips):
    manifest = pd.DataFrame({"file": [str(clips / "pointer.wav")], "corpus": ["mine"], "emotion": ["sad"]})
    with pytest.raises(CorpusError, match="not a single clip can be used: pointer"):
        audit_manifest(manifest).apply()


def test_an_audited_manifest_can_be_audited_again(manifest, tmp_path):
    once = audit_manifest(manifest).apply()
    write_manifest(once, tmp_path / "once.csv")
    again = audit_manifest(read_manifest(tmp_path / "once.csv"))
    assert not set(found(again)) & {"silent", "duplicate", "conflict"}
    pd.testing.assert_frame_equal(again.apply(), once)


def test_json_names_every_file(manifest, tmp_path):
    audit_manifest(manifest).write(tmp_path / "audit.json")
    content = json.loads((tmp_path / "audit.json").read_text())
    assert content["clips"] == {"mine": len(manifest)}
    unreadable = next(f for f in content["findings"] if f["kind"] == "unreadable")
    assert {clip["file"].rsplit("/")[-1] for clip in unreadable["clips"]} == {"empty.wav", "text.wav"}
    assert all(clip["remark"] for finding in content["findings"] for clip in finding["clips"])


def test_stretches_of_one_recording_are_different_clips(clips):
    stretches = {"file": [str(clips / "0.wav")] * 2, "start": [0.0, 0.1], "end": [0.1, None]}
    manifest = pd.DataFrame({**stretches, "corpus": "mine", "emotion": ["sad", "happy"]})
    report = audit_manifest(manifest)
    assert not report.findings
    assert report.apply()["duration"].tolist() == [0.1, 0.15]


def test_content_is_the_hash_of_the_samples(clips):
    twins = measure_clip(str(clips / "2.wav")), measure_clip(str(clips / "again.flac"))
    assert twins[0].content == twins[1].content
    assert twins[0].file_sha256 != twins[1].file_sha256
    mono, stereo = measure_clip(str(clips / "0.wav")), measure_clip(str(clips / "stereo.wav"))
    assert (mono.channels, stereo.channels) == (1, 2)
    level = 20 * np.log10(np.sqrt(np.mean(load_audio(clips / "0.wav").signal.astype(float) ** 2)))
    assert mono.level_db == pytest.approx(level, abs=1e-4)


def test_second_audit_opens_only_what_changed(manifest, clips, tmp_path, write_tone, monkeypatch):
    cache = tmp_path / "cache" / "audit.jsonl"
    first = measure_clips(manifest, cache=cache)
    opened = []
    monkeypatch.setattr(
        "serkit.corpora.facts.load_audio", lambda file, **_: opened.append(file) or _stop(file)
    )
    write_tone(clips / "5.wav", seed=99, level=0.3, rate=8_000)
    second = measure_clips(manifest, cache=cache)
    readable = second["problem"] == ""
    changed = manifest["file"].str.endswith("5.wav")
    assert str(clips / "5.wav") in opened
    assert len(opened) == 1 + (first["problem"] != "").sum(), "and those that could not be read, once more"
    pd.testing.assert_frame_equal(first[readable & ~changed], second[readable & ~changed])


def _stop(file):
    raise OSError(f"{file}: must not be opened")


def test_cache_survives_a_kill(manifest, tmp_path):
    cache = tmp_path / "audit.jsonl"
    whole = measure_clips(manifest, cache=cache)
    lines = cache.read_text()
    cache.write_text(lines[: len(lines) // 2])
    pd.testing.assert_frame_equal(measure_clips(manifest, cache=cache), whole)
    pd.testing.assert_frame_equal(measure_clips(manifest, cache=cache), whole)


def test_facts_of_another_version_are_measured_again(manifest, tmp_path, monkeypatch):
    cache = tmp_path / "audit.jsonl"
    measure_clips(manifest.iloc[:2], cache=cache)
    monkeypatch.setattr("serkit.corpora.facts._VERSION", 2)
    monkeypatch.setattr("serkit.corpora.facts.measure_clip", lambda *_: ClipFacts(duration=9.0))
    assert measure_clips(manifest.iloc[:2], cache=cache)["duration"].tolist() == [9.0, 9.0]


def test_workers_measure_the_same(manifest):
    pd.testing.assert_frame_equal(measure_clips(manifest, workers=2), measure_clips(manifest))


def test_counts_and_speakers_that_differ_from_the_published(published_names, tmp_path, write_tone):
    names = [name for name in published_names("savee") if name.startswith(("DC_", "JE_"))]
    source = write_tone(tmp_path / "tone.wav")
    (tmp_path / "savee").mkdir()
    for name in names[:-1]:
        shutil.copy(source, tmp_path / "savee" / f"{name}.wav")
    details = audit_manifest(scan_corpus("savee", tmp_path / "savee")).table().set_index("kind")["detail"]
    counts = details["count"].tolist()
    assert "239 speech clips instead of 480" in counts[0]
    assert "surprise 29 of 60" in counts[0]
    assert counts[1] == "speakers with another number of clips: JE 119 of 120"
    assert details["speaker"] == "2 of 4 speakers: JK, KL"


def test_counts_are_compared_only_where_they_are_known(manifest):
    bare = manifest.assign(corpus="savee").drop(columns="speaker").head(1)
    assert [finding.kind for finding in audit_manifest(bare).findings] == ["count"]
    assert not audit_manifest(manifest.head(1)).findings


def test_scan_corpora_audits_with_a_cache_in_the_users_folder(synthetic_ravdess, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    manifest = scan_corpora({"ravdess": synthetic_ravdess})
    assert {"duration", "content"} <= set(manifest.columns)
    assert len((tmp_path / "serkit" / "audit.jsonl").read_text().splitlines()) == 96


def test_manifest_is_checked_first():
    with pytest.raises(ManifestError):
        audit_manifest(pd.DataFrame({"file": ["/a.wav"]}))


def audit_of_real(name, folder, wanted) -> dict[str, list[set[str]]]:
    manifest = scan_corpus(name, folder)
    report = audit_manifest(manifest[manifest["file"].str.contains(wanted)])
    groups = found(report).items()
    return {kind: [{name.split(".")[0] for name in names} for names in group] for kind, group in groups}


def test_defects_of_the_real_crema_d(corpora_dir):
    stems = audit_of_real("crema-d", corpora_dir / "cremad", "/(?:1076_MTI|1006_TIE|1013_WSI|1064_IEO)")
    assert stems["silent"] == [{"1076_MTI_SAD_XX"}]
    pairs = [{"1006_TIE_HAP_XX", "1006_TIE_NEU_XX"}, {"1013_WSI_DIS_XX", "1013_WSI_SAD_XX"}]
    assert stems["conflict"] == pairs
    assert "1064_IEO_ANG_HI" in stems["clipping"][0]
    assert len(stems["speaker"]) == 1


def test_defects_of_the_real_ravdess(corpora_dir):
    stems = audit_of_real("ravdess", corpora_dir / "ravdess", r"-0[78]\.")
    assert stems["duplicate"] == [{"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"}]
    assert stems["level"]


def test_clipping_of_the_real_savee(corpora_dir):
    assert len(audit_of_real("savee", corpora_dir / "savee", "/JK_")["clipping"][0]) > 20
