"""Resources of an array with its memories on the XC7Z045 of the ZC706 board, as yosys synthesises it for Xilinx' 7 series.

No open tool places, routes and times this part here, so there is no Fmax and no bitstream. LUTs are an upper bound: two small ones may
share one of six inputs when the vendor's tools place them. An array of multipliers is measured twice: products in the DSP blocks, and
products made of LUTs.
"""

from __future__ import annotations

import argparse

from rich.console import Console

from flightasic.cli.fpga import add_multipliers, add_part, choices, fpga_array, print_results, products_of
from flightasic.cli.script import flow_parser, run_flow, working
from flightasic.eda.fpga_parts import XC7_PARTS

EXAMPLES = """\
examples:
  sc flows/fpga_xc7.py
  sc flows/fpga_xc7.py --arith fixed8 --array 8x8x8
  sc flows/fpga_xc7.py --arith fixed4 --no-dsp
"""
NO_TIMING = "no Fmax: no open tool places, routes and times this part here; LUTs are an upper bound, before two small ones share one"


def build_parser() -> argparse.ArgumentParser:
    """The script's command line."""
    from flightasic.eda.fpga import XC7_PART

    parser = flow_parser(__doc__ or "", EXAMPLES)
    add_part(parser, XC7_PARTS, XC7_PART)
    add_multipliers(parser, budget=False)
    return parser


def flow(arguments: argparse.Namespace, console: Console) -> None:
    """Synthesise, record, and print."""
    config = fpga_array(arguments, "xc7")
    from flightasic.eda.fpga import measure_xc7

    results = []
    for dsp in choices(arguments, config):
        products = products_of(config, dsp)
        with working(f"synthesis of {config.name} for {arguments.part}, products: {products}"):
            result, record = measure_xc7(config, part=arguments.part, dsp=dsp, build=arguments.out, results=arguments.out / "results")
        results.append((products, result, record))
    print_results(console, f"{config.name} on {arguments.part}, synthesised", XC7_PARTS[arguments.part], results)
    console.print(NO_TIMING, highlight=False)


if __name__ == "__main__":
    run_flow(build_parser(), flow)
