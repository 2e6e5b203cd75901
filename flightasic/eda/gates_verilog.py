"""The Verilog around a netlist in simulation: its new name, the wrapper that takes the core's place, memories at power-up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flightasic.errors import FormatError

CORE = "flight_core"
NETLIST = "flight_core_netlist"
BANK_WRITES = "bank_write_en"
MARK, WINDOW = "flight_mark", "flight_window"
WINDOW_BITS = 16
NO_WINDOW = (1 << WINDOW_BITS) - 1
INPUT_DELAY_FRACTION = 0.2

_MODULE = re.compile(r"^\s*module\s+(\w+)", re.MULTILINE)
_PORT = re.compile(r"^\s*(input|output)\s+(?:wire\s+|logic\s+)?(?:\[(\d+):0\]\s*)?(\w+)\s*;", re.MULTILINE)
_INSTANCE = re.compile(r"^[ \t]*(?P<type>\w+)\s+(?P<name>\\\S+\s|\w+)\s*\((?P<pins>\s*\.[^;]*)\)\s*;\n?", re.MULTILINE)
_PIN = re.compile(r"\.(\w+)\s*\(\s*(\\\S+\s(?:\[\d+\])?|[A-Za-z_]\w*(?:\[\d+\])?)\s*\)")
_GROUP = "flight_group_"
_CELLS = "flight_cells"
_NETS = "netlist"
_WORDS = re.compile(r"^  logic \[(\d+):0\] words \[0:(\d+)\];\n", re.MULTILINE)
_RANDOM_BITS = 32


@dataclass(frozen=True)
class Port:
    """A port of the core: direction "input" or "output", name, width in bits."""

    direction: str
    name: str
    width: int

    @property
    def declaration(self) -> str:
        """Its range and name in Verilog."""
        return f"{f'[{self.width - 1}:0] ' if self.width > 1 else ''}{self.name}"


def core_ports(netlist: str) -> list[Port]:
    """Ports of a netlist's module.

    Raises
    ------
    FormatError
        If the text is not one module named :data:`CORE`, or lacks its clock.
    """
    modules = _MODULE.findall(netlist)
    if modules != [CORE]:
        raise FormatError(f"a netlist of modules {modules}, expected one flat module {CORE!r}; flatten it")
    ports = [Port(direction, name, int(high or 0) + 1) for direction, high, name in _PORT.findall(netlist)]
    if not any(port.name == "clk" for port in ports):
        raise FormatError(f"module {CORE!r} has no port clk; it is not the netlist of an array")
    return ports


def grouped_netlist(netlist: str, types: Collection[str]) -> tuple[str, dict[str, str]]:
    """The netlist as module :data:`NETLIST` with its cells in groups, and the place (group/cell) of every cell.

    Icarus Verilog finds a cell for its delays by going through everything in its module, nets too; with groups of about the
    square root of the cells' number, apart from the nets, that takes seconds instead of an hour. Cells refer to the nets upwards:
    the groups' module must stand beside the nets', whose instance is called :data:`_NETS`.

    Parameters
    ----------
    types : cell types of the library

    Raises
    ------
    FormatError
        If the text is more than cells, declarations and assignments.
    """
    places: dict[str, str] = {}
    groups: list[list[str]] = []
    size = max(1, round(len(_INSTANCE.findall(netlist)) ** 0.5))

    def take(match: re.Match[str]) -> str:
        if match["type"] not in types:
            return match[0]
        if not groups or len(groups[-1]) == size:
            groups.append([])
        name = f"{_GROUP}{len(groups) - 1}/c{len(groups[-1])}"
        places[match["name"].strip().removeprefix("\\")] = name
        pins = _PIN.sub(lambda pin: f".{pin[1]}({_NETS}.{pin[2]})", match["pins"])
        groups[-1].append(f"  {match['type']} {name.partition('/')[2]} ({pins});")
        return ""

    rest = _MODULE.sub(lambda match: match[0].replace(CORE, NETLIST), _INSTANCE.sub(take, netlist), count=1)
    head, end, _ = rest.rpartition("endmodule")
    if not places or not end:
        raise FormatError("a netlist without cells of the library it is said to be mapped to")
    modules = [f"module {_GROUP}{number};\n" + "\n".join(cells) + "\nendmodule\n" for number, cells in enumerate(groups)]
    instances = [f"  {_GROUP}{number} {_GROUP}{number} ();\n" for number in range(len(groups))]
    return "".join([head, "endmodule\n", f"module {_CELLS};\n", *instances, "endmodule\n", *modules]), places


def render_wrapper(ports: Sequence[Port], *, cycles: int, clock_ns: float, sdf: str | None, dump: str) -> str:
    """A module :data:`CORE` around the netlist: inputs come late, as timing analysis assumes, and every cycle's window is marked.

    A cycle belongs to the step that ``step_index`` names at its end. An image is in flight for ``cycles`` cycles (the bench
    requires that) from the first word taken; changes are dumped once ``enable`` has risen.
    """
    late = [port for port in ports if port.direction == "input" and port.name != "clk"]
    lines = ["`timescale 1ns / 1ps", f"module {CORE} ({', '.join(port.name for port in ports)});"]
    lines += [f"  {port.direction} {port.declaration};" for port in ports]
    for port in late:
        signal = Port("input", f"late_{port.name}", port.width)
        lines.append(f"  reg {signal.declaration};")
        lines.append(f"  always @({port.name}) {signal.name} <= #{clock_ns * INPUT_DELAY_FRACTION:.3f} {port.name};")
    names = {port.name for port in late}
    connections = ", ".join(f".{port.name}({'late_' if port.name in names else ''}{port.name})" for port in ports)
    lines += [f"  {NETLIST} {_NETS} ({connections});", f"  {_CELLS} cells ();"]
    if sdf is not None:
        lines.append(f'  initial $sdf_annotate("{sdf}", cells);')
    lines += [
        *_bank_writes(ports),
        f"  reg {MARK} = 1'b0;",
        f"  reg [{WINDOW_BITS - 1}:0] {WINDOW} = {NO_WINDOW};",
        "  integer left = 0;",
        "  always @(posedge clk) begin",
        f"    {MARK} <= ~{MARK};",
        f"    if (left > 0) begin left = left - 1; {WINDOW} <= step_index; end",
        f"    else if (image_val && image_rdy) begin left = {cycles - 1}; {WINDOW} <= step_index; end",
        f"    else {WINDOW} <= {NO_WINDOW};",
        "  end",
        "  initial begin",
        "    wait (enable === 1'b1);",
        f'    $dumpfile("{dump}");',
        f"    $dumpvars(1, {_NETS}, {MARK}, {WINDOW}, {BANK_WRITES});",
        "  end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _bank_writes(ports: Sequence[Port]) -> list[str]:
    """A bit per bank that is high while any of its lanes is written: lanes of one word may be written one after the other."""
    widths = {port.name: port.width for port in ports}
    banks, enables = widths["act_read_en"], widths["act_write_en"]
    lanes = enables // banks
    lines = [f"  wire {Port('wire', BANK_WRITES, banks).declaration};"]
    for bank in range(banks):
        bit = f"{BANK_WRITES}[{bank}]" if banks > 1 else BANK_WRITES
        lines.append(f"  assign {bit} = |act_write_en{f'[{bank * lanes + lanes - 1}:{bank * lanes}]' if enables > 1 else ''};")
    return lines


def powered_up(source: str) -> str:
    """A memory's module whose words and output start at random, as hardware's do; X times 0 would be X."""

    def start(match: re.Match[str]) -> str:
        word = f"{{{', '.join(['$urandom'] * (int(match[1]) // _RANDOM_BITS + 1))}}}"
        fill = f"for (int i = 0; i <= {match[2]}; i += 1) words[i] = {word};"
        return f"{match[0]}  initial begin {fill} read_data = {word}; end\n"

    return _WORDS.sub(start, source)


def surroundings(sources: Iterable[Path]) -> dict[str, str]:
    """Verilog of the array without its core, by file name; memories start at random."""
    texts = {path.name: path.read_text() for path in sources if path.suffix == ".v"}
    return {name: powered_up(text) for name, text in texts.items() if CORE not in _MODULE.findall(text)}
