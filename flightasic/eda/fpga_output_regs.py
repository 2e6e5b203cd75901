"""Output registers of ECP5 block RAMs: yosys leaves them empty and puts flip-flops behind the memory instead.

A word leaves a DP16KD some 5 ns after the clock's edge, from its output register within 1 ns. The netlist is yosys' JSON, flat.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

RAM, FLIP_FLOP = "DP16KD", "TRELLIS_FF"
_WORD_BITS = 18


def fold_output_registers(module: dict[str, Any]) -> int:
    """Move flip-flops into the block RAMs whose words they take, in place; returns how many flip-flops went.

    A port's output register is used where every bit that the port gives goes into a flip-flop, and nowhere else, which takes it at every
    edge of the port's own clock and has no reset. The memory's other port is left as it is.
    """
    cells = module["cells"]
    sinks: dict[Any, list[str]] = defaultdict(list)
    takers: dict[Any, str] = {}
    for port in module["ports"].values():
        for bit in port["bits"]:
            sinks[bit].append("")
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] != "input":
                continue
            for bit in bits:
                sinks[bit].append(name)
            if cell["type"] == FLIP_FLOP and port == "DI":
                takers[bits[0]] = name
    gone = 0
    for cell in [cell for cell in cells.values() if cell["type"] == RAM]:
        for side in "AB":
            gone += _fold(cell, side, cells, sinks, takers)
    return gone


def _fold(ram: dict[str, Any], side: str, cells: dict[str, Any], sinks: dict[Any, list[str]], takers: dict[Any, str]) -> int:
    wires = ram["connections"]
    names = [f"DO{side}{bit}" for bit in range(_WORD_BITS)]
    outputs = {name: wires[name][0] for name in names if wires.get(name) and sinks[wires[name][0]]}
    clock = wires.get(f"CLK{side}")
    if not outputs or ram["parameters"][f"REGMODE_{side}"] != "NOREG" or ram["parameters"].get(f"CLK{side}MUX") != f"CLK{side}":
        return 0
    found = {name: takers.get(bit) for name, bit in outputs.items()}
    for name, taker in found.items():
        if taker is None or sinks[outputs[name]] != [taker] or not _plain(cells[taker], clock):
            return 0
    ram["parameters"][f"REGMODE_{side}"] = "OUTREG"
    wires[f"OCE{side}"] = ["1"]
    for name, taker in found.items():
        assert taker is not None
        wires[name] = cells.pop(taker)["connections"]["Q"]
    return len(found)


def _plain(flip_flop: dict[str, Any], clock: Any) -> bool:
    """Takes its input at every rising edge of ``clock``, and is never reset."""
    wires, parameters = flip_flop["connections"], flip_flop["parameters"]
    always = parameters.get("CEMUX", "").strip() == "1" and parameters.get("CLKMUX") == "CLK"
    return always and wires["CLK"] == clock and wires.get("LSR", ["0"]) in ([], ["0"])
