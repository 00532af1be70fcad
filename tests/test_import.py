"""What importing costs, each in a fresh process."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import serkit

REPOSITORY = Path(__file__).resolve().parent.parent
TRAINING = (
    "torch",
    "librosa",
    "pandas",
    "sklearn",
    "matplotlib",
    "scipy",
    "joblib",
    "pyarrow",
    "onnx",
    "safetensors",
    "skl2onnx",
)
HEAVY = (*TRAINING, "numpy", "soundfile", "soxr", "onnxruntime", "pydantic", "typer", "rich")
LIMIT_S = 0.150


def modules_after(code: str) -> set[str]:
    """Run code in a fresh process; return the top names of the modules that it imported."""
    command = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def seconds_of(code: str) -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - before


def test_import_serkit_is_quick() -> None:
    costs = [seconds_of("import serkit") - seconds_of("pass") for _ in range(7)]
    assert statistics.median(costs) < LIMIT_S


def test_import_serkit_loads_no_library() -> None:
    assert modules_after("import serkit").isdisjoint(HEAVY)


def test_predicting_loads_no_training_library(tiny_bundle: Path, voice_file: Path) -> None:
    loaded = modules_after(f"import serkit; serkit.load({str(tiny_bundle)!r}).predict({str(voice_file)!r})")
    assert {"serkit", "numpy", "onnxruntime"} <= loaded
    assert loaded.isdisjoint(TRAINING)


def test_the_command_loads_no_training_library(tiny_bundle: Path, voice_file: Path) -> None:
    arguments = ["serkit", "predict", str(voice_file), "--model", str(tiny_bundle), "--format", "csv"]
    code = f"import sys; sys.argv = {arguments}\nfrom serkit.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass"
    assert modules_after(code).isdisjoint(TRAINING)


def test_a_command_does_not_import_the_others() -> None:
    code = "import sys, serkit.cli.predict\nprint(*[m for m in sys.modules if m.startswith('serkit.cli.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == {
        f"serkit.cli.{name}" for name in ("one_sided", "predict", "prediction_formats", "timeline")
    }


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((REPOSITORY / "src/serkit/__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {name.asname: line.module for line in guarded.body for name in line.names}
    assert seen == {name: f"serkit.{module}" for name, module in serkit._MODULES.items()}


@pytest.mark.parametrize("name", serkit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(serkit, name) is not None
    assert name in dir(serkit)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        serkit.no_such_name  # noqa: B018


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert serkit.__version__ == project["version"]


def test_predicting_loads_no_settings_of_models(tiny_bundle: Path) -> None:
    code = f"import sys, serkit; serkit.load({str(tiny_bundle)!r})"
    subprocess.run(
        [sys.executable, "-c", f"{code}; assert 'serkit.models.catalogue' not in sys.modules"], check=True
    )
