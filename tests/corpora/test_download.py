"""Downloads from a server on this machine that breaks in every way that servers break."""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from serkit.corpora import CORPORA, download_corpus
from serkit.corpora.acted import Archive
from serkit.corpora.download import fetch
from serkit.errors import DownloadError

CONTENT = os.urandom(700_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
NO_WAIT = (0.0,) * 3


class Server(ThreadingHTTPServer):
    """Serves `content` and misbehaves as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.requests: list[str] = []
        self.ranges = True
        self.says_length = True
        self.chunked = False
        # Bytes after which each of the coming answers breaks off, and statuses that come before any answer.
        self.cuts: list[int] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/corpus.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.requests.append(wanted)
        if self.server.statuses:
            return self.send_error(self.server.statuses.pop(0))
        start = int(re.sub(r"\D", "", wanted)) if wanted and self.server.ranges else 0
        size = len(self.server.content)
        if start >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if self.server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif self.server.says_length:
            self.send_header("Content-Length", str(size - start))
        self.end_headers()
        return self.send_body(self.server.content[start:])

    def send_body(self, body: bytes) -> None:
        if self.server.chunked:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        if self.server.cuts:
            body = body[: self.server.cuts.pop(0)]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def get(server, tmp_path, **options):
    return fetch(server.url, tmp_path / "corpus.zip", **{"checksum": MD5, "retry_s": NO_WAIT, **options})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_whole_file_with_progress(server, tmp_path):
    seen = []
    path = get(server, tmp_path / "new", report=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert names(tmp_path / "new") == ["corpus.zip"]


def test_sha256_is_verified_too(server, tmp_path):
    get(server, tmp_path, checksum="sha256:" + hashlib.sha256(CONTENT).hexdigest())


def test_cut_connections_go_on_where_they_stopped(server, tmp_path):
    server.cuts = [100_000, 0, 250_000, 1]
    assert get(server, tmp_path).read_bytes() == CONTENT
    expected = ["", "bytes=100000-", "bytes=100000-", "bytes=350000-", "bytes=350001-"]
    assert server.requests == expected


def test_many_cuts_are_no_failure_while_something_arrives(server, tmp_path):
    server.cuts = [50_000] * 10
    assert get(server, tmp_path, retry_s=(0.0,)).read_bytes() == CONTENT


def test_server_that_ignores_ranges_starts_over(server, tmp_path):
    server.ranges, server.cuts = False, [300_000, 200_000]
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == 3


def test_server_that_never_finishes_is_given_up(server, tmp_path):
    server.ranges, server.cuts = False, [300_000] * 100
    with pytest.raises(DownloadError, match=r"keeps breaking: 300,000 of 700,000 bytes arrived") as caught:
        get(server, tmp_path)
    assert len(server.requests) == 1 + len(NO_WAIT)
    assert "300,000 bytes are kept" in str(caught.value)
    assert names(tmp_path) == ["corpus.zip.part"], "no half file under the final name"


def test_next_run_goes_on(server, tmp_path):
    server.cuts = [400_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        get(server, tmp_path)
    server.requests.clear()
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.requests == ["bytes=400000-"]


def test_damaged_bytes_are_not_kept(server, tmp_path):
    server.content = CONTENT[:5000] + b"\0" + CONTENT[5001:]
    with pytest.raises(DownloadError, match=r"damaged on the way: md5 .* instead of"):
        get(server, tmp_path)
    assert names(tmp_path) == []
    server.content = CONTENT
    assert get(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("left_behind", [CONTENT + b"more", os.urandom(1000)])
def test_rest_of_another_file(left_behind, server, tmp_path):
    (tmp_path / "corpus.zip.part").write_bytes(left_behind)
    if len(left_behind) < len(CONTENT):
        # Only the checksum can tell that this is not the beginning of the file.
        with pytest.raises(DownloadError, match="damaged"):
            get(server, tmp_path)
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_killed_after_the_last_byte(server, tmp_path):
    (tmp_path / "corpus.zip.part").write_bytes(CONTENT)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.requests == [f"bytes={len(CONTENT)}-"]


def test_file_that_is_there_is_verified_and_not_fetched(server, tmp_path):
    (tmp_path / "corpus.zip").write_bytes(CONTENT)
    get(server, tmp_path)
    assert not server.requests
    (tmp_path / "corpus.zip").write_bytes(b"something else")
    with pytest.raises(DownloadError, match="damaged"):
        get(server, tmp_path)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_refusals_are_not_repeated(status, server, tmp_path):
    server.statuses = [status]
    with pytest.raises(DownloadError, match=f"the server answered {status}"):
        get(server, tmp_path)
    assert len(server.requests) == 1


def test_passing_errors_are_tried_again(server, tmp_path):
    server.statuses = [503, 429, 500]
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_no_length_said(server, tmp_path):
    server.says_length = False
    seen = []
    get(server, tmp_path, report=lambda done, total: seen.append(total))
    assert set(seen) == {None}
    server.cuts = [1000]
    with pytest.raises(DownloadError, match="damaged"):
        get(server, tmp_path / "again")


def test_chunks_that_break_off(server, tmp_path):
    server.chunked, server.ranges, server.cuts = True, False, [400_000]
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_no_server_at_all(tmp_path):
    with pytest.raises(DownloadError, match="keeps breaking"):
        fetch("http://127.0.0.1:9/corpus.zip", tmp_path / "corpus.zip", retry_s=(0.0,))


@pytest.fixture
def mirror(server, monkeypatch, write_tone, tmp_path):
    """A mirror of RAVDESS with three clips."""
    sound = write_tone(tmp_path / "source" / "tone.wav").read_bytes()

    def serve(recording: bytes = sound, *, checksum: bool = True) -> Server:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for take in ("01", "02", "03"):
                archive.writestr(f"Actor_01/03-01-{take}-01-01-01-01.wav", recording)
        server.content = packed.getvalue()
        known = "md5:" + hashlib.md5(server.content).hexdigest() if checksum else ""
        corpus = replace(CORPORA["ravdess"], archive=Archive(server.url, "speech.zip", known))
        monkeypatch.setitem(CORPORA, "ravdess", corpus)
        return server

    return serve


def test_corpus_is_fetched_verified_and_unpacked(mirror, tmp_path):
    mirror().cuts = [1000]
    folder = download_corpus("ravdess", tmp_path / "corpora", accept_licence=True)
    assert folder == tmp_path / "corpora" / "ravdess"
    assert len(list(folder.rglob("*.wav"))) == 3
    assert names(tmp_path / "corpora") == ["ravdess"], "the archive is not kept"
    with pytest.raises(DownloadError, match="exists already"):
        download_corpus("ravdess", tmp_path / "corpora", accept_licence=True)


def test_nothing_is_fetched_without_the_licence(mirror, tmp_path):
    server = mirror()
    with pytest.raises(DownloadError, match="licence is not accepted: CC BY-NC-SA"):
        download_corpus("ravdess", tmp_path)
    assert not server.requests


def test_savee_needs_registration(tmp_path):
    with pytest.raises(DownloadError, match=r"needs registration; register at http://kahlan\.eps\.surrey"):
        download_corpus("savee", tmp_path, accept_licence=True)


def test_no_checksum_is_said_and_a_damaged_archive_goes(mirror, tmp_path, caplog):
    server = mirror(checksum=False)
    server.content = server.content[:200] + b"\0\0\0\0" + server.content[204:]
    with pytest.raises(DownloadError, match="damaged archive"):
        download_corpus("ravdess", tmp_path / "corpora", accept_licence=True)
    assert "no checksum is published" in caplog.text
    assert names(tmp_path / "corpora") == []


def test_pointers_instead_of_recordings(mirror, tmp_path):
    mirror(b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n")
    with pytest.raises(DownloadError, match="Git LFS pointers instead of recordings"):
        download_corpus("ravdess", tmp_path / "corpora", accept_licence=True)


def test_published_checksums_have_the_right_form():
    for corpus in CORPORA.values():
        if corpus.archive:
            assert corpus.archive.url.startswith("https://")
            assert re.fullmatch(r"(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})?", corpus.archive.checksum)
