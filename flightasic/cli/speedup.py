"""``flightasic speedup``: images per second of FLightNN, LightNN and fixed point on the arrays that were fitted for an FPGA."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from flightasic.cli.array import parse_words
from flightasic.cli.bars import TaskBars
from flightasic.cli.pages import page_with, require_places
from flightasic.cli.tables import print_tables

if TYPE_CHECKING:
    from flightasic.speedup import Plan, Speedup

EXAMPLES = """Examples:

  flightasic speedup

  flightasic speedup --json docs/speedup.json --insert docs/speedup.md --insert README.md --plots docs

  flightasic speedup --networks net1,net6 --schemes lightnn2,flight-a,fixed4 --check none

  flightasic speedup --fits build/fits-25f --part LFE5U-25F --zoo build/zoo --jobs 8

  flightasic speedup --objective networks

  flightasic speedup --check net1-flight-a,net1-fixed4

  flightasic speedup --from docs/speedup.json --insert docs/speedup.md
"""

EXIT_CHECKS_FAILED = 2
FITS = (Path("build/results"), Path("docs/fits"))
CHECKED = "net1"
NO_CHECK = "none"


def register(app: typer.Typer) -> None:
    """Add the command ``speedup`` to the main application."""
    app.command("speedup", epilog=EXAMPLES)(speedup)


def speedup(
    networks: Annotated[str | None, typer.Option(help="Networks of docs/models.md, with commas. Default: net1 to net8.")] = None,
    schemes: Annotated[str | None, typer.Option(help="Schemes, with commas. Default: all of docs/speedup.md.")] = None,
    fits: Annotated[
        list[Path] | None,
        typer.Option(help=f"Folder with records of 'flightasic fit'; may be repeated. Default: {' and '.join(map(str, FITS))}."),
    ] = None,
    objective: Annotated[
        str, typer.Option(help="What the arrays were fitted for: networks, networks-per-lut or products (docs/fit.md).")
    ] = "networks-per-lut",
    part: Annotated[str, typer.Option(help="Part that the arrays were fitted for.")] = "LFE5U-85F",
    speed: Annotated[int, typer.Option(help="Its speed grade.")] = 6,
    zoo: Annotated[Path | None, typer.Option(help="Folder of trained networks (docs/zoo.md). Default: the experiment's own.")] = None,
    check: Annotated[
        str,
        typer.Option(
            help="What to simulate in RTL, with commas: networks in all schemes (net1), or in one (net1-flight-a); or none. "
            "The first time, an array's model is built: minutes."
        ),
    ] = CHECKED,
    jobs: Annotated[int, typer.Option(min=1, help="Points at a time, a process each.")] = 2,
    json: Annotated[Path | None, typer.Option(help="Write all points, with the arrays and what follows, here.")] = None,
    insert: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Put the tables between the marks speedup, or speedup-summary, of this Markdown file; may be repeated.",
        ),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(help="Draw speedup-images.svg and speedup-per-klut.svg in this folder (extra 'plot').")
    ] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Show the speed-up of this JSON file; measure nothing.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of finished points and simulation models, and results/ in it.")] = Path("build"),
) -> None:
    """Put images per second, and per 1,000 LUTs, beside accuracy: every network in every scheme, on the array fitted for its arithmetic.

    Cycles are the compiler's; some networks are simulated in RTL to check them. Fixed point runs twice, with the part's multipliers and
    without. What is finished is kept, so that an interrupted run goes on where it was. Exit code 2 if a simulation disagrees.
    """
    from flightasic.speedup import Place, Speedup, run_speedup
    from flightasic.speedup.tables import MARKS, SUMMARY_MARKS

    require_places(insert or [], (SUMMARY_MARKS, MARKS), plots)
    if source is not None:
        found = Speedup.read(source)
    else:
        plan = _plan(parse_words(networks), parse_words(schemes), fits or FITS, part, speed, objective, zoo, parse_words(check))
        with TaskBars() as bars:
            found = run_speedup(plan, Place(build=out, results=out / "results", jobs=jobs), bars)
    console = Console()
    _report(found, console, json, insert or [], plots)
    failed = [check for check in found.checks if check.failed]
    for each in failed:
        console.print(
            f"[red]failed[/red] {escape(f'{each.net} {each.scheme} on {each.array}: {each.failed}')}", highlight=False, soft_wrap=True
        )
    if failed:
        raise typer.Exit(EXIT_CHECKS_FAILED)


def _plan(
    nets: Sequence[str],
    schemes: Sequence[str],
    fits: Sequence[Path],
    part: str,
    speed: int,
    objective: str,
    zoo: Path | None,
    checked: Sequence[str],
) -> Plan:
    from flightasic.config import one_of
    from flightasic.errors import ConfigError
    from flightasic.fit import OBJECTIVES
    from flightasic.speedup import NETS, SCHEMES, Plan, find_arrays, find_sources, variants
    from flightasic.zoo import FPGA_FOLDER

    nets, schemes = tuple(nets or NETS), tuple(schemes or SCHEMES)
    checked = () if list(checked) == [NO_CHECK] else tuple(checked)
    known = {*nets, *(f"{net}-{scheme}" for net in nets for scheme in schemes)}
    strange = [name for name in checked if name not in known and checked != (CHECKED,)]
    if strange:
        raise ConfigError(
            f"--check {strange[0]!r} is none of the networks {', '.join(nets)}, nor one with a scheme ({', '.join(schemes)}) behind; name "
            "it with --networks or --schemes too, or take 'none'"
        )
    if objective not in OBJECTIVES:
        raise ConfigError(f"--objective must be {one_of(OBJECTIVES)}, got {objective!r}")
    sources, reasons = find_sources(nets, schemes, zoo or FPGA_FOLDER)
    wanted = dict.fromkeys(variant for scheme in schemes for variant in variants(scheme))
    wanted |= dict.fromkeys(variant for source in sources for variant in variants(source.scheme, source))
    arrays, missing = find_arrays(fits, tuple(wanted), part=part, speed=speed, objective=objective)
    return Plan(nets=nets, schemes=schemes, sources=tuple(sources), reasons=reasons, arrays=arrays, checked=checked, missing=missing)


def _report(found: Speedup, console: Console, json: Path | None, insert: Sequence[Path], plots: Path | None) -> None:
    from flightasic.files import write_atomically, write_json
    from flightasic.speedup.plots import pictures
    from flightasic.speedup.summary import summary
    from flightasic.speedup.tables import MARKS, SUMMARY_MARKS, all_tables, summary_tables

    tables = {SUMMARY_MARKS: summary_tables(found), MARKS: all_tables(found)}
    print_tables(console, tables[MARKS])
    if json is not None:
        write_json(json, summary(found))
        console.print(f"wrote {json}")
    for page in insert:
        write_atomically(page, page_with(page, tables))
        console.print(f"updated {page}")
    if plots is not None:
        for name, text in pictures(found).items():
            write_atomically(plots / name, text)
            console.print(f"wrote {plots / name}")
