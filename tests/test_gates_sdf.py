"""A timing tool's SDF becomes one that the simulator takes over without loss or doubt."""

from __future__ import annotations

import pytest

from flightasic.eda.cellmodels import render_models
from flightasic.eda.sdf import Sdf
from flightasic.errors import FormatError
from tests.small_gates import liberty, run_verilog

SDF = """\
(DELAYFILE
 (SDFVERSION "3.0") (DESIGN "top") (DIVIDER /) (TIMESCALE {scale})
 (CELL (CELLTYPE "top") (INSTANCE)
  (DELAY (ABSOLUTE (INTERCONNECT a x/A (0.5::0.5)))))
 (CELL (CELLTYPE "XOR2X1") (INSTANCE x)
  (DELAY (ABSOLUTE
    (COND B==1'b1 (IOPATH A Y (0.1::0.2) (0.3)))
    (COND B==1'b0 (IOPATH A Y (0.3::0.4) (0.5)))
    (IOPATH B Y (0.2:0.3:0.4)))))
 (CELL (CELLTYPE "DFFPOSX1") (INSTANCE f\\[0\\])
  (DELAY (ABSOLUTE (IOPATH (posedge CLK) Q ({delay}) (-0.1::-0.1))))
  (TIMINGCHECK (HOLD (posedge D) (posedge CLK) (0.1::0.1))))
)
"""


def read(tmp_path, *, delay="0.6::0.6", scale="1ns") -> Sdf:
    path = tmp_path / "a.sdf"
    path.write_text(SDF.format(delay=delay, scale=scale))
    return Sdf.read(path)


def test_entries_of_one_arc_become_their_mean(tmp_path) -> None:
    assert read(tmp_path).arcs["x"][("A", "Y")] == pytest.approx(((0.15 + 0.35) / 2, (0.3 + 0.5) / 2))


def test_missing_fall_is_the_rise_and_typical_is_the_middle_of_the_range(tmp_path) -> None:
    assert read(tmp_path).arcs["x"][("B", "Y")] == pytest.approx((0.3, 0.3))


def test_instances_lose_their_escapes(tmp_path) -> None:
    assert read(tmp_path).types == {"x": "XOR2X1", "f[0]": "DFFPOSX1"}


def test_edge_of_a_clock_is_dropped_and_a_negative_delay_is_none(tmp_path) -> None:
    assert read(tmp_path).arcs["f[0]"] == {("CLK", "Q"): (0.6, 0.0)}


def test_times_are_nanoseconds_whatever_the_files_unit(tmp_path) -> None:
    assert read(tmp_path, delay="600::600", scale="1ps").arcs["f[0]"][("CLK", "Q")][0] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("change", "reason"), [({"delay": "0.6::fast"}, "is not a delay"), ({"scale": "1 s"}, "no TIMESCALE"), ({"scale": ""}, "no TIMESCALE")]
)
def test_damaged_file_is_refused(change, reason, tmp_path) -> None:
    with pytest.raises(FormatError, match=reason):
        read(tmp_path, **change)


def test_file_without_cells_is_refused(tmp_path) -> None:
    path = tmp_path / "empty.sdf"
    path.write_text("(DELAYFILE (TIMESCALE 1ns))")
    with pytest.raises(FormatError, match="no cell delays"):
        Sdf.read(path)


def test_cells_that_lack_a_delay_are_found(tmp_path) -> None:
    sdf = read(tmp_path)
    assert sdf.missing({"x": frozenset({("A", "Y"), ("B", "Y")})}) == []
    assert sdf.missing({"x": frozenset({("C", "Y")}), "gone": frozenset({("A", "Y")})}) == ["x", "gone"]


def test_simulator_takes_the_delays_over(tmp_path) -> None:
    read(tmp_path).write(tmp_path / "fit.sdf", {"x": "group/x"})
    text = (
        render_models(liberty("osu018"), ["XOR2X1"])
        + """
module outer; reg a = 0, b = 0; wire y; group group (); endmodule
module group; XOR2X1 x (.A(outer.a), .B(outer.b), .Y(outer.y)); endmodule
module test;
  outer outer ();
  always @(outer.y) if ($realtime > 0) $display("%b %0.3f", outer.y, $realtime);
  initial begin
    $sdf_annotate("fit.sdf", outer);
    #10 outer.a = 1;
    #10 outer.a = 0;
    #10 outer.b = 1;
  end
endmodule
"""
    )
    lines = run_verilog(tmp_path, text, "-gspecify", "-Ttyp", "-stest")
    assert lines[-3:] == ["1 10.250", "0 20.400", "1 30.300"]
