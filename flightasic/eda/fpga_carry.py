"""Carry chains of an ECP5 hold more than yosys puts into them: logic before a sum, and a sum's first bit without cells at the chain's ends.

Each half of a CCU2C has a LUT of four inputs, of which yosys uses the two addends. It says whether a carry passes (``p``, the exclusive
or of the addends); where none does, the first four places of the same table make the carry (``g``, one of the addends) from inputs A
and B. So a LUT that feeds an addend, and nothing else, goes into the half if four inputs reach and the table can serve both uses. And
the first half of a chain can make the carry of the sum's first bit whatever comes in at CIN: then nothing has to be fed in, and no cell
for it is needed; the bit itself is made by a LUT (yosys' model of the cell, ccu2c_sim.vh). The netlist
is yosys' JSON, flat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

CARRY, LUT = "CCU2C", "LUT4"
_PLAIN = "1001011010101010"  # yosys' table of a half: D is one, C inverts B
_PINS = "ABCD"
_INPUTS = 4
_CARRY_INPUTS = 2

Net = Any


@dataclass(frozen=True)
class _Function:
    """A table over nets: bit ``i`` is the value where net ``j`` has bit ``j`` of ``i``."""

    nets: tuple[Net, ...]
    table: int

    def at(self, values: dict[Net, int]) -> int:
        return self.table >> sum(values[net] << place for place, net in enumerate(self.nets)) & 1

    @classmethod
    def of(cls, nets: Sequence[Net], value: Any) -> _Function:
        """The table of ``value`` (of a dict of net values) without the nets that it does not depend on."""
        kept = list(dict.fromkeys(nets))
        idle: dict[Net, int] = {}
        for net in list(kept):
            if all(value({**idle, **row, net: 0}) == value({**idle, **row, net: 1}) for row in _rows(kept)):
                kept.remove(net)
                idle[net] = 0
        return cls(tuple(kept), sum(value({**idle, **row}) << index for index, row in enumerate(_rows(kept))))


def _rows(nets: Sequence[Net]) -> Iterator[dict[Net, int]]:
    for index in range(1 << len(nets)):
        yield {net: index >> place & 1 for place, net in enumerate(nets)}


def pack_carries(module: dict[str, Any]) -> None:
    """Take the ends off chains and LUTs into them, in place."""
    netlist = _Netlist(module)
    carries = {name: cell for name, cell in module["cells"].items() if cell["type"] == CARRY}
    for name, cell in carries.items():
        _free_the_start(name, cell, netlist)
    for cell in carries.values():
        for half in "01":
            _absorb(cell, half, netlist)
        wires = cell["connections"]
        if wires["COUT"] and not netlist.sinks[wires["COUT"][0]]:
            wires["COUT"] = ["x"]


class _Netlist:
    """Who reads each net and which LUT makes it."""

    def __init__(self, module: dict[str, Any]) -> None:
        self.cells: dict[str, Any] = module["cells"]
        self.sinks: Counter[Net] = Counter()
        self.makers: dict[Net, str] = {}
        self.fresh = 0
        for port in module["ports"].values():
            self._saw(port["bits"])
            self.sinks.update(port["bits"])
        for name, cell in self.cells.items():
            for pin, bits in cell["connections"].items():
                self._saw(bits)
                if cell["port_directions"][pin] == "input":
                    self.sinks.update(bits)
            if cell["type"] == LUT:
                self.makers[cell["connections"]["Z"][0]] = name
        for net in module["netnames"].values():
            self._saw(net["bits"])

    def _saw(self, bits: Sequence[Net]) -> None:
        self.fresh = max([self.fresh, *(bit + 1 for bit in bits if isinstance(bit, int))])

    def new_net(self) -> int:
        self.fresh += 1
        return self.fresh - 1

    def wire(self, net: Net) -> _Function:
        """A net as it is."""
        if isinstance(net, str):
            return _Function((), int(net == "1"))
        return _Function((net,), 0b10)

    def inside(self, net: Net) -> _Function | None:
        """What a net's LUT makes of its inputs, if one pin alone reads the net."""
        maker = self.makers.get(net)
        if maker is None or self.sinks[net] != 1:
            return None
        cell = self.cells[maker]
        pins = [cell["connections"][pin][0] for pin in _PINS]
        table = int(cell["parameters"]["INIT"].replace("x", "0"), 2)
        nets = [pin for pin in pins if not isinstance(pin, str)]

        def value(row: dict[Net, int]) -> int:
            return table >> sum((int(pin == "1") if isinstance(pin, str) else row[pin]) << place for place, pin in enumerate(pins)) & 1

        return _Function.of(nets, value)

    def rewire(self, cell: dict[str, Any], pins: Sequence[str], nets: Sequence[Net]) -> None:
        """Other nets at some inputs of a cell."""
        for pin, net in zip(pins, nets, strict=True):
            self.sinks.subtract(cell["connections"][pin])
            cell["connections"][pin] = [net]
            self.sinks.update([net])

    def drop(self, net: Net) -> None:
        """Take the LUT away that makes a net."""
        cell = self.cells.pop(self.makers.pop(net))
        for pin in _PINS:
            self.sinks.subtract(cell["connections"][pin])

    def add_lut(self, name: str, nets: Sequence[Net], table: int, output: Net) -> None:
        pins = [*nets, *["0"] * (_INPUTS - len(nets))]
        self.cells[name] = {
            "hide_name": 0,
            "type": LUT,
            "parameters": {"INIT": f"{table:016b}"},
            "attributes": {},
            "port_directions": {**dict.fromkeys(_PINS, "input"), "Z": "output"},
            "connections": {**{pin: [net] for pin, net in zip(_PINS, pins, strict=True)}, "Z": [output]},
        }
        self.sinks.update(pins)
        self.makers[output] = name


def _is_plain(cell: dict[str, Any], half: str) -> bool:
    wires, parameters = cell["connections"], cell["parameters"]
    usual = parameters[f"INIT{half}"] == _PLAIN and parameters[f"INJECT1_{half}"].strip() == "NO"
    return usual and wires[f"D{half}"] == ["1"] and wires[f"C{half}"] in (["0"], ["1"])


def _ways(cell: dict[str, Any], half: str, netlist: _Netlist) -> Iterator[tuple[list[Net], _Function, _Function]]:
    """The addends of a half with the LUTs before them taken in, most first: nets no longer needed, and both addends."""
    wires = cell["connections"]
    nets = [wires[f"{pin}{half}"][0] for pin in "AB"]
    if nets[0] == nets[1]:
        return
    found = [netlist.inside(net) for net in nets]
    for taken in ((True, True), (True, False), (False, True), (False, False)):
        if any(take and inner is None for take, inner in zip(taken, found, strict=True)):
            continue
        addends = [inner if take and inner else netlist.wire(net) for take, inner, net in zip(taken, found, nets, strict=True)]
        if wires[f"C{half}"] == ["1"]:
            addends[1] = _Function(addends[1].nets, addends[1].table ^ ((1 << (1 << len(addends[1].nets))) - 1))
        yield [net for net, take in zip(nets, taken, strict=True) if take], addends[0], addends[1]


def _absorb(cell: dict[str, Any], half: str, netlist: _Netlist) -> None:
    """Take LUTs before a plain half into it."""
    if not _is_plain(cell, half):
        return
    for gone, first, second in _ways(cell, half, netlist):
        if not gone:
            return
        for carried, other in ((first, second), (second, first)):
            placed = _placed(carried, other)
            if placed is not None:
                pins, table = placed
                netlist.rewire(cell, [f"{pin}{half}" for pin in _PINS], pins)
                cell["parameters"][f"INIT{half}"] = f"{table:016b}"
                for net in gone:
                    netlist.drop(net)
                return


def _placed(carried: _Function, other: _Function) -> tuple[list[Net], int] | None:
    """Pins A to D and table of a half whose carry is the addend ``carried`` where none passes; None if it cannot be."""
    nets = list(dict.fromkeys([*carried.nets, *other.nets]))
    if len(carried.nets) > _CARRY_INPUTS or len(nets) > _INPUTS:
        return None
    if len(nets) < _INPUTS:
        # D is one wherever the half is read as p, so that all four places of g are free.
        pins = [*nets, *["0"] * (_INPUTS - 1 - len(nets)), "1"]
        rows = [{pin: index >> place & 1 for place, pin in enumerate(pins)} for index in range(1 << _INPUTS)]
        high = 1 << (_INPUTS - 1)
        table = sum((carried.at(row) ^ other.at(row) if index & high else carried.at(row)) << index for index, row in enumerate(rows))
        return list(pins), table & ~0xF0
    rest = [net for net in nets if net not in carried.nets]
    for order in permutations(rest):
        pins = [*carried.nets, *order]
        rows = list(_rows(pins))
        if not any(other.at(row) for row in rows[: 1 << _CARRY_INPUTS]):
            return pins, sum((carried.at(row) ^ other.at(row)) << index for index, row in enumerate(rows))
    return None


def _free_the_start(name: str, cell: dict[str, Any], netlist: _Netlist) -> None:
    """A chain that begins with a constant makes its first carry from the addends alone; a LUT makes the sum's first bit."""
    wires = cell["connections"]
    if wires["CIN"] not in (["0"], ["1"]) or not _is_plain(cell, "0"):
        return
    come_in = int(wires["CIN"][0])
    for gone, first, second in _ways(cell, "0", netlist):
        nets = list(dict.fromkeys([*first.nets, *second.nets]))

        def passed(row: dict[Net, int], a: _Function = first, b: _Function = second) -> int:
            return int(a.at(row) + b.at(row) + come_in > 1)

        def bit(row: dict[Net, int], a: _Function = first, b: _Function = second) -> int:
            return (a.at(row) + b.at(row) + come_in) & 1

        carry, total = _Function.of(nets, passed), _Function.of(nets, bit)
        if len(carry.nets) > _CARRY_INPUTS or len(total.nets) > _INPUTS:
            continue
        netlist.rewire(cell, ["A0", "B0", "C0", "D0", "CIN"], [*carry.nets, *["0"] * (3 - len(carry.nets)), "1", "x"])
        table = sum(carry.at(row) << index for index, row in enumerate(_carry_rows(carry.nets)))
        cell["parameters"]["INIT0"] = f"{table:016b}"
        for net in gone:
            netlist.drop(net)
        if wires["S0"] and netlist.sinks[wires["S0"][0]]:
            output = wires["S0"][0]
            wires["S0"] = [netlist.new_net()]
            lut = sum(total.at(row) << index for index, row in enumerate(_rows(total.nets)))
            netlist.add_lut(f"{name}.first_bit", total.nets, lut, output)
        return


def _carry_rows(nets: Sequence[Net]) -> Iterator[dict[Net, int]]:
    """The values of up to two nets at pins A and B, for each of the four places that make a carry."""
    for index in range(1 << _CARRY_INPUTS):
        yield {net: index >> place & 1 for place, net in enumerate(nets)}
