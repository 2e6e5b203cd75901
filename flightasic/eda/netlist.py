"""A mapped netlist as plain data: cells, the nets on their pins, and the unit each cell belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightasic.errors import FormatError

NetId = int
CLOCK_PART = "clock"


@dataclass(frozen=True)
class Cell:
    """One library cell: name, type, net of every connected pin, unit, and whether it was inserted for the clock."""

    name: str
    type: str
    pins: Mapping[str, NetId]
    unit: str
    clock: bool


@dataclass(frozen=True)
class GateNetlist:
    """A flat netlist of library cells.

    Attributes
    ----------
    top : module name
    cells : every cell, in the file's order
    nets : name of every net; a net of a vector port is named like ``port[3]``
    inputs, outputs : nets of the ports
    """

    top: str
    cells: tuple[Cell, ...]
    nets: tuple[str, ...]
    inputs: tuple[NetId, ...]
    outputs: tuple[NetId, ...]

    @classmethod
    def read(cls, path: Path) -> GateNetlist:
        """From yosys' JSON of one flat module.

        Raises
        ------
        FormatError
            If the file does not hold one flat module with single-bit pins.
        """
        try:
            modules: dict[str, Any] = json.loads(path.read_text())["modules"]
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(f"{path}: not a netlist in yosys' JSON ({error}); run the synthesis again") from error
        flat = {name: module for name, module in modules.items() if module["cells"] and not _blackbox(module)}
        if len(flat) != 1:
            raise FormatError(f"{path}: {len(flat)} modules with cells, a flat netlist has one; flatten it")
        ((top, module),) = flat.items()
        numbers: dict[Any, NetId] = {}
        names: list[str] = []

        def net(bit: Any) -> NetId:
            if bit not in numbers:
                numbers[bit] = len(names)
                names.append(f"const_{bit}" if isinstance(bit, str) else "")
            return numbers[bit]

        # Ports name their nets first, then public names, then whatever is left.
        for entries in (module["ports"], module["netnames"]):
            for name, entry in entries.items():
                bits = entry["bits"]
                for index, bit in enumerate(bits):
                    number = net(bit)
                    if not names[number]:
                        names[number] = name if len(bits) == 1 else f"{name}[{index + entry.get('offset', 0)}]"
        cells = []
        for name, cell in module["cells"].items():
            if any(len(bits) > 1 for bits in cell["connections"].values()):
                raise FormatError(f"{path}: cell {name!r} has a pin wider than one bit; map the netlist to a library")
            pins = {pin: net(bits[0]) for pin, bits in cell["connections"].items() if bits}
            attributes = cell.get("attributes", {})
            cells.append(Cell(name, cell["type"], pins, attributes.get("unit", "glue"), attributes.get("part") == CLOCK_PART))
        ports = module["ports"].values()
        return cls(
            top=top,
            cells=tuple(cells),
            nets=tuple(names),
            inputs=tuple(net(bit) for port in ports if port["direction"] == "input" for bit in port["bits"]),
            outputs=tuple(net(bit) for port in ports if port["direction"] == "output" for bit in port["bits"]),
        )


def _blackbox(module: Mapping[str, Any]) -> bool:
    return "blackbox" in module.get("attributes", {})
