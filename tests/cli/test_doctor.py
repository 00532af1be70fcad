"""`serkit doctor`."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import pytest
import typer

from serkit.cli.doctor import doctor
from serkit.cli.extras import how_to_install, requirements

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def default_model(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tiny bundle be the default model."""
    (tmp_path / "default").symlink_to(tiny_bundle)
    monkeypatch.setattr("serkit.bundle.BUNDLES", tmp_path)


def test_it_runs_as_a_command(serkit: Serkit) -> None:
    run = serkit("doctor")
    assert run.returncode in (0, 1)
    assert "numpy" in run.stdout.decode()
    assert b"Traceback" not in run.stderr


@pytest.mark.usefixtures("default_model")
def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    doctor()
    out = capsys.readouterr().out
    assert metadata.version("onnxruntime") in out
    assert "default model: in order" in out
    assert "a tone of 3 s: " in out


@pytest.mark.usefixtures("default_model")
@pytest.mark.parametrize(
    ("missing", "command", "status"), [("pandas", "serkit[train]", 0), ("soxr", "pip install soxr", 1)]
)
def test_a_missing_library_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
    command: str,
    status: int,
) -> None:
    installed = metadata.version

    def version(name: str) -> str:
        if name == missing:
            raise metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(metadata, "version", version)
    try:
        doctor()
        left_with = 0
    except typer.Exit as left:
        left_with = left.exit_code
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{missing} ")]
    assert "missing" in line
    assert command in line
    assert left_with == status


def test_a_missing_model_is_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("serkit.bundle.BUNDLES", tmp_path)
    with pytest.raises(typer.Exit):
        doctor()
    assert "default: no such model" in capsys.readouterr().out


def test_every_library_is_in_one_group() -> None:
    groups = requirements()
    assert groups["onnxruntime"] == ""
    assert groups["scikit-learn"] == "train"
    assert groups["av"] == "media"


def test_without_metadata_the_name_itself_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert how_to_install("sklearn.svm") == "pip install scikit-learn"
