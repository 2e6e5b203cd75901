"""Verilog simulation models of library cells, made from what the Liberty file says of them: function, state and arcs.

The models carry ``specify`` paths for SDF and no timing checks. States start at random, from a fixed seed, as hardware does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from flightasic.eda.boolean import Expression, parse_expression
from flightasic.errors import FormatError

_CELL = re.compile(r'^\s*cell\s*\(\s*"?(\w+)"?\s*\)\s*\{', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TABLE = re.compile(r'\b(?:values|index_\d)\s*\([^;]*?\)\s*;|\btable\s*:\s*"[^"]*"\s*;', re.DOTALL)
_ITEM = re.compile(r'(?P<close>\})|(?P<key>\w+)\s*(?::\s*(?P<value>"[^"]*"|[^;}\n]+)\s*;?|\((?P<args>[^)]*)\)\s*(?P<open>\{)?)', re.DOTALL)
_STORAGE = ("clocked_on", "next_state", "clear", "preset", "enable", "data_in")
_CHECKS = ("setup", "hold", "recovery", "removal", "min_pulse", "non_seq")
_STATE = ("reg held;", "initial held = $urandom;")
_CLOCK_GATES = ("latch_posedge", "latch_posedge_precontrol")


@dataclass
class Group:
    """A Liberty group: its arguments, simple attributes, and the groups inside. Tables of values are left out."""

    kind: str
    args: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Group]:
        """The groups inside that are of one of ``kinds``."""
        return [group for group in self.groups if group.kind in kinds]


def cell_groups(liberty: str, cells: Iterable[str]) -> dict[str, Group]:
    """The groups of some cells of a Liberty text.

    Raises
    ------
    FormatError
        If the library lacks one of the cells.
    """
    places = {match.group(1): match for match in _CELL.finditer(liberty)}
    found = {}
    for cell in sorted(set(cells)):
        if cell not in places:
            raise FormatError(f"the Liberty file has no cell {cell!r}; use the library the netlist was mapped to")
        found[cell] = _read_group(cell, _TABLE.sub("", _COMMENT.sub("", _body(liberty, places[cell].end()))))
    return found


def _body(text: str, start: int) -> str:
    depth = 1
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return text[start : match.start()]
    raise FormatError("a Liberty file that ends inside a cell; it is damaged, fetch it again")


def _read_group(name: str, body: str) -> Group:
    root = Group("cell", (name,))
    stack = [root]
    for match in _ITEM.finditer(body):
        if match["close"]:
            stack.pop()
        elif match["open"]:
            args = tuple(part.strip().strip('"') for part in match["args"].split(","))
            group = Group(match["key"], args)
            stack[-1].groups.append(group)
            stack.append(group)
        elif match["value"] is not None:
            stack[-1].values[match["key"]] = match["value"].strip().strip('"')
    return root


def render_models(liberty: str, cells: Iterable[str]) -> str:
    """Verilog of one module per cell name in ``cells``.

    Combinational outputs are truth tables (user-defined primitives of all prime implicants: an unknown input that does not
    matter leaves the output known), so that one input change costs one evaluation, whatever the function.

    Raises
    ------
    FormatError
        If a cell is missing from the library or is of a kind without a model (tri-state, clock gates on falling edges).
    """
    parts = ["`timescale 1ns / 1ps\n"]
    parts += [_Model(group).render() for group in cell_groups(liberty, cells).values()]
    return "\n".join(parts)


def cell_arcs(liberty: str, cells: Iterable[str]) -> dict[str, frozenset[tuple[str, str]]]:
    """The (input, output) pairs of each cell that a delay belongs to; errors as :func:`render_models`."""
    models = {name: _Model(group) for name, group in cell_groups(liberty, cells).items()}
    return {name: frozenset(model.arcs()) for name, model in models.items()}


class _Model:
    """One cell on its way to Verilog."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.name = group.args[0]
        pins = group.of("pin")
        self.inputs = [pin.args[0] for pin in pins if pin.values.get("direction") == "input"]
        self.outputs = {pin.args[0]: pin for pin in pins if pin.values.get("direction") == "output"}
        if any("three_state" in pin.values or pin.values.get("direction") == "inout" for pin in pins):
            raise FormatError(f"cell {self.name!r} is tri-state or bidirectional, which has no simulation model; do not map to it")
        self.body: list[str] = []
        self.primitives: list[str] = []
        self.states: dict[str, Expression] = {}

    def render(self) -> str:
        """Verilog of the module and its primitives."""
        gate = self.group.values.get("clock_gating_integrated_cell")
        if gate is not None:
            self._clock_gate(gate)
        for group in self.group.of("ff", "latch"):
            self._storage(group)
        for name, pin in self.outputs.items():
            self._output(name, pin)
        lines = [f"module {self.name} ({', '.join([*self.inputs, *self.outputs])});"]
        lines += [f"  input {name};" for name in self.inputs] + [f"  output {name};" for name in self.outputs]
        lines += [f"  {line}" for line in self.body]
        paths = [f"    ({source} => {output}) = (0, 0);" for source, output in self.arcs()]
        if paths:
            lines += ["  specify", *paths, "  endspecify"]
        return "\n".join([*self.primitives, *lines, "endmodule\n"])

    def arcs(self) -> list[tuple[str, str]]:
        """(input, output) of every path a delay belongs to."""
        return [(source, output) for output in self.outputs for source in self._sources(output)]

    def _sources(self, output: str) -> list[str]:
        """Inputs that have an arc to an output, in the order of the pins."""
        timings = [timing.values for timing in self.outputs[output].of("timing")]
        delays = [values for values in timings if not values.get("timing_type", "").startswith(_CHECKS)]
        related = {source for values in delays for source in values.get("related_pin", "").split()}
        return [name for name in self.inputs if name in related]

    def _pin(self, mark: str) -> str:
        for pin in self.group.of("pin"):
            if pin.values.get(mark) == "true":
                return pin.args[0]
        raise FormatError(f"clock gate {self.name!r} has no pin marked {mark}; the Liberty file is damaged, fetch it again")

    def _clock_gate(self, kind: str) -> None:
        if kind not in _CLOCK_GATES:
            raise FormatError(f"clock gate {self.name!r} is of kind {kind!r}, only {' and '.join(_CLOCK_GATES)} have a model")
        clock = self._pin("clock_gate_clock_pin")
        enable = self._pin("clock_gate_enable_pin")
        if kind == "latch_posedge_precontrol":
            enable = f"({enable} | {self._pin('clock_gate_test_pin')})"
        self.body += [*_STATE, f"always_latch if (!{clock}) held = {enable};"]
        self.outputs[self._pin("clock_gate_out_pin")].values["function"] = f"{clock}&held"

    def _storage(self, group: Group) -> None:
        """A flip-flop or latch; both its names, state and complement, may stand in functions of outputs."""
        parsed = {key: parse_expression(group.values[key]) for key in _STORAGE if key in group.values}
        held = Expression("name", text="held")
        self.states = dict(zip(group.args, (held, Expression("~", (held,))), strict=False))
        verilog = {key: part.renamed(self.states).verilog() for key, part in parsed.items()}
        forces = [(verilog[key], value) for key, value in (("clear", 0), ("preset", 1)) if key in verilog]
        if group.values.get("clear_preset_var1") == "H":
            forces.reverse()
        forced = " else ".join(f"if ({when}) held = 1'b{value};" for when, value in forces)
        free = "".join(f" && !({when})" for when, _ in forces)
        # What forces the state is a level, so that either of two goes on when the other ends.
        changes = [f"always_latch {forced}"] if forces else []
        if group.kind == "latch":
            changes.append(f"always_latch if ({verilog['enable']}{free}) held = {verilog['data_in']};")
        else:
            capture = f"held <= {verilog['next_state']};"
            changes.append(f"always @({_rise(parsed['clocked_on'])}) {f'if ({free[4:]}) ' if free else ''}{capture}")
        self.body += [*_STATE, *changes]

    def _output(self, name: str, pin: Group) -> None:
        text = pin.values.get("function")
        if text is None:
            raise FormatError(f"output {name} of cell {self.name!r} has no function in the Liberty file; do not map to it")
        function = parse_expression(text).renamed(self.states)
        if not function.variables:
            self.body.append(f"assign {name} = {function.verilog()};")
            return
        primitive = f"{self.name}__{name}"
        self.body.append(f"{primitive} table_{name} ({name}, {', '.join(function.variables)});")
        rows = [f"    {' '.join(cube)} : {value};" for cube, value in function.prime_implicants()]
        inputs = [f"i{number}" for number in range(len(function.variables))]
        head = [f"primitive {primitive} (o, {', '.join(inputs)});", "  output o;", f"  input {', '.join(inputs)};", "  table"]
        self.primitives += [*head, *rows, "  endtable", "endprimitive"]


def _rise(function: Expression) -> str:
    """Event of a pin's function becoming true."""
    if function.op == "name":
        return f"posedge {function.text}"
    if function.op == "~" and function.parts[0].op == "name":
        return f"negedge {function.parts[0].text}"
    raise FormatError(f"a flip-flop clocked or forced by {function.verilog()!r}, which is not a pin; do not map to it")
