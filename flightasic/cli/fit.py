"""``flightasic fit``: the best arrays that place, route and meet their clock on an FPGA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from flightasic.cli.tables import print_tables

if TYPE_CHECKING:
    from flightasic.fit import Fit, Goal

EXAMPLES = """Examples:

  flightasic fit --arith shift

  flightasic fit --arith shift --code-bits 3

  flightasic fit --arith fixed4 --no-dsp --json build/fit-fixed4.json

  flightasic fit --part LFE5U-25F --arith fixed8 --dsp --clock-mhz 80 --max-lut-percent 75

  flightasic fit --arith shift --objective products

  flightasic fit --arith shift --objective networks-per-lut --cores 1 --max-lut-percent 26

  flightasic fit --insert docs/fit.md --arith shift
"""


def register(app: typer.Typer) -> None:
    """Add the command ``fit`` to the main application."""
    app.command("fit", epilog=EXAMPLES)(fit)


def fit(
    part: Annotated[str, typer.Option(help="LFE5U-25F, LFE5U-45F or LFE5U-85F.")] = "LFE5U-85F",
    arith: Annotated[str, typer.Option(help="shift, fixed4 or fixed8.")] = "shift",
    dsp: Annotated[bool, typer.Option("--dsp/--no-dsp", help="Products may use the part's multipliers; shifts never do.")] = True,
    code_bits: Annotated[int | None, typer.Option(help="Bits of a shift code: 2, 3 or 4 (default).")] = None,
    objective: Annotated[
        str,
        typer.Option(
            help="networks: most images per cycle of the eight networks; networks-per-lut: most of them for each LUT; "
            "products: most products per cycle."
        ),
    ] = "networks",
    cores: Annotated[int, typer.Option(help="So many arrays may lie side by side, each with images of its own.")] = 8,
    max_lut_percent: Annotated[float, typer.Option(help="Share of the part's LUTs an array may take; routing needs the rest.")] = 85.0,
    speed: Annotated[int, typer.Option(help="Speed grade 6, 7 or 8.")] = 6,
    clock_mhz: Annotated[float, typer.Option(help="Clock the array must meet.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of placement.")] = 1,
    json: Annotated[Path | None, typer.Option(help="Write the record of the fit here as well.")] = None,
    insert: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="Put the tables of all fits between the marks fit of this Markdown file; may be repeated."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of work files and finished runs, and results/ in it.")] = Path("build"),
) -> None:
    """Find the array, or the equal arrays side by side, that do most in a cycle and place, route and meet the clock.

    A resource model, calibrated by synthesising a few small arrays, says which candidates fit; the best is synthesised, placed and routed,
    the next smaller one if that fails, five at most. Every finished run is kept, so that an interrupted search goes on where it was.
    """
    from flightasic.files import write_atomically
    from flightasic.fit import Goal, fit_array, fit_tables, write_fit
    from flightasic.fit.record import MARKS
    from flightasic.fit.runs import RealRuns
    from flightasic.report import insert_report
    from flightasic.results import load_records

    for page in insert or []:
        insert_report(page.read_text(), [], str(page), MARKS)
    results = out / "results"
    load_records(results, "fit")  # a damaged one is found before hours of routing, not after
    goal = Goal(
        part=part,
        arith=arith,
        speed=speed,
        dsp=dsp,
        clock_mhz=clock_mhz,
        max_lut_percent=max_lut_percent,
        code_bits=code_bits,
        objective=objective,
        cores=cores,
    )
    with _Steps() as steps:
        found = fit_array(goal, RealRuns(goal, build=out, seed=seed), steps)
    record = write_fit(found, results)
    console = Console()
    tables = fit_tables(load_records(results, "fit"))
    print_tables(console, tables)
    console.print(_sentence(goal, found), highlight=False)
    console.print(f"record: {record}", highlight=False)
    if json is not None:
        write_atomically(json, record.read_text())
        console.print(f"wrote {json}")
    for page in insert or []:
        write_atomically(page, insert_report(page.read_text(), tables, str(page), MARKS))
        console.print(f"updated {page}")


def _sentence(goal: Goal, found: Fit) -> str:
    from flightasic.fit.resources import NAMES

    products, fmax = found.design.products_per_cycle, found.placement.fmax_mhz
    return (
        f"{found.design.name} on {goal.part}-{goal.speed}: {products:,} products per cycle at {fmax:.1f} MHz, "
        f"{products * fmax / 1000:.1f} billion per second; a better one is kept out by: {NAMES.get(found.binds, found.binds)}"
    )


class _Steps:
    """A spinner with the time passed for the run going on, and a line for every run that ended, on stderr."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._running: dict[str, TaskID] = {}

    def __enter__(self) -> _Steps:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def started(self, step: str) -> None:
        self._running[step] = self._progress.add_task(escape(step), total=None)

    def ended(self, step: str, outcome: str) -> None:
        self._progress.remove_task(self._running.pop(step))
        self._progress.console.print(escape(f"{step}: {outcome}"), highlight=False, soft_wrap=True)
