"""`serkit models`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


def test_verify_names_the_good_and_the_bad(serkit: Serkit, tiny_bundle: Path, tmp_path: Path) -> None:
    bad = shutil.copytree(tiny_bundle, tmp_path / "bad")
    (bad / "MODEL_CARD.md").write_text("trust me\n")
    run = serkit("models", "verify", tiny_bundle, bad, tmp_path / "missing")
    assert run.returncode == 1
    assert run.stdout.decode() == f"{tiny_bundle}: in order (tiny, 4 emotions)\n"
    first, second = run.stderr.decode().splitlines()
    assert "MODEL_CARD.md is not as it was saved" in first
    assert "no such model" in second


def test_verify_of_good_models_is_status_0(serkit: Serkit, tiny_bundle: Path) -> None:
    assert serkit("models", "verify", tiny_bundle).returncode == 0


def test_show_prints_the_description(serkit: Serkit, tiny_bundle: Path) -> None:
    run = serkit("models", "show", tiny_bundle)
    document = json.loads(run.stdout)
    assert (run.returncode, document["name"], document["sampling_rate"]) == (0, "tiny", 16_000)


def test_card_prints_the_card(serkit: Serkit, tiny_bundle: Path) -> None:
    run = serkit("models", "card", tiny_bundle)
    assert run.returncode == 0
    assert run.stdout == (tiny_bundle / "MODEL_CARD.md").read_bytes()


def test_layers_prints_shapes_and_totals(serkit: Serkit) -> None:
    run = serkit("models", "layers", "ravdess-functionals-dense")
    lines = run.stdout.decode().splitlines()
    assert lines[1].split() == ["0", "Linear", "120", "23,280", "0"]
    assert lines[-1] == "49,828 parameters, of which 0 are running statistics."
    refused = serkit("models", "layers", "ravdess-linear-svm")
    assert refused.returncode == 2
    assert refused.stderr.decode() == (
        "serkit: error: ravdess-linear-svm: linear_svm is no network, and has no layers\n"
    )


def test_show_of_an_unknown_model_is_a_mistake(serkit: Serkit) -> None:
    run = serkit("models", "show", "nobody")
    assert run.returncode == 2
    assert run.stderr.decode().startswith("serkit: error: nobody: no such model")


def test_list_prints_a_line_for_each_shipped_model(serkit: Serkit) -> None:
    from serkit.bundle import available_bundles

    run = serkit("models", "list")
    assert run.returncode == 0
    assert [line.split()[0] for line in run.stdout.decode().splitlines()] == list(available_bundles())
