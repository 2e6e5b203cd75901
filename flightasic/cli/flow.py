"""The command ``flightasic report``: tables of everything measured so far."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flightasic.cli.tables import print_tables


def report(
    results: Annotated[Path, typer.Option(help="Folder of the result records.")] = Path("build/results"),
    markdown: Annotated[Path | None, typer.Option(help="Write the tables here as Markdown too.")] = None,
    demo: Annotated[Path | None, typer.Option(help="Put FLightNN's way to silicon first, and write it here as JSON.")] = None,
    insert: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Put the tables between the report marks of this Markdown file.")
    ] = None,
) -> None:
    """Print one table of arrays (ASIC and FPGA) and one of networks, from the records alone.

    Examples: [bold]flightasic report --markdown build/report.md[/bold], [bold]flightasic report --insert README.md[/bold]
    """
    from flightasic.files import write_atomically, write_json
    from flightasic.report import build_report, demo_summary, demo_table, insert_report
    from flightasic.results import load_records

    records = load_records(results)
    tables = build_report(records)
    if demo is not None:
        summary = demo_summary(records)
        tables = [demo_table(summary), *tables]
    console = Console()
    print_tables(console, tables)
    if demo is not None:
        write_json(demo, summary)
        console.print(f"wrote {demo}")
    if markdown is not None:
        write_atomically(markdown, "\n".join(table.markdown() for table in tables))
        console.print(f"wrote {markdown}")
    if insert is not None:
        write_atomically(insert, insert_report(insert.read_text(), tables, str(insert)))
        console.print(f"updated {insert}")


def register(app: typer.Typer) -> None:
    """Add the command ``report`` to the application."""
    app.command()(report)
