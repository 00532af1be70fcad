"""`serkit predict` as a process: every container, every bad input, every format, every status."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from collections.abc import Callable

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]

LABELS = ["angry", "happy", "neutral", "sad"]
ENCODINGS = {
    "pcm8.wav": "PCM_U8",
    "pcm16.wav": "PCM_16",
    "pcm24.wav": "PCM_24",
    "pcm32.wav": "PCM_32",
    "float.wav": "FLOAT",
    "double.wav": "DOUBLE",
    "alaw.wav": "ALAW",
    "ulaw.wav": "ULAW",
    "lossless.flac": "PCM_16",
    "vorbis.ogg": "VORBIS",
    "opus.opus": "OPUS",
    "layer3.mp3": "MPEG_LAYER_III",
}


def errors(run: subprocess.CompletedProcess[bytes]) -> list[str]:
    """Return the lines on standard error: each an error line, none of a traceback."""
    lines = run.stderr.decode().splitlines()
    assert all(line.startswith("serkit: error: ") for line in lines), lines
    return [line.removeprefix("serkit: error: ") for line in lines]


def write_all_containers(signal: np.ndarray, rate: int, folder: Path) -> None:
    for name, encoding in ENCODINGS.items():
        format_ = {"opus": "OGG"}.get(name.split(".")[1])
        soundfile.write(folder / name, signal, rate, subtype=encoding, format=format_)
    soundfile.write(folder / "stereo-44k.wav", np.repeat(signal[:, None], 2, axis=1), 44_100)


def write_media(signal: np.ndarray, path: Path, codec: str) -> None:
    """Encode with PyAV: AAC in m4a and mp4, Opus in webm, at 48 kHz."""
    av = pytest.importorskip("av", reason="the extra [media] is not installed")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        samples = np.repeat(signal, 3)[None, :].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 48_000
        resampler = av.AudioResampler(stream.format, "mono", 48_000, stream.frame_size or 960)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            for packet in stream.encode(part):
                container.mux(packet)


def test_one_file_prints_an_emotion(serkit: Serkit, tiny_bundle: Path, voice_file: Path) -> None:
    run = serkit("predict", voice_file, "--model", tiny_bundle)
    assert (run.returncode, run.stderr) == (0, b"")
    header, line = run.stdout.decode().splitlines()
    assert header.split() == ["emotion", "confidence", "start", "end", "source"]
    assert line.split()[0] == "happy"
    assert str(voice_file) in line


def test_every_container_is_heard(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    signal, rate = soundfile.read(voice_file, dtype="float32")
    folder = tmp_path / "containers"
    folder.mkdir()
    write_all_containers(signal, rate, folder)
    for name, codec in {"a.m4a": "aac", "b.mp4": "aac", "c.webm": "libopus"}.items():
        write_media(signal, folder / name, codec)
    run = serkit("predict", folder, "--model", tiny_bundle, "--format", "json")
    assert (run.returncode, errors(run)) == (0, [])
    predictions = json.loads(run.stdout)["predictions"]
    assert len(predictions) == len(ENCODINGS) + 1 + 3
    for prediction in predictions:
        expected_s = 1.2 * 16_000 / 44_100 if "44k" in prediction["source"] else 1.2
        assert prediction["end"] == pytest.approx(expected_s, abs=0.08), prediction["source"]
        if "44k" not in prediction["source"]:
            assert prediction["emotion"] == "happy", prediction["source"]


def test_every_bad_input_gets_one_line_and_the_good_one_its_answer(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    (bad / "folder").mkdir(parents=True)
    signal, rate = soundfile.read(voice_file, dtype="float32")
    (bad / "empty.wav").touch()
    (bad / "text.wav").write_text("not a sound at all, but long enough to look at\n" * 20)
    (bad / "pointer.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    (bad / "headless.mp3").write_bytes(bytes(range(256)) * 8)
    (bad / "truncated.flac").write_bytes(_flac(signal, rate)[:3000])
    soundfile.write(bad / "none.wav", signal[:0], rate)
    soundfile.write(
        bad / "nan.wav", np.where(np.arange(signal.size) == 9, np.nan, signal), rate, subtype="FLOAT"
    )
    soundfile.write(bad / "silent.wav", np.zeros_like(signal), rate)
    soundfile.write(bad / "short.wav", signal[:100], rate)
    for name, size in {"head.m4a": 20, "half.m4a": 3000, "half.webm": 3000, "half.ogg": 3000}.items():
        write_shortened(signal, rate, bad / name, size)
    (bad / "loop.wav").symlink_to("loop.wav")
    names = [
        "missing.wav",
        "folder",
        "*.aiff",
        "loop.wav",
        *sorted(p.name for p in bad.iterdir() if p.is_file()),
    ]
    run = serkit(
        "predict", *[bad / name for name in names], voice_file, "--model", tiny_bundle, "--format", "json"
    )
    assert run.returncode == 1
    lines = errors(run)
    assert len(lines) == len(names)
    for name in names:
        assert sum(str(bad / name) in line for line in lines) == 1, (name, lines)
    document = json.loads(run.stdout)
    assert [p["source"] for p in document["predictions"]] == [str(voice_file)]
    assert sorted(failure["error"] for failure in document["failures"]) == sorted(lines)


def write_shortened(signal: np.ndarray, rate: int, path: Path, size: int) -> None:
    """Write a recording, of which only the first bytes arrive."""
    if path.suffix == ".ogg":
        soundfile.write(path, signal, rate, format="OGG", subtype="OPUS")
    else:
        write_media(signal, path, {".m4a": "aac", ".webm": "libopus"}[path.suffix])
    content = path.read_bytes()
    assert len(content) > size
    path.write_bytes(content[:size])


def _flac(signal: np.ndarray, rate: int) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, signal, rate, format="FLAC")
    return stream.getvalue()


def test_standard_input_is_heard(serkit: Serkit, tiny_bundle: Path, voice_file: Path) -> None:
    run = serkit("predict", "-", "--model", tiny_bundle, "--format", "csv", input=voice_file.read_bytes())
    assert run.returncode == 0
    (row,) = csv.DictReader(io.StringIO(run.stdout.decode()))
    assert row["emotion"] == "happy"


@pytest.mark.parametrize(("source", "words"), [("-", "standard input: empty"), ("", "'': no such file")])
def test_empty_input_is_an_error(serkit: Serkit, tiny_bundle: Path, source: str, words: str) -> None:
    run = serkit("predict", source, "--model", tiny_bundle, input=b"")
    assert run.returncode == 1
    assert [words in line for line in errors(run)] == [True]


def test_folders_and_patterns_are_expanded(serkit: Serkit, tiny_bundle: Path, voices: Path) -> None:
    def sources(*inputs: object) -> list[str]:
        run = serkit("predict", *inputs, "--model", tiny_bundle, "--format", "jsonl")
        assert run.returncode == 0, run.stderr
        found = [json.loads(line)["source"] for line in run.stdout.splitlines()]
        return [Path(source).relative_to(voices).as_posix() for source in found]

    everything = ["happy.wav", "more/angry.wav", "neutral.wav", "sad.wav"]
    assert sources(voices) == everything
    assert sources(voices / "**" / "*.wav") == everything
    assert sources(voices / "[hs]a*.wav", voices / "neutral.wav") == ["happy.wav", "sad.wav", "neutral.wav"]
    assert sources(voices / "mor*") == ["more/angry.wav"]


def test_a_name_with_brackets_is_a_name_first(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    name = tmp_path / "take [1].wav"
    shutil.copy(voice_file, name)
    run = serkit("predict", name, "--model", tiny_bundle)
    assert run.returncode == 0
    assert "take [1].wav" in run.stdout.decode()


def test_json_has_the_documented_schema(serkit: Serkit, tiny_bundle: Path, voices: Path) -> None:
    run = serkit("predict", voices / "sad.wav", voices / "no.wav", "--model", tiny_bundle, "--format", "json")
    document = json.loads(run.stdout)
    assert list(document) == ["model", "predictions", "failures"]
    assert document["model"] == "tiny"
    (prediction,) = document["predictions"]
    affect = ["derived_valence", "derived_arousal"]
    facts = ["source", "start", "end", "emotion", "confidence", "abstained", *affect, "probabilities"]
    assert list(prediction) == facts
    assert list(prediction["probabilities"]) == LABELS
    assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    (failure,) = document["failures"]
    assert list(failure) == ["source", "error"]


def test_formats_agree_and_follow_the_name_of_the_file(
    serkit: Serkit, tiny_bundle: Path, voices: Path, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    runs = [
        serkit("predict", voices, "--model", tiny_bundle, "--out", tmp_path / f"new/p.{name}")
        for name in ("csv", "parquet", "jsonl")
    ]
    assert [(run.returncode, run.stdout) for run in runs] == [(0, b"")] * 3
    with (tmp_path / "new/p.csv").open(newline="") as stream:
        from_csv = [(row["source"], float(row["probability_sad"])) for row in csv.DictReader(stream)]
    table = parquet.read_table(tmp_path / "new/p.parquet").to_pylist()
    lines = [json.loads(line) for line in (tmp_path / "new/p.jsonl").read_text().splitlines()]
    assert from_csv == [(row["source"], row["probability_sad"]) for row in table]
    assert from_csv == [(line["source"], line["probabilities"]["sad"]) for line in lines]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["p.csv", "p.jsonl", "p.parquet"]


def test_start_end_abstaining_and_top(serkit: Serkit, tiny_bundle: Path, voice_file: Path) -> None:
    options = ["--start", 0.25, "--end", "1", "--abstain-below", 1, "--top", 1]
    run = serkit("predict", voice_file, "--model", tiny_bundle, *options)
    emotion, _, start, end, source = run.stdout.decode().splitlines()[1].split()
    assert emotion.endswith("?")
    assert (start, end, source) == ("0.25", "1.00", str(voice_file))


def test_a_stretch_beyond_the_recording_is_an_error_of_that_recording(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path
) -> None:
    run = serkit("predict", voice_file, "--start", "50", "--model", tiny_bundle)
    assert run.returncode == 1
    assert str(voice_file) in errors(run)[0]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Missing argument"),
        (["a.wav", "--format", "xml"], "'table', 'json', 'jsonl', 'csv', 'parquet'"),
        (["a.wav", "--model", "no-such-model"], "no-such-model: no such model"),
        (["a.wav", "--format", "parquet"], "needs --out"),
        (["-a.wav"], "No such option"),
        (["a.wav", "--start", "2", "--end", "1"], "does not come after"),
        (["a.wav", "--start", "-1"], "--start"),
        (["a.wav", "--abstain-below", "2"], "--abstain-below"),
        (["a.wav", "--top", "0"], "--top"),
        (["a.wav", "--frmat", "json"], "--format"),
        (["a.wav", "--out", "."], "--out"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    serkit: Serkit, tiny_bundle: Path, arguments: list[str], reason: str
) -> None:
    model = [] if "--model" in arguments else ["--model", tiny_bundle]
    run = serkit("predict", *arguments, *model)
    assert (run.returncode, run.stdout) == (2, b"")
    (line,) = errors(run)
    assert reason in line


def test_a_changed_model_is_refused(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    changed = shutil.copytree(tiny_bundle, tmp_path / "changed")
    with (changed / "model.onnx").open("ab") as stream:
        stream.write(b"\0")
    run = serkit("predict", voice_file, "--model", changed)
    assert run.returncode == 2
    assert "model.onnx is not as it was saved" in errors(run)[0]


def test_a_missing_optional_library_is_named_before_any_work(
    serkit: Serkit, tiny_bundle: Path, voice_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "pyarrow.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'pyarrow'\", name='pyarrow')"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = serkit("predict", voice_file, "--model", tiny_bundle, "--out", "p.parquet", env=environment)
    assert run.returncode == 2
    assert errors(run) == ["pyarrow is not installed; pip install 'serkit[train]'"]


@pytest.mark.parametrize("name", ["ravdess", "cremad", "tess", "savee"])
def test_real_recordings_get_answers(serkit: Serkit, tiny_bundle: Path, corpora_dir: Path, name: str) -> None:
    files = sorted(path for path in (corpora_dir / name).rglob("*") if path.suffix in {".flac", ".opus"})[
        ::97
    ][:5]
    run = serkit("predict", *files, "--model", tiny_bundle, "--format", "json")
    assert (run.returncode, errors(run)) == (0, [])
    assert len(json.loads(run.stdout)["predictions"]) == len(files) > 0
