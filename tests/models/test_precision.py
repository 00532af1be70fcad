"""In which precision products are computed in training."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.models.test_torch_classifier import dense, emotions

from serkit.errors import TrainingError
from serkit.models import precision

LEARN_IN_BFLOAT16 = """
import numpy as np, torch
from serkit.models import precision as machine
from serkit.models.networks import DenseSettings
from serkit.models.torch_classifier import TorchClassifier

machine.computes_bfloat16 = lambda: True  # this process has its limit

rng = np.random.default_rng(0)
labels = rng.choice(["calm", "sad"], 200)
features = rng.standard_normal((200, 3)) + 3 * (labels == "sad")[:, None]
plain, half = (
    TorchClassifier(DenseSettings(precision=precision, epochs=5, learning_rate=0.01)).fit(features, labels)
    for precision in ("float32", "bfloat16")
)
assert not np.array_equal(plain.decision_function(features), half.decision_function(features))
assert (half.predict(features) == labels).mean() > 0.9
assert {weights.dtype for weights in half.network_.parameters()} == {torch.float32}
"""


def test_bfloat16_learns_and_predicts_in_float32() -> None:
    # Without AMX, which a container may forbid; the choice must be made before the first product.
    limited = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LEARN_IN_BFLOAT16], env=limited, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_machine_that_fails_at_bfloat16_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = emotions()
    monkeypatch.setattr(precision, "_PROBE", "import os; os.abort()")
    precision.computes_bfloat16.cache_clear()
    with pytest.raises(TrainingError, match=r"^precision: .* bfloat16; set precision = .float32"):
        dense(precision="bfloat16").fit(features, labels)


@pytest.mark.parametrize(
    ("flags", "computes", "taken"),
    [
        ("amx_bf16 amx_tile", True, "bfloat16"),
        ("avx512f avx512_bf16", True, "bfloat16"),
        ("amx_bf16", False, "float32"),
        ("avx512f", True, "float32"),
    ],
)
def test_auto_takes_bfloat16_where_it_helps_and_works(
    flags: str, computes: bool, taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = tmp_path / "cpuinfo"
    monkeypatch.setattr(precision, "_PROCESSOR", processor)
    monkeypatch.setattr(precision, "computes_bfloat16", lambda: computes)
    assert precision.choose_precision("auto", "cpu") == "float32"
    processor.write_text(f"flags : fpu {flags}")
    assert precision.choose_precision("auto", "cpu") == taken
    assert precision.choose_precision("float32", "cpu") == "float32"


def test_auto_is_what_it_takes_here(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = emotions()
    monkeypatch.setattr(precision, "_PROCESSOR", Path("/nowhere"))
    plain, auto = (dense(precision=one).fit(features, labels) for one in ("float32", "auto"))
    assert auto.precision_ == "float32"
    assert np.array_equal(plain.predict_proba(features), auto.predict_proba(features))
