"""Power of a netlist from its switching activity: Liberty internal energies, CV^2/2 on every net, leakage (docs/energy.md).

Slews are carried through the netlist as a static timer does it: the slowest arc into a pin counts, rise and fall averaged. A transition
of an output costs the mean of its energy tables over both edges, weighted by how often the inputs they belong to toggle; a transition of
an input pin what its own table says. All of it scales with toggles, so glitches count as what they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.eda.activity import MIN_ANNOTATED, Activity
from flightasic.eda.cells import CellLibrary, Pin, PowerCell
from flightasic.eda.netlist import Cell, GateNetlist
from flightasic.errors import SimulationError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

PARTS = ("logic", "registers", "clock")
KINDS = ("internal", "switching", "leakage")
PORTS = "ports"
PORT_SLEW_NS = 0.1
ESTIMATOR = "built-in"
_CONSTANTS = ("const_0", "const_1", "const_x", "const_z")
_FJ_PER_PJ = 1e3
_NW_NS_PER_PJ = 1e6


@dataclass(frozen=True)
class PowerReport:
    """Energy by window, unit, part and kind.

    Attributes
    ----------
    units : names of the units; "ports" holds the nets that the netlist's inputs drive
    energy_pj : float64 [windows, units, parts, kinds], parts and kinds as in :data:`PARTS` and :data:`KINDS`
    window_ns : float64 [windows]
    annotated_fraction : share (0..1) of the nets whose activity is known
    net_caps_ff, slews_ns : float64 [nets], what was assumed for each net of the netlist
    """

    units: tuple[str, ...]
    energy_pj: FloatArray
    window_ns: FloatArray
    annotated_fraction: float
    net_caps_ff: FloatArray
    slews_ns: FloatArray

    @property
    def total_mw(self) -> float:
        """Mean power over all windows."""
        return float(self.energy_pj.sum() / self.window_ns.sum())


def estimate(
    netlist: GateNetlist,
    library: CellLibrary,
    activity: Activity,
    *,
    wire_ff: float = 4.0,
    output_ff: float = 10.0,
    net_caps: Mapping[str, float] | None = None,
) -> PowerReport:
    """Power of ``netlist`` doing what ``activity`` says.

    Parameters
    ----------
    library : without any wire load in its pins
    wire_ff : wire of a net per sink, in femtofarads
    output_ff : load of an output port
    net_caps : extracted wire capacitance by net name in femtofarads, in place of ``wire_ff``

    Raises
    ------
    SimulationError
        If less than 99 % of the nets have an activity, naming one that has none.
    """
    names = netlist.nets
    columns, _ = activity.aligned(names)
    wanted = np.array([name not in _CONSTANTS for name in names])
    known = (columns >= 0) & wanted
    annotated = float(known.sum() / max(1, wanted.sum()))
    if annotated < MIN_ANNOTATED:
        lost = names[int(np.flatnonzero(wanted & ~known)[0])]
        raise SimulationError(
            f"only {annotated:.1%} of {int(wanted.sum())} nets have an activity, at least {MIN_ANNOTATED:.0%} are needed; "
            f"{lost!r} has none: simulate the same netlist"
        )
    toggles = np.where(known, activity.toggles[:, np.maximum(columns, 0)], 0).astype(np.float64)
    model = _Model(netlist, library, wire_ff=wire_ff, output_ff=output_ff, net_caps=net_caps)
    units = (*sorted({cell.unit for cell in netlist.cells}), PORTS)
    energy = np.zeros((len(activity.window_ns), len(units), len(PARTS), len(KINDS)))
    model.add_switching(energy, units, toggles)
    model.add_internal(energy, units, toggles)
    model.add_leakage(energy, units, activity.window_ns)
    return PowerReport(units, energy, activity.window_ns, annotated, model.caps, model.slews)


def part_of(cell: Cell, kind: PowerCell) -> int:
    """Index in :data:`PARTS` of a cell and of the net it drives."""
    if cell.clock or kind.kind == "clock_gate":
        return PARTS.index("clock")
    return PARTS.index("logic" if kind.kind == "logic" else "registers")


class _Model:
    """Capacitance and slew of every net."""

    def __init__(
        self, netlist: GateNetlist, library: CellLibrary, *, wire_ff: float, output_ff: float, net_caps: Mapping[str, float] | None
    ) -> None:
        self.netlist, self.library = netlist, library
        self.groups: dict[str, list[int]] = defaultdict(list)
        for index, cell in enumerate(netlist.cells):
            self.groups[cell.type].append(index)
        self.nets: dict[tuple[str, str], IntArray] = {}
        for kind, members in self.groups.items():
            for pin in library.cells[kind].pins:
                self.nets[kind, pin] = np.array([netlist.cells[index].pins.get(pin, -1) for index in members], dtype=np.intp)
        self.caps = self._capacitances(wire_ff, output_ff, net_caps)
        self.slews = self._slews()

    def _capacitances(self, wire_ff: float, output_ff: float, net_caps: Mapping[str, float] | None) -> FloatArray:
        pins, sinks = np.zeros(len(self.netlist.nets)), np.zeros(len(self.netlist.nets))
        for kind in self.groups:
            for name, pin in self.library.cells[kind].pins.items():
                nets = self.nets[kind, name]
                if pin.direction == "input":
                    np.add.at(pins, nets[nets >= 0], pin.cap_ff)
                    np.add.at(sinks, nets[nets >= 0], 1)
        for net in self.netlist.outputs:
            pins[net] += output_ff
            sinks[net] += 1
        wire = wire_ff * sinks
        if net_caps is not None:
            wire = np.array([net_caps.get(name, estimated) for name, estimated in zip(self.netlist.nets, wire, strict=True)])
        return np.asarray(pins + wire, dtype=np.float64)

    def _slews(self) -> FloatArray:
        """Slew of every net, level by level from the ports."""
        slews = np.full(len(self.netlist.nets), PORT_SLEW_NS)
        for members in self._levels():
            by_type: dict[str, list[int]] = defaultdict(list)
            for index in members:
                by_type[self.netlist.cells[index].type].append(index)
            found: list[tuple[IntArray, FloatArray]] = []
            for kind, indices in by_type.items():
                for name, pin in self.library.cells[kind].pins.items():
                    if pin.arcs:
                        found.append(self._output_slews(indices, name, pin, slews))
            for nets, values in found:
                slews[nets] = values
        return slews

    def _output_slews(self, indices: list[int], name: str, pin: Pin, slews: FloatArray) -> tuple[IntArray, FloatArray]:
        cells = [self.netlist.cells[index] for index in indices if name in self.netlist.cells[index].pins]
        nets = np.array([cell.pins[name] for cell in cells], dtype=np.intp)
        load = self.caps[nets]
        rise, fall = np.zeros(len(nets)), np.zeros(len(nets))
        for arc in pin.arcs:
            inputs = np.array([cell.pins.get(arc.related, -1) for cell in cells], dtype=np.intp)
            slew = np.where(inputs >= 0, slews[inputs], PORT_SLEW_NS)
            rise = np.maximum(rise, arc.rise(slew, load)) if arc.rise else rise
            fall = np.maximum(fall, arc.fall(slew, load)) if arc.fall else fall
        return nets, (rise + fall) / 2

    def _levels(self) -> list[list[int]]:
        """Cells in the order in which slews are known: every arc leads from an earlier level."""
        drivers: dict[int, int] = {}
        for index, cell in enumerate(self.netlist.cells):
            for name, pin in self.library.cells[cell.type].pins.items():
                if pin.direction == "output" and name in cell.pins:
                    drivers[cell.pins[name]] = index
        waits: list[int] = [0] * len(self.netlist.cells)
        readers: dict[int, list[int]] = defaultdict(list)
        for index, cell in enumerate(self.netlist.cells):
            related = {arc.related for pin in self.library.cells[cell.type].pins.values() for arc in pin.arcs}
            sources = {drivers[cell.pins[name]] for name in related if cell.pins.get(name, -1) in drivers}
            waits[index] = len(sources)
            for source in sources:
                readers[source].append(index)
        level = [index for index, count in enumerate(waits) if not count]
        levels = []
        while level:
            levels.append(level)
            following = []
            for source in level:
                for index in readers[source]:
                    waits[index] -= 1
                    if not waits[index]:
                        following.append(index)
            level = following
        return levels

    def add_switching(self, energy: FloatArray, units: tuple[str, ...], toggles: FloatArray) -> None:
        """CV^2/2 for every transition of every net, charged to its driver's unit and part."""
        unit_of = np.full(len(self.netlist.nets), units.index(PORTS))
        part = np.zeros(len(self.netlist.nets), dtype=np.intp)
        numbers = {unit: number for number, unit in enumerate(units)}
        for cell in self.netlist.cells:
            kind = self.library.cells[cell.type]
            for name, pin in kind.pins.items():
                if pin.direction == "output" and name in cell.pins:
                    unit_of[cell.pins[name]], part[cell.pins[name]] = numbers[cell.unit], part_of(cell, kind)
        for cell in self.netlist.cells:
            # A port whose net clocks something is a clock.
            clock = cell.clock or self.library.cells[cell.type].kind in ("flop", "clock_gate")
            for net in (cell.pins.get(pin, -1) for pin in self._clock_pins(cell)) if clock else ():
                if net >= 0 and unit_of[net] == numbers[PORTS]:
                    part[net] = PARTS.index("clock")
        picojoules = self.caps * self.library.voltage**2 / 2 / _FJ_PER_PJ
        _add(energy, unit_of, part, KINDS.index("switching"), toggles * picojoules)

    def _clock_pins(self, cell: Cell) -> tuple[str, ...]:
        kind = self.library.cells[cell.type]
        if kind.clock_pin is not None:
            return (kind.clock_pin,)
        return tuple(name for name, pin in kind.pins.items() if pin.direction == "input") if cell.clock else ()

    def add_internal(self, energy: FloatArray, units: tuple[str, ...], toggles: FloatArray) -> None:
        """Internal energies of all cells, by type."""
        numbers = {unit: number for number, unit in enumerate(units)}
        internal, clock = KINDS.index("internal"), PARTS.index("clock")
        for kind, members in self.groups.items():
            cell_kind = self.library.cells[kind]
            cells = [self.netlist.cells[index] for index in members]
            unit_of = np.array([numbers[cell.unit] for cell in cells])
            own = np.array([part_of(cell, cell_kind) for cell in cells])
            for name, pin in cell_kind.pins.items():
                part = np.full(len(cells), clock) if name == cell_kind.clock_pin else own
                pj = self._pin_energy(kind, pin, toggles)
                if pj is not None:
                    _add(energy, unit_of, part, internal, pj)

    def _pin_energy(self, kind: str, pin: Pin, toggles: FloatArray) -> FloatArray | None:
        """pJ [windows, cells] of the transitions of one pin of all cells of a type."""
        nets = self.nets[kind, pin.name]
        there = nets >= 0
        if not pin.energies or not there.any():
            return None
        load = np.where(there, self.caps[nets], 0.0)
        by_input: dict[str, list[FloatArray]] = defaultdict(list)
        for item in pin.energies:
            source = self.nets[kind, item.related] if item.related else nets
            slew = np.where(source >= 0, self.slews[source], PORT_SLEW_NS)
            by_input[item.related].append(item.mean(slew, load))
        means = {related: np.asarray(sum(values) / len(values)) for related, values in by_input.items()}
        # An input that never toggles causes nothing; where none is known to, all count alike.
        causes = {
            related: toggles[:, np.maximum(self.nets[kind, related], 0)] if related else np.ones((len(toggles), 1)) for related in means
        }
        total = sum(causes.values())
        shares = {related: np.where(total > 0, cause / np.maximum(total, 1e-30), 1 / len(means)) for related, cause in causes.items()}
        pj = sum(shares[related] * means[related] for related in means)
        return np.asarray(toggles[:, np.maximum(nets, 0)] * there * pj)

    def add_leakage(self, energy: FloatArray, units: tuple[str, ...], window_ns: FloatArray) -> None:
        """Leakage of every cell for as long as a window lasts."""
        numbers = {unit: number for number, unit in enumerate(units)}
        for cell in self.netlist.cells:
            kind = self.library.cells[cell.type]
            energy[:, numbers[cell.unit], part_of(cell, kind), KINDS.index("leakage")] += kind.leakage_nw * window_ns / _NW_NS_PER_PJ


def _add(energy: FloatArray, unit: npt.NDArray[Any], part: npt.NDArray[Any], kind: int, values: FloatArray) -> None:
    """Add values [windows, N] at units [N] and parts [N], of which several may be the same."""
    for window, row in enumerate(values):
        np.add.at(energy[window, :, :, kind], (unit, part), row)


def summary(report: PowerReport) -> dict[str, Any]:
    """Mean power in mW over all windows, by part and by kind, for records."""
    time = float(report.window_ns.sum())
    return {
        "total_mw": report.total_mw,
        "parts_mw": dict(zip(PARTS, (report.energy_pj.sum(axis=(0, 1, 3)) / time).tolist(), strict=True)),
        "kinds_mw": dict(zip(KINDS, (report.energy_pj.sum(axis=(0, 1, 2)) / time).tolist(), strict=True)),
    }
