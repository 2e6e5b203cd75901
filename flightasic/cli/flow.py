"""The command ``flightasic report``: tables of everything measured so far."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def report(
    results: Annotated[Path, typer.Option(help="Folder of the result records.")] = Path("build/results"),
    markdown: Annotated[Path | None, typer.Option(help="Write the tables here as Markdown too.")] = None,
    insert: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Put the tables between the report marks of this Markdown file.")
    ] = None,
) -> None:
    """Print one table of arrays (ASIC and FPGA) and one of networks, from the records alone.

    Examples: [bold]flightasic report --markdown build/report.md[/bold], [bold]flightasic report --insert README.md[/bold]
    """
    from flightasic.files import write_atomically
    from flightasic.report import build_report, insert_report
    from flightasic.results import load_records

    tables = build_report(load_records(results))
    console = Console()
    for table in tables:
        rendered = Table(*table.headings, title=table.title)
        for row in table.rows:
            rendered.add_row(*row)
        console.print(rendered)
        for note in table.notes:
            console.print(note, highlight=False, markup=False)
    if markdown is not None:
        write_atomically(markdown, "\n".join(table.markdown() for table in tables))
        console.print(f"wrote {markdown}")
    if insert is not None:
        write_atomically(insert, insert_report(insert.read_text(), tables, str(insert)))
        console.print(f"updated {insert}")


def register(app: typer.Typer) -> None:
    """Add the command ``report`` to the application."""
    app.command()(report)
