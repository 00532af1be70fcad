"""A progress bar over the epochs of a training."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import TYPE_CHECKING

from serkit.parallel import progress_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from serkit.models.history import Epoch


@contextmanager
def epoch_bar(epochs: int, *, shown: bool) -> Iterator[Callable[[Sequence[Epoch]], None]]:
    """Show on a terminal how many epochs are done, with loss and dev UAR of the last.

    In a pipe nothing is shown, nor by a worker, whose bar would run into those of others.

    Parameters
    ----------
    epochs : int
        How many there will be.
    shown : bool
        Whether to show it at all.

    Yields
    ------
    callable
        To be called with the history after each epoch.
    """
    if not shown or not sys.stderr.isatty() or parent_process() is not None:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console(), transient=True) as bar:
        task = bar.add_task("epochs", total=epochs)
        yield lambda history: bar.update(task, completed=len(history), description=_describe(history[-1]))


def _describe(epoch: Epoch) -> str:
    uar = "" if epoch.dev_uar is None else f", dev UAR {epoch.dev_uar:.3f}"
    return f"loss {epoch.train_loss:.3f}{uar}"
