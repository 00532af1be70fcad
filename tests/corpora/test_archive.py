from __future__ import annotations

import os
import stat
import zipfile

import pytest

from serkit.corpora.archive import unpack_zip
from serkit.errors import DownloadError


@pytest.fixture
def pack(tmp_path):
    """Return a function that writes a zip archive of names and contents."""

    def write(members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return write


def test_a_good_archive_is_unpacked_whole(pack, tmp_path):
    sound = os.urandom(5000)
    folder = unpack_zip(pack({"wav/03a01Fa.wav": sound, "info.txt": b"hello"}), tmp_path / "down" / "emodb")
    assert (folder / "wav" / "03a01Fa.wav").read_bytes() == sound
    assert [path.name for path in folder.parent.iterdir()] == ["emodb"], "nothing unfinished stays behind"


@pytest.mark.parametrize(
    "name",
    ["../evil.wav", "a/../../evil.wav", "/etc/evil.wav", "..\\evil.wav", "C:\\evil.wav", "C:/evil.wav"],
)
def test_no_path_leaves_the_folder(name, pack, tmp_path):
    with pytest.raises(DownloadError, match="outside its folder"):
        unpack_zip(pack({"good.wav": b"x", name: b"x"}), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["archive.zip"]


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc")
    with pytest.raises(DownloadError, match="outside its folder"):
        unpack_zip(tmp_path / "a.zip", tmp_path / "out")


def test_bombs_are_refused_before_they_are_unpacked(pack, tmp_path, monkeypatch):
    bomb = pack({"zeros.wav": bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(DownloadError, match="claims to hold 50,000,000 bytes"):
        unpack_zip(bomb, tmp_path / "out")


def test_more_than_the_disk_has_free_is_refused(pack, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(DownloadError, match="11 bytes are needed, 10 are free"):
        unpack_zip(pack({"a.wav": b"x" * 11}), tmp_path / "out")


def test_damage_leaves_no_folder(pack, tmp_path):
    path = pack({"a.wav": os.urandom(1000), "b.wav": os.urandom(1000)})
    content = bytearray(path.read_bytes())
    content[1500] ^= 0xFF
    for damaged in (bytes(content), bytes(content[:1200]), b"<html>404</html>"):
        path.write_bytes(damaged)
        with pytest.raises(DownloadError, match="damaged archive"):
            unpack_zip(path, tmp_path / "out")
        assert [p.name for p in tmp_path.iterdir()] == ["archive.zip"]


def test_an_existing_folder_is_not_touched(pack, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(DownloadError, match="exists already"):
        unpack_zip(pack({"a.wav": b"x"}), tmp_path / "out")


def test_what_a_killed_run_left_is_cleared(pack, tmp_path):
    (tmp_path / ".out.unfinished").mkdir()
    (tmp_path / ".out.unfinished" / "old.wav").write_bytes(b"old")
    folder = unpack_zip(pack({"a.wav": b"x"}), tmp_path / "out")
    assert [path.name for path in folder.iterdir()] == ["a.wav"]
