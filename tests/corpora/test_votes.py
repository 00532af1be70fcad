from __future__ import annotations

import pytest

from serkit.corpora import add_votes, scan_corpora, scan_corpus, validate_manifest
from serkit.errors import CorpusError

TABLE = """"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote","MultiModalLevel"
"1","1001_IEO_NEU_XX","N","69.1","N","92.22","N","64.78"
"2","1001_IEO_HAP_LO","N:S","71.67","H","57","H","57.38"
"3","1040_ITH_SAD_XX","F:N:S","1","S","1","","1"
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "summaryTable.csv"
    path.write_text(TABLE)
    return path


def test_votes_of_the_listeners_are_added(table, touch, tmp_path):
    crema = touch(
        tmp_path / "crema", ["1001_IEO_HAP_LO", "1001_ieo_neu_xx", "1040_ITH_SAD_X", "1002_IEO_HAP_LO"]
    )
    savee = touch(tmp_path / "savee", ["DC_a01"])
    manifest = add_votes(scan_corpora({"crema-d": crema, "savee": savee}, audit=False), table)
    votes = manifest.filter(like="votes_").fillna("").to_numpy().tolist()
    assert votes == [
        ["neutral:sad", "happy", "happy"],
        ["neutral", "neutral", "neutral"],
        ["", "", ""],
        ["fear:neutral:sad", "sad", ""],
        ["", "", ""],
    ]
    assert validate_manifest(manifest)["votes_voice"].notna().sum() == 3


def test_another_table_or_corpus_is_refused(table, touch, tmp_path):
    manifest = scan_corpus("savee", touch(tmp_path / "savee", ["DC_a01"]))
    with pytest.raises(CorpusError, match="none of the manifest's clips"):
        add_votes(manifest, table)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CorpusError, match="no column FileName"):
        add_votes(manifest, tmp_path / "other.csv")


def test_real_votes(corpora_dir):
    manifest = add_votes(
        scan_corpus("crema-d", corpora_dir / "cremad"), corpora_dir / "cremad_meta" / "summaryTable.csv"
    )
    assert manifest["votes_voice"].notna().all()
    agreement = (manifest["votes_voice"] == manifest["emotion"]).mean()
    assert agreement == pytest.approx(0.416, abs=0.02), "41.6 % of all clips, as recomputed from the votes"
