"""Drive strengths after flattening: mapping sees one unit at a time and takes the load behind a unit's port for small."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from flightasic.eda.flat import FlatCell, FlatNetlist, Net
from flightasic.eda.liberty import LibertyCell, strength
from flightasic.eda.pdk import CellRoles

# A pin's greatest load is where its slew reaches about 1.5 ns in both libraries.
LOAD_FRACTION = 0.5
ROUNDS = 3


@dataclass(frozen=True)
class DriveRepair:
    """Cells made stronger, buffers inserted, and nets still above the limit, when no single buffer is strong enough."""

    resized: int
    buffers: int
    remaining: int


def strengthen(netlist: FlatNetlist, library: Mapping[str, LibertyCell], roles: CellRoles) -> DriveRepair:
    """Give every net outside the clock tree a driver that takes at most half of its greatest load.

    The cheaper of a stronger cell of the same function and a buffer behind the driver is taken. Pin loads include the wire
    (:func:`flightasic.eda.liberty.with_wire_load`).
    """
    families: dict[str, list[str]] = defaultdict(list)
    for name in library:
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in roles.dont_use):
            families[strength(name)[0]].append(name)
    buffers = families[strength(roles.driver)[0]]
    resized, inserted, remaining = set(), 0, 0
    for _ in range(ROUNDS):
        loads, remaining = _loads(netlist, library, roles.driver_load_ff), 0
        for name, cell in list(netlist.cells.items()):
            kind = library[cell.type]
            if cell.part or kind.kind == "clock_gate" or not _overloaded(cell, kind, loads):
                continue
            stronger = _smallest(families[strength(cell.type)[0]], library, cell, loads)
            outputs = dict(cell.outputs())
            buffer = _smallest_buffer(buffers, library, max(loads[net] for net in outputs.values())) if len(outputs) == 1 else None
            if stronger and (buffer is None or library[stronger].area_um2 - kind.area_um2 <= library[buffer].area_um2):
                cell.type = stronger
                resized.add(name)
            elif buffer:
                _insert(netlist, name, buffer, library[buffer])
                inserted += 1
            else:
                remaining += 1
    return DriveRepair(len(resized), inserted, remaining)


def _insert(netlist: FlatNetlist, name: str, buffer: str, kind: LibertyCell) -> None:
    """The buffer drives the net, so sinks and ports stay as they are."""
    cell = netlist.cells[name]
    ((pin, net),) = cell.outputs()
    ((pin_out, _),) = ((out, load) for out, load in kind.max_load_ff.items())
    (pin_in,) = kind.load_ff
    before = netlist.add_net(f"{name}_weak")
    cell.pins[pin] = before
    netlist.cells[f"{name}_buf"] = FlatCell(buffer, {pin_in: before, pin_out: net}, {pin_in: "input", pin_out: "output"}, cell.unit)


def _loads(netlist: FlatNetlist, library: Mapping[str, LibertyCell], port_ff: float) -> dict[Net, float]:
    loads: dict[Net, float] = defaultdict(float)
    for cell in netlist.cells.values():
        pins = library[cell.type].load_ff
        for pin, net in cell.pins.items():
            loads[net] += pins.get(pin, 0.0)
    for port in netlist.ports.values():
        if port["direction"] == "output":
            for bit in port["bits"]:
                loads[bit] += port_ff
    return loads


def _overloaded(cell: FlatCell, kind: LibertyCell, loads: Mapping[Net, float]) -> bool:
    return any(loads[net] > LOAD_FRACTION * kind.max_load_ff.get(pin, float("inf")) for pin, net in cell.outputs())


def _smallest(family: list[str], library: Mapping[str, LibertyCell], cell: FlatCell, loads: Mapping[Net, float]) -> str | None:
    fitting = [name for name in family if library[name].load_ff.keys() == library[cell.type].load_ff.keys()]
    fitting = [name for name in fitting if not _overloaded(cell, library[name], loads)]
    return min(fitting, key=lambda name: library[name].area_um2, default=None)


def _smallest_buffer(buffers: list[str], library: Mapping[str, LibertyCell], load_ff: float) -> str | None:
    fitting = [name for name in buffers if LOAD_FRACTION * max(library[name].max_load_ff.values()) >= load_ff]
    return min(fitting, key=lambda name: library[name].area_um2, default=None)
