"""The flat netlist: plain names, units, a balanced clock tree, drivers that take their load, and timing failures in words."""

import re
from collections import Counter
from typing import Any

import pytest

from flightasic.eda.clocktree import BRANCH_LEAVES, LEAF_FLOPS, build_clock_tree
from flightasic.eda.drive import strengthen
from flightasic.eda.flat import FlatNetlist
from flightasic.eda.liberty import LibertyCell, strength
from flightasic.eda.pdk import find_technology
from flightasic.eda.timing import parse_timing
from flightasic.errors import FormatError

ROLES = find_technology("osu018").roles
GATED = type(ROLES)(**{**vars(ROLES), "clock_gate": ("GATEX4", "E", "C", "G")})
LIBRARY = {
    "DFF": LibertyCell(20.0, "flop", "CLK", {"D": 5.0, "CLK": 5.0}, {"Q": 100.0}),
    **{f"GATEX{size}": LibertyCell(10.0 + size, "clock_gate", "", {"E": 5.0, "C": 5.0}, {"G": 50.0 * size}) for size in (1, 2, 4)},
    **{f"CLKBUF{size}": LibertyCell(10.0, "logic", "", {"A": 5.0}, {"Y": 500.0}) for size in (1, 2, 3)},
    **{f"BUFX{size}": LibertyCell(4.0 + size, "logic", "", {"A": 5.0}, {"Y": 100.0 * size}) for size in (1, 2, 4)},
    "NORX1": LibertyCell(5.0, "logic", "", {"A": 5.0, "B": 5.0}, {"Y": 60.0}),
}
CLK, DATA, ENABLE = 2, 3, 4


def cell(kind: str, outputs: str = "Q", /, **pins: int) -> dict[str, Any]:
    directions = {pin: "output" if pin in outputs else "input" for pin in pins}
    return {"type": kind, "attributes": {}, "port_directions": directions, "connections": {pin: [net] for pin, net in pins.items()}}


def design(cells: dict[str, Any], names: dict[str, Any] | None = None) -> dict[str, Any]:
    ports = {name: {"direction": "input", "bits": [bit]} for name, bit in (("clk", CLK), ("data", DATA), ("enable", ENABLE))}
    return {"modules": {"core": {"ports": ports, "cells": cells, "netnames": names or {}}}}


def registers(free: int, gated: tuple[int, ...]) -> FlatNetlist:
    cells = {f"mesh.free_{i}": cell("DFF", D=DATA, CLK=CLK, Q=1000 + i) for i in range(free)}
    for number, flops in enumerate(gated):
        net = 100 + number
        cells[f"feed.gate_{number}"] = cell("GATEX4", "G", E=ENABLE, C=CLK, G=net)
        cells |= {f"feed.gated_{number}_{i}": cell("DFF", D=DATA, CLK=net, Q=5000 + 1000 * number + i) for i in range(flops)}
    return FlatNetlist.from_yosys(design(cells), "core")


def test_names_become_plain_identifiers_and_units_come_from_the_hierarchy() -> None:
    cells = {
        "$flatten\\mesh.$abc$1": cell("NORX1", "Y", A=DATA, B=ENABLE, Y=10),
        "mesh.tile.reg": cell("DFF", D=10, CLK=CLK, Q=11),
        "between": {**cell("BUFX1", "Y", A=11, Y=12), "attributes": {"unit": "glue"}},
    }
    names = {"mesh.tile.out[3]": {"bits": [11]}, "$abc$x": {"hide_name": 1, "bits": [10]}, "mesh.tile_out_3": {"bits": [12]}}
    netlist = FlatNetlist.from_yosys(design(cells, names), "core")
    assert {name: entry.unit for name, entry in netlist.cells.items()} == {
        "mesh__n0_nor": "mesh",
        "mesh__tile__out_3_reg": "mesh",
        "mesh__tile_out_3_buf": "glue",
    }
    every = [*netlist.names.values(), *netlist.cells]
    assert all(re.fullmatch(r"[a-z]\w*", name) for name in every)
    assert len(set(every)) == len(every)


def test_every_flip_flop_is_equally_deep_and_no_buffer_drives_too_many() -> None:
    netlist = registers(free=1000, gated=(8, LEAF_FLOPS, LEAF_FLOPS + 1, 700))
    tree = build_clock_tree(netlist, GATED, LIBRARY)
    driver = {net: name for name, entry in netlist.cells.items() for _, net in entry.outputs()}

    def depth(net: Any) -> int:
        if net == CLK:
            return 0
        entry = netlist.cells[driver[net]]
        assert entry.part == "clock"
        return 1 + depth(entry.pins["C" if "GATE" in entry.type else "A"])

    flops = [entry for entry in netlist.cells.values() if entry.type == "DFF"]
    assert {depth(flop.pins["CLK"]) for flop in flops} == {tree.levels}
    assert len(flops) == tree.flops == 1000 + 8 + LEAF_FLOPS + LEAF_FLOPS + 1 + 700
    assert max(Counter(flop.pins["CLK"] for flop in flops).values()) <= LEAF_FLOPS
    leaves = Counter(entry.pins["C" if "GATE" in entry.type else "A"] for entry in netlist.cells.values() if entry.part)
    assert max(count for net, count in leaves.items() if "branch" in driver.get(net, "") or "gate" in driver.get(net, "")) <= BRANCH_LEAVES


def test_small_gates_are_leaves_and_wide_ones_branches_with_the_same_enable() -> None:
    netlist = registers(free=0, gated=(8, 2 * LEAF_FLOPS, 700))
    tree = build_clock_tree(netlist, GATED, LIBRARY)
    assert (tree.leaf_gates, tree.branch_gates) == (1, 1 + 3)
    gates = [entry for entry in netlist.cells.values() if "GATE" in entry.type]
    assert {entry.pins["E"] for entry in gates} == {ENABLE}
    assert sorted(entry.type for entry in gates)[0] == "GATEX1"
    assert all(entry.unit == "feed" for entry in gates)


def test_gate_behind_a_gate_and_a_missing_clock_are_refused() -> None:
    netlist = registers(free=1, gated=(8,))
    next(entry for entry in netlist.cells.values() if "GATE" in entry.type).pins["C"] = 1000
    with pytest.raises(FormatError, match="not driven by the clock port"):
        build_clock_tree(netlist, GATED, LIBRARY)
    with pytest.raises(FormatError, match="no port ck"):
        build_clock_tree(netlist, GATED, LIBRARY, "ck")


def test_weak_drivers_get_stronger_or_a_buffer_whichever_is_smaller() -> None:
    cells = {
        "a.weak": cell("BUFX1", "Y", A=DATA, Y=10),
        "a.nor": cell("NORX1", "Y", A=DATA, B=ENABLE, Y=11),
        **{f"b.load_{i}": cell("BUFX1", "Y", A=10 + i % 2, Y=100 + i) for i in range(26)},
    }
    netlist = FlatNetlist.from_yosys(design(cells), "core")
    repair = strengthen(netlist, LIBRARY, ROLES)
    assert (repair.resized, repair.buffers, repair.remaining) == (1, 1, 0)
    assert netlist.cells["a__n0_buf"].type == "BUFX2"
    buffer = netlist.cells["a__n1_nor_buf"]
    assert (buffer.type, buffer.unit, buffer.pins["A"]) == ("BUFX2", "a", netlist.cells["a__n1_nor"].pins["Y"])


def test_strength_is_read_from_the_name() -> None:
    assert strength("sky130_fd_sc_hd__buf_16") == ("sky130_fd_sc_hd__buf_", 16)
    assert strength("BUFX4") == ("BUFX", 4)
    assert strength("CLKBUF3") == ("CLKBUF3", 1)


def log(corner: str, setup: float, hold: float) -> str:
    ends = "Startpoint: a_reg (rising)\nEndpoint: b_reg (rising)\n"
    return (
        f"FLIGHT corner {corner}\nFLIGHT clock 0.80 1.00\nFLIGHT setup\n{ends}  {setup}   slack (X)\n"
        f"FLIGHT hold\n{ends}  {hold}   slack (X)\nFLIGHT done\n"
    )


def test_setup_counts_where_measured_and_hold_at_every_corner() -> None:
    good = parse_timing(log("tt", 1.0, 0.2) + log("ss", -20.0, 0.1), 10.0, "tt")
    assert (good["met"], good["failures"]) == (True, [])
    assert good["fmax_mhz"] == pytest.approx(1000 / 9)
    assert (good["clock_insertion_ns"], good["clock_skew_ns"]) == (1.0, pytest.approx(0.2))
    bad = parse_timing(log("tt", -0.5, 0.2) + log("ss", -20.0, -0.1), 10.0, "tt")
    assert not bad["met"]
    setup, hold = bad["failures"]
    assert "setup fails at tt by 0.500 ns, from a_reg to b_reg; it reaches 95.2 MHz" in setup
    assert "hold fails at ss by 0.100 ns" in hold


def test_corner_that_was_not_timed_is_an_error() -> None:
    with pytest.raises(ValueError, match="no corner ff"):
        parse_timing(log("tt", 1.0, 0.2), 10.0, "ff")
