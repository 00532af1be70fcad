"""A file appears whole or not at all, and never in place of a device."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from serkit.files import atomic_path, write_text


def test_nothing_appears_if_the_block_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "a.txt") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_the_old_content_stays_until_the_end(tmp_path):
    path = tmp_path / "new" / "a.txt"
    write_text(path, "old")
    with atomic_path(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
        assert (partial.parent, partial.suffix) == (path.parent, ".txt")
    assert path.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="permissions differ there")
def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need permission there")
def test_a_link_stays_a_link(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "folder" / "real.txt")
    for text in ("first", "second"):
        write_text(link, text)
        assert link.is_symlink()
        assert (tmp_path / "folder" / "real.txt").read_text() == text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_pipe_or_device_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_text(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("below", ["", "file/a.txt"])
def test_an_error_names_the_path_that_was_given(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as caught:
        write_text(tmp_path / below, "")
    assert caught.value.filename == str(tmp_path / below)
