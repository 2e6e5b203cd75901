"""What the tests of gate-level simulation share: technologies at hand, Icarus Verilog on a text, a small synthesised array."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from flightasic.config import ArrayConfig
from flightasic.eda.flow import run_asic
from flightasic.eda.gates import GateRun, simulate
from flightasic.eda.liberty import read_text
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.pdk import Technology, find_technology
from flightasic.eda.workload import Workload, make_workload
from flightasic.errors import ToolError
from flightasic.hw.emit import emit_verilog
from verification.networks import plain_network

ARRAY = ArrayConfig(
    rows=2, cols=3, lanes=2, tile_rows=1, tile_cols=3, acc_bits=26, act_depth=32, code_depth=128, program_depth=64, acc_depth=32
)
CLOCK_NS = 10.0


@cache
def technologies() -> tuple[str, ...]:
    """Names of the cell libraries this machine has: OSU's always, sky130 where its Liberty files are."""
    try:
        find_technology("sky130", download=False)
    except ToolError:
        return ("osu018",)
    return ("osu018", "sky130")


@cache
def liberty(name: str) -> str:
    """Text of a technology's library at the typical corner."""
    technology = find_technology(name, download=False)
    return read_text(technology.liberty[technology.corner("tt")])


def run_verilog(folder: Path, text: str, *options: str) -> list[str]:
    """Lines that a Verilog text prints under Icarus Verilog."""
    source = folder / "test.v"
    source.write_text(text)
    subprocess.run(["iverilog", "-g2012", *options, "-o", "test.vvp", str(source)], cwd=folder, check=True, capture_output=True)
    done = subprocess.run(["vvp", "test.vvp"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


@dataclass(frozen=True)
class Design:
    """A synthesised small array and what simulating it needs."""

    technology: Technology
    sources: list[Path]
    folder: Path

    @classmethod
    def make(cls, name: str, folder: Path) -> Design:
        """Synthesise :data:`ARRAY` for a technology into ``folder``."""
        emit_verilog(ARRAY, folder / "rtl")
        design = cls.found(name, folder)
        run_asic(design.sources, design.technology, clock_ns=CLOCK_NS, build=folder, name="asic")
        return design

    @classmethod
    def found(cls, name: str, folder: Path) -> Design:
        """What :meth:`make` left in ``folder``."""
        return cls(find_technology(name, download=False), sorted((folder / "rtl").glob("*.v")), folder)

    @property
    def verilog(self) -> Path:
        return self.folder / "asic/flow/synthesis/0/outputs/flight_core.vg"

    @property
    def sdf(self) -> Path:
        return self.folder / "asic/flow/timing/0/outputs/flight_core.sdf"

    def netlist(self) -> GateNetlist:
        return GateNetlist.read(self.folder / "asic/flow/synthesis/0/outputs/flight_core.json")

    def simulate(
        self,
        folder: Path,
        *,
        delays: bool = True,
        verilog: Path | None = None,
        sdf: Path | None = None,
        netlist: GateNetlist | None = None,
        work: Workload | None = None,
    ) -> GateRun:
        """Run :func:`workload` (or ``work``), with other files in the place of the design's where they are given."""
        return simulate(
            verilog or self.verilog,
            netlist or self.netlist(),
            (sdf or self.sdf) if delays else None,
            read_text(self.technology.liberty[self.technology.corner("tt")]),
            self.sources,
            work or workload(),
            clock_ns=CLOCK_NS,
            folder=folder,
            cache=self.folder / "cache",
        )


@cache
def workload(images: int = 1) -> Workload:
    """A small network for :data:`ARRAY`, on random images."""
    network = plain_network(ARRAY)
    values = np.random.default_rng(0).integers(-128, 128, (images, *network.in_shape))
    return make_workload(network, ARRAY, torch.tensor(values))
