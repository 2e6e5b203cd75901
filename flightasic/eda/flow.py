"""Running the flows: SiliconCompiler projects built from plain arguments, results as plain data."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siliconcompiler import ASIC, FPGA, PDK, Flowgraph, FPGADevice, StdCellLibrary

from flightasic.design import IO_DELAY_FRACTION, FlightDesign
from flightasic.eda.ecp5 import EcpSynthesisJob
from flightasic.eda.liberty import read_text, with_wire_load
from flightasic.eda.pdk import Technology
from flightasic.eda.project import run_project, short_version
from flightasic.eda.synthesis import ADDER_STYLES, SynthesisJob, UnitArea
from flightasic.eda.tasks import EcpPlaceTask, EcpSynthesisTask, SynthesisTask, TimingTask
from flightasic.errors import ToolError
from flightasic.tools import require_program

logger = logging.getLogger(__name__)

WIRE_LOAD_FF = 4.0
ECP5_PARTS = {"LFE5U-25F": "--25k", "LFE5U-45F": "--45k", "LFE5U-85F": "--85k"}
ECP5_PACKAGE = "CABGA381"
_OPENSTA_REMEDY = "apt-get install opensta (Debian, Ubuntu), or sc-install opensta"


@dataclass(frozen=True)
class AsicResult:
    """A synthesised and timed design: area by unit, slacks in ns, frequency in MHz, the critical path's ends, tool versions.

    ``corners`` and what follows it are as in :func:`flightasic.eda.timing.parse_timing`; ``clock_tree`` as in
    :class:`flightasic.eda.clocktree.ClockTree`, None without one.
    """

    units: tuple[UnitArea, ...]
    setup_slack_ns: float
    hold_slack_ns: float
    fmax_mhz: float
    path_start: str
    path_end: str
    corner: str
    adder_style: str
    clock_gating: bool
    versions: dict[str, str]
    clock_tree: dict[str, int] | None
    measured: str
    corners: list[dict[str, Any]]
    clock_insertion_ns: float
    clock_skew_ns: float
    met: bool
    failures: list[str]

    @property
    def area_um2(self) -> float:
        """Standard-cell area, all units."""
        return sum(unit.area_um2 for unit in self.units)

    @property
    def cells(self) -> int:
        """Standard cells, all units."""
        return sum(unit.cells for unit in self.units)

    @property
    def flops(self) -> int:
        """Flip-flops, all units."""
        return sum(unit.flops for unit in self.units)


@dataclass(frozen=True)
class FpgaResult:
    """A placed and routed design: four-input LUTs, flip-flops, block RAMs, multipliers, Fmax in MHz, tool versions."""

    lut: int
    ff: int
    bram: int
    dsp: int
    fmax_mhz: float
    versions: dict[str, str]


class AsicFlow(Flowgraph):
    """Synthesis, then timing."""

    def __init__(self) -> None:
        super().__init__("flightasic_asic")
        self.node("synthesis", SynthesisTask())
        self.node("timing", TimingTask())
        self.edge("synthesis", "timing")


class EcpFlow(Flowgraph):
    """Synthesis, then place and route out of context."""

    def __init__(self) -> None:
        super().__init__("flightasic_ecp5")
        self.node("synthesis", EcpSynthesisTask())
        self.node("place", EcpPlaceTask())
        self.edge("synthesis", "place")


def run_asic(
    sources: Sequence[Path],
    technology: Technology,
    *,
    top: str = "flight_core",
    clock_ns: float = 10.0,
    corner: str = "tt",
    adder_style: str = "tree",
    clock_gating: bool = True,
    clock_tree: bool = True,
    build: Path = Path("build"),
    name: str = "asic",
) -> AsicResult:
    """Synthesise ``top`` for one corner and time it at all, with a wire load of 4 fF per sink in both steps.

    Inputs (the memories' outputs among them) arrive, and outputs must be there, a fifth of the period from the clock
    edge at the flip-flops. The clock runs through its tree.

    Parameters
    ----------
    clock_ns : goal of mapping and timing in nanoseconds, above 0
    build, name : results go to ``build``/``name``, whose earlier run is replaced

    Raises
    ------
    ToolError
        For a missing tool, an unknown corner or adder style, an impossible clock, or a failed step (with the tool's own words).
    """
    if adder_style not in ADDER_STYLES:
        raise ToolError(f"adder style must be one of {', '.join(ADDER_STYLES)}, got {adder_style!r}")
    if not clock_ns > 0:
        raise ToolError(f"clock must be above 0 ns, got {clock_ns}")
    corner = technology.corner(corner)
    require_sources(sources)
    require_program("sta", f"install OpenSTA with {_OPENSTA_REMEDY}")
    gating = clock_gating and technology.roles.clock_gate is not None
    if clock_gating and not gating:
        logger.warning("%s has no clock-gating cell: enabled registers recirculate instead", technology.name)
    with tempfile.TemporaryDirectory(prefix="flightasic_") as scratch:
        corners = {}
        for known, packed in technology.liberty.items():
            corners[known] = Path(scratch) / f"{technology.name}_{known}.lib"
            corners[known].write_text(with_wire_load(read_text(packed), WIRE_LOAD_FF))
        synthesis = SynthesisJob(
            sources=tuple(str(path.resolve()) for path in sources),
            top=top,
            liberty=str(corners[corner]),
            roles=technology.roles,
            clock_ns=clock_ns,
            adder_style=adder_style,
            clock_gating=gating,
            clock_tree=clock_tree,
        )
        design = FlightDesign.of_files(name, sources, top=top)
        sdc = Path(scratch) / f"{technology.name}.sdc"
        load_pf = technology.roles.driver_load_ff / 1000.0
        design.add_constraints(technology.name, sdc, clock_ns=clock_ns, driver=technology.roles.driver, load_pf=load_pf)
        timing = {
            "corners": {known: str(liberty) for known, liberty in corners.items()},
            "measured": corner,
            "sdc": str(sdc),
            "clock_ns": clock_ns,
            "io_delay_ns": IO_DELAY_FRACTION * clock_ns,
            "propagated": int(clock_tree),
        }
        project = ASIC(design)
        pdk, library = PDK(f"{technology.name}_pdk"), StdCellLibrary(technology.name)
        library.add_asic_pdk(pdk)
        project.set_pdk(pdk)
        project.set_mainlib(library)
        project.set_asic_delaymodel("nldm")
        project.set_flow(AsicFlow())
        project.add_fileset(["rtl", f"sdc.{technology.name}"])
        SynthesisTask.find_task(project).set_job(synthesis.to_json())
        TimingTask.find_task(project).set_job(json.dumps(timing))
        reports = run_project(project, build, name, ("synthesis", "timing"))
    units, slack = reports["synthesis"], reports["timing"]
    return AsicResult(
        units=tuple(UnitArea(**unit) for unit in units["units"]),
        corner=corner,
        adder_style=adder_style,
        clock_gating=gating,
        clock_tree=units["clock_tree"],
        versions={"yosys": short_version(units["yosys"]), "opensta": reports["versions"]["timing"]},
        **slack,
    )


def run_ecp5(
    sources: Sequence[Path],
    *,
    top: str = "flight_top",
    part: str = "LFE5U-85F",
    speed: int = 6,
    clock_mhz: float = 50.0,
    dsp: bool = True,
    seed: int = 1,
    build: Path = Path("build"),
    name: str = "ecp5",
) -> FpgaResult:
    """Synthesise, place and route ``top`` on a Lattice ECP5, without I/O cells (out of context).

    Raises
    ------
    ToolError
        For an unknown part or speed grade, or a failed step (with the tool's own words).
    """
    if part not in ECP5_PARTS:
        raise ToolError(f"part must be one of {', '.join(ECP5_PARTS)}, got {part!r}")
    if speed not in (6, 7, 8):
        raise ToolError(f"ECP5 speed grade must be 6, 7 or 8, got {speed}")
    if not clock_mhz > 0:
        raise ToolError(f"clock must be above 0 MHz, got {clock_mhz}")
    require_sources(sources)
    options = [ECP5_PARTS[part], "--package", ECP5_PACKAGE, "--speed", str(speed), "--freq", str(clock_mhz), "--seed", str(seed)]
    project = FPGA(FlightDesign.of_files(name, sources, top=top))
    project.add_fileset("rtl")
    device = FPGADevice(part)
    device.set_partname(part)
    device.set_lutsize(4)
    project.set_fpga(device)
    project.set_flow(EcpFlow())
    job = EcpSynthesisJob(sources=tuple(str(path.resolve()) for path in sources), top=top, dsp=dsp)
    EcpSynthesisTask.find_task(project).set_job(job.to_json())
    EcpPlaceTask.find_task(project).set_job(json.dumps({"options": [*options, "--out-of-context", "--timing-allow-fail"]}))
    reports = run_project(project, build, name, ("synthesis", "place"))
    versions = {"yosys": short_version(reports["synthesis"]["yosys"]), "nextpnr": reports["versions"]["place"]}
    return FpgaResult(**reports["place"], versions=versions)


def require_sources(sources: Sequence[Path]) -> None:
    """Raise :class:`ToolError` unless there are Verilog files and all exist."""
    if not sources:
        raise ToolError("no Verilog files given; write them with 'flightasic rtl'")
    for path in sources:
        if not path.is_file():
            raise ToolError(f"{path}: no such Verilog file; write it with 'flightasic rtl'")
