"""Memories built of SRAM macros: how many it takes, and what accesses cost, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from flightasic.config import ArrayConfig
from flightasic.eda.memories import Macro, Memory, memories, memory_area, memory_energy
from flightasic.eda.pdk import find_technology
from flightasic.errors import FormatError
from flightasic.microcode import WORD_BITS
from tests.small_gates import technologies

MACRO = Macro("ram", width=64, depth=256, area_um2=100.0, leakage_mw=0.5, access_pj=10.0)
CONFIG = ArrayConfig(rows=4, cols=4, lanes=4, tile_rows=2, tile_cols=4, acc_bits=24, act_depth=1024, code_depth=1024, program_depth=512)
LIBERTY = """
library (ram_lib) { time_unit : "1ns"; leakage_power_unit : "1mW"; capacitive_load_unit (1, pf); nom_voltage : 1.8;
  cell (ram) { memory () { type : ram; address_width : 5; word_width : 16; } area : 7.5; cell_leakage_power : 0.25;
    bus (din) { direction : input; capacitance : 0.01; }
    pin (clk0) { direction : input; clock : true; capacitance : 0.01;
      internal_power () { when : "!csb0"; rise_power (scalar) { values ("3.0"); } fall_power (scalar) { values ("5.0"); } }
      internal_power () { when : "csb0"; rise_power (scalar) { values ("1.0"); } fall_power (scalar) { values ("1.0"); } } }
  } }
"""


@pytest.mark.parametrize(
    ("width", "depth", "count", "macros", "per_access"),
    [
        (64, 256, 1, 1, 1),
        (64, 257, 1, 2, 1),
        (65, 256, 1, 2, 2),
        (96, 300, 1, 4, 2),
        (32, 512, 1, 1, 1),
        (32, 1024, 4, 8, 1),
        (33, 512, 1, 2, 1),
        (8, 16, 3, 3, 1),
    ],
)
def test_macros_of_a_memory(width, depth, count, macros, per_access) -> None:
    memory = Memory("m", width, depth, count, ())
    assert (memory.macros(MACRO), memory.macros_per_access(MACRO)) == (macros, per_access)


def test_memories_are_those_of_the_array() -> None:
    shapes = {memory.name: (memory.width, memory.depth, memory.count) for memory in memories(CONFIG)}
    assert shapes == {
        "activations": (4 * 8, 1024, 4),
        "codes": (CONFIG.code_word_bits, 1024, 1),
        "accumulators": (4 * 24, CONFIG.acc_depth, 1),
        "microcode": (WORD_BITS, 512, 1),
    }


def test_area_is_that_of_all_macros() -> None:
    # Two words side by side and two macros deep for each of four banks; 64 bits of codes; 96 bits of sums; the microcode.
    assert memory_area(CONFIG, MACRO) == {"activations": 800.0, "codes": 400.0, "accumulators": 200.0, "microcode": 200.0}


def test_accesses_and_leakage_by_memory_and_window() -> None:
    still = {
        "act_read_en": np.zeros((2, 4), dtype=np.int64),
        "bank_write_en": np.zeros((2, 4), dtype=np.int64),
        **{f"{name}_{way}_en": np.zeros((2, 1), dtype=np.int64) for name in ("code", "acc") for way in ("read", "write")},
        "program_en": np.zeros((2, 1), dtype=np.int64),
    }
    window_ns = np.array([100.0, 0.0])
    names, leakage = memory_energy(CONFIG, still, window_ns, MACRO)
    assert names == ("activations", "codes", "accumulators", "microcode")
    assert leakage.tolist() == [[8 * 50.0, 4 * 50.0, 2 * 50.0, 2 * 50.0], [0.0] * 4]

    busy = dict(still)
    busy["act_read_en"] = np.array([[0, 0, 0, 0], [5, 5, 5, 4]])
    busy["bank_write_en"] = np.array([[0] * 4, [6, 2, 0, 0]])
    busy["acc_read_en"], busy["acc_write_en"] = np.array([[0], [7]]), np.array([[0], [8]])
    busy["code_read_en"], busy["program_en"] = np.array([[0], [3]]), np.array([[1], [0]])
    _, energy = memory_energy(CONFIG, busy, window_ns, MACRO)
    # A word of sums lies in two macros.
    assert (energy - leakage).tolist() == [[0, 0, 0, 10.0], [10.0 * (19 + 8), 30.0, 2 * 10.0 * 15, 0]]


def test_macro_is_read_from_liberty_and_an_access_is_two_edges(tmp_path) -> None:
    path = tmp_path / "ram.lib"
    path.write_text(LIBERTY)
    # The mean of a selected clock's edges, once up and once down.
    assert Macro.read(path) == Macro("ram", width=16, depth=32, area_um2=7.5, leakage_mw=0.25, access_pj=2 * 4.0)


@pytest.mark.parametrize("name", technologies())
def test_macro_of_the_technology(name) -> None:
    sram = find_technology(name, download=False).sram
    if name == "osu018":
        assert sram is None
        return
    assert sram is not None
    macro = Macro.read(sram)
    assert (macro.width, macro.depth) == (64, 256)
    assert macro.access_pj == pytest.approx(2 * 45.6, rel=1e-3)
    assert macro.area_um2 == pytest.approx(419462.7, rel=1e-6)
    assert macro.leakage_mw == pytest.approx(0.020078)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("memory () { type : ram; address_width : 5; word_width : 16; }", "", "1 cells and 0 memories"),
        ("internal_power", "other_power", "no pin of ram takes energy"),
        ("word_width : 16;", "", "word_width"),
        ("area : 7.5;", "area : large;", "large"),
        ('"5.0"', '"five"', "five"),
    ],
)
def test_damaged_macro_is_named(tmp_path, old, new, message) -> None:
    path = tmp_path / "ram.lib"
    path.write_text(LIBERTY.replace(old, new))
    with pytest.raises(FormatError, match=rf"ram\.lib: .*{message}"):
        Macro.read(path)
