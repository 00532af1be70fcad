"""Run the command line as users do: a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import matplotlib
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = subprocess.CompletedProcess[bytes]


@pytest.fixture
def serkit(tmp_path: Path) -> Callable[..., Run]:
    """Run `serkit ARGUMENTS...` in an empty folder with an empty cache; its output is kept as bytes."""
    working = tmp_path / "working"
    working.mkdir()

    def run(*arguments: object, **settings: object) -> Run:
        command = [sys.executable, "-m", "serkit", *map(str, arguments)]
        cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLCONFIGDIR": matplotlib.get_cachedir()}
        environment = os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "100"} | cache
        defaults = {"cwd": working, "env": environment, "capture_output": True, "timeout": 120}
        return subprocess.run(command, check=False, **defaults | settings)

    return run


@pytest.fixture
def voices(synthetic_ravdess: Path, tmp_path: Path) -> Path:
    """A folder with one voice of each emotion, one of them in a subfolder."""
    folder = tmp_path / "voices"
    (folder / "more").mkdir(parents=True)
    for name, code in zip(["more/angry", "happy", "neutral", "sad"], ["05", "03", "01", "04"], strict=True):
        shutil.copy(synthetic_ravdess / f"Actor_02/03-01-{code}-01-01-01-02.wav", folder / f"{name}.wav")
    return folder
