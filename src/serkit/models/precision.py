"""Which precision a machine multiplies in."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from serkit.errors import TrainingError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from serkit.models.network_settings import Precision

_PROBE = """
import torch
with torch.autocast("cpu", dtype=torch.bfloat16):
    torch.nn.Linear(512, 512)(torch.zeros(64, 512)).sum().backward()
"""
_PROCESSOR = Path("/proc/cpuinfo")
# With the second, products are 2.5 times as fast as in float32 (AMD EPYC of the fourth generation).
_MADE_FOR_IT = ("amx_bf16", "avx512_bf16")


def choose_precision(wanted: Precision, device: str) -> Literal["float32", "bfloat16"]:
    """Return the precision of a training on a device.

    Parameters
    ----------
    wanted : {"float32", "bfloat16", "auto"}
        "auto" takes bfloat16 where the device multiplies it faster: GPUs, and processors with AMX or AVX-512.
    device : str
        E.g. "cpu".

    Raises
    ------
    TrainingError
        If the machine fails at bfloat16, and nothing else will do.
    """
    if wanted == "float32":
        return "float32"
    on_cpu = torch.device(device).type == "cpu"
    if wanted == "auto" and not (_cpu_is_made_for_it() if on_cpu else torch.cuda.is_bf16_supported(False)):
        return "float32"
    if on_cpu and not computes_bfloat16():
        if wanted == "auto":
            return "float32"
        problem = "precision: this machine does not compute in bfloat16"
        raise TrainingError(problem, hint='set precision = "float32", or "auto"')
    return "bfloat16"


def computed_in(precision: Precision, device: str) -> AbstractContextManager[Any]:
    """Compute products in this precision, as `choose_precision` returned it, as long as the context lasts."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)


@cache
def computes_bfloat16() -> bool:
    """Tell whether the processor survives a product in bfloat16.

    Some containers and virtual machines name an instruction of their processor and forbid its use, which ends
    the process that tries. So another process tries.
    """
    tried = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False)
    return tried.returncode == 0


def _cpu_is_made_for_it() -> bool:
    if not _PROCESSOR.is_file():
        return False
    flags = _PROCESSOR.read_text(encoding="utf-8").split()
    return any(flag in flags for flag in _MADE_FOR_IT)
