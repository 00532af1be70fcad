"""`serkit recipes` as a process."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from serkit.recipe import list_recipes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Serkit = Callable[..., subprocess.CompletedProcess[bytes]]


def test_every_recipe_is_listed_with_its_protocols(serkit: Serkit) -> None:
    out = serkit("recipes", "list").stdout.decode()
    for name in list_recipes():
        assert name in out
    assert "ravdess, crema-d, savee, tess, all" in " ".join(out.split())


def test_a_recipe_that_is_shown_can_be_saved_and_shown_again(serkit: Serkit, tmp_path: Path) -> None:
    shown = serkit("recipes", "show", "functionals-svm-rbf")
    assert tomllib.loads(shown.stdout.decode())["model"]["name"] == "rbf_svm"
    mine = tmp_path / "mine.toml"
    mine.write_bytes(shown.stdout)
    again = serkit("recipes", "show", mine)
    assert (again.returncode, again.stdout) == (0, shown.stdout)


def test_a_recipe_is_checked_before_it_is_shown(serkit: Serkit, recipe_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(recipe_file.read_text().replace("hop_length", "hop_lenght"))
    run = serkit("recipes", "show", wrong)
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"features: unknown key 'hop_lenght'; did you mean 'hop_length'?" in run.stderr
    assert run.stderr.count(b"\n") == 1


def test_an_unknown_recipe_is_answered_with_the_nearest(serkit: Serkit) -> None:
    run = serkit("recipes", "show", "functionals-svn-rbf")
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"did you mean 'functionals-svm-rbf'?" in run.stderr
    assert run.stderr.count(b"\n") == 1
