"""A run that is killed goes on to the same result."""

import os
import signal
import subprocess
import sys
import time

import pytest

from serkit.corpora import read_manifest, write_manifest
from serkit.recipe import load_recipe
from serkit.training import train

SCRIPT = """
import sys, time
import serkit.training.run as run
from serkit.corpora import read_manifest
from serkit.recipe import load_recipe

fit = run.fit_model
def slow(*arguments, **settings):
    # Leaves the test time to stop the run between two folds.
    fitted = fit(*arguments, **settings)
    time.sleep(1.0)
    return fitted
run.fit_model = slow
recipe, manifest, out, cache = sys.argv[1:]
run.train(load_recipe(recipe), read_manifest(manifest), protocol="folds", out=out, cache=cache)
"""


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_ends_as_one_that_was_not(how, recipe_file, manifest, cache, tmp_path):
    table = tmp_path / "manifest.csv"
    write_manifest(manifest, table)
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    arguments = [recipe_file, table, stopped, cache]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not (stopped / "folds" / "1.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, how)
    assert process.wait(timeout=60) != 0
    kept = sorted(path.name for path in (stopped / "folds").iterdir())
    assert "1.json" in kept
    assert "3.json" not in kept
    first = (stopped / "folds" / "1.json").read_bytes()

    recipe, rows = load_recipe(recipe_file), read_manifest(table)
    resumed = train(recipe, rows, protocol="folds", out=stopped, cache=cache)
    other = train(recipe, rows, protocol="folds", out=whole, cache=cache)
    assert (stopped / "folds" / "1.json").read_bytes() == first
    assert [fold.probabilities for fold in resumed.folds] == [fold.probabilities for fold in other.folds]
    for name in ("predictions.csv", "bundle/model.onnx"):
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()
