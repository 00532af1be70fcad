"""Print tables: as wide as the terminal, or whole lines for a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

_PIPE_WIDTH = 200


def print_table(table: Table) -> None:
    """Print a table on standard output."""
    from rich.console import Console

    # A pipe has no width: whoever reads it wants whole lines.
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
