"""From a synthesised design to its routed energy: layout, timing with extracted wires, gate-level simulation, power, and a record.

The netlist that is placed and routed is the design's own without its clock tree, so that what differs between synthesised and routed
figures is placement, wires, repair and the real clock tree, and nothing else.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siliconcompiler import Design as SourceFiles
from siliconcompiler import Flowgraph, Project
from siliconcompiler.tools.builtin.importfiles import ImportFilesTask

from flightasic.design import IO_DELAY_FRACTION
from flightasic.eda.clocktree import TRUNK_UNIT
from flightasic.eda.designs import TOP, Design, TimingError, synthesise, whole_folder
from flightasic.eda.flat import GLUE
from flightasic.eda.layout import RoutedDesign, run_layout
from flightasic.eda.layout_project import Floorplan
from flightasic.eda.layout_tools import require_tools
from flightasic.eda.liberty import parse_cells, read_text
from flightasic.eda.measure_energy import EnergyResult, Netlist, measure_energy
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.pdk import Technology
from flightasic.eda.project import run_project
from flightasic.eda.synthesis import UnitArea
from flightasic.eda.tasks import TimingTask
from flightasic.errors import FormatError
from flightasic.files import content_digest, write_json
from flightasic.ir import IntegerNetwork
from flightasic.results import RESULTS, Measured, write_record

if TYPE_CHECKING:
    import torch

BUILD = Path("build")
STAGE = "placed and routed"
_DESCRIPTION = "layout.json"
_NET_CAPS = "net_caps.json"
_FORMAT = 2
_HERE = Path(__file__).parent
# What a layout and its timing depend on, the mapped netlist aside.
_SOURCES = ("layout*.py", "routed.py", "timing.py", "scripts/layout_*.tcl", "scripts/timing.tcl", "techmap/layout_*.v")


@dataclass(frozen=True)
class Layout:
    """A layout that meets timing with its extracted wires at every corner.

    Attributes
    ----------
    routed : files and figures of place and route
    design : the routed netlist as a design: its areas by unit, its timing, its files
    """

    routed: RoutedDesign
    design: Design

    @property
    def netlist(self) -> Netlist:
        """What the energy is measured on."""
        files = self.routed.netlist, self.routed.netlist_json, self.design.sdf
        return Netlist(*files, self.design.result.area_um2, STAGE, self.design.folder / _NET_CAPS)


@dataclass(frozen=True)
class LayoutResult:
    """A layout whose netlist equals the golden model, the energy measured on it, and the record of kind "layout"."""

    layout: Layout
    energy: EnergyResult
    record: Path


class RoutedTimingFlow(Flowgraph):
    """A netlist from elsewhere, then timing."""

    def __init__(self) -> None:
        super().__init__("flightasic_routed_timing")
        self.node("netlist", ImportFilesTask())
        self.node("timing", TimingTask())
        self.edge("netlist", "timing")


def lay_out(design: Design, *, floorplan: Floorplan | None = None, build: Path = BUILD) -> Layout:
    """Place and route a design's logic and time the result, or find it under ``build``/layouts if it was made before.

    Raises
    ------
    ToolError
        As :func:`flightasic.eda.layout.run_layout`; a :class:`TimingError` if, wires included, setup at the measured corner or hold at
        any corner is missed.
    """
    mapped = synthesise(
        design.config,
        design.sources,
        design.technology,
        clock_ns=design.clock_ns,
        corner=design.result.corner,
        adder_style=design.result.adder_style,
        clock_gating=design.result.clock_gating,
        clock_tree=False,
        build=build,
    )
    floorplan = floorplan or Floorplan()
    key = _key(mapped, floorplan)
    name = f"{design.config.name}_{key[:12]}"
    folder = build / "layouts" / f"{design.config.name}-{key[:12]}"
    if not (folder / _DESCRIPTION).is_file():
        cell_units = {cell.name: cell.unit for cell in GateNetlist.read(mapped.cells).cells}
        routed = run_layout(
            [mapped.netlist],
            design.technology,
            clock_ns=design.clock_ns,
            corner=design.result.corner,
            floorplan=floorplan,
            units=set(cell_units.values()) - {GLUE, TRUNK_UNIT},
            cell_units=cell_units,
            build=build,
            name=f"layout_{name}",
        )
        timing, sdf = time_netlist(
            routed.netlist,
            design.technology,
            sdc=routed.sdc,
            spef=routed.spef,
            clock_ns=design.clock_ns,
            corner=routed.corner,
            build=build,
            name=f"timing_{name}",
        )
        if timing["failures"]:
            raise TimingError(f"layout of {design.config.name}: {'; '.join(timing['failures'])}")
        _store(folder, routed, timing, sdf)
    routed, timing, measured = _load(folder)
    areas = unit_areas(GateNetlist.read(routed.netlist_json), design.technology)
    versions = timing.pop("versions")
    result = replace(design.result, **timing, units=areas, clock_tree=None, versions=versions)
    return Layout(routed, replace(design, result=result, folder=folder, key=key, measured=measured))


def time_netlist(
    netlist: Path,
    technology: Technology,
    *,
    sdc: Path,
    spef: Path,
    clock_ns: float,
    corner: str,
    build: Path = BUILD,
    name: str = "timing",
) -> tuple[dict[str, Any], Path]:
    """Timing of a netlist with extracted wires, the clock through its tree.

    Parameters
    ----------
    netlist : Verilog of one flat module, named like its file
    sdc, spef : constraints and parasitics; the same wires count at every corner
    build, name : results go to ``build``/``name``, whose earlier run is replaced

    Returns
    -------
    dict, Path
        As :func:`flightasic.eda.timing.parse_timing`, with ``versions``; and the delays at ``corner``.

    Raises
    ------
    ToolError
        If OpenSTA cannot read a file, with its own words. Missed timing is in the result.
    """
    corner = technology.corner(corner)
    with tempfile.TemporaryDirectory(prefix="flightasic_") as scratch:
        corners = {}
        for known, packed in technology.liberty.items():
            corners[known] = Path(scratch) / f"{technology.name}_{known}.lib"
            corners[known].write_text(read_text(packed))
        job = {
            "corners": {known: str(liberty) for known, liberty in corners.items()},
            "measured": corner,
            "sdc": str(sdc.resolve()),
            "spef": str(spef.resolve()),
            "clock_ns": clock_ns,
            "io_delay_ns": IO_DELAY_FRACTION * clock_ns,
            "propagated": 1,
        }
        source = SourceFiles(name)
        with source.active_fileset("netlist"):
            source.set_topmodule(netlist.stem)
            source.add_file(str(netlist.resolve()))
        project = Project(source)
        project.add_fileset("netlist")
        project.set_flow(RoutedTimingFlow())
        ImportFilesTask.find_task(project).add_import_file(str(netlist.resolve()))
        TimingTask.find_task(project).set_job(json.dumps(job))
        reports = run_project(project, build, name, ("timing",))
    sdf = build.resolve() / name / "flow" / "timing" / "0" / "outputs" / f"{netlist.stem}.sdf"
    return {**reports["timing"], "versions": {"opensta": reports["versions"]["timing"]}}, sdf


def measure_layout(
    layout: Layout,
    network: IntegerNetwork,
    images: torch.Tensor,
    *,
    build: Path = BUILD,
    results: Path = RESULTS,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LayoutResult:
    """Simulate the routed netlist against the golden model, account for its energy, and only then record the layout.

    Parameters as :func:`flightasic.eda.measure_energy.measure_energy`, errors too.
    """
    energy = measure_energy(
        layout.design, network, images, netlist=layout.netlist, build=build, results=results, scheduler=scheduler, progress=progress
    )
    routed, result, technology = layout.routed, layout.design.result, layout.design.technology
    data = {
        "pdk": technology.name,
        "pdk_source": technology.source,
        "corner": result.corner,
        "clock_ns": layout.design.clock_ns,
        "area_um2": result.area_um2,
        "cells": result.cells,
        "die_um2": routed.die_um2,
        "utilization": routed.utilization,
        "wirelength_um": routed.wirelength_um,
        "setup_slack_ns": result.setup_slack_ns,
        "hold_slack_ns": min(corner["hold_slack_ns"] for corner in result.corners),
        "corners": result.corners,
        "clock_insertion_ns": result.clock_insertion_ns,
        "clock_skew_ns": result.clock_skew_ns,
        "drc_errors": routed.drc_errors,
        "wired_fraction": routed.wired_fraction,
        "checks": energy.data["checks"],
        "units": [asdict(unit) for unit in result.units],
        "gds": _inside(routed.gds, build),
        "picture": _inside(routed.picture, build) if routed.picture else None,
    }
    config = layout.design.config
    record = write_record(
        "layout",
        config.name,
        data,
        stage=STAGE,
        versions=dict(result.versions),
        config=config,
        measured=layout.design.measured,
        results=results,
    )
    return LayoutResult(layout, energy, record)


def unit_areas(netlist: GateNetlist, technology: Technology) -> tuple[UnitArea, ...]:
    """Area, cells and flip-flops of each unit of a netlist; fillers and taps are not in it."""
    library = parse_cells(read_text(next(iter(technology.liberty.values()))))
    cells = defaultdict(list)
    for cell in netlist.cells:
        cells[cell.unit].append(library[cell.type])
    return tuple(
        UnitArea(unit, 1, sum(kind.area_um2 for kind in own), len(own), sum(kind.kind == "flop" for kind in own))
        for unit, own in sorted(cells.items())
    )


def _key(mapped: Design, floorplan: Floorplan) -> str:
    """What a layout depends on: the mapped netlist with library and clock, the floorplan, the programs, and what drives them."""
    about = {"mapped": mapped.key, "floorplan": asdict(floorplan), "tools": require_tools(), "format": _FORMAT}
    own = sorted(path for pattern in _SOURCES for path in _HERE.glob(pattern))
    return content_digest([*own, mapped.technology.lef], json.dumps(about, sort_keys=True))


def _store(folder: Path, routed: RoutedDesign, timing: Mapping[str, Any], sdf: Path) -> None:
    with whole_folder(folder) as scratch:
        kept: dict[str, Any] = {}
        for field in fields(routed):
            value = getattr(routed, field.name)
            if isinstance(value, Path):
                shutil.copy(value, scratch / value.name)
                value = value.name
            kept[field.name] = value
        shutil.copy(sdf, scratch / f"{TOP}.sdf")
        write_json(scratch / _NET_CAPS, routed.net_caps())
        versions = {**timing["versions"], **routed.versions}
        description = {"routed": kept, "timing": {**timing, "versions": versions}, "measured": asdict(Measured.now())}
        write_json(scratch / _DESCRIPTION, description)


def _load(folder: Path) -> tuple[RoutedDesign, dict[str, Any], Measured]:
    path = folder / _DESCRIPTION
    try:
        found = json.loads(path.read_text())
        kept: dict[str, Any] = found["routed"]
        files = {field.name for field in fields(RoutedDesign) if "Path" in str(field.type)}
        kept = {name: folder / value if name in files and value is not None else value for name, value in kept.items()}
        return RoutedDesign(**kept), found["timing"], Measured(**found["measured"])
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{path}: not a layout ({error}); delete its folder and run again") from error


def _inside(path: Path, build: Path) -> str:
    """A file's place in the folder of all work files, so that records hold no machine's paths."""
    return path.resolve().relative_to(build.resolve()).as_posix()
