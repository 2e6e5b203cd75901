"""How benchmarks print what they recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table


def show(console: Console, title: str, data: Mapping[str, float], record: Path) -> None:
    """The figures as a table, and where the record lies."""
    table = Table("figure", "value", title=title)
    for name, value in data.items():
        table.add_row(name, f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}")
    console.print(table)
    console.print(f"record: {record}", highlight=False)
