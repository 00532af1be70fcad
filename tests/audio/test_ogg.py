from __future__ import annotations

import math

import pytest

from serkit.audio import ogg


@pytest.mark.parametrize("encoding", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_an_intact_file_has_the_length_that_was_written(encoder, encoding, rate):
    extent = ogg.extent(encoder.sound("OGG", encoding, rate=rate, duration_s=2.5))
    assert extent.readable == extent.promised
    assert extent.readable == pytest.approx(2.5, abs=1e-3)


def test_flac_in_ogg_has_a_clock_too(encoder):
    assert ogg.extent(encoder.media("ogg", "flac")).readable == pytest.approx(1.5)


def test_a_broken_page_ends_what_is_readable_and_the_last_page_tells_the_rest(encoder):
    content = bytearray(encoder.sound("OGG", "OPUS", duration_s=5))
    content[len(content) // 2] ^= 1
    extent = ogg.extent(bytes(content))
    assert 1 <= extent.readable <= 4
    assert extent.promised == pytest.approx(5, abs=1e-3)


@pytest.mark.parametrize("n_removed", [1, 100, 2_000])
def test_without_its_last_page_a_file_does_not_say_how_long_it_is(encoder, n_removed):
    extent = ogg.extent(encoder.sound("OGG", "VORBIS", duration_s=3)[:-n_removed])
    assert extent.readable < 3
    assert extent.promised == math.inf


def test_a_file_cut_between_pages_is_not_complete(encoder):
    content = encoder.sound("OGG", "OPUS", duration_s=3)
    extent = ogg.extent(content[: content.rindex(b"OggS")])
    assert 0 < extent.readable < extent.promised == math.inf


def test_what_follows_the_last_page_is_no_damage(encoder):
    content = encoder.sound("OGG", "OPUS")
    assert ogg.extent(content + b"appended") == ogg.extent(content)


@pytest.mark.parametrize("content", [b"", b"OggS", b"OggS" + bytes(60), b"RIFF" * 20])
def test_what_has_no_intact_page_has_no_extent(content):
    assert ogg.extent(content) is None
