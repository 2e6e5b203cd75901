"""What the FPGA tools' reports say: cells of a netlist, utilisation, Fmax, critical path, and what a design has too much of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flightasic.eda.fpga_parts import FpgaPart, Resources

# What nextpnr makes of the cells of an ECP5 netlist. Wide multiplexers (PFUMX, L6MUX21) are part of the LUTs they join. A carry chain gets
# a cell of two LUTs to feed its carry in and one to take it out, where these are connected; each of the two constants takes a LUT.
_CARRY = "CCU2C"
_CHAIN_END = 2
_OPEN = ["x"]
_CONSTANTS = 2
_ECP5_CELLS: Mapping[str, tuple[str, int]] = {
    "LUT4": ("lut", 1),
    _CARRY: ("lut", 2),
    "TRELLIS_DPR16X4": ("lut", 4),
    "TRELLIS_FF": ("ff", 1),
    "DP16KD": ("bram", 1),
    "PDPW16KD": ("bram", 1),
    "MULT18X18D": ("dsp", 1),
}
# Cell type (regular expression), field, halves of one. Cells of LUT RAM by the LUTs they take: UG474, table 2-3.
_XC7_CELLS = (
    (r"LUT[1-6]|INV|SRL16E|SRLC32E|RAM(32|64)X1S(_1)?", "lut", 2),
    (r"RAM(32|64)X1D(_1)?|RAM128X1S(_1)?", "lut", 4),
    (r"RAM32M|RAM64M|RAM128X1D|RAM256X1S", "lut", 8),
    (r"FD[CPRS]E(_1)?", "ff", 2),
    (r"RAMB36E1", "bram", 2),
    (r"RAMB18E1", "bram", 1),
    (r"DSP48E1", "dsp", 2),
)
_ICE40_CELLS = ((r"SB_LUT4", "lut", 2), (r"SB_DFF\w*", "ff", 2), (r"SB_RAM40_4K\w*", "bram", 2), (r"SB_MAC16", "dsp", 2))
# Names of nextpnr for each field of Resources; a logic cell of an iCE40 holds a LUT and a flip-flop.
BELS: Mapping[str, Mapping[str, str]] = {
    "ecp5": {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "bram": "DP16KD", "dsp": "MULT18X18D"},
    "ice40": {"lut": "ICESTORM_LC", "ff": "ICESTORM_LC", "bram": "ICESTORM_RAM", "dsp": "ICESTORM_DSP"},
}
# What yosys calls a cell that it names after a net: the net's name comes first.
_CELL_SUFFIX = re.compile(r"(_(TRELLIS_FF|LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|TRELLIS_DPR16X4|MULT18X18D|SB_\w+?)_|\$|_LC$).*")
UTILISED = "Device utilisation:"
_UTILISATION = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%", re.MULTILINE)


def count_cells(cells: Mapping[str, Mapping[str, Any]], family: str) -> Resources:
    """What a flat netlist's cells (name to yosys' JSON) take of a part; on ECP5 as nextpnr will count them.

    Half a block RAM of xc7 (RAMB18E1) rounds up. xc7's LUTs are an upper bound: two small ones may share one of six inputs.
    """
    if family == "ecp5":
        return _count_ecp5(cells)
    weights = {"ice40": _ICE40_CELLS, "xc7": _XC7_CELLS}[family]
    halves = Counter({"lut": 0, "ff": 0, "bram": 0, "dsp": 0})
    for cell in cells.values():
        for pattern, name, weight in weights:
            if re.fullmatch(pattern, cell["type"]):
                halves[name] += weight
                break
    return Resources(**{name: -(-count // 2) for name, count in halves.items()})


def _count_ecp5(cells: Mapping[str, Mapping[str, Any]]) -> Resources:
    counts = Counter({"lut": _CONSTANTS, "ff": 0, "bram": 0, "dsp": 0})
    for cell in cells.values():
        if cell["type"] in _ECP5_CELLS:
            name, weight = _ECP5_CELLS[cell["type"]]
            counts[name] += weight
    carries = [cell["connections"] for cell in cells.values() if cell["type"] == _CARRY]
    carried, taken = ({bit for carry in carries for bit in carry[pin]} for pin in ("COUT", "CIN"))
    starts = sum(1 for carry in carries if carry["CIN"] != _OPEN and carried.isdisjoint(carry["CIN"]))
    ends = sum(1 for carry in carries if carry["COUT"] != _OPEN and taken.isdisjoint(carry["COUT"]))
    counts["lut"] += _CHAIN_END * (starts + ends)
    return Resources(**counts)


def parse_nextpnr(report: Mapping[str, Any], family: str) -> dict[str, Any]:
    """Used and available resources, Fmax of the slowest clock in MHz (None without a clock), and its critical path.

    ``report`` is nextpnr's ``--report``, ``family`` one of :data:`BELS`. Returns ``lut``, ``ff``, ``bram``, ``dsp``, ``available`` (a
    dict of the same), ``fmax_mhz`` and ``critical_path`` (:func:`critical_path`).
    """
    entries = {field: report["utilization"].get(bel, {}) for field, bel in BELS[family].items()}
    return {
        **{field: entry.get("used", 0) for field, entry in entries.items()},
        "available": {field: entry.get("available", 0) for field, entry in entries.items()},
        "fmax_mhz": min((clock["achieved"] for clock in report["fmax"].values()), default=None),
        "critical_path": critical_path(report),
    }


def critical_path(report: Mapping[str, Any]) -> list[str]:
    """The longest path between two edges of a clock, as steps "instance -> instance, ns" whose times add up to the path's.

    A step's time is that of the cells and wires from when the signal reaches one instance until it reaches the next.
    """
    paths = [path["path"] for path in report.get("critical_paths", []) if "async" not in path["from"] + path["to"]]
    if not paths:
        return []
    longest = max(paths, key=lambda path: sum(part["delay"] for part in path))
    steps: list[tuple[str, str, float]] = []
    at, pending = _instance(longest[0]["from"]["cell"]), 0.0
    for part in longest:
        pending += part["delay"]
        reached = _instance(part["to"]["cell"])
        if reached != at:
            steps.append((at, reached, pending))
            at, pending = reached, 0.0
    # What is left is the set-up time at the end.
    first, last, delay = steps.pop() if steps else (at, at, 0.0)
    return [f"{start} -> {end}, {time:.2f} ns" for start, end, time in (*steps, (first, last, delay + pending))]


def _instance(cell: str) -> str:
    return _CELL_SUFFIX.sub("", cell) or cell


def excess(log: str, part: FpgaPart) -> str | None:
    """What a design needs more of than the part has, from nextpnr's log: "12 block RAM (DP16KD) are needed, LFE5U-25F
    has 8"; None if nothing."""
    names = {bel: field for field, bel in BELS[part.family].items()}
    for bel, need, available in _UTILISATION.findall(log):
        if int(need) > int(available):
            name = part.names[names[bel]] if bel in names else bel
            return f"{need} {name} are needed, {part.name} has {available}"
    return None
