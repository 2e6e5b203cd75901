"""What the flows read from a Liberty file, and the wire load they add to it."""

import gzip

import pytest

from flightasic.eda.liberty import parse_cells, read_text, with_wire_load
from flightasic.errors import FormatError

LIBRARY = """
library (small) {
  capacitive_load_unit (1, pf);
  wire_load("Small") {
    capacitance : 1.0;
  }
  cell ("inv") {
    area : 2.5;
    pin (A) {
      direction : input;
      capacitance : 0.010;
      rise_capacitance : 0.011;
      max_capacitance : 0.5;
    }
    pin (Y) {
      capacitance : 0;
    }
  }
  cell (flop) {
    area : 20;
    ff (IQ, IQN) { }
  }
  cell (gate) {
    area : 21;
    clock_gating_integrated_cell : "latch_posedge";
  }
}
"""


def test_cells_have_area_and_kind() -> None:
    cells = parse_cells(LIBRARY)
    assert {name: (cell.area_um2, cell.kind) for name, cell in cells.items()} == {
        "inv": (2.5, "logic"),
        "flop": (20.0, "flop"),
        "gate": (21.0, "clock_gate"),
    }


def test_pins_have_loads_and_limits_in_femtofarads_and_flip_flops_a_clock() -> None:
    text = (
        LIBRARY.replace("ff (IQ, IQN) { }", 'ff (IQ, IQN) { \n clocked_on : "!CK";\n }')
        .replace("capacitance : 0;", "capacitance : 0;\n max_capacitance : 0.25;")
        .replace("max_capacitance : 0.5;", "")
    )
    cells = parse_cells(text)
    assert (cells["inv"].load_ff, cells["inv"].max_load_ff) == ({"A": 10.0}, {"Y": 250.0})
    assert cells["flop"].clock == "CK"


def test_wire_load_goes_to_input_pins_only_in_the_library_s_unit() -> None:
    loaded = with_wire_load(LIBRARY, 4.0)
    assert "capacitance : 0.014;" in loaded
    assert "rise_capacitance : 0.015;" in loaded
    assert "max_capacitance : 0.5;" in loaded
    assert "capacitance : 0;" in loaded
    assert "capacitance : 1.0;" in loaded
    in_ff = with_wire_load(LIBRARY.replace("(1, pf)", '(1.0, "ff")'), 4.0)
    assert "capacitance : 4.01;" in in_ff


def test_packed_file_reads_like_a_plain_one(tmp_path) -> None:
    packed, plain = tmp_path / "small.lib.gz", tmp_path / "small.lib"
    packed.write_bytes(gzip.compress(LIBRARY.encode()))
    plain.write_text(LIBRARY)
    assert read_text(packed) == read_text(plain) == LIBRARY


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("area : 2.5;", ""), "'inv' has no area"),
        (lambda text: text.split("cell")[0], "without cells"),
    ],
)
def test_damaged_library_is_refused(damage, message) -> None:
    with pytest.raises(FormatError, match=message):
        parse_cells(damage(LIBRARY))


def test_library_without_capacitance_unit_is_refused() -> None:
    with pytest.raises(FormatError, match="capacitive_load_unit"):
        with_wire_load(LIBRARY.replace("capacitive_load_unit", "other_unit"), 4.0)
