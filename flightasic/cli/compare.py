"""``flightasic compare``: FLightNN, LightNN and fixed point on arrays of the same generator, by energy and accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from flightasic.cli.array import ARRAY_HELP, SET_HELP, parse_array, parse_words
from flightasic.cli.bars import TaskBars
from flightasic.cli.pages import page_with, require_places
from flightasic.cli.tables import print_tables
from flightasic.cli.train import DataOption
from flightasic.config import REUSE_DISTANCES

if TYPE_CHECKING:
    from flightasic.compare import Comparison
    from flightasic.config import ArrayConfig

EXAMPLES = """Examples:

  flightasic compare

  flightasic compare --json docs/energy.json --insert docs/energy.md --insert README.md --plots docs

  flightasic compare --networks net1 --schemes flight-a,fixed4 --array 4x4x4

  flightasic compare --networks build/nets/mine-flight.flnet,build/nets/mine-fixed8.flnet --clock-ns 12 --images 2

  flightasic compare --full --jobs 8 --scheduler slurm

  flightasic compare --from docs/energy.json --insert docs/energy.md
"""

EXIT_POINTS_FAILED = 2
ARRAY = "8x8x8"
# No layer of the zoo's networks reads a negative value; the buffers are the smallest that hold net1 to net3 without host memory.
SETTINGS = ("signed_acts=0", "act_depth=256", "code_depth=2048")
_REUSE, _TILE_ROWS = 4, 4  # at most, as far as the rows allow
_SHIFT_ONLY = "code_bits"


def register(app: typer.Typer) -> None:
    """Add the command ``compare`` to the main application."""
    app.command("compare", epilog=EXAMPLES)(compare)


def compare(
    networks: Annotated[str | None, typer.Option(help="Networks of the zoo and .flnet files, with commas. Default: net1,net2.")] = None,
    schemes: Annotated[
        str | None,
        typer.Option(help="Schemes of the zoo's networks, with commas. Default: lightnn1,lightnn2,flight-a,flight-b,fixed4,fixed8."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="All networks and schemes of the zoo: net3 and pruned fixed point too.")] = False,
    array: Annotated[str, typer.Option(help=ARRAY_HELP)] = ARRAY,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help=f"{SET_HELP} Before these: {' '.join(SETTINGS)} act_reuse={_REUSE} tile_rows={_TILE_ROWS}, the last two as far as the "
            "rows allow; tile_rows is the tallest tried, code_bits goes to the shift array alone.",
        ),
    ] = None,
    clock_ns: Annotated[float, typer.Option(help="Clock period of all arrays.")] = 10.0,
    corner: Annotated[str, typer.Option(help="Corner of setup and power: tt, ss, ff or a full name.")] = "tt",
    adder_style: Annotated[str, typer.Option(help="auto (each array's best), or one style for all.")] = "auto",
    images: Annotated[int, typer.Option(min=1, help="Test images that every network runs at gate level.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Points at a time, a process each.")] = 2,
    scheduler: Annotated[str | None, typer.Option(help="Run simulations on a cluster that shares these files: slurm, lsf, sge.")] = None,
    pdk: Annotated[str | None, typer.Option(help="sky130, osu018, or a folder. Default: FLIGHTASIC_PDK, or a search.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write all points, with where they come from, and the views here.")] = None,
    insert: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Put the tables between the marks compare, or compare-summary, of this Markdown file; may be repeated.",
        ),
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Draw energy-accuracy.svg and energy-parts.svg in this folder (extra 'plot').")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Show the comparison of this JSON file; measure nothing.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of work files and finished designs and points, and results/ in it.")] = Path("build"),
    data: DataOption = None,
) -> None:
    """Measure every scheme of every network on the array of its arithmetic: energy by part beside accuracy, and what follows.

    All arrays have the same mesh, lanes, buffers, clock and corner; all networks run the same images in gate-level simulation. What is
    finished is kept, so that an interrupted comparison goes on where it was. Exit code 2 if a point failed, after all others were measured;
    if all failed, no file is written.
    """
    from flightasic.compare import (
        FULL_NETS,
        FULL_SCHEMES,
        MARKS,
        NETS,
        SCHEMES,
        SUMMARY_MARKS,
        Comparison,
        Place,
        Plan,
        find_candidates,
        run_comparison,
        shared_images,
    )

    require_places(insert or [], (SUMMARY_MARKS, MARKS), plots)
    console = Console()
    if source is not None:
        comparison = Comparison.read(source)
    else:
        from flightasic.eda.pdk import find_technology
        from flightasic.eda.project import require_scheduler

        require_scheduler(scheduler)
        nets = parse_words(networks) or (FULL_NETS if full else NETS)
        candidates = find_candidates(nets, parse_words(schemes) or (FULL_SCHEMES if full else SCHEMES))
        dataset, pixels = shared_images(candidates, images, data)
        technology = find_technology(pdk)
        console.print(f"technology: [bold]{technology.name}[/bold], {escape(technology.source)}", highlight=False)
        plan = Plan(
            candidates=candidates,
            arrays=_arrays(array, [*_defaults(array), *(settings or [])], [candidate.arith for candidate in candidates]),
            dataset=dataset,
            images=pixels,
            clock_ns=clock_ns,
            corner=technology.corner(corner),
            adder_style=adder_style,
        )
        place = Place(build=out, results=out / "results", jobs=jobs, scheduler=scheduler)
        with TaskBars() as bars:
            comparison = run_comparison(plan, technology, place, bars)
    _report(comparison, console, json, insert or [], plots)
    for failure in comparison.failures:
        console.print(
            f"[red]failed[/red] {escape(f'{failure.name} on {failure.array}: {failure.reason}')}", highlight=False, soft_wrap=True
        )
    if comparison.failures:
        raise typer.Exit(EXIT_POINTS_FAILED)


def _defaults(shape: str) -> list[str]:
    """Settings of arrays of this shape, ROWSxCOLSxLANES, before those of the user."""
    rows = parse_array(shape, "shift", []).rows
    reuse = max(distance for distance in (0, *REUSE_DISTANCES) if distance < rows and distance <= _REUSE)
    tallest = max(height for height in range(1, _TILE_ROWS + 1) if rows % height == 0)
    return [*SETTINGS, f"act_reuse={reuse}", f"tile_rows={tallest}"]


def _arrays(shape: str, settings: Sequence[str], ariths: Sequence[str]) -> dict[str, ArrayConfig]:
    """The array of every arithmetic; a code width is that of shift codes, since multipliers allow one each."""
    common = [setting for setting in settings if setting.partition("=")[0] != _SHIFT_ONLY]
    return {arith: parse_array(shape, arith, list(settings) if arith == "shift" else common) for arith in dict.fromkeys(ariths)}


def _report(comparison: Comparison, console: Console, json: Path | None, insert: Sequence[Path], plots: Path | None) -> None:
    from flightasic.compare import MARKS, SUMMARY_MARKS, all_tables, summary, summary_tables
    from flightasic.files import write_atomically, write_json

    if not comparison.points:
        return
    tables = {SUMMARY_MARKS: summary_tables(comparison), MARKS: all_tables(comparison)}
    print_tables(console, tables[MARKS])
    if json is not None:
        write_json(json, summary(comparison))
        console.print(f"wrote {json}")
    for page in insert:
        write_atomically(page, page_with(page, tables))
        console.print(f"updated {page}")
    if plots is not None:
        for name, text in _pictures(comparison).items():
            write_atomically(plots / name, text)
            console.print(f"wrote {plots / name}")


def _pictures(comparison: Comparison) -> Mapping[str, str]:
    from flightasic.compare.plots import energy_accuracy_svg, energy_parts_svg

    return {"energy-accuracy.svg": energy_accuracy_svg(comparison), "energy-parts.svg": energy_parts_svg(comparison)}
