"""Print tables: as wide as the terminal, or whole lines for a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from serkit.evaluation.tables import Table as ReportTable

_PIPE_WIDTH = 200
_TEXT_COLUMNS = {"run", "runs", "protocol", "verdict", "how", "meaning"}


def print_table(table: Table) -> None:
    """Print a table on standard output."""
    from rich.console import Console

    # A pipe has no width: whoever reads it wants whole lines.
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def print_report_table(table: ReportTable) -> None:
    """Print a table of a report, whose texts may take several lines."""
    from rich.table import Table

    shown = Table(box=None)
    for name in table.header:
        shown.add_column(name, overflow="fold", no_wrap=name not in _TEXT_COLUMNS)
    for row in table.rows:
        shown.add_row(*row)
    print_table(shown)
