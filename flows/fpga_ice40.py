"""Utilisation, Fmax and bitstream of a small array with its memories on a Lattice iCE40.

The default array fits an iCE40HX8K-CT256 with every port on a pin of nextpnr's choice; --pcf names the pins of a board.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from flightasic.cli.fpga import add_part, add_placement, fpga_array, print_results, products_of
from flightasic.cli.script import flow_parser, run_flow, working
from flightasic.eda.fpga_parts import ICE40_PARTS

EXAMPLES = """\
examples:
  sc flows/fpga_ice40.py
  sc flows/fpga_ice40.py --array 2x2x1 --arith fixed4
  sc flows/fpga_ice40.py --set act_depth=256 --set code_depth=256
"""
ARRAY = "2x2x2"
BUFFERS = {"signed_acts": 0, "act_depth": 512, "code_depth": 512, "program_depth": 256, "acc_depth": 256}


def build_parser() -> argparse.ArgumentParser:
    """The script's command line."""
    from flightasic.eda.fpga import ICE40_CLOCK_MHZ, ICE40_PART

    parser = flow_parser(__doc__ or "", EXAMPLES, array=ARRAY)
    add_part(parser, ICE40_PARTS, ICE40_PART)
    add_placement(parser, ICE40_CLOCK_MHZ)
    parser.add_argument("--dsp", action="store_true", help="products in the DSP blocks of an iCE40UP5K")
    parser.add_argument("--pcf", type=Path, help="pins of the array's ports (default: nextpnr chooses)")
    return parser


def flow(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, record, and print."""
    config = fpga_array(arguments, "ice40", BUFFERS)
    from flightasic.eda.fpga import measure_ice40

    with working(f"synthesis, placement and routing of {config.name} on {arguments.part}"):
        result, record = measure_ice40(
            config,
            part=arguments.part,
            package=arguments.package,
            clock_mhz=arguments.clock_mhz,
            dsp=arguments.dsp,
            seed=arguments.seed,
            pcf=arguments.pcf,
            build=arguments.out,
            results=arguments.out / "results",
        )
    title = f"{config.name} on {arguments.part}, placed and routed, goal {arguments.clock_mhz:g} MHz"
    print_results(console, title, ICE40_PARTS[arguments.part], [(products_of(config, arguments.dsp), result, record)])


if __name__ == "__main__":
    run_flow(build_parser(), flow)
