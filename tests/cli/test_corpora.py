from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile
from typer.testing import CliRunner

from serkit.cli.corpora import app
from serkit.corpora import CORPORA, read_manifest
from serkit.corpora.acted import Archive
from serkit.errors import CorpusError, DownloadError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments, **options):
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], catch_exceptions=False, **options
    )


def fails(kind, *arguments):
    with pytest.raises(kind) as caught:
        run(*arguments)
    return str(caught.value)


@pytest.fixture
def damaged_ravdess(synthetic_ravdess, tmp_path):
    """The synthetic corpus with a silent clip, a clip under two labels and a stereo clip."""
    folder = tmp_path / "ravdess"
    shutil.copytree(synthetic_ravdess, folder)
    actor = folder / "Actor_01"
    soundfile.write(actor / "03-01-01-01-01-01-01.wav", np.zeros(8000), 16_000)
    shutil.copy(actor / "03-01-03-01-01-01-01.wav", actor / "03-01-05-01-01-01-01.wav")
    signal, rate = soundfile.read(actor / "03-01-04-01-01-01-01.wav")
    soundfile.write(actor / "03-01-04-01-01-01-01.wav", np.stack([signal, signal], axis=1), rate)
    return folder


def test_list_names_every_corpus():
    output = run("list").output
    for name in CORPORA:
        assert name in output
    assert "7,442" in output


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_scan_writes_a_clean_manifest_and_says_what_it_left_out(suffix, damaged_ravdess, tmp_path, caplog):
    out = tmp_path / f"manifest.{suffix}"
    result = run("scan", f"ravdess={damaged_ravdess}", "--out", out)
    assert result.exit_code == 0
    assert "93 clips in" in result.output
    assert "left out 1 (silent): 03-01-01-01-01-01-01.wav" in caplog.text
    assert "left out 2 (conflict)" in caplog.text
    manifest = read_manifest(out)
    assert len(manifest) == 93
    assert manifest["content"].is_unique


def test_scan_keeps_and_drops_as_asked(damaged_ravdess, tmp_path):
    options = ["--keep", "conflict", "--drop", "stereo"]
    run("scan", f"ravdess={damaged_ravdess}", "--out", tmp_path / "m.csv", *options)
    assert len(read_manifest(tmp_path / "m.csv")) == 94


def test_scan_without_audit_opens_nothing(published_like_savee, tmp_path):
    run("scan", f"savee={published_like_savee}", "--no-audit", "--out", tmp_path / "m.csv")
    assert "content" not in read_manifest(tmp_path / "m.csv")


@pytest.fixture
def published_like_savee(tmp_path):
    for speaker in ("DC", "JK"):
        folder = tmp_path / "savee" / speaker
        folder.mkdir(parents=True)
        (folder / "sa01.wav").touch()
    return tmp_path / "savee"


def test_scan_joins_known_corpora_tables_and_folders(published_like_savee, voice_file, tmp_path):
    (tmp_path / "mine.csv").write_text(f"path,label,who\n{voice_file},1,07\n")
    tree = tmp_path / "tree" / "glad"
    tree.mkdir(parents=True)
    shutil.copy(voice_file, tree / "1.wav")
    mapping = ["--column", "file=path", "--column", "emotion=label", "--column", "speaker=who"]
    labels = ["--label", "1=angry", "--label", "glad=happy"]
    others = ["--table", tmp_path / "mine.csv", *mapping, *labels, "--folders", tmp_path / "tree"]
    run("scan", f"savee={published_like_savee}", *others, "--no-audit", "--out", tmp_path / "m.parquet")
    manifest = read_manifest(tmp_path / "m.parquet")
    assert manifest[["corpus", "emotion"]].to_numpy().tolist() == [
        ["savee", "sad"],
        ["savee", "sad"],
        ["mine", "angry"],
        ["tree", "happy"],
    ]
    assert manifest["speaker"].fillna("").tolist() == ["DC", "JK", "07", ""]


def test_audit_prints_and_writes_findings(damaged_ravdess, tmp_path):
    result = run("audit", f"ravdess={damaged_ravdess}", "--json", tmp_path / "audit.json")
    assert result.exit_code == 0
    for word in ("silent", "conflict", "stereo", "count", "speaker", "18 of 24 speakers"):
        assert word in result.output
    findings = json.loads((tmp_path / "audit.json").read_text())["findings"]
    assert {finding["kind"] for finding in findings} >= {"silent", "conflict", "stereo"}


def test_audit_of_a_manifest(damaged_ravdess, tmp_path):
    run("scan", f"ravdess={damaged_ravdess}", "--out", tmp_path / "m.csv")
    output = run("audit", tmp_path / "m.csv").output
    assert "silent" not in output
    assert "stereo" in output


def test_many_findings_of_a_kind_are_summed_up(voice_file, tmp_path):
    rows = []
    for index in range(15):
        signal = np.full(1600, 0.01 * (index + 1))
        for copy in "ab":
            soundfile.write(tmp_path / f"{index}{copy}.wav", signal, 16_000)
            rows.append({"file": f"{index}{copy}.wav", "corpus": "mine", "emotion": "sad"})
    pd.DataFrame(rows).to_csv(tmp_path / "m.csv", index=False)
    assert "... and 3 more" in run("audit", tmp_path / "m.csv").output


def test_mistakes_are_explained(tmp_path):
    out = ["--out", tmp_path / "m.csv"]
    assert "no corpus is named" in fails(CorpusError, "scan", *out)
    assert "not NAME=DIR" in fails(CorpusError, "scan", "ravdess", *out)
    assert "did you mean 'ravdess'" in fails(CorpusError, "scan", f"raudess={tmp_path}", *out)
    assert "no such folder" in fails(CorpusError, "scan", f"tess={tmp_path / 'absent'}", *out)
    assert "named twice" in fails(CorpusError, "scan", "tess=a", "tess=b", *out)
    assert "--column file" in fails(CorpusError, "scan", "--table", "a.csv", "--column", "file", *out)


@pytest.fixture
def mirror(tmp_path, monkeypatch, voice_file):
    """RAVDESS's archive as a file that lies where the download would put it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(voice_file, "03-01-03-01-01-01-01.wav")
    out = tmp_path / "corpora"
    out.mkdir()
    (out / "speech.zip").write_bytes(packed.getvalue())
    checksum = "md5:" + hashlib.md5(packed.getvalue()).hexdigest()
    archive = Archive("http://127.0.0.1:9/speech.zip", "speech.zip", checksum)
    monkeypatch.setitem(CORPORA, "ravdess", replace(CORPORA["ravdess"], archive=archive))
    return out


def test_download_shows_the_licence_and_asks(mirror):
    result = run("download", "ravdess", "--out", mirror, input="y\n")
    assert "Licence: CC BY-NC-SA 4.0" in result.output
    assert "1 of 1,440 clips" in result.output
    assert (mirror / "ravdess" / "03-01-03-01-01-01-01.wav").exists()


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_download_refused(answer, mirror):
    with pytest.raises(DownloadError, match=r"not accepted.*--yes"):
        run("download", "ravdess", "--out", mirror, input=answer)
    assert not (mirror / "ravdess").exists()


def test_download_accepted_beforehand(mirror):
    assert run("download", "RAVDESS", "--yes", "--out", mirror).exit_code == 0


def test_download_of_savee_names_the_address(tmp_path):
    assert "register at http://kahlan" in fails(DownloadError, "download", "savee", "--out", tmp_path)
