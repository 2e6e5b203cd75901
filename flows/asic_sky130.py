"""Area, slack and frequency of an array's core on sky130 (or, without sky130 data, on the OSU 0.18 um library)."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from flightasic.cli.script import flow_array, flow_parser, run_flow, working

EXAMPLES = """\
examples:
  sc flows/asic_sky130.py
  sc flows/asic_sky130.py --arith fixed4 --clock-ns 8
  sc flows/asic_sky130.py --array 8x8x8 --adder-style fa --no-clock-gating
  sc flows/asic_sky130.py --pdk osu018
"""


def build_parser() -> argparse.ArgumentParser:
    """The script's command line."""
    parser = flow_parser(__doc__ or "", EXAMPLES)
    parser.add_argument("--clock-ns", type=float, default=10.0, help="clock period in ns, the goal of mapping and timing (default: 10)")
    parser.add_argument("--corner", default="tt", help="corner: tt, ss, ff or a full name (default: tt)")
    parser.add_argument("--pdk", help="sky130, osu018, or the folder of a lambdapdk or OSU library (default: FLIGHTASIC_PDK, or a search)")
    parser.add_argument("--adder-style", default="tree", help="abc, tree or fa: how much is built of full-adder cells (default: tree)")
    parser.add_argument("--no-clock-gating", action="store_true", help="let enabled registers recirculate instead of gating their clock")
    return parser


def flow(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, record, and print one table."""
    config = flow_array(arguments)
    from flightasic.eda.measure import measure_asic
    from flightasic.eda.pdk import find_technology

    technology = find_technology(arguments.pdk)
    console.print(f"technology: [bold]{technology.name}[/bold], {technology.source}", highlight=False)
    with working(f"synthesis and timing of {config.name} at {arguments.clock_ns:g} ns"):
        result, record = measure_asic(
            config,
            technology,
            clock_ns=arguments.clock_ns,
            corner=arguments.corner,
            adder_style=arguments.adder_style,
            clock_gating=not arguments.no_clock_gating,
            build=arguments.out,
            results=arguments.out / "results",
        )
    table = Table(title=f"{config.name} on {technology.name}, {result.corner}, synthesis only, memories outside")
    for heading in ("unit", "instances", "area um2", "share", "cells", "flip-flops"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    for unit in sorted(result.units, key=lambda unit: -unit.area_um2):
        share = f"{unit.area_um2 / result.area_um2:.1%}"
        table.add_row(unit.name, str(unit.instances), f"{unit.area_um2:,.0f}", share, f"{unit.cells:,}", f"{unit.flops:,}")
    table.add_section()
    table.add_row("total", "", f"{result.area_um2:,.0f}", "100.0%", f"{result.cells:,}", f"{result.flops:,}", style="bold")
    console.print(table)
    met = "[green]met[/green]" if result.setup_slack_ns >= 0 else "[red]violated[/red]"
    console.print(
        f"setup slack {result.setup_slack_ns:+.2f} ns at {arguments.clock_ns:g} ns ({met}), hold slack {result.hold_slack_ns:+.2f} ns, "
        f"reaches {result.fmax_mhz:.1f} MHz; critical path {result.path_start} to {result.path_end}",
        highlight=False,
    )
    gating = "on" if result.clock_gating else "off"
    console.print(f"adders: {result.adder_style}; clock gating: {gating}; record: {record}", highlight=False)


if __name__ == "__main__":
    run_flow(build_parser(), flow)
