"""What power needs of a Liberty library: pins and their capacitances, energy and slew tables, leakage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from flightasic.errors import FormatError

FloatArray = npt.NDArray[np.float64]

_CELL = re.compile(r'\bcell\s*\(\s*"?(\w+)"?\s*\)\s*\{')
_TOKEN = re.compile(
    r'(?P<group>\w+)\s*\((?P<arguments>[^(){};]*)\)\s*\{|(?P<end>\})|(?P<complex>\w+)\s*\((?P<values>(?:"[^"]*"|[^()"])*)\)\s*;?'
    r'|(?P<name>\w+)\s*:\s*(?P<value>"[^"]*"|[^;{}\n]+)\s*;?'
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LOAD_UNIT_FF = {"ff": 1.0, "pf": 1e3}
_LEAKAGE_UNIT_NW = {"1pW": 1e-3, "10pW": 1e-2, "100pW": 0.1, "1nW": 1.0, "10nW": 10.0, "100nW": 100.0, "1uW": 1e3, "10uW": 1e4, "1mW": 1e6}
_TIME_UNIT_NS = {"1ns": 1.0, "100ps": 0.1, "10ps": 0.01, "1ps": 0.001}
_SLEW_AXES = ("input_net_transition", "input_transition_time")
_LOAD_AXIS = "total_output_net_capacitance"


@dataclass
class Group:
    """A Liberty group: its arguments, plain attributes, complex attributes and the groups inside, in order."""

    kind: str
    arguments: str
    attributes: dict[str, str] = field(default_factory=dict)
    complex: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def inside(self, kind: str) -> Iterator[Group]:
        """The groups of one kind directly inside."""
        return (group for group in self.groups if group.kind == kind)


@dataclass(frozen=True)
class Table:
    """A value over input slew (ns) and output load (fF): bilinear between the points, and beyond them as from the last two.

    A table without one of the axes has a single point there.
    """

    slews: FloatArray
    loads: FloatArray
    values: FloatArray

    def __call__(self, slew: FloatArray, load: FloatArray) -> FloatArray:
        """Values [N] at slews [N] and loads [N]."""
        low_s, part_s = _position(self.slews, slew)
        low_l, part_l = _position(self.loads, load)
        high_s, high_l = np.minimum(low_s + 1, len(self.slews) - 1), np.minimum(low_l + 1, len(self.loads) - 1)
        lower = self.values[low_s, low_l] * (1 - part_l) + self.values[low_s, high_l] * part_l
        upper = self.values[high_s, low_l] * (1 - part_l) + self.values[high_s, high_l] * part_l
        result: FloatArray = lower * (1 - part_s) + upper * part_s
        return result


def _position(axis: FloatArray, at: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    if len(axis) == 1:
        return np.zeros(len(at), dtype=np.intp), np.zeros(len(at))
    low = np.clip(np.searchsorted(axis, at) - 1, 0, len(axis) - 2)
    return low, (at - axis[low]) / (axis[low + 1] - axis[low])


@dataclass(frozen=True)
class Energy:
    """Internal energy of a transition of a pin in pJ: rising and falling tables, and the input pin that causes it ("" = the pin itself)."""

    related: str
    rise: Table | None
    fall: Table | None

    def mean(self, slew: FloatArray, load: FloatArray) -> FloatArray:
        """pJ of one transition, the mean of both edges: a rising and a falling one alone hold charge that the other gives back."""
        found = [table(slew, load) for table in (self.rise, self.fall) if table is not None]
        return np.asarray(sum(found) / 2.0, dtype=np.float64)


@dataclass(frozen=True)
class Arc:
    """Slew of an output (ns) caused by an input pin: tables of its rising and falling edge."""

    related: str
    rise: Table | None
    fall: Table | None

    def slews(self, slew: FloatArray, load: FloatArray) -> list[FloatArray]:
        """Slews of the edges there are."""
        return [table(slew, load) for table in (self.rise, self.fall) if table is not None]


@dataclass(frozen=True)
class Pin:
    """A pin: direction ("input", "output"), capacitance in fF, its energies and (outputs) arcs."""

    name: str
    direction: str
    cap_ff: float
    energies: tuple[Energy, ...]
    arcs: tuple[Arc, ...]


@dataclass(frozen=True)
class PowerCell:
    """A cell: kind ("logic", "flop", "latch" or "clock_gate"), leakage in nW, the clock pin of a flop or latch, pins by name."""

    name: str
    kind: str
    leakage_nw: float
    clock_pin: str | None
    pins: Mapping[str, Pin]


@dataclass(frozen=True)
class CellLibrary:
    """Cells of a library at one corner, and its supply voltage."""

    voltage: float
    cells: Mapping[str, PowerCell]

    @classmethod
    def read(cls, text: str, names: Iterable[str] | None = None) -> CellLibrary:
        """Parse a Liberty file's text; only the cells in ``names`` if given.

        Raises
        ------
        FormatError
            If units, templates or a cell's tables cannot be read, or a wanted cell is not there.
        """
        text = _COMMENT.sub("", text).replace("\\\n", " ")
        starts = list(_CELL.finditer(text))
        if not starts:
            raise FormatError("a Liberty file without cells; it is damaged, fetch it again")
        try:
            units = _Units(parse_group(text[: starts[0].start()], whole=False))
        except (KeyError, ValueError) as error:
            raise FormatError(f"units or templates of the Liberty file cannot be read ({error}); it is damaged, fetch it again") from error
        wanted = None if names is None else set(names)
        cells = {}
        ends = [match.start() for match in starts[1:]] + [len(text)]
        for match, end in zip(starts, ends, strict=True):
            name = match.group(1)
            if wanted is None or name in wanted:
                try:
                    cells[name] = _cell(name, parse_group(text[match.start() : end]), units)
                except (KeyError, ValueError, FormatError) as error:
                    raise FormatError(f"Liberty cell {name!r} cannot be read ({error}); the file is damaged, fetch it again") from error
        lost = sorted((wanted or set()) - set(cells))
        if lost:
            raise FormatError(f"the library has no cell {lost[0]!r}; take the library that the netlist was mapped to")
        return cls(units.voltage, cells)


def parse_group(text: str, *, whole: bool = True) -> Group:
    """The first group of a Liberty text, with all it holds.

    Raises
    ------
    FormatError
        If there is none, or (``whole``) the text ends before it does.
    """
    root = Group("", "")
    stack = [root]
    for token in _TOKEN.finditer(text):
        if token.group("group"):
            group = Group(token.group("group"), token.group("arguments").strip().strip('"'))
            stack[-1].groups.append(group)
            stack.append(group)
        elif token.group("end"):
            if len(stack) > 1:
                stack.pop()
            if len(stack) == 1:
                break
        elif token.group("complex"):
            stack[-1].complex[token.group("complex")] = token.group("values")
        else:
            stack[-1].attributes[token.group("name")] = token.group("value").strip().strip('"')
    if not root.groups:
        raise FormatError("a Liberty file without a group; it is damaged, fetch it again")
    if whole and len(stack) > 1:
        raise FormatError(f"a Liberty file that ends within a group {stack[-1].kind!r}")
    return root.groups[0]


class _Units:
    """Units and templates of a library's head."""

    def __init__(self, library: Group) -> None:
        number, unit = (part.strip().strip('"') for part in library.complex.get("capacitive_load_unit", "1,pf").split(","))
        self.ff = float(number) * _LOAD_UNIT_FF[unit.lower()]
        self.leakage_nw = _LEAKAGE_UNIT_NW[library.attributes.get("leakage_power_unit", "1nW")]
        self.ns = _TIME_UNIT_NS[library.attributes.get("time_unit", "1ns")]
        self.voltage = _voltage(library)
        # Energy tables are in load unit times voltage squared: pJ for pF.
        self.pj = self.ff / 1e3
        self.templates = {group.arguments: group for group in library.groups if group.kind.endswith("_template")}

    def table(self, group: Group | None, scale: float) -> Table | None:
        """A table group in ns, fF and ``scale``."""
        if group is None or "values" not in group.complex:
            return None
        template = self.templates.get(group.arguments, Group("scalar", ""))
        rows = [_numbers(row) for row in re.findall(r'"([^"]*)"', group.complex["values"])]
        values = np.array(rows, dtype=np.float64)
        axes: dict[str, FloatArray] = {}
        order: list[str] = []
        for number in (1, 2):
            variable = template.attributes.get(f"variable_{number}")
            if variable is None:
                continue
            index = group.complex.get(f"index_{number}") or template.complex.get(f"index_{number}", "")
            kind = "slew" if variable in _SLEW_AXES else "load" if variable == _LOAD_AXIS else variable
            axes[kind] = np.array(_numbers(index.replace('"', "")))
            order.append(kind)
        if not set(order) <= {"slew", "load"}:
            raise ValueError(f"a table over {' and '.join(order)}, known are input slew and output load")
        slews, loads = axes.get("slew", np.zeros(1)) * self.ns, axes.get("load", np.zeros(1)) * self.ff
        shaped = values.reshape([len(axes[kind]) for kind in order] or [1])
        if order == ["load", "slew"]:
            shaped = shaped.T
        return Table(slews, loads, shaped.reshape(len(slews), len(loads)) * scale)


def _voltage(library: Group) -> float:
    if "nom_voltage" in library.attributes:
        return float(library.attributes["nom_voltage"])
    for conditions in library.inside("operating_conditions"):
        if "voltage" in conditions.attributes:
            return float(conditions.attributes["voltage"])
    raise FormatError("a Liberty file without a supply voltage; it is damaged, fetch it again")


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.replace(",", " ").split()]


def _cell(name: str, group: Group, units: _Units) -> PowerCell:
    states = [float(state.attributes["value"]) for state in group.inside("leakage_power")]
    leakage = float(group.attributes.get("cell_leakage_power", sum(states) / max(1, len(states))))
    if "clock_gating_integrated_cell" in group.attributes:
        kind = "clock_gate"
    else:
        kind = next((kind for kind, word in (("flop", "ff"), ("latch", "latch")) if any(group.inside(word))), "logic")
    pins = {pin.arguments: _pin(pin, units) for pin in group.inside("pin")}
    clocks = [pin.arguments for pin in group.inside("pin") if pin.attributes.get("clock") == "true"]
    state = next((inner for inner in group.groups if inner.kind in ("ff", "latch")), None)
    if not clocks and state is not None:
        clocks = re.findall(r"\w+", state.attributes.get("clocked_on", state.attributes.get("enable", "")))
    return PowerCell(name, kind, leakage * units.leakage_nw, clocks[0] if clocks and kind != "logic" else None, pins)


def _pin(group: Group, units: _Units) -> Pin:
    direction = group.attributes.get("direction", "input")
    caps = [float(group.attributes[key]) for key in ("rise_capacitance", "fall_capacitance") if key in group.attributes]
    cap = sum(caps) / len(caps) if caps else float(group.attributes.get("capacitance", 0.0))
    energies = []
    for item in group.inside("internal_power"):
        tables = {inner.kind: units.table(inner, units.pj) for inner in item.groups}
        rise, fall = (tables.get(kind, tables.get("power")) for kind in ("rise_power", "fall_power"))
        if rise or fall:
            energies += [Energy(related, rise, fall) for related in item.attributes.get("related_pin", "").split() or [""]]
    arcs = []
    for item in group.inside("timing"):
        rise, fall = (units.table(next(item.inside(kind), None), units.ns) for kind in ("rise_transition", "fall_transition"))
        if rise or fall:
            arcs += [Arc(related, rise, fall) for related in item.attributes.get("related_pin", "").split()]
    return Pin(group.arguments, direction, cap * units.ff, tuple(energies), tuple(arcs))
