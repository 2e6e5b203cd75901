"""Utilisation, Fmax and critical path of an array with its memories on a Lattice ECP5; with pins, its bitstream.

An array of multipliers is measured twice: products in the DSP blocks, and products made of LUTs.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from flightasic.board import ULX3S
from flightasic.cli.array import parse_array
from flightasic.cli.fpga import add_multipliers, add_part, add_placement, choices, fpga_array, print_results, products_of
from flightasic.cli.script import flow_parser, run_flow, working
from flightasic.eda.fpga_parts import ECP5_PARTS

EXAMPLES = """\
examples:
  sc flows/fpga_ecp5.py
  sc flows/fpga_ecp5.py --arith fixed4 --no-dsp
  sc flows/fpga_ecp5.py --arith fixed8 --array 8x8x8 --dsp 100
  sc flows/fpga_ecp5.py --array 2x4x4 --part LFE5U-25F --clock-mhz 60
  sc flows/fpga_ecp5.py --board ulx3s
"""


def build_parser() -> argparse.ArgumentParser:
    """The script's command line."""
    from flightasic.eda.fpga import ECP5_CLOCK_MHZ, ECP5_PART

    parser = flow_parser(__doc__ or "", EXAMPLES)
    add_part(parser, ECP5_PARTS, ECP5_PART)
    parser.add_argument("--speed", type=int, default=6, help="speed grade 6, 7 or 8 (default: 6)")
    add_placement(parser, ECP5_CLOCK_MHZ)
    add_multipliers(parser, budget=True)
    parser.add_argument("--lpf", type=Path, help="pins of the array's ports: place with pads and write a bitstream")
    parser.add_argument("--board", choices=[ULX3S.name], help="build the bitstream of this board with the array on it (docs/board.md)")
    parser.add_argument("--baud", type=int, help=f"with --board: rate of its serial line (default: {ULX3S.baud})")
    return parser


def board_flow(arguments: argparse.Namespace, console: Console) -> None:
    """Build the bitstream of a board, record, and print; part, speed, clock and pins are the board's."""
    config = parse_array(arguments.array, arguments.arith, arguments.set)  # the board's clock is slow: no registers by option
    from flightasic.board.build import build_board

    dsp = choices(arguments, config)[0]
    with working(f"synthesis, placement, routing and bitstream of {config.name} on {ULX3S.name}"):
        result, bitstream, record = build_board(
            config, baud=arguments.baud, dsp=dsp, seed=arguments.seed, build=arguments.out, results=arguments.out / "results"
        )
    title = f"{config.name} on {ULX3S.name} ({ULX3S.part}-{ULX3S.speed}), clock {ULX3S.clock_hz / 1e6:g} MHz"
    print_results(console, title, ECP5_PARTS[ULX3S.part], [(products_of(config, dsp), replace(result, bitstream=bitstream), record)])
    console.print(f"load it: openFPGALoader -b {ULX3S.name} {bitstream}", highlight=False)


def flow(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, record, and print."""
    if arguments.board:
        board_flow(arguments, console)
        return
    config = fpga_array(arguments, "ecp5")
    from flightasic.eda.fpga import measure_ecp5

    results = []
    for dsp in choices(arguments, config):
        products = products_of(config, dsp)
        with working(f"synthesis, placement and routing of {config.name} on {arguments.part}, products: {products}"):
            result, record = measure_ecp5(
                config,
                part=arguments.part,
                package=arguments.package,
                speed=arguments.speed,
                clock_mhz=arguments.clock_mhz,
                dsp=dsp,
                seed=arguments.seed,
                lpf=arguments.lpf,
                build=arguments.out,
                results=arguments.out / "results",
            )
        results.append((products, result, record))
    context = "with its pads" if arguments.lpf else "out of context"
    title = f"{config.name} on {arguments.part}-{arguments.speed}, placed and routed {context}, goal {arguments.clock_mhz:g} MHz"
    print_results(console, title, ECP5_PARTS[arguments.part], results)


if __name__ == "__main__":
    run_flow(build_parser(), flow)
