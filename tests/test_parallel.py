"""One map for every long job: order, errors, thread limits, progress."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from serkit.errors import MissingDependencyError, SerkitError
from serkit.parallel import map_parallel

if TYPE_CHECKING:
    from collections.abc import Callable


# Worker processes cannot import a test file, so they get functions of the library or closures.
@pytest.fixture
def fail_at_three() -> Callable[[int], int]:
    def fail(number: int) -> int:
        if number == 3:
            raise SerkitError("3: not this one", hint="try 4")
        return number

    return fail


@pytest.mark.parametrize(("workers", "backend"), [(1, "loky"), (2, "loky"), (2, "threading")])
def test_results_come_in_the_order_of_the_items(workers: int, backend: str) -> None:
    results = map_parallel(math.factorial, range(20), workers=workers, backend=backend)
    assert list(results) == [math.factorial(number) for number in range(20)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_function_reaches_the_caller_whole(
    workers: int, fail_at_three: Callable[[int], int]
) -> None:
    with pytest.raises(SerkitError, match="3: not this one; try 4"):
        list(map_parallel(fail_at_three, range(6), workers=workers))


def test_worker_processes_have_one_inner_thread() -> None:
    assert set(map_parallel(os.getenv, ["OMP_NUM_THREADS"] * 4, workers=2)) == {"1"}


def test_one_worker_runs_lazily() -> None:
    seen: list[int] = []
    results = map_parallel(seen.append, range(5))
    next(results)
    assert seen == [0]


def test_no_items_give_no_results() -> None:
    assert list(map_parallel(math.factorial, [], workers=2, progress="nothing")) == []


@pytest.mark.parametrize("workers", [0, -1])
def test_fewer_than_one_worker_is_refused(workers: int) -> None:
    with pytest.raises(SerkitError, match="workers"):
        map_parallel(math.factorial, [1], workers=workers)


def test_progress_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(map_parallel(math.factorial, range(3), progress="factorials")) == [1, 1, 2]
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    """Standard error that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(map_parallel(math.factorial, range(3), progress="factorials")) == [1, 1, 2]
    assert "factorials" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_one_worker_needs_neither_joblib_nor_rich() -> None:
    code = (
        "import sys; sys.modules.update(joblib=None, rich=None)\n"
        "from serkit.parallel import map_parallel\n"
        "print(list(map_parallel(abs, [-1, 2], progress='numbers')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[1, 2]\n"


def test_more_workers_without_joblib_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(MissingDependencyError, match=r"serkit\[train\]"):
        map_parallel(math.factorial, [1], workers=2)
