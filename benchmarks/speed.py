"""How fast the tools are, in one run on one machine: RTL simulation against the cocotb bench, golden model, compiler, emission.

Everything runs the same array (the default) and the same network (random weights in the layers of cnn-s).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flightasic import golden  # noqa: E402
from flightasic.compiler import compile_network  # noqa: E402
from flightasic.hw.emit import emit_verilog  # noqa: E402
from flightasic.results import RESULTS, write_record  # noqa: E402
from flightasic.sim import Simulator  # noqa: E402
from verification.cases import random_images  # noqa: E402
from verification.emitted import build, emit_unit, play  # noqa: E402
from verification.scenarios import BENCHMARKS, GOLDEN  # noqa: E402

SCENARIO = "clean-real-size"
CLOCK_NS = 10
_SUMMARY = re.compile(r"TESTS=1 PASS=1 FAIL=0 SKIP=0\s+([\d.]+)\s+([\d.]+)")


def cocotb_cycles_per_s(scratch: Path) -> float:
    """Cycles per second of the cocotb bench under Verilator, from cocotb's own summary (simulated and real time)."""
    scenario = BENCHMARKS[SCENARIO]
    emission = emit_unit("top", scenario.config)
    build(emission, "verilator")
    expected = golden.run(scenario.network, torch.tensor(scenario.images))[-1].tolist()
    play(emission, "verilator", SCENARIO, scratch, {GOLDEN: json.dumps(expected)})
    found = _SUMMARY.search((scratch / "verilator.log").read_text())
    if found is None:
        raise SystemExit(f"no summary of a passed test in {scratch / 'verilator.log'}")
    simulated_ns, real_s = map(float, found.groups())
    return simulated_ns / CLOCK_NS / real_s


def measure(scratch: Path, *, rtl_images: int, golden_images: int) -> dict[str, float]:
    """All figures, by name."""
    scenario = BENCHMARKS[SCENARIO]
    network, config = scenario.network, scenario.config
    started = time.perf_counter()
    emit_verilog(config, scratch / "rtl")
    emission_s = time.perf_counter() - started
    started = time.perf_counter()
    program = compile_network(network, config)
    compile_s = time.perf_counter() - started

    images = random_images(np.random.default_rng(0), network, golden_images)
    simulator = Simulator(config)
    simulator.load(program)
    started = time.perf_counter()
    result = simulator.run(images[:rtl_images])
    rtl = float(result.cycles.sum()) / (time.perf_counter() - started)
    started = time.perf_counter()
    golden.logits(network, torch.tensor(images))
    golden_per_s = golden_images / (time.perf_counter() - started)
    bench = cocotb_cycles_per_s(scratch / "cocotb")
    return {
        "rtl_cycles_per_s": rtl,
        "cocotb_cycles_per_s": bench,
        "rtl_over_cocotb": rtl / bench,
        "golden_images_per_s": golden_per_s,
        "compile_s": compile_s,
        "emission_s": emission_s,
    }


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: python benchmarks/speed.py --rtl-images 200")
    parser.add_argument("--rtl-images", type=int, default=100, help="images on the RTL (default: 100)")
    parser.add_argument("--golden-images", type=int, default=2000, help="images through the golden model (default: 2000)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the record")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = measure(Path(scratch), rtl_images=arguments.rtl_images, golden_images=arguments.golden_images)
    scenario = BENCHMARKS[SCENARIO]
    versions = {package: version(package) for package in ("torch", "cocotb", "verilator", "pymtl3")}
    record = write_record(
        "speed", scenario.config.name, data, stage="simulation", versions=versions, config=scenario.config,
        workload=scenario.network.name, results=arguments.results,
    )  # fmt: skip
    table = Table("figure", "value", title=f"{scenario.network.name} on {scenario.config.name}")
    for name, value in data.items():
        table.add_row(name, f"{value:,.3g}" if value < 1000 else f"{value:,.0f}")
    console = Console()
    console.print(table)
    console.print(f"record: {record}", highlight=False)


if __name__ == "__main__":
    main()
