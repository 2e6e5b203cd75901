"""A mapped netlist that can be edited: one flat module with plain names, from and to yosys' JSON."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flightasic.errors import FormatError

Net = int | str  # a number, or "0", "1", "x"
GLUE = "glue"
_FLATTENED = re.compile(r"^(?:\$flatten)?\\?([A-Za-z_]\w*)\.")


@dataclass
class FlatCell:
    """A library cell: type, net and direction of each pin, the unit it belongs to, and "clock" when it was inserted for the clock."""

    type: str
    pins: dict[str, Net]
    directions: dict[str, str]
    unit: str
    part: str = ""

    def outputs(self) -> Iterator[tuple[str, Net]]:
        """Output pins and their nets."""
        return ((pin, net) for pin, net in self.pins.items() if self.directions[pin] == "output")


@dataclass
class FlatNetlist:
    """One flat module.

    Attributes
    ----------
    top : its name
    ports : yosys' entries (direction, bits) by port name
    cells : by name
    names : of every net that is no port bit
    """

    top: str
    ports: dict[str, dict[str, Any]]
    cells: dict[str, FlatCell]
    names: dict[Net, str] = field(default_factory=dict)
    _last: int = 0

    @classmethod
    def from_yosys(cls, design: Mapping[str, Any], top: str) -> FlatNetlist:
        """From yosys' JSON after ``flatten``: names become plain Verilog identifiers, units those of the flattened hierarchy.

        A net keeps its public name with ``.`` and indices turned into ``__`` and ``_``; others are numbered within their unit.
        A cell is named after the net it drives and its function (``_reg`` for what stores).

        Raises
        ------
        FormatError
            If a cell's pin is wider than one bit.
        """
        module = design["modules"][top]
        netlist = cls(top, module["ports"], {})
        names = _Names({*netlist.ports})
        of_port = {bit: _plain(f"{name}_{index}") for name, port in netlist.ports.items() for index, bit in enumerate(port["bits"])}
        for name, entry in sorted(module["netnames"].items(), key=lambda item: (item[1].get("hide_name", 0), item[0])):
            if entry.get("hide_name", 0):
                continue
            for index, bit in enumerate(entry["bits"]):
                if isinstance(bit, int) and bit not in of_port and bit not in netlist.names:
                    wide = len(entry["bits"]) > 1
                    netlist.names[bit] = names.unique(_plain(f"{name}_{index + entry.get('offset', 0)}" if wide else name))
        numbers: dict[str, int] = defaultdict(int)
        for old, entry in module["cells"].items():
            if any(len(bits) != 1 for bits in entry["connections"].values()):
                raise FormatError(f"cell {old!r} of {top} has a pin that is not one bit wide; map the netlist to a library")
            unit = entry["attributes"].get("unit") or _unit(old)
            pins = {pin: bits[0] for pin, bits in entry["connections"].items()}
            cell = FlatCell(entry["type"], pins, entry["port_directions"], unit)
            for _, net in cell.outputs():
                if net not in of_port and net not in netlist.names:
                    netlist.names[net] = names.unique(f"{unit}__n{numbers[unit]}")
                    numbers[unit] += 1
            driven = next((net for _, net in cell.outputs()), None)
            base = unit if driven is None else of_port.get(driven) or netlist.names[driven]
            netlist.cells[names.unique(f"{base}_{_function(cell.type)}")] = cell
        return netlist

    def sinks(self) -> dict[Net, list[tuple[str, str]]]:
        """(cell, input pin) on every net, in the netlist's order."""
        found: dict[Net, list[tuple[str, str]]] = defaultdict(list)
        for name, cell in self.cells.items():
            for pin, net in cell.pins.items():
                if cell.directions[pin] == "input":
                    found[net].append((name, pin))
        return found

    def port_net(self, port: str) -> Net:
        """The net of a one-bit port.

        Raises
        ------
        FormatError
            If there is no such port.
        """
        if port not in self.ports:
            raise FormatError(f"{self.top} has no port {port}")
        net: Net = self.ports[port]["bits"][0]
        return net

    def add_net(self, name: str) -> Net:
        """A new net, driven by nothing yet."""
        if not self._last:
            bits = (bit for port in self.ports.values() for bit in port["bits"])
            self._last = max(bit for bit in (*self.names, *bits) if isinstance(bit, int))
        self._last += 1
        self.names[self._last] = name
        return self._last

    def add_buffer(self, name: str, cell: tuple[str, str, str], source: Net, *, unit: str, part: str = "") -> Net:
        """Insert (cell, input, output) called ``name`` behind ``source``; the new net has the name with ``_net``."""
        kind, pin_in, pin_out = cell
        net = self.add_net(f"{name}_net")
        self.cells[name] = FlatCell(kind, {pin_in: source, pin_out: net}, {pin_in: "input", pin_out: "output"}, unit, part)
        return net

    def to_yosys(self) -> dict[str, Any]:
        """yosys' JSON, every cell with the attributes ``unit`` and, where it has one, ``part``."""
        cells = {}
        for name, cell in self.cells.items():
            attributes = {"unit": cell.unit, **({"part": cell.part} if cell.part else {})}
            connections = {pin: [net] for pin, net in cell.pins.items()}
            cells[name] = {
                "hide_name": 0,
                "type": cell.type,
                "parameters": {},
                "attributes": attributes,
                "port_directions": cell.directions,
                "connections": connections,
            }
        nets = {name: {"hide_name": 0, "bits": port["bits"], "attributes": {}} for name, port in self.ports.items()}
        nets |= {name: {"hide_name": 0, "bits": [net], "attributes": {}} for net, name in self.names.items()}
        module = {"attributes": {"top": f"{1:032b}"}, "ports": self.ports, "cells": cells, "netnames": nets}
        return {"creator": "flightasic", "modules": {self.top: module}}


class _Names:
    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def unique(self, name: str) -> str:
        number, result = 1, name
        while result in self._taken:
            number += 1
            result = f"{name}_{number}"
        self._taken.add(result)
        return result


def _plain(name: str) -> str:
    text = re.sub(r"\W+", "_", name.replace(".", "__").replace("]", ""))
    return text if text[0].isalpha() else f"n{text}"


def _unit(cell: str) -> str:
    match = _FLATTENED.match(cell)
    return match.group(1) if match else GLUE


def _function(cell: str) -> str:
    """``nand2`` of sky130_fd_sc_hd__nand2_1 and of NAND2X1; flip-flops are ``reg``."""
    word = re.sub(r"_\d+$|X\d+$", "", cell.split("__")[-1]).lower()
    return "reg" if word.startswith("df") else word
