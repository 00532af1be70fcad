"""Whether a machine computes in bfloat16."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

from serkit.errors import TrainingError

_PROBE = """
import torch
with torch.autocast("cpu", dtype=torch.bfloat16):
    torch.nn.Linear(512, 512)(torch.zeros(64, 512)).sum().backward()
"""


@cache
def check_bfloat16() -> None:
    """Refuse a processor that fails at a product in bfloat16.

    Some containers and virtual machines name an instruction of their processor and forbid its use, which ends
    the process that tries. So another process tries.

    Raises
    ------
    TrainingError
        If it failed.
    """
    tried = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False)
    if tried.returncode:
        problem = "precision: this machine does not compute in bfloat16"
        raise TrainingError(problem, hint='set precision = "float32"')
