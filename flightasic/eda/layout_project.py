"""The SiliconCompiler project of a layout: stock ``asicflow`` on sky130hd, with this project's RTL, constraints and floorplan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from siliconcompiler import ASIC
from siliconcompiler.targets import skywater130_demo
from siliconcompiler.tools.yosys.syn_asic import ASICSynthesis

from flightasic.design import FlightDesign
from flightasic.eda.liberty import parse_cells, read_text
from flightasic.eda.pdk import Technology
from flightasic.eda.synthesis import ABC_PERIOD_FRACTION, CLOCK_GATE_MIN_FLOPS
from flightasic.errors import ToolError
from flightasic.files import write_atomically

LIBRARY = "sky130hd"
LAMBDAPDK = "lambdapdk"
# Ports by prefix: a memory's ports lie on one side, so that its macro can stand there; the rest is on top.
PIN_SIDES = {"act_": "left", "image_": "left", "acc_": "right", "result_": "right", "code_": "bottom"}
OTHER_SIDE = "top"
CORNERS = {"ss": "slow", "tt": "typical", "ff": "fast"}

_HERE = Path(__file__).parent
_LIB = Path("lambdapdk/sky130/libs") / LIBRARY
_MODULE = re.compile(r"^\s*module\s+(\w+)", re.MULTILINE)
_PORT = re.compile(r"\b(input|output)\s+(?:logic\s*|wire\s*|reg\s*)?(?:\[\s*(\d+)\s*:\s*0\s*\]\s*)?(\w+)\s*(?=[,;)\n])")
_INSTANCE = re.compile(r"^\s*(\w+)\s+(\w+)\s*\(", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Floorplan:
    """Shape of the block.

    Attributes
    ----------
    density : share of the core that synthesised cells fill, in percent, above 0 to 100; clock tree and repair need the rest
    aspect_ratio : height over width, above 0
    core_margin_um : from the core to the die's edge, at least 0
    place_pins : each memory's ports on a side of their own; else OpenROAD chooses
    lowest_layer, highest_layer : metal layers for wires
    """

    density: float = 50.0
    aspect_ratio: float = 1.0
    core_margin_um: float = 5.0
    place_pins: bool = True
    lowest_layer: str = "met1"
    highest_layer: str = "met5"

    def __post_init__(self) -> None:
        if not 0 < self.density <= 100:
            raise ToolError(f"density must be above 0 and at most 100 percent, got {self.density}; 40 to 60 routes well")
        if not self.aspect_ratio > 0:
            raise ToolError(f"aspect_ratio must be above 0, got {self.aspect_ratio}; 1 is a square")
        if not self.core_margin_um >= 0:
            raise ToolError(f"core_margin_um must be at least 0, got {self.core_margin_um}")
        layers = [f"met{number}" for number in range(1, 6)]
        if self.lowest_layer not in layers or self.highest_layer not in layers or self.lowest_layer >= self.highest_layer:
            raise ToolError(f"layers must be a range of {', '.join(layers)}, got {self.lowest_layer} to {self.highest_layer}")


def build_project(
    sources: Sequence[Path],
    technology: Technology,
    *,
    top: str,
    name: str,
    clock_ns: float,
    corner: str,
    floorplan: Floorplan,
    scratch: Path,
    clock_gating: bool = True,
    strategy: str = "DELAY1",
) -> Any:
    """A project ready to run, with build folder and options still as SiliconCompiler has them.

    Setup is optimised and checked at ``corner`` (the clock goal holds there), hold at the fast corner; every corner stays in the
    timing reports. ``scratch`` takes the constraints and, where the technology's folder has none, the maps and scripts of ours.

    Raises
    ------
    ToolError
        If the technology is not sky130, or the top module is not in the sources.
    """
    require_library(technology)
    setup = CORNERS.get(technology.corner(corner)[:2])
    if setup is None:
        raise ToolError(f"corner {corner!r} has no counterpart in SiliconCompiler's sky130 target; choose one of {', '.join(CORNERS)}")
    sources = with_scalar_ports(sources, top, scratch / "rtl")
    text = top_text(sources, top)
    design = FlightDesign.of_files(name, sources, top=top)
    roles = technology.roles
    design.add_constraints(
        LIBRARY, scratch / f"{LIBRARY}.sdc", clock_ns=clock_ns, driver=roles.driver, load_pf=roles.driver_load_ff / 1000.0
    )
    project: Any = ASIC(design)
    project.add_fileset(["rtl", f"sdc.{LIBRARY}"])
    skywater130_demo(project)
    _use_local_data(project, technology)
    for scenario in project.constraint.timing.get_scenario().values():
        scenario.set("check", [])
    scenarios = project.constraint.timing
    scenarios.get_scenario(setup).add_check(["setup", "power"])
    scenarios.get_scenario(CORNERS["ff"]).add_check("hold")
    area = project.constraint.area
    area.set_density(floorplan.density)
    area.set_aspectratio(floorplan.aspect_ratio)
    area.set_coremargin(floorplan.core_margin_um)
    project.get_library("skywater130").set_aprroutinglayers(min=floorplan.lowest_layer, max=floorplan.highest_layer)
    if floorplan.place_pins:
        for side, pins in pins_by_side(text).items():
            for order, pin in enumerate(pins):
                constraint = project.constraint.pin.make_pinconstraint(pin)
                constraint.set_side(side)
                constraint.set_order(order)
    synthesis = ASICSynthesis.find_task(project)
    synthesis.set_yosys_flatten(True)
    synthesis.set_yosys_autoflatten(False)
    # Full-adder cells make ripple chains of every sum, several ns slower; and abc sees a path in pieces, cut at the units.
    synthesis.set_yosys_mapadders(False)
    if strategy:
        synthesis.set_yosys_strategy(strategy)
    synthesis.set_yosys_abcclockperiod(1000.0 * clock_ns * ABC_PERIOD_FRACTION)
    # The units keep their borders, as in this project's own synthesis, so that energy can be told by unit.
    for module in sorted(set(unit_modules(text, sources).values())):
        synthesis.add("var", "preserve_modules", module)
    if clock_gating and roles.clock_gate is not None:
        synthesis.set_yosys_mapclockgates(True)
        synthesis.set_yosys_minclockgatefanout(CLOCK_GATE_MIN_FLOPS)
    library = project.get_library(LIBRARY)
    kept = {cell for kind in ("clkbuf", "hold", "tie", "tap", "filler", "endcap", "antenna") for cell in library.get("asic", "cells", kind)}
    library.add_asic_celllist("dontuse", sorted(cells_to_avoid(technology, corner) - kept))
    return project


def require_library(technology: Technology) -> None:
    """Raise :class:`ToolError` unless the technology is the one that can be laid out."""
    if technology.name != LIBRARY:
        raise ToolError(f"the layout runs on {LIBRARY} only, got {technology.name}; name a lambdapdk folder with --pdk")


def cells_to_avoid(technology: Technology, corner: str) -> set[str]:
    """Library cells neither synthesis nor OpenROAD may pick: the roles' list, and every clock gate but the roles' own."""
    cells = parse_cells(read_text(technology.liberty[technology.corner(corner)]))
    gate = technology.roles.clock_gate
    avoided = {name for name in cells if any(fnmatch(name, pattern) for pattern in technology.roles.dont_use)}
    return avoided | {name for name, cell in cells.items() if cell.kind == "clock_gate" and (gate is None or name != gate[0])}


def top_text(sources: Sequence[Path], top: str) -> str:
    """The top module, from ``module`` to ``endmodule``.

    Raises
    ------
    ToolError
        If no source holds it.
    """
    for path in sources:
        match = re.search(rf"^\s*module\s+{re.escape(top)}\b.*?^endmodule", path.read_text(), re.MULTILINE | re.DOTALL)
        if match:
            return match.group(0)
    raise ToolError(f"module {top} is in none of {', '.join(path.name for path in sources)}; write the Verilog with 'flightasic rtl'")


def with_scalar_ports(sources: Sequence[Path], top: str, folder: Path) -> list[Path]:
    """The same sources, the file of the top module replaced by a copy in ``folder`` whose one-bit ports are scalars.

    PyMTL3 writes ``[0:0]``. Some versions of yosys keep it and some do not, so that OpenROAD would see a port ``clk[0]`` or ``clk``, and
    neither constraints nor pin names could be right for both.
    """
    text = top_text(sources, top)
    header, separator, body = text.partition(");")
    scalar = re.sub(r"((?:input|output)\s+logic)\s*\[0:0\]", r"\1", header) + separator + body
    result = []
    for path in sources:
        content = path.read_text()
        if text in content:
            path = folder / path.name
            write_atomically(path, content.replace(text, scalar))
        result.append(path)
    return result


def pins_by_side(text: str) -> dict[str, list[str]]:
    """Every bit of the top module's ports, by the side of the block it goes to, in the order of the ports."""
    sides: dict[str, list[str]] = {}
    for _, last, name in _PORT.findall(text):
        side = next((side for prefix, side in PIN_SIDES.items() if name.startswith(prefix)), OTHER_SIDE)
        bits = int(last or 0) + 1
        sides.setdefault(side, []).extend([name] if bits == 1 else [f"{name}[{bit}]" for bit in range(bits)])
    return sides


def unit_modules(text: str, sources: Sequence[Path]) -> dict[str, str]:
    """Module of every instance in the top module: the units."""
    known = {name for path in sources for name in _MODULE.findall(path.read_text())}
    body = text[text.index(");") + 1 :]
    return {instance: module for module, instance in _INSTANCE.findall(body) if module in known}


def _use_local_data(project: Any, technology: Technology) -> None:
    """Take every file from the technology's folder, and what that folder lacks (OpenROAD's scripts, yosys' maps) from ours."""
    root = technology.lef.parents[len((_LIB / "lef" / technology.lef.name).parts) - 1]
    for name in project.getkeys("library"):
        library = project.get_library(name)
        if LAMBDAPDK in library.getkeys("dataroot"):
            library.set_dataroot(LAMBDAPDK, str(root), clobber=True)
    library = project.get_library(LIBRARY)
    scripts, openroad, maps = _HERE / "scripts", _LIB / "apr" / "openroad", _LIB / "techmap" / "yosys"
    for fileset, file in (("powergrid", "pdngen.tcl"), ("globalconnect", "global_connect.tcl")):
        if not (root / openroad / file).is_file():
            ours = "layout_power_grid.tcl" if fileset == "powergrid" else "layout_global_connect.tcl"
            with library.active_fileset(f"openroad.{fileset}"):
                library.add_file(str(scripts / ours), clobber=True)
    if not (root / openroad / "tapcell.tcl").is_file():
        library.set_openroad_tapcells_file(str(scripts / "layout_tapcell.tcl"))
    if not (root / maps / "cells_latch.v").is_file():
        library.add_yosys_tech_map(str(_HERE / "techmap" / "layout_latch.v"), clobber=True)
    if not (root / maps / "cells_tristatebuf.v").is_file():
        # The array has no three-state buffers.
        library.unset("tool", "yosys", "tristatebuffermap")
