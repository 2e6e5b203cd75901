"""Stand-ins for synthesis and gate-level simulation: figures follow from the network, what is finished is kept as the real ones keep it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from flightasic.compare import Measures, Point
from flightasic.compare.points import PARTS, make_point
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.eda.pdk import CellRoles, Technology
from flightasic.errors import ToolError
from flightasic.ir import IntegerNetwork

WORK = "work.log"
BREAK, INTERRUPT = "break.txt", "interrupt.txt"
CORE_UM2 = {"shift": 200_000.0, "fixed4": 250_000.0, "fixed8": 400_000.0}
PJ_PER_CYCLE = {"shift": 20.0, "fixed4": 30.0, "fixed8": 50.0}
_BUFFER = ("clkbuf", "A", "X")
_ROLES = CellRoles(
    full_adder=("fa", "A", "B", "CI", "CO", "S"),
    half_adder=("ha", "A", "B", "CO", "S"),
    tie_high=None,
    tie_low=None,
    clock_gate=None,
    clock_buffers=(_BUFFER, _BUFFER, _BUFFER),
    driver="buf",
    driver_load_ff=10.0,
    dont_use=(),
)
TECHNOLOGY = Technology("testlib", "made for tests", {"tt_typical": Path("x.lib")}, Path("x.lef"), _ROLES, {"tt": "tt_typical"})


@dataclass(frozen=True)
class SmallDesign:
    """As much of a design as the stand-in for simulation needs."""

    config: ArrayConfig
    clock_ns: float


def small_design(
    config: ArrayConfig, technology: Technology, *, clock_ns: float, corner: str, adder_style: str, build: Path
) -> SmallDesign:
    """Stands in for find_design; a build folder with BREAK naming the array makes it miss its clock."""
    _work(build, f"design {config.name} {clock_ns:g} {corner} {adder_style}")
    if _named(build, BREAK, config.name):
        raise ToolError(f"{config.name}: setup slack -1.00 ns")
    return SmallDesign(config, clock_ns)


@dataclass(frozen=True)
class SmallResult:
    """As EnergyResult."""

    data: dict[str, Any]
    record: Path


def small_energy(
    design: SmallDesign,
    network: IntegerNetwork,
    images: torch.Tensor,
    *,
    build: Path,
    results: Path,
    scheduler: str | None,
    progress: Callable[[int, int], None] | None,
) -> SmallResult:
    """Stands in for measure_energy: BREAK naming the network is a mismatch, INTERRUPT a Ctrl-C in its midst."""
    kept = build / "energy" / f"{network.name}-{design.config.name}.json"
    cycles = compile_network(network, design.config).cycles
    if not kept.is_file():
        _work(build, f"energy {network.name} {tuple(images.shape)} {scheduler}")
        assert progress is not None
        progress(cycles // 2, cycles)
        if _named(build, INTERRUPT, network.name):
            raise KeyboardInterrupt
        if _named(build, BREAK, network.name):
            raise ToolError(f"{network.name}: image 0: outputs differ from the golden model's")
        kept.parent.mkdir(parents=True, exist_ok=True)
        arith = design.config.arith
        data = energy_data(
            arith=arith,
            array=design.config.name,
            cycles=cycles,
            clock_ns=design.clock_ns,
            energy_nj=PJ_PER_CYCLE[arith] * cycles / 1000,
            mean_k=network.mean_k() if arith == "shift" else None,
            core_um2=CORE_UM2[arith],
        )
        kept.write_text(json.dumps(data))
    labels = {name: network.info.get(name) for name in ("scheme", "accuracy")}
    return SmallResult(json.loads(kept.read_text()) | labels, kept)


MEASURES = Measures(small_design, small_energy)


def _work(build: Path, line: str) -> None:
    build.mkdir(parents=True, exist_ok=True)
    with (build / WORK).open("a") as log:
        log.write(line + "\n")


def _named(build: Path, file: str, name: str) -> bool:
    path = build / file
    return path.is_file() and name in path.read_text().split()


def work_done(build: Path) -> list[str]:
    """What the stand-ins really did, in order."""
    return (build / WORK).read_text().splitlines()


def energy_data(
    *,
    arith: str = "shift",
    array: str = "shift_4x4x4",
    cycles: int = 1000,
    clock_ns: float = 10.0,
    energy_nj: float = 100.0,
    accuracy: float | None = 0.9,
    mean_k: float | None = 1.0,
    core_um2: float = 200_000.0,
    memory_um2: float | None = 300_000.0,
    array_pj: float = 0.9,
    around_pj: float = 0.3,
    total_pj: float = 2.5,
) -> dict[str, Any]:
    """``data`` of an energy record; a tenth of the energy in every part but logic."""
    energy = {part: energy_nj * (0.6 if part == "logic" else 0.1) for part in PARTS} | {"total": energy_nj}
    return {
        "network": "any",
        "scheme": None,
        "arith": arith,
        "array": array,
        "clock_ns": clock_ns,
        "corner": "tt_typical",
        "accuracy": accuracy,
        "mean_k": mean_k,
        "cycles": cycles,
        "area_um2": {"core": core_um2} | ({} if memory_um2 is None else {"memory": memory_um2}),
        "power_mw": {part: 1000 * nj / (cycles * clock_ns) for part, nj in energy.items()},
        "energy_per_inference_nj": energy,
        "energy_per_mac_pj": {"array": array_pj, "core": 1.5, "total": total_pj},
        "useful_macs": 1_000_000,
        "utilization": 0.8,
        "gops_per_w": 1234.5,
        "gops_per_mm2": 2.5,
        "fmax_mhz": 111.1,
        "setup_slack_ns": 0.5,
        "adder_style": "tree",
        "tile_rows": 2,
        "annotated_fraction": 0.999,
        "checks": {"outputs": "equal to the golden model", "setup_slack_ns": 0.5, "hold_slack_ns": 0.123},
        "layers": [],
        "units": {"mesh": array_pj * 1000, "feed": around_pj * 500, "merge": around_pj * 300, "clock": around_pj * 200, "post": 7.0},
        "pdk": "testlib",
        "pdk_source": "made for tests",
        "images": 1,
        "stage": "synthesis",
        "versions": {"yosys": "1"},
    }


def point(net: str, scheme: str, **figures: Any) -> Point:
    """A point whose arithmetic follows from its scheme."""
    arith = scheme.split("-")[0] if scheme.startswith("fixed") else "shift"
    usual = {"arith": arith, "array": f"{arith}_4x4x4", "mean_k": 1.0 if arith == "shift" else None, "core_um2": CORE_UM2[arith]}
    return make_point(net, scheme, energy_data(**{**usual, **figures}), "test")
