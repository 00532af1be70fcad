"""`serkit explore` as a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas
import soundfile

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


def test_a_recording_is_drawn_and_what_was_written_is_printed(
    serkit: Serkit, voice_file: Path, tmp_path: Path
):
    run = serkit("explore", voice_file, "--out", tmp_path / "out", "--start", 0.2, "--end", 0.9)
    assert (run.returncode, run.stderr) == (0, b"")
    written = [Path(line) for line in run.stdout.decode().split()]
    assert written[0] == tmp_path / "out" / "index.html"
    assert len(written) == 19
    assert all(path.is_file() for path in written)
    assert "0.70 s" in written[0].read_text()


def test_a_manifest_is_drawn_into_a_folder_of_its_name(serkit: Serkit, tmp_path: Path):
    manifest = pandas.DataFrame({"file": ["/a.wav", "/b.wav"], "corpus": "mine", "emotion": ["sad", "happy"]})
    manifest.to_csv(tmp_path / "mine.csv", index=False)
    run = serkit("explore", tmp_path / "mine.csv", cwd=tmp_path)
    assert run.returncode == 0
    assert (tmp_path / "explore-mine" / "classes.png").is_file()


def test_a_long_recording_is_shown_in_part(serkit: Serkit, tmp_path: Path):
    noise = np.random.default_rng(0).standard_normal(65 * 8000) / 20
    soundfile.write(tmp_path / "long.wav", noise, 8000)
    run = serkit("explore", tmp_path / "long.wav", "--out", tmp_path / "out")
    assert run.returncode == 0
    assert "60.00 s" in (tmp_path / "out" / "index.html").read_text()


def test_what_cannot_be_drawn_is_one_line(serkit: Serkit, tmp_path: Path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(8000), 8000)
    (tmp_path / "text.wav").write_text("no audio")
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n")
    for name, message in (
        ("missing.wav", b"no such file"),
        ("silence.wav", b"silence"),
        ("text.wav", b"audio"),
        ("wrong.csv", b"no column file"),
    ):
        run = serkit("explore", tmp_path / name)
        assert run.returncode == 2
        assert message in run.stderr
        assert run.stderr.count(b"\n") == 1
        assert run.stdout == b""


def test_augmentations_are_drawn_beside_the_recording(serkit: Serkit, voice_file: Path, tmp_path: Path):
    run = serkit("explore", voice_file, "--out", tmp_path / "out", "--augment", "pitch, reverb")
    assert (run.returncode, run.stderr) == (0, b"")
    assert (tmp_path / "out" / "augment-pitch.wav").is_file()
    assert (tmp_path / "out" / "augment-reverb.png").is_file()
    wrong = serkit("explore", voice_file, "--augment", "picth")
    assert wrong.returncode == 2
    assert b"unknown augmentation 'picth'; did you mean 'pitch'?" in wrong.stderr
    (tmp_path / "m.csv").write_text("file,corpus,emotion\n/a.wav,mine,sad\n")
    table = serkit("explore", tmp_path / "m.csv", "--augment", "pitch")
    assert table.returncode == 2
    assert b"a manifest cannot be altered" in table.stderr
