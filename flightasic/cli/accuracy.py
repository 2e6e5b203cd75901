"""The commands ``flightasic accuracy`` and ``flightasic models``: what was trained, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from flightasic.cli.tables import print_tables


def accuracy(
    source: Annotated[Path, typer.Option("--from", help="Folder of a sweep, such as build/sweeps/fashion-mnist.")],
    dataset: Annotated[str, typer.Option(help="Data set of the sweep to report.")] = "fashion-mnist",
    json: Annotated[Path | None, typer.Option(help="Write runs, means and aims here.")] = None,
    insert: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Put the tables between the report marks of this Markdown file.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw accuracy against cycles here (SVG; needs the extra 'plot').")] = None,
) -> None:
    """Show what a sweep's networks are worth: accuracy, mean k, storage and cycles over seeds, and which aims they meet.

    Example: [bold]flightasic accuracy --from build/sweeps/fashion-mnist --json docs/accuracy.json --insert docs/accuracy.md
    --plot docs/accuracy.svg[/bold]
    """
    from flightasic.accuracy import accuracy_tables, rows_of, run_of, summary
    from flightasic.files import write_atomically, write_json
    from flightasic.report import insert_report
    from flightasic.trained import trained_networks

    networks = trained_networks(source, dataset=dataset)
    runs = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("compiling for the default array", total=len(networks))
        for each in networks:
            runs.append(run_of(each))
            progress.advance(task)
    rows = rows_of(runs)
    tables = accuracy_tables(rows, dataset)
    console = Console()
    print_tables(console, tables)
    if json is not None:
        write_json(json, summary(runs, dataset))
        console.print(f"wrote {json}")
    if insert is not None:
        write_atomically(insert, insert_report(insert.read_text(), tables, str(insert)))
        console.print(f"updated {insert}")
    if plot is not None:
        from flightasic.pareto import pareto_svg

        write_atomically(plot, pareto_svg(rows, dataset))
        console.print(f"wrote {plot}")


def models(table: Annotated[Path | None, typer.Option(help="Write the tables here as a Markdown page.")] = None) -> None:
    """List the networks that can be trained: layers, parameters, multiply-accumulates.

    Example: [bold]flightasic models --table docs/models.md[/bold]
    """
    from flightasic.files import write_atomically
    from flightasic.models_page import COLUMNS, models_page, summary_rows

    console = Console()
    shown = Table(*COLUMNS, title="models")
    for row in summary_rows():
        shown.add_row(*row)
    console.print(shown)
    if table is not None:
        write_atomically(table, models_page())
        console.print(f"wrote {table}")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(accuracy)
    app.command()(models)
