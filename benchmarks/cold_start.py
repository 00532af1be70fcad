"""Measure `serkit predict` on one 3-second recording as a whole process: wall time and peak memory.

    python benchmarks/cold_start.py [--runs 15] [--model default] [--recording FILE]

Python keeps the modules that the warm-up compiled, as it does with those of an installed package.
This process imports nothing large: Linux counts the memory of a parent into the peak of its child.
"""

from __future__ import annotations

import argparse
import array
import math
import os
import statistics
import sys
import tempfile
import time
import wave
from pathlib import Path

SAMPLING_RATE, DURATION_S = 16_000, 3.0
LIMIT_S, LIMIT_MB = 1.0, 250.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="measured runs")
    parser.add_argument("--warm-up", type=int, default=3, help="runs before those")
    parser.add_argument("--model", default="default", help="name or folder of a model")
    parser.add_argument("--recording", help="instead of a made-up voice of 3 seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = options.recording or write_voice(Path(folder) / "voice.wav")
        command = [sys.executable, "-m", "serkit", "predict", str(recording), "--model", options.model]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        for _ in range(options.warm_up):
            run(command)
        wall, processor, memory = zip(*(run(command) for _ in range(options.runs)), strict=True)
    print(f"serkit predict, one recording, {options.runs} processes after {options.warm_up} to warm up,")
    print(f"on {os.cpu_count()} processors with {os.getloadavg()[0]:.1f} processes waiting for them")
    print_row("wall time, s", wall, LIMIT_S)
    print_row("processor time, s", processor)
    print_row("peak memory, MB", memory, LIMIT_MB)


def write_voice(path: Path) -> Path:
    """Write three seconds of a made-up voice: harmonics under a moving pitch."""
    samples, phase = array.array("h"), 0.0
    for position in range(round(DURATION_S * SAMPLING_RATE)):
        seconds = position / SAMPLING_RATE
        phase += 2 * math.pi * (150 + 30 * math.sin(5 * seconds)) / SAMPLING_RATE
        samples.append(round(8000 * sum(math.sin(k * phase) / k for k in range(1, 8)) / 2))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLING_RATE)
        file.writeframes(samples.tobytes())
    return path


def run(command: list[str]) -> tuple[float, float, float]:
    """Run a process; return its wall and processor time in s and its peak memory in MB (10⁶ bytes)."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    before = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - before
    if status:
        sys.exit(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def print_row(name: str, values: tuple[float, ...], limit: float | None = None) -> None:
    median = statistics.median(values)
    line = f"{name:18}  median {median:7.3f}  min {min(values):7.3f}  max {max(values):7.3f}"
    verdict = "" if limit is None else f"  {'within' if median <= limit else 'ABOVE'} the limit of {limit:g}"
    print(line + verdict)


if __name__ == "__main__":
    main()
