"""Transitions and levels of a change dump, by window, equal a count by hand."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from flightasic.eda.gates import build_reader
from flightasic.eda.gates_counts import DumpCounts
from flightasic.errors import FormatError
from tests.small_gates import run_verilog

HEADER = """\
$timescale 1ps $end
$scope module core $end
$var wire 1 ! clk $end
$var wire 2 " bus [1:0] $end
$var wire 1 # en $end
$var wire 1 # alias $end
$var reg 1 $ mark $end
$var reg 16 % window [15:0] $end
$upscope $end
$enddefinitions $end
"""
# Cycles of 100 ps from 100 on. The window of a cycle is shown when it ends: none, 0, 0, 1, none.
DUMP = (
    HEADER
    + """\
#0
$dumpvars
0!
bx "
0#
0$
b1111111111111111 %
$end
#100
1$
1!
#150
0!
b1 "
#200
0$
1!
1#
#210
b10 "
#250
0!
#300
1$
1!
b0 %
b11 "
#350
0!
0#
#360
1#
#370
0#
#400
0$
1!
x#
#450
0!
1#
#500
1$
1!
b1 %
#550
0!
#600
0$
b1111111111111111 %
1!
#650
0!
"""
)
NAMES = ("clk", "bus[0]", "bus[1]", "en", "alias")


def count(tmp_path, dump: str, *sampled: str, windows: int = 2) -> DumpCounts:
    (tmp_path / "dump.vcd").write_text(dump)
    command = [build_reader(tmp_path), "dump.vcd", "counts", str(windows), "mark", "window", *sampled]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return DumpCounts.read(tmp_path / "counts", windows)


def test_every_count_equals_the_one_by_hand(tmp_path) -> None:
    counts = count(tmp_path, DUMP, "en", "bus")
    assert counts.names == NAMES
    # Cycles 200..300 and 300..400 are window 0, 400..500 is window 1; the cycle from 100 and those from 500 on are none.
    np.testing.assert_array_equal(counts.cycles, [2, 1])
    np.testing.assert_array_equal(counts.window_ps, [200, 100])
    np.testing.assert_array_equal(counts.toggles, [[4, 2, 1, 4, 4], [2, 0, 0, 0, 0]])
    np.testing.assert_array_equal(counts.high_ps, [[100, 110, 190, 160, 160], [50, 100, 100, 50, 50]])
    np.testing.assert_array_equal(counts.net_unknown_ps, [0, 0, 0, 50, 50])
    np.testing.assert_array_equal(counts.unknown_ps, [0, 50])
    assert counts.sampled == ("bus[0]", "bus[1]", "en")
    np.testing.assert_array_equal(counts.accesses(["en", "bus"])["en"], [[1], [1]])
    np.testing.assert_array_equal(counts.accesses(["en", "bus"])["bus"], [[1, 2], [1, 1]])


def test_activity_is_in_nanoseconds(tmp_path) -> None:
    activity = count(tmp_path, DUMP).activity()
    np.testing.assert_allclose(activity.window_ns, [0.2, 0.1])
    assert activity.high_ns[0, 0] == pytest.approx(0.1)


def test_glitches_of_a_circuit_with_delays_are_counted(tmp_path) -> None:
    text = """
`timescale 1ns / 1ps
module test;
  reg clk = 0, a = 0, mark = 0;
  reg [15:0] window = 16'hffff;
  wire late, glitch;
  assign #0.3 late = a;
  assign #0.1 glitch = a ^ late;
  always #5 clk = ~clk;
  always @(posedge clk) begin mark <= ~mark; window <= $time > 10 ? 0 : 16'hffff; a <= ~a; end
  initial begin $dumpfile("run.vcd"); $dumpvars(0, test); #58 $finish; end
endmodule
"""
    run_verilog(tmp_path, text)
    counts = count(tmp_path, (tmp_path / "run.vcd").read_text(), windows=1)
    toggles = dict(zip(counts.names, counts.toggles[0], strict=True))
    cycles = int(counts.cycles[0])
    assert cycles == 5  # those that end at 15, 25, ... 55 ns
    assert (toggles["a"], toggles["late"], toggles["glitch"], toggles["clk"]) == (cycles, cycles, 2 * cycles, 2 * cycles)


def test_dump_without_the_marks_is_refused(tmp_path) -> None:
    (tmp_path / "dump.vcd").write_text(DUMP.replace(" mark ", " other "))
    command = [build_reader(tmp_path), "dump.vcd", "counts", "2", "mark", "window"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "lacks the signals mark and window" in done.stderr


def test_damaged_counts_are_refused(tmp_path) -> None:
    count(tmp_path, DUMP)
    path = tmp_path / "counts"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FormatError, match="damaged"):
        DumpCounts.read(path, 2)
