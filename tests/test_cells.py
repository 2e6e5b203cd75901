"""What is read of a Liberty file: units, tables, energies, leakage, and what a damaged file says."""

from __future__ import annotations

import numpy as np
import pytest

from flightasic.eda.cells import CellLibrary, Table, parse_group
from flightasic.errors import FormatError
from tests.small_gates import liberty, technologies
from tests.small_power import LIBERTY


def at(table: Table | None, slew: float, load: float) -> float:
    assert table is not None
    return float(table(np.array([slew]), np.array([load]))[0])


@pytest.mark.parametrize(
    ("slew", "load", "value"),
    [(0.1, 1.0, 10.0), (0.3, 5.0, 60.0), (0.2, 1.0, 20.0), (0.1, 3.0, 20.0), (0.2, 2.0, 26.25), (0.5, 1.0, 50.0), (0.1, 0.0, 5.0)],
)
def test_tables_are_bilinear_and_go_on_beyond_their_ends(slew, load, value) -> None:
    table = Table(np.array([0.1, 0.3]), np.array([1.0, 5.0]), np.array([[10.0, 30.0], [30.0, 60.0]]))
    assert at(table, slew, load) == pytest.approx(value)


def test_table_without_an_axis_is_constant_along_it() -> None:
    table = Table(np.array([0.1, 0.3]), np.zeros(1), np.array([[1.0], [2.0]]))
    assert at(table, 0.2, 0.0) == at(table, 0.2, 99.0) == pytest.approx(1.5)


def test_pins_energies_and_leakage_of_the_small_library() -> None:
    library = CellLibrary.read(LIBERTY)
    assert library.voltage == 2.0
    assert {name: cell.kind for name, cell in library.cells.items()} == {"INV": "logic", "NAND": "logic", "FLOP": "flop", "CLKBUF": "logic"}
    assert library.cells["FLOP"].clock_pin == "CLK" and library.cells["INV"].clock_pin is None
    assert library.cells["FLOP"].pins["CLK"].cap_ff == pytest.approx(3.0)
    assert library.cells["NAND"].leakage_nw == 2.0
    assert [energy.related for energy in library.cells["NAND"].pins["Y"].energies] == ["A", "B"]
    assert library.cells["FLOP"].pins["D"].arcs == ()


def test_an_energy_is_the_mean_of_both_edges() -> None:
    energy = CellLibrary.read(LIBERTY).cells["INV"].pins["Y"].energies[0]
    assert energy.mean(np.array([0.5]), np.array([5.0]))[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("old", "new", "ff", "nw", "pj"),
    [
        ("(1, pf)", "(1, pf)", 2.0, 1.0, 0.1),
        ("(1, pf)", '(1.0, "ff")', 0.002, 1.0, 1e-4),
        ('"1nW"', '"10pW"', 2.0, 0.01, 0.1),
    ],
)
def test_units_of_load_and_leakage(old, new, ff, nw, pj) -> None:
    cell = CellLibrary.read(LIBERTY.replace(old, new), {"INV"}).cells["INV"]
    assert cell.pins["A"].cap_ff == pytest.approx(ff)
    assert cell.leakage_nw == pytest.approx(nw)
    assert at(cell.pins["Y"].energies[0].rise, 0.5, 0.0) == pytest.approx(pj)


def test_axes_may_come_in_either_order() -> None:
    library = CellLibrary.read(liberty("osu018"), {"INVX1"})
    rise = library.cells["INVX1"].pins["Y"].energies[0].rise
    assert rise is not None
    assert rise.slews.tolist() == [0.06, 0.18, 0.42, 0.6, 1.2]
    assert rise.loads.tolist() == pytest.approx([5.0, 12.5, 25.0, 75.0, 150.0])
    # Energy grows with the slew at the input and hardly with the load.
    assert at(rise, 1.2, 5.0) > 3 * at(rise, 0.06, 5.0)
    assert at(rise, 0.06, 150.0) < 1.1 * at(rise, 0.06, 5.0)


@pytest.mark.parametrize("name", technologies())
def test_every_cell_of_a_real_library_is_read(name) -> None:
    library = CellLibrary.read(liberty(name))
    bare = {cell.name for cell in library.cells.values() for pin in cell.pins.values() if pin.direction == "output" and not pin.energies}
    assert len(library.cells) == {"osu018": 32, "sky130": 428}[name]
    assert bare <= {"sky130_fd_sc_hd__conb_1", "sky130_fd_sc_hd__macro_sparecell"}
    flops = [cell for cell in library.cells.values() if cell.kind == "flop"]
    assert flops and all(cell.clock_pin is not None for cell in flops)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("library (a) { }", "a Liberty file without cells"),
        (LIBERTY[: LIBERTY.index('cell ("NAND")') - 40], "'INV' cannot be read .*ends within a group"),
        (LIBERTY.replace("nom_voltage : 2.0;", ""), "without a supply voltage"),
        (LIBERTY.replace("(1, pf)", "(1, furlong)"), "units or templates .*'furlong'"),
        (LIBERTY.replace('"1nW"', '"1hp"'), "units or templates .*'1hp'"),
        (LIBERTY.replace("0.3, 0.3", "0.3, what", 1), "'INV' cannot be read .*'what'"),
        (LIBERTY.replace("0.3, 0.3", "0.3", 1), "'INV' cannot be read"),
        (LIBERTY.replace("variable_1 : input_transition_time", "variable_1 : humidity"), "'INV' cannot be read .*humidity"),
    ],
)
def test_damaged_library_says_what_is_wrong(text, message) -> None:
    with pytest.raises(FormatError, match=message):
        CellLibrary.read(text)


def test_missing_cell_is_named() -> None:
    with pytest.raises(FormatError, match="no cell 'NOR'"):
        CellLibrary.read(LIBERTY, {"INV", "NOR"})


def test_text_without_a_group_is_refused() -> None:
    with pytest.raises(FormatError, match="without a group"):
        parse_group("a : 1; }")
