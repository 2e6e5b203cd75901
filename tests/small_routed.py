"""Made-up wires for a mapped netlist: a star from the driver to every sink, the same capacitance for each."""

from __future__ import annotations

from collections import defaultdict

from flightasic.eda.cells import CellLibrary
from flightasic.eda.netlist import GateNetlist

HEAD = """\
*SPEF "IEEE 1481-1998"
*DESIGN "flight_core"
*DATE "today"
*VENDOR "none"
*PROGRAM "none"
*VERSION "0"
*DESIGN_FLOW "NETLIST_TYPE_VERILOG"
*DIVIDER /
*DELIMITER :
*BUS_DELIMITER [ ]
*T_UNIT 1 NS
*C_UNIT 1 PF
*R_UNIT 1 OHM
*L_UNIT 1 HENRY
"""


def star_spef(netlist: GateNetlist, liberty: str, sink_ff: float, ohm: float = 1.0) -> str:
    """SPEF with ``sink_ff`` femtofarads and ``ohm`` for every input pin; an output port is reached by ``ohm`` alone."""
    library = CellLibrary.read(liberty, {cell.type for cell in netlist.cells})
    numbers: dict[str, int] = {}

    def number(name: str) -> str:
        return f"*{numbers.setdefault(name, len(numbers) + 1)}"

    drivers: dict[int, str] = {}
    sinks: dict[int, list[str]] = defaultdict(list)
    for cell in netlist.cells:
        for pin, net in cell.pins.items():
            place = f"{number(cell.name)}:{pin}"
            if library.cells[cell.type].pins[pin].direction == "output":
                drivers[net] = f"*I {place} O"
            else:
                sinks[net].append(place)
    for net in netlist.inputs:
        drivers[net] = f"*P {number(netlist.nets[net])} I"
    outputs = {net: number(netlist.nets[net]) for net in netlist.outputs}
    entries = []
    for net in [*drivers]:
        places, port = sinks[net], outputs.get(net)
        if not places and port is None:
            continue
        root = drivers[net].split()[1]
        lines = [f"*D_NET {number(netlist.nets[net])} {sink_ff * len(places) / 1000:.6f}", "*CONN", drivers[net]]
        lines += [*(f"*I {place} I" for place in places), *([f"*P {port} O"] if port else []), "*CAP"]
        lines += [f"{index} {place} {sink_ff / 1000:.6f}" for index, place in enumerate(places, 1)]
        ends = [*places, *([port] if port and port != root else [])]
        lines += ["*RES", *(f"{index} {root} {place} {ohm}" for index, place in enumerate(ends, 1)), "*END\n"]
        entries.append("\n".join(lines))
    ports = [f"{number(netlist.nets[net])} {way}" for nets, way in ((netlist.inputs, "I"), (netlist.outputs, "O")) for net in nets]
    names = "\n".join(f"{mark} {name}" for name, mark in ((name, f"*{value}") for name, value in numbers.items()))
    return f"{HEAD}\n*NAME_MAP\n{names}\n\n*PORTS\n" + "\n".join(ports) + "\n\n" + "\n".join(entries)
