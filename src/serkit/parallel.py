"""One parallel map for everything that runs over many items."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from serkit.errors import MissingDependencyError, SerkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_parallel(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 1,
    progress: str | None = None,
    backend: Literal["loky", "threading"] = "loky",
) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in the order of the items, as soon as each is ready.

    Parameters
    ----------
    function : callable
        Called with one item. An exception that it raises ends the map and reaches the caller.
    items : sequence
        What to map over.
    workers : int, default 1
        How many items to work on at once. With 1 the function runs in this process, without joblib.
    progress : str, optional
        Label of a progress bar on standard error. It is drawn on a terminal only, never in a pipe.
    backend : {"loky", "threading"}, default "loky"
        Processes, whose inner threads are limited to one each, or threads of this process.

    Yields
    ------
    object
        One result per item.

    Raises
    ------
    SerkitError
        If `workers` is below 1.
    MissingDependencyError
        If `workers` is above 1 and joblib is not installed.

    Examples
    --------
    >>> list(map_parallel(abs, [-2, 3]))
    [2, 3]
    """
    check_workers(workers)
    results = map(function, items) if workers == 1 else _map_joblib(function, items, workers, backend)
    return results if progress is None else _with_progress(results, progress, len(items))


def check_workers(workers: int) -> None:
    """Raise SerkitError if `workers` is below 1."""
    if workers < 1:
        raise SerkitError(f"workers: {workers} is below 1", hint="1 works alone, 4 do four things at once")


def _map_joblib(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int, backend: str
) -> Iterator[Result]:
    try:
        import joblib
    except ImportError as error:
        raise MissingDependencyError(
            f"workers: {workers} workers need joblib", hint="pip install 'serkit[train]', or use 1 worker"
        ) from error
    # More threads than cores slow each other down, and results differ in the last bits with their number.
    limits: dict[str, Any] = {"inner_max_num_threads": 1} if backend == "loky" else {}
    with joblib.parallel_config(backend=backend, n_jobs=workers, **limits):
        results: Iterator[Result] = joblib.Parallel(return_as="generator")(
            joblib.delayed(function)(item) for item in items
        )
    return results


def _with_progress(results: Iterable[Result], label: str, total: int) -> Iterator[Result]:
    if not sys.stderr.isatty():
        yield from results
        return
    from rich.progress import track

    yield from track(results, description=label, total=total, console=progress_console(), transient=True)


@cache
def progress_console() -> Console:
    """Return the console of all progress bars: one bar within another must know of it."""
    from rich.console import Console

    return Console(stderr=True)
