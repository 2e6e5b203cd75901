"""A routed Verilog netlist as the flat netlist that simulation and power estimation read, with plain names and units.

OpenROAD writes names such as ``\\mesh/_123_`` that SDF and VCD readers choke on. Here every net and cell gets a plain identifier; the
table of old and new names is kept, so that the extracted parasitics can follow (:func:`flightasic.eda.layout_spef.rename`).
yosys runs in a process of its own, see :mod:`flightasic.eda.synthesis`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from flightasic.eda.clocktree import CLOCK, TRUNK_UNIT
from flightasic.eda.flat import GLUE, FlatCell, FlatNetlist, Net
from flightasic.eda.layout_spef import unescape
from flightasic.eda.liberty import LibertyCell, parse_cells, read_text
from flightasic.eda.netlist import CLOCK_PART
from flightasic.errors import FormatError
from flightasic.files import write_atomically, write_json
from flightasic.tools import run_tool

# OpenROAD's, yosys', and the one of this project's own synthesis.
_SEPARATOR = re.compile(r"[/.]|__")


def convert(
    verilog: Path, liberty: Path, folder: Path, *, top: str, units: Collection[str], cell_units: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Write ``folder``/<top>.vg and .json, the contract's netlist, from a routed one.

    Parameters
    ----------
    verilog : path
        Routed netlist without fillers and supply pins (``.lec.vg``), flat or not.
    liberty : path
        Any corner of the cell library; ``.gz`` is read too.
    folder : path
        Takes the results, and <top>.names.json with the same table that is returned.
    units : collection of str
        Instance names of the top module's children before synthesis: the units.
    cell_units : mapping, optional
        Unit of each cell by its name before the layout; other cells are told by their names.

    Returns
    -------
    dict
        New name of every net and cell by its old name, old names without escapes.

    Raises
    ------
    ToolError
        If yosys cannot read the netlist (with its own words).
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / "cells.lib"
    write_atomically(plain, read_text(liberty))
    job: dict[str, Any] = {
        "verilog": str(verilog.resolve()),
        "liberty": str(plain),
        "folder": str(folder),
        "top": top,
        "units": sorted(units),
    }
    job["cell_units"] = dict(cell_units or {})
    write_json(folder / "convert.json", job)
    run_tool([sys.executable, "-m", "flightasic.eda.layout_netlist", str(folder / "convert.json")])
    names: dict[str, str] = json.loads((folder / f"{top}.names.json").read_text())
    return names


def with_plain_names(
    design: Mapping[str, Any], top: str, units: Collection[str], library: Mapping[str, LibertyCell], cell_units: Mapping[str, str]
) -> tuple[FlatNetlist, dict[str, str]]:
    """The netlist of yosys' JSON with plain names, units and clock parts; and the new name by every old one.

    A port keeps its name and its bits' names (``port[3]``). A cell that ``cell_units`` does not know belongs to the unit its name starts
    with; what OpenROAD put in on its own is ``glue``, or ``clock`` for the shared part of the clock tree.

    Raises
    ------
    FormatError
        If the module is missing or holds a pin that is not one bit wide, or a cell that the library does not have.
    """
    if top not in design["modules"]:
        raise FormatError(f"the routed netlist has no module {top}; it holds {', '.join(design['modules'])}")
    module = design["modules"][top]
    netlist = FlatNetlist(top, {name: {"direction": p["direction"], "bits": p["bits"]} for name, p in module["ports"].items()}, {})
    table: dict[str, str] = {}
    taken = set(netlist.ports)
    of_port: dict[Net, str] = {}
    for name, port in netlist.ports.items():
        for index, bit in enumerate(port["bits"]):
            of_port[bit] = name if len(port["bits"]) == 1 else f"{name}[{index}]"
            table[of_port[bit]] = of_port[bit]
    # Names that yosys made up come last: a net with a name of its own keeps that.
    for name, entry in sorted(module["netnames"].items(), key=lambda item: (item[1].get("hide_name", 0), item[0])):
        for index, bit in enumerate(entry["bits"]):
            old = unescape(name if len(entry["bits"]) == 1 else f"{name}[{index + entry.get('offset', 0)}]")
            if bit not in of_port and bit not in netlist.names and isinstance(bit, int):
                netlist.names[bit] = _unique(old, taken)
            if isinstance(bit, int):
                table[old] = of_port.get(bit) or netlist.names[bit]
    for name, entry in module["cells"].items():
        if entry["type"] not in library:
            raise FormatError(f"cell {name!r} is a {entry['type']}, which the library does not have; give the library it was routed with")
        if any(len(bits) > 1 for bits in entry["connections"].values()):
            raise FormatError(f"cell {name!r} has a pin wider than one bit; give a netlist of library cells")
        pins = {pin: bits[0] for pin, bits in entry["connections"].items() if bits}
        old = unescape(name)
        table[old] = _unique(old, taken)
        netlist.cells[table[old]] = FlatCell(entry["type"], pins, entry["port_directions"], cell_units.get(old) or unit_of(old, units))
    _mark_clock(netlist, library)
    return netlist, table


def unit_of(cell: str, units: Collection[str]) -> str:
    """The unit in a cell's hierarchical name; for ``clkbuf_2_mesh/net``, which OpenROAD calls after a net of a unit, that unit."""
    prefix, *rest = _SEPARATOR.split(cell, maxsplit=1)
    if not rest:
        return GLUE
    return prefix if prefix in units else next((unit for unit in units if prefix.endswith(f"_{unit}")), GLUE)


def _mark_clock(netlist: FlatNetlist, library: Mapping[str, LibertyCell]) -> None:
    """Mark buffers, inverters and clock gates between the clock port and the flip-flops."""
    if CLOCK not in netlist.ports:
        return
    sinks = netlist.sinks()
    open_nets = [netlist.port_net(CLOCK)]
    while open_nets:
        for name, _ in sinks.get(open_nets.pop(), []):
            cell = netlist.cells[name]
            inputs = sum(direction == "input" for direction in cell.directions.values())
            passes_on = library[cell.type].kind == "clock_gate" or (library[cell.type].kind == "logic" and inputs == 1)
            if not passes_on or cell.part:
                continue
            cell.part = CLOCK_PART
            cell.unit = TRUNK_UNIT if cell.unit == GLUE else cell.unit
            open_nets += [net for _, net in cell.outputs()]


def _unique(old: str, taken: set[str]) -> str:
    word = re.sub(r"\W+", "_", _SEPARATOR.sub("__", old).replace("]", ""))
    base = word if word[:1].isalpha() else f"n{word}"
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


def run_worker(job: Mapping[str, Any]) -> None:
    """Convert in this process."""
    from pyosys import libyosys

    folder, top = Path(job["folder"]), job["top"]
    design = libyosys.Design()
    for command in (
        f"read_liberty -lib -ignore_miss_func {job['liberty']}",
        f"read_verilog {job['verilog']}",
        f"hierarchy -check -top {top}",
        "setattr -mod -unset keep_hierarchy *",
        "flatten -noscopeinfo",
        f"write_json {folder / 'routed.json'}",
    ):
        design.run_pass(command)
    library = parse_cells(Path(job["liberty"]).read_text())
    raw = json.loads((folder / "routed.json").read_text())
    netlist, table = with_plain_names(raw, top, job["units"], library, job["cell_units"])
    write_json(folder / f"{top}.json", netlist.to_yosys())
    write_json(folder / f"{top}.names.json", table)
    for command in (
        f"delete {top}",
        f"read_json {folder / top}.json",
        "check -assert -mapped",
        f"write_verilog -noattr -noexpr -nohex -nodec -simple-lhs {folder / top}.vg",
    ):
        design.run_pass(command)


def main() -> None:
    """``python -m flightasic.eda.layout_netlist JOB.json``: the worker's command line."""
    run_worker(json.loads(Path(sys.argv[1]).read_text()))


if __name__ == "__main__":
    main()
