"""From RTL to GDS and back: SiliconCompiler's stock ``asicflow``, then the routed netlist and its wires for this project's own checks.

Place and route tools have produced wrong netlists with clean layout-versus-schematic reports: what comes back from here is an input of
timing, gate-level simulation and power estimation, not a result by itself.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from siliconcompiler.tools.yosys.syn_asic import ASICSynthesis

from flightasic.eda.layout_netlist import convert
from flightasic.eda.layout_project import LIBRARY, Floorplan, build_project, top_text, unit_modules
from flightasic.eda.layout_spef import net_caps, rename
from flightasic.eda.layout_tools import find_tools, stand_in
from flightasic.eda.pdk import Technology
from flightasic.eda.project import begin
from flightasic.eda.sources import require_sources
from flightasic.errors import ToolError
from flightasic.files import write_atomically

JOB = "layout"
VIEWS, GDS = "write.views", "write.gds"
PEX_CORNER = "typical"
MIN_WIRED = 0.99


@dataclass(frozen=True)
class RoutedDesign:
    """A routed block that met timing and has no design-rule errors left by the router.

    Attributes
    ----------
    netlist, netlist_json : flat netlist with plain names, units and clock parts; fillers, taps and antenna diodes left out
    spef : extracted wires (typical corner), names as in ``netlist``
    sdc : the constraints, written for ``netlist``'s ports
    gds, picture, def_ : the layout; ``picture`` is None where klayout drew none
    area_um2, die_um2 : standard cells, and the whole block
    utilization : share of the core that cells fill, in percent
    cells : cells with fillers and taps
    wirelength_um : all signal wires
    setup_slack_ns, hold_slack_ns : worst ones by OpenROAD, setup at ``corner``, hold at the fast corner, clock tree and wires included
    drc_errors : left by the detailed router
    wired_fraction : share of the netlist's nets with more than one pin that ``spef`` holds, 0.99 or more
    versions : of the programs
    """

    netlist: Path
    netlist_json: Path
    spef: Path
    sdc: Path
    gds: Path
    picture: Path | None
    def_: Path
    area_um2: float
    die_um2: float
    utilization: float
    cells: int
    wirelength_um: float
    setup_slack_ns: float
    hold_slack_ns: float
    drc_errors: int
    wired_fraction: float
    corner: str
    clock_ns: float
    versions: Mapping[str, str]

    def net_caps(self) -> dict[str, float]:
        """Wire capacitance in femtofarads by net name, for the power estimator."""
        return net_caps(self.spef)


def run_layout(
    sources: Sequence[Path],
    technology: Technology,
    *,
    top: str = "flight_core",
    clock_ns: float = 10.0,
    corner: str = "tt",
    floorplan: Floorplan | None = None,
    clock_gating: bool = True,
    strategy: str = "DELAY1",
    units: Collection[str] | None = None,
    cell_units: Mapping[str, str] | None = None,
    build: Path = Path("build"),
    name: str = "layout",
) -> RoutedDesign:
    """Place and route ``top`` and collect what the checks need in ``build``/``name``/routed.

    Parameters
    ----------
    sources : Verilog files: the RTL, which the stock synthesis maps; or one mapped netlist without a clock tree, which passes through it
    technology : sky130hd, wherever its files are
    clock_ns : goal in nanoseconds, above 0; held at ``corner`` for setup and at the fast corner for hold
    corner : "tt", "ss", "ff" or a full name
    floorplan : shape, density and pin sides; the default is a square, half full
    clock_gating, strategy : of the stock synthesis of RTL: gate enabled registers of 8 bits and more; abc's script by SiliconCompiler's
        name, "" for its default
    units : instance names to tell energy by; the children of ``top`` in the sources, must be given with a mapped netlist
    cell_units : unit of each cell of a mapped netlist by its name; a name need not tell
    build, name : SiliconCompiler's work goes to ``build``/``name``, whose earlier run is replaced

    Raises
    ------
    ToolError
        Before anything long runs: for a missing or too old program, another technology, an impossible clock or floorplan, a missing
        source. After it: for a failed step (with the tool's own words), routing errors, missed timing, or nets without extracted wires.
    """
    if not clock_ns > 0:
        raise ToolError(f"clock must be above 0 ns, got {clock_ns}")
    require_sources(sources)
    floorplan = floorplan or Floorplan()
    full_corner = technology.corner(corner)
    work = (build / name).resolve()
    with tempfile.TemporaryDirectory(prefix="flightasic_layout_") as temporary:
        scratch = Path(temporary)
        project = build_project(
            sources,
            technology,
            top=top,
            name=name,
            clock_ns=clock_ns,
            corner=corner,
            floorplan=floorplan,
            scratch=scratch,
            clock_gating=clock_gating,
            strategy=strategy,
        )
        versions = find_tools(scratch)
        history = run_project(project, build, scratch, versions)
        routed = work / "routed"
        shutil.rmtree(routed, ignore_errors=True)
        sdc = routed / f"{top}.sdc"
        write_atomically(sdc, (scratch / f"{LIBRARY}.sdc").read_text())
    outputs = {step: work / JOB / step / "0" / "outputs" for step in (VIEWS, GDS)}
    units = unit_modules(top_text(sources, top), sources) if units is None else units
    names = convert(outputs[VIEWS] / f"{top}.lec.vg", technology.liberty[full_corner], routed, top=top, units=units, cell_units=cell_units)
    spef = routed / f"{top}.spef"
    rename(outputs[VIEWS] / f"{top}.{PEX_CORNER}.spef", spef, names)
    gds = routed / f"{top}.gds"
    write_atomically(gds, gzip.decompress((outputs[GDS] / f"{top}.gds.gz").read_bytes()))
    pictures = sorted(outputs[GDS].glob("*.png"))
    result = RoutedDesign(
        netlist=routed / f"{top}.vg",
        netlist_json=routed / f"{top}.json",
        spef=spef,
        sdc=sdc,
        gds=gds,
        picture=_copy(pictures[0], routed / f"{top}.png") if pictures else None,
        def_=_copy(outputs[VIEWS] / f"{top}.def.gz", routed / f"{top}.def.gz"),
        wired_fraction=0.0,
        corner=full_corner,
        clock_ns=clock_ns,
        versions=versions,
        **figures(history),
    )
    result = replace(result, wired_fraction=wired_fraction(result))
    check(result)
    return result


def run_project(project: Any, build: Path, scratch: Path, versions: Mapping[str, str]) -> Any:
    """Run a project of :func:`flightasic.eda.layout_project.build_project` from scratch; returns its history.

    Raises
    ------
    ToolError
        If a step fails: with the errors SiliconCompiler picked out of its log.
    """
    if (stand_in(scratch) / "yosys").is_file():
        ASICSynthesis.find_task(project).set_path(str(stand_in(scratch)))
    folder = begin(project, build, JOB)
    if "sta" not in versions:
        # The stock timing of the unplaced netlist wants a newer OpenSTA; this project times the routed one itself.
        project.option.add_to([VIEWS, GDS])
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return project.run()
    except RuntimeError as error:
        raise ToolError(f"layout of {project.design.name}: {failure(folder) or error}; whole logs are under {folder}") from error


def failure(folder: Path) -> str:
    """The last step that wrote a log, and the error lines SiliconCompiler picked out of it, or its end."""
    logs = [path for path in folder.glob("*/*/*.log") if path.stem == path.parts[-3]]
    if not logs:
        return ""
    newest = max(logs, key=lambda path: path.stat().st_mtime)
    picked = newest.with_suffix(".errors")
    errors = picked.read_text(errors="replace").splitlines()[:3] if picked.is_file() else []
    lines = errors or newest.read_text(errors="replace").splitlines()[-3:]
    return f"step {newest.stem} failed: {' | '.join(line.strip() for line in lines)}"


def figures(history: Any) -> dict[str, Any]:
    """The figures of a finished run that :class:`RoutedDesign` holds, by its field names.

    Raises
    ------
    ToolError
        If OpenROAD recorded no slack, area or routing errors: the flow then did something else than asked.
    """
    nodes = history.getkeys("record", "status")
    wanted = {
        "area_um2": ("stdcellarea", VIEWS),
        "die_um2": ("totalarea", VIEWS),
        "utilization": ("utilization", VIEWS),
        "cells": ("cells", VIEWS),
        "setup_slack_ns": ("setupslack", VIEWS),
        "hold_slack_ns": ("holdslack", VIEWS),
        "wirelength_um": ("wirelength", "route.detailed"),
        "drc_errors": ("drcs", "route.detailed"),
    }
    values = {field: history.get("metric", metric, step=step, index="0") for field, (metric, step) in wanted.items()}
    missing = [wanted[field][0] for field, value in values.items() if value is None]
    if missing:
        raise ToolError(f"the layout left no figure for {', '.join(missing)}; its steps were {', '.join(nodes)}")
    return values


def wired_fraction(result: RoutedDesign) -> float:
    """Share of the nets with a driver and a sink (or two ports) that the parasitics hold."""
    from flightasic.eda.netlist import GateNetlist

    netlist = GateNetlist.read(result.netlist_json)
    pins = [0] * len(netlist.nets)
    for net in (*netlist.inputs, *netlist.outputs, *(net for cell in netlist.cells for net in cell.pins.values())):
        pins[net] += 1
    nets = [name for name, count in zip(netlist.nets, pins, strict=True) if count > 1 and not name.startswith("const_")]
    caps = result.net_caps()
    return sum(name in caps for name in nets) / max(len(nets), 1)


def check(result: RoutedDesign) -> None:
    """Raise :class:`ToolError` unless the layout may be measured: no routing errors, timing met, wires known."""
    problems = []
    if result.drc_errors:
        problems.append(f"{result.drc_errors} design-rule errors after routing: lower the floorplan's density")
    for kind, slack in (("setup", result.setup_slack_ns), ("hold", result.hold_slack_ns)):
        if slack < 0:
            problems.append(f"{kind} slack of {slack:.3f} ns at {result.clock_ns:g} ns: give a slower clock or a lower density")
    if result.wired_fraction < MIN_WIRED:
        problems.append(f"only {result.wired_fraction:.1%} of the nets have extracted wires, {MIN_WIRED:.0%} are needed")
    if problems:
        raise ToolError(f"the layout in {result.gds.parent} is not measured: {'; '.join(problems)}")


def _copy(source: Path, target: Path) -> Path:
    write_atomically(target, source.read_bytes())
    return target
