"""LUTs, flip-flops, block RAMs, multipliers and Fmax of an array with its memories on a Lattice ECP5, out of context."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from flightasic.cli.script import flow_array, flow_parser, run_flow, working

EXAMPLES = """\
examples:
  sc flows/fpga_ecp5.py
  sc flows/fpga_ecp5.py --arith fixed4 --no-dsp
  sc flows/fpga_ecp5.py --array 2x4x4 --part LFE5U-25F --clock-mhz 60
"""


def build_parser() -> argparse.ArgumentParser:
    """The script's command line."""
    parser = flow_parser(__doc__ or "", EXAMPLES)
    parser.add_argument("--part", default="LFE5U-85F", help="LFE5U-25F, LFE5U-45F or LFE5U-85F (default: LFE5U-85F)")
    parser.add_argument("--speed", type=int, default=6, help="speed grade 6, 7 or 8 (default: 6)")
    parser.add_argument("--clock-mhz", type=float, default=50.0, help="goal of placement in MHz (default: 50)")
    parser.add_argument("--no-dsp", action="store_true", help="build products of LUTs, not of the DSP blocks")
    parser.add_argument("--seed", type=int, default=1, help="placement seed (default: 1)")
    return parser


def flow(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, record, and print one table."""
    config = flow_array(arguments)
    from flightasic.eda.fpga import measure_ecp5

    with working(f"synthesis, placement and routing of {config.name} on {arguments.part}"):
        result, record = measure_ecp5(
            config,
            part=arguments.part,
            speed=arguments.speed,
            clock_mhz=arguments.clock_mhz,
            dsp=not arguments.no_dsp,
            seed=arguments.seed,
            build=arguments.out,
            results=arguments.out / "results",
        )
    table = Table(title=f"{config.name} on {arguments.part}-{arguments.speed}, placed and routed out of context")
    for heading in ("LUT4", "flip-flops", "block RAM (DP16KD)", "multipliers (MULT18X18D)", "Fmax MHz"):
        table.add_column(heading, justify="right")
    table.add_row(f"{result.lut:,}", f"{result.ff:,}", str(result.bram), str(result.dsp), f"{result.fmax_mhz:.1f}")
    console.print(table)
    console.print(f"record: {record}", highlight=False)


if __name__ == "__main__":
    run_flow(build_parser(), flow)
