"""Report tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from flightasic.report import ReportTable


def print_tables(console: Console, tables: Sequence[ReportTable]) -> None:
    """Each table with its notes below."""
    for table in tables:
        rendered = Table(*table.headings, title=table.title)
        for row in table.rows:
            rendered.add_row(*row)
        console.print(rendered)
        for note in table.notes:
            console.print(note, highlight=False, markup=False)
