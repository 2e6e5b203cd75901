"""A mapped netlist of real cells for the comparison with OpenSTA: an adder with its registers, logic, a clock tree, and a clock gate."""

from __future__ import annotations

import random

from flightasic.eda.activity import Activity
from flightasic.eda.netlist import GateNetlist
from tests.small_power import activity, netlist

BITS = 12
_SKY = "sky130_fd_sc_hd__"
# Type and pins, the inputs' nets first.
_CELLS = {
    "osu018": {
        "adder": ("FAX1", "A B C YS YC"),
        "xor": ("XOR2X1", "A B Y"),
        "nand": ("NAND2X1", "A B Y"),
        "complex": ("AOI21X1", "A B C Y"),
        "mux": ("MUX2X1", "A B S Y"),
        "register": ("DFFPOSX1", "CLK D Q"),
        "root": ("CLKBUF3", "A Y"),
        "leaf": ("CLKBUF1", "A Y"),
    },
    "sky130": {
        "adder": (f"{_SKY}fa_1", "A B CIN SUM COUT"),
        "xor": (f"{_SKY}xor2_1", "A B X"),
        "nand": (f"{_SKY}nand2_1", "A B Y"),
        "complex": (f"{_SKY}a21oi_1", "A1 A2 B1 Y"),
        "mux": (f"{_SKY}mux2_1", "A0 A1 S X"),
        "register": (f"{_SKY}dfxtp_1", "CLK D Q"),
        "root": (f"{_SKY}clkbuf_16", "A X"),
        "leaf": (f"{_SKY}clkbuf_4", "A X"),
        "gate": (f"{_SKY}dlclkp_4", "CLK GATE GCLK"),
    },
}


def mapped(name: str) -> tuple[GateNetlist, Activity]:
    """The netlist in a technology's cells, with activities from none to 1.5 toggles a cycle, and a clock that is gated half the time."""
    kinds = _CELLS[name]
    cells: dict[str, tuple[str, dict[str, str]]] = {}

    def place(kind: str, label: str, *nets: str) -> None:
        cell, pins = kinds[kind]
        cells[f"{kind}_{label}"] = (cell, dict(zip(pins.split(), nets, strict=True)))

    place("root", "0", "clk", "trunk")
    place("leaf", "free", "trunk", "free")
    gated = "gate" in kinds
    if gated:
        place("gate", "0", "trunk", "enable", "branch")
    place("leaf", "gated", "branch" if gated else "trunk", "held")
    for bit in range(BITS):
        place("register", f"a{bit}", "free", f"in_{bit}", f"a_{bit}")
        place("register", f"b{bit}", "held", f"in_{BITS + bit}", f"b_{bit}")
        place("adder", f"{bit}", f"a_{bit}", f"b_{bit}", f"carry_{bit}", f"sum_{bit}", f"carry_{bit + 1}")
        place("xor", f"{bit}", f"sum_{bit}", "select", f"x_{bit}")
        place("nand", f"{bit}", f"x_{bit}", f"a_{bit}", f"n_{bit}")
        place("complex", f"{bit}", f"n_{bit}", f"sum_{bit}", f"b_{bit}", f"c_{bit}")
        place("mux", f"{bit}", f"c_{bit}", f"x_{bit}", "select", f"m_{bit}")
        place("register", f"m{bit}", "free", f"m_{bit}", f"out_{bit}")
    inputs = ["clk", "select", "carry_0", *(f"in_{bit}" for bit in range(2 * BITS)), *(["enable"] if gated else [])]
    outputs = [f"out_{bit}" for bit in range(BITS)] + [f"carry_{BITS}"]
    made = netlist(cells, " ".join(inputs), " ".join(outputs), clock="root_0 leaf_free leaf_gated gate_0")
    generator = random.Random(1)
    clocks = {"clk": 2000, "trunk": 2000, "free": 2000, "branch": 1000, "held": 1000 if gated else 2000}
    toggles = {net: clocks.get(net, generator.choice([0, generator.randrange(1, 1500)])) for net in made.nets}
    return made, activity(toggles, [10_000.0])
