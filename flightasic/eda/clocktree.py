"""A clock tree in the netlist: root, branches, leaves, flip-flops. Every flip-flop is equally deep.

A branch or a leaf is a buffer, or the clock gate of an enabled register. A gate of few flip-flops is a leaf of its own; one of many is
a branch with leaf buffers behind it, so that the leaves stand still with the register.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from flightasic.eda.flat import FlatNetlist, Net
from flightasic.eda.liberty import LibertyCell, strength
from flightasic.eda.pdk import CellRoles
from flightasic.errors import FormatError

PART = "clock"
CLOCK = "clk"
TRUNK_UNIT = "clock"
LEAF_FLOPS = 20
BRANCH_LEAVES = 16
TRUNK_BRANCHES = 40
# A weaker cell may have this many times the sinks per strength: it also is faster by itself.
WEAKER = 1.2
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class ClockTree:
    """What was built: cells by place, and how many cells lie between the clock port and every flip-flop."""

    levels: int
    trunk_buffers: int
    branch_buffers: int
    branch_gates: int
    leaf_buffers: int
    leaf_gates: int
    flops: int


@dataclass
class _Gate:
    cell: str
    net: Net
    flops: list[str]


@dataclass(frozen=True)
class _Leaf:
    """A leaf to hang below a branch: the cell that is driven (a gate's clock pin), and its unit."""

    cell: str
    pin: str
    unit: str


class _Builder:
    def __init__(self, netlist: FlatNetlist, roles: CellRoles, library: Mapping[str, LibertyCell], clock: Net) -> None:
        self.netlist, self.clock, self.library = netlist, clock, library
        self.root_cell, self.branch_cell, self.leaf_cell = roles.clock_buffers
        self.gate_pins = roles.clock_gate
        self.counts: dict[str, int] = {}
        self.trunk: list[str] = []

    def add(self, kind: str, cell: tuple[str, str, str], unit: str) -> tuple[str, Net]:
        """A buffer that hangs in the air; returns its name and the net it drives."""
        number = self.counts.get(f"{unit} {kind}", 0)
        self.counts[f"{unit} {kind}"] = number + 1
        prefix = "" if unit == TRUNK_UNIT else f"{unit}__"
        name = f"{prefix}clock_{kind}_{number}"
        return name, self.netlist.add_buffer(name, cell, self.clock, unit=unit, part=PART)

    def flop_groups(self) -> tuple[dict[str, list[str]], list[_Gate]]:
        """Flip-flops clocked by the port itself, by unit, and those behind each clock gate."""
        gates: dict[Net, _Gate] = {}
        for name, cell in self.netlist.cells.items():
            if self.library[cell.type].kind == "clock_gate":
                assert self.gate_pins is not None
                cell.part = PART
                if cell.pins[self.gate_pins[2]] != self.clock:
                    raise FormatError(f"clock gate {name} is not driven by the clock port; chained gates are not balanced here")
                gates[cell.pins[self.gate_pins[3]]] = _Gate(name, cell.pins[self.gate_pins[3]], [])
        free: dict[str, list[str]] = {}
        for name, cell in self.netlist.cells.items():
            kind = self.library[cell.type]
            if kind.kind != "flop":
                continue
            net = cell.pins[kind.clock]
            if net in gates:
                gates[net].flops.append(name)
            elif net == self.clock:
                free.setdefault(cell.unit, []).append(name)
            # Any other clock is left as it is, for timing to report.
        return free, [gate for gate in gates.values() if gate.flops]

    def fitting(self, cell: str, sinks: int, full: int) -> str:
        """``cell``, or a weaker one of its kind where it has fewer sinks than the ``full`` number: equal delays, less energy."""
        stem, base = strength(cell)
        kinds = {strength(name)[1]: name for name in self.library if strength(name)[0] == stem and strength(name)[1] <= base}
        return kinds[min(size for size in kinds if sinks * base <= WEAKER * size * full or size == base)]

    def leaves(self, flops: Sequence[str], unit: str) -> list[_Leaf]:
        """Leaf buffers over ``flops``, equally filled."""
        leaves = []
        for part in _even(flops, LEAF_FLOPS):
            kind = self.fitting(self.leaf_cell[0], len(part), LEAF_FLOPS)
            name, net = self.add("leaf", (kind, *self.leaf_cell[1:]), unit)
            for flop in part:
                cell = self.netlist.cells[flop]
                cell.pins[self.library[cell.type].clock] = net
            leaves.append(_Leaf(name, self.leaf_cell[1], unit))
        return leaves

    def hang(self, leaves: Sequence[_Leaf], net: Net) -> None:
        for leaf in leaves:
            self.netlist.cells[leaf.cell].pins[leaf.pin] = net


def build_clock_tree(netlist: FlatNetlist, roles: CellRoles, library: Mapping[str, LibertyCell], port: str = CLOCK) -> ClockTree:
    """Put a balanced tree between ``port`` and every flip-flop it clocks, directly or through one clock gate.

    Cells inserted, and clock gates, get the part "clock"; buffers shared between units belong to the unit "clock".

    Raises
    ------
    FormatError
        If there is no such port, or a clock gate stands behind another.
    """
    builder = _Builder(netlist, roles, library, netlist.port_net(port))
    free, gates = builder.flop_groups()
    flops = sum(map(len, free.values())) + sum(len(gate.flops) for gate in gates)
    leaves = [leaf for unit, names in free.items() for leaf in builder.leaves(names, unit)]
    branches: list[_Leaf] = []
    leaf_gates = branch_gates = 0
    for gate in gates:
        assert roles.clock_gate is not None
        unit = netlist.cells[gate.cell].unit
        if len(gate.flops) <= LEAF_FLOPS:
            leaves.append(_Leaf(gate.cell, roles.clock_gate[2], unit))
            leaf_gates += 1
            continue
        for number, part in enumerate(_even(builder.leaves(gate.flops, unit), BRANCH_LEAVES)):
            name, net = (gate.cell, gate.net) if number == 0 else _copy_gate(netlist, gate, roles.clock_gate[3], number)
            builder.hang(part, net)
            netlist.cells[name].type = builder.fitting(roles.clock_gate[0], len(part), BRANCH_LEAVES)
            branches.append(_Leaf(name, roles.clock_gate[2], unit))
            branch_gates += 1
    order = {unit: number for number, unit in enumerate(dict.fromkeys(leaf.unit for leaf in leaves))}
    groups = _even(sorted(leaves, key=lambda leaf: order[leaf.unit]), BRANCH_LEAVES)
    for group in groups:
        units = {leaf.unit for leaf in group}
        unit = units.pop() if len(units) == 1 else TRUNK_UNIT
        name, net = builder.add("branch", builder.branch_cell, unit)
        builder.hang(group, net)
        branches.append(_Leaf(name, builder.branch_cell[1], unit))
    levels, trunk = 2, 0
    while branches:
        above = _even(branches, TRUNK_BRANCHES)
        branches = []
        for part in above:
            name, net = builder.add(f"trunk_{levels}" if len(above) > 1 else "root", builder.root_cell, TRUNK_UNIT)
            builder.hang(part, net)
            branches.append(_Leaf(name, builder.root_cell[1], TRUNK_UNIT))
        trunk, levels = trunk + len(above), levels + 1
        if len(above) == 1:
            break
    leaf_buffers = sum(count for key, count in builder.counts.items() if key.endswith(" leaf"))
    return ClockTree(levels, trunk, len(groups), branch_gates, leaf_buffers, leaf_gates, flops)


def _copy_gate(netlist: FlatNetlist, gate: _Gate, output: str, number: int) -> tuple[str, Net]:
    """A second gate with the same enable, for a register too wide for one."""
    cell = netlist.cells[gate.cell]
    name = f"{gate.cell}_copy{number}"
    net = netlist.add_net(f"{name}_net")
    netlist.cells[name] = replace(cell, pins={**cell.pins, output: net})
    return name, net


def _even(items: Sequence[_Item], limit: int) -> list[Sequence[_Item]]:
    """``items`` in as few parts of at most ``limit`` as possible, sizes differing by at most one."""
    if not items:
        return []
    parts = math.ceil(len(items) / limit)
    bounds = [len(items) * part // parts for part in range(parts + 1)]
    return [items[low:high] for low, high in zip(bounds, bounds[1:], strict=False)]
