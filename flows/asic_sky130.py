"""Area, timing and energy of an array on sky130 (or, without sky130 data, on the OSU 0.18 um library).

Synthesis with a clock tree, timing at every corner, gate-level simulation of a real layer on a real image against the golden model, and
the power of what the netlist did. With --layout the same through place and route to GDS, and measured again on the routed netlist.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from rich.console import Console

from flightasic.cli.energy import show_design, show_energy, show_layout
from flightasic.cli.script import cycles_bar, flow_array, flow_parser, run_flow, working
from flightasic.errors import ToolError

if TYPE_CHECKING:
    from flightasic.config import ArrayConfig
    from flightasic.ir import IntegerNetwork

EXAMPLES = """\
examples:
  sc flows/asic_sky130.py                                  one layer of one image on the default array
  sc flows/asic_sky130.py --arith fixed4 --clock-ns 12     its rival, slower
  sc flows/asic_sky130.py --network net1-lightnn1 --full   a whole image through a network of the zoo
  sc flows/asic_sky130.py --array 8x8x8 --set signed_acts=0 --no-energy
  sc flows/asic_sky130.py --layout                         on to GDS (needs OpenROAD and KLayout)
  sc flows/asic_sky130.py --pdk osu018
"""
NETWORKS = {"shift": "net1-flight-a", "fixed4": "net1-fixed4", "fixed8": "net1-fixed8"}


def build_parser() -> argparse.ArgumentParser:
    """The script's command line."""
    parser = flow_parser(__doc__ or "", EXAMPLES)
    parser.add_argument("--clock-ns", type=float, default=10.0, help="clock period in ns, the goal of mapping and timing (default: 10)")
    parser.add_argument("--corner", default="tt", help="corner of power and setup: tt, ss, ff or a full name (default: tt)")
    parser.add_argument("--pdk", help="sky130, osu018, or the folder of a lambdapdk or OSU library (default: FLIGHTASIC_PDK, or a search)")
    parser.add_argument(
        "--adder-style", default="auto", help="auto, or one of abc, tree, fast, fa, booth (default: auto, the first to meet the clock)"
    )
    parser.add_argument("--no-clock-gating", action="store_true", help="let enabled registers recirculate instead of gating their clock")
    parser.add_argument("--network", help="network to simulate: a name of the zoo or a .flnet file (default: net1 of the zoo)")
    parser.add_argument("--layer", help="its layer to simulate (default: the one with the most multiply-accumulates)")
    parser.add_argument("--full", action="store_true", help="simulate the whole network instead of one layer")
    parser.add_argument("--images", type=int, default=1, help="test images to simulate (default: 1)")
    parser.add_argument("--no-energy", action="store_true", help="stop after synthesis and timing")
    parser.add_argument("--layout", action="store_true", help="place and route to GDS, and measure the routed netlist too")
    parser.add_argument("--scheduler", help="run simulation and power on a cluster that shares these files: slurm, lsf, sge")
    return parser


def flow(arguments: argparse.Namespace, console: Console) -> None:
    """Measure, record, and print the tables."""
    config = flow_array(arguments)
    if arguments.layout:
        require_layout(arguments)
    from flightasic.eda.measure import find_design, record_design
    from flightasic.eda.pdk import find_technology
    from flightasic.eda.project import require_scheduler

    require_scheduler(arguments.scheduler)

    technology = find_technology(arguments.pdk)
    if arguments.layout:
        from flightasic.eda.layout_project import require_library

        require_library(technology)
    console.print(f"technology: [bold]{technology.name}[/bold], {technology.source}", highlight=False)
    run = None if arguments.no_energy else workload(arguments, config)
    results = arguments.out / "results"
    with working(f"synthesis and timing of {config.name} at {arguments.clock_ns:g} ns"):
        design = find_design(
            config,
            technology,
            clock_ns=arguments.clock_ns,
            corner=arguments.corner,
            adder_style=arguments.adder_style,
            clock_gating=not arguments.no_clock_gating,
            build=arguments.out,
        )
    show_design(design, console)
    if run is None:
        console.print(f"record, of a netlist that was not simulated: {record_design(design, results)}", highlight=False)
        return
    network, images = run
    with cycles_bar(f"{network.name} on the netlist") as progress:
        from flightasic.eda.measure_energy import measure_energy

        energy = measure_energy(
            design, network, images, build=arguments.out, results=results, scheduler=arguments.scheduler, progress=progress
        )
    show_energy([energy], console)
    console.print(f"record of area and timing: {record_design(design, results)}", highlight=False)
    if not arguments.layout:
        return
    from flightasic.eda.routed import lay_out, measure_layout

    with working(f"place and route of {config.name}, an hour or more"):
        layout = lay_out(design, build=arguments.out)
    with cycles_bar(f"{network.name} on the routed netlist") as progress:
        measured = measure_layout(
            layout, network, images, build=arguments.out, results=results, scheduler=arguments.scheduler, progress=progress
        )
    show_energy([measured.energy], console)
    show_layout(design, energy, measured, console)


def require_layout(arguments: argparse.Namespace) -> None:
    """Raise ToolError where --layout cannot end well: before the minutes that synthesis and simulation take."""
    from flightasic.eda.layout_tools import require_tools

    if arguments.no_energy:
        raise ToolError("--layout is recorded only after gate-level simulation of the routed netlist: leave out --no-energy")
    require_tools()


def workload(arguments: argparse.Namespace, config: ArrayConfig) -> tuple[IntegerNetwork, Any]:
    """The network to run (one layer, or all with --full), and its images. One that does not fit is refused before synthesis."""
    from flightasic.compiler import compile_network
    from flightasic.eda.workload import extract_layer, real_images
    from flightasic.zoo.store import find_integer

    network = find_integer(arguments.network or NETWORKS[config.arith])
    images = real_images(arguments.images)
    if not arguments.full:
        macs = network.macs()
        layer = macs.index(max(macs)) if arguments.layer is None else int(arguments.layer) if arguments.layer.isdigit() else arguments.layer
        network, images = extract_layer(network, layer, images)
    compile_network(network, config)
    return network, images


if __name__ == "__main__":
    run_flow(build_parser(), flow)
