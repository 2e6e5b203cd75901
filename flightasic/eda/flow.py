"""Running the ASIC flow: a SiliconCompiler project built from plain arguments, results as plain data."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siliconcompiler import ASIC, PDK, Flowgraph, StdCellLibrary

from flightasic.design import IO_DELAY_FRACTION, FlightDesign
from flightasic.eda.liberty import read_text, with_wire_load
from flightasic.eda.pdk import Technology
from flightasic.eda.project import run_project, short_version
from flightasic.eda.sources import require_sources
from flightasic.eda.synthesis import ADDER_STYLES, SynthesisJob, UnitArea
from flightasic.eda.tasks import SynthesisTask, TimingTask
from flightasic.errors import ToolError
from flightasic.tools import require_program

logger = logging.getLogger(__name__)

WIRE_LOAD_FF = 4.0
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


class AsicFlow(Flowgraph):
    """Synthesis, then timing."""

    def __init__(self) -> None:
        super().__init__("flightasic_asic")
        self.node("synthesis", SynthesisTask())
        self.node("timing", TimingTask())
        self.edge("synthesis", "timing")


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
