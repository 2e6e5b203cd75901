"""How fast the tools are, in one run on one machine: RTL simulation against the cocotb bench, golden model, compiler, emission.

Every array runs the same network (random weights in the layers of cnn-s). ``--full`` also runs a trained network's 10,000 test
images on the RTL, each compared with the golden model, and records how long that took ("seconds" of the record).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from show import show

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flightasic import golden  # noqa: E402
from flightasic.compiler import compile_network  # noqa: E402
from flightasic.config import default_code_bits  # noqa: E402
from flightasic.data import fashion_mnist, quantise_input  # noqa: E402
from flightasic.errors import FlightError  # noqa: E402
from flightasic.hw.emit import emit_verilog  # noqa: E402
from flightasic.ir import IntegerNetwork  # noqa: E402
from flightasic.results import RESULTS, write_record  # noqa: E402
from flightasic.sim import Simulator  # noqa: E402
from flightasic.sim.check import check_network  # noqa: E402
from verification.cases import random_images  # noqa: E402
from verification.emitted import build, emit_unit, play  # noqa: E402
from verification.scenarios import BENCHMARKS, GOLDEN, Scenario  # noqa: E402

CLOCK_NS = 10
FULL = "clean-8x8x4"  # whose array runs all test images
_SUMMARY = re.compile(r"TESTS=1 PASS=1 FAIL=0 SKIP=0\s+([\d.]+)\s+([\d.]+)")


def cocotb_cycles_per_s(name: str, scenario: Scenario, scratch: Path) -> float:
    """Cycles per second of the cocotb bench under Verilator, from cocotb's own summary (simulated and real time)."""
    emission = emit_unit("top", scenario.config)
    build(emission, "verilator")
    expected = golden.run(scenario.network, torch.tensor(scenario.images))[-1].tolist()
    play(emission, "verilator", name, scratch, {GOLDEN: json.dumps(expected)})
    found = _SUMMARY.search((scratch / "verilator.log").read_text())
    if found is None:
        raise SystemExit(f"no summary of a passed test in {scratch / 'verilator.log'}")
    simulated_ns, real_s = map(float, found.groups())
    return simulated_ns / CLOCK_NS / real_s


def measure(name: str, scratch: Path, *, rtl_cycles: int) -> dict[str, float]:
    """An array's figures, by name; the RTL runs for about ``rtl_cycles``, twice, and the quicker run counts."""
    scenario = BENCHMARKS[name]
    network, config = scenario.network, scenario.config
    started = time.perf_counter()
    emit_verilog(config, scratch / "rtl")
    emission_s = time.perf_counter() - started
    started = time.perf_counter()
    program = compile_network(network, config)
    compile_s = time.perf_counter() - started
    simulator = Simulator(config)
    simulator.load(program)
    images = random_images(np.random.default_rng(0), network, max(1, rtl_cycles // program.cycles))
    elapsed = []
    for _ in range(2):
        started = time.perf_counter()
        result = simulator.run(images)
        elapsed.append(time.perf_counter() - started)
    rtl = float(result.cycles.sum()) / min(elapsed)
    bench = cocotb_cycles_per_s(name, scenario, scratch / "cocotb")
    started = time.perf_counter()
    golden.logits(network, torch.tensor(images))
    return {
        "products_per_cycle": config.products_per_cycle,
        "rtl_cycles_per_s": rtl,
        "cocotb_cycles_per_s": bench,
        "rtl_over_cocotb": rtl / bench,
        "rtl_images_per_s": len(images) / min(elapsed),
        "golden_images_per_s": len(images) / (time.perf_counter() - started),
        "compile_s": compile_s,
        "emission_s": emission_s,
    }


def run_full(network: IntegerNetwork, console: Console, results: Path) -> None:
    """All test images of Fashion-MNIST on the RTL of a 256-product array, compared with the golden model; printed and recorded."""
    test = fashion_mnist("test")
    config = replace(BENCHMARKS[FULL].config, arith=network.arith, code_bits=default_code_bits(network.arith))
    started = time.perf_counter()
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console) as progress:
        task = progress.add_task(f"RTL {network.name}", total=len(test))
        outcome = check_network(
            network, config, quantise_input(test.images), test.labels, progress=lambda done: progress.update(task, completed=done)
        )
    data = {
        "images": outcome.images,
        "mismatches": outcome.mismatches,
        "cycles_per_image": outcome.cycles,
        "rtl_cycles_per_s": outcome.cycles_per_s,
        "rtl_s": outcome.seconds,
        "with_build_and_golden_model_s": time.perf_counter() - started,
    }
    show(console, f"{network.name} on {config.name}, all test images", data, outcome.record(network, results))


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: python benchmarks/speed.py --full build/nets/flight.flnet")
    parser.add_argument("--rtl-cycles", type=int, default=2_000_000, help="cycles of RTL simulation for each array (default: 2,000,000)")
    parser.add_argument("--full", type=Path, metavar="NETWORK", help="integer network (.flnet) to run all 10,000 test images of, too")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the record")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console = Console()
    full = IntegerNetwork.load(arguments.full) if arguments.full else None
    versions = {package: version(package) for package in ("torch", "cocotb", "verilator", "pymtl3")}
    for name, scenario in BENCHMARKS.items():
        with tempfile.TemporaryDirectory() as scratch:
            data = measure(name, Path(scratch), rtl_cycles=arguments.rtl_cycles)
        record = write_record(
            "speed", scenario.config.name, data, stage="simulation", versions=versions, config=scenario.config,
            workload=scenario.network.name, results=arguments.results,
        )  # fmt: skip
        show(console, f"{scenario.network.name} on {scenario.config.name}", data, record)
    if full is not None:
        run_full(full, console, arguments.results)


if __name__ == "__main__":
    try:
        main()
    except FlightError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False)
        sys.exit(2)
