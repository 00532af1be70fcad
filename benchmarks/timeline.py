"""Time the timeline of a long recording, and measure the memory that it takes.

    python benchmarks/timeline.py [--recordings DIR] [--hours 1] [--workers 2] [--model default]

The recording is made of those below DIR, or of examples/hello.wav, one after the other and again from the
first, without any pause between them. What is timed is all that `serkit predict --timeline` does: decoding,
voice activity, front end and model. The memory is the most that this process has ever taken.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import random
import resource
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

import soundfile

import serkit
from serkit.audio import find_audio_files, load_audio, normalise_level

HELLO = Path(__file__).resolve().parent.parent / "examples" / "hello.wav"
SAMPLING_RATE, SUFFIX = 16_000, ".flac"
SPEED_GOAL, MEMORY_GOAL_MB = 100, 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recordings", type=Path, help="folder of recordings; else examples/hello.wav")
    parser.add_argument("--hours", type=float, default=1.0, help="length of the recording")
    parser.add_argument("--workers", type=int, default=2, help="windows that are heard at once")
    parser.add_argument("--model", default="default", help="name or folder of a model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"long{SUFFIX}"
        write_recording(path, options.recordings, 3600 * options.hours)
        measure(path, options.model, options.workers)


def write_recording(path: Path, recordings: Path | None, duration_s: float) -> None:
    """Write recordings end to end, at one level, until they last long enough."""
    files = find_audio_files(recordings) if recordings else [HELLO]
    random.Random(0).shuffle(files)
    written_s = 0.0
    with soundfile.SoundFile(path, "w", SAMPLING_RATE, 1, "PCM_16") as long:
        for file in cycle(files):
            clip = normalise_level(load_audio(file, sampling_rate=SAMPLING_RATE), "peak")
            long.write(clip.signal * 0.9)
            written_s += clip.duration
            if written_s >= duration_s:
                return


def measure(path: Path, model: str, workers: int) -> None:
    """Print how long the timeline of a recording takes, and how much memory."""
    predictor = serkit.load(model)
    duration_s = soundfile.info(path).duration
    before, processor_before = time.perf_counter(), time.process_time()
    stretches = list(predictor.timeline(path, workers=workers))
    seconds, processor_s = time.perf_counter() - before, time.process_time() - processor_before
    spoken_s = sum(stretch.end - stretch.start for stretch in stretches)
    kilobyte = 1024 if sys.platform == "darwin" else 1
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kilobyte / 1024
    print(
        f"{duration_s / 3600:.2f} h, {spoken_s / duration_s:.0%} of it speech in {len(stretches)} stretches"
    )
    print(f"{seconds:8.1f} s with {workers} workers, {processor_s:.1f} s of processor time")
    print(f"{duration_s / seconds:8.0f} times real time, goal {SPEED_GOAL}")
    print(f"{peak_mb:8.0f} MB at most, goal {MEMORY_GOAL_MB}")


if __name__ == "__main__":
    main()
