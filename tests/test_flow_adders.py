"""The adder techmaps, proved: what synthesis makes of sums and products equals the Verilog for every input."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from flightasic.eda.fpga_synthesis import CARRY
from flightasic.eda.pdk import find_technology
from flightasic.eda.synthesis import ADDER_STYLES, SynthesisJob, adder_cells, adder_passes, product_passes

SUMS = """
module flight_core (input [3:0] a, input [4:0] b, input [3:0] c, input [4:0] d, output [8:0] y, output less);
  unit inner (.a(a), .b(b), .c(c), .d(d), .y(y), .less(less));
endmodule
// Signed and unsigned addends, a product, a subtraction, equal operands, constants: every case the techmaps tell apart.
module unit (input [3:0] a, input [4:0] b, input [3:0] c, input [4:0] d, output [8:0] y, output less);
  wire [5:0] product = a * c[1:0];
  assign y = {{4{b[4]}}, b} + product - {4'b0000, d} + {1'b0, c, 4'b0101} + {{4{b[4]}}, b};
  assign less = $signed({b, c}) < $signed({4'b0000, d});
endmodule
"""
PROVE = """
from pyosys import libyosys
design = libyosys.Design()
for command in '''{commands}'''.strip().splitlines():
    design.run_pass(command.strip())
"""


@pytest.mark.parametrize("style", ADDER_STYLES)
def test_mapped_netlist_is_equivalent_to_its_verilog(tmp_path: Path, style: str) -> None:
    technology = find_technology("osu018")
    source, liberty = tmp_path / "sums.v", technology.liberty["tt_025C_1v80"]
    source.write_text(SUMS)
    job = SynthesisJob(
        sources=(str(source),), top="flight_core", liberty=str(liberty), roles=technology.roles, clock_ns=10.0, adder_style=style
    )
    (tmp_path / "job.json").write_text(job.to_json())
    subprocess.run([sys.executable, "-m", "flightasic.eda.synthesis", "job.json"], cwd=tmp_path, check=True, capture_output=True)
    netlist = tmp_path / "outputs" / "flight_core.vg"
    assert ("FAX1" in netlist.read_text()) is (style != "abc")
    prove(f"""
        read_verilog -sv {source}
        hierarchy -top flight_core
        proc
        flatten
        design -stash gold
        read_liberty -ignore_miss_func -ignore_miss_dir {liberty}
        read_verilog {netlist}
        hierarchy -top flight_core
        flatten
        rename flight_core gate
        design -copy-from gold -as gold flight_core
    """)


def test_products_and_the_sum_around_them_share_one_compressor_tree(tmp_path: Path) -> None:
    source = tmp_path / "dot.v"
    source.write_text("""
module dot (input [6:0] a, b, c, d, input [16:0] sum_in, output [16:0] sum_out);
  assign sum_out = sum_in + {10'b0, a} * {10'b0, b} + {10'b0, c} * {10'b0, d};
endmodule
""")
    passes = "\n".join(product_passes("tree"))
    run_yosys(f"""
        read_verilog -sv {source}
        {passes}
        synth -top dot -flatten -run begin:fine
        select -assert-none t:$mul t:$add t:$alu
        select -assert-count 1 t:$macc_v2
    """)


def test_adder_cells_are_right_for_every_mix_of_signals_and_constants(tmp_path: Path) -> None:
    technology = find_technology("osu018")
    inputs = ("a", "b", "c", "1'b0", "1'b1")
    pairs = list(itertools.product(inputs, repeat=2))
    every = "{" + ", ".join(inputs) + "}"
    ports = f"input a, b, c, output [{5 * len(pairs) - 1}:0] x, y"
    cells = [
        f"\\$fa #(.WIDTH(5)) fa_{i} (.A({{5{{{p}}}}}), .B({{5{{{q}}}}}), .C({every}), .X(x[{5 * i}+:5]), .Y(y[{5 * i}+:5]));"
        for i, (p, q) in enumerate(pairs)
    ]
    logic = [
        f"assign x[{5 * i}+:5] = ({{5{{{p}}}}} & {{5{{{q}}}}}) | ({every} & ({{5{{{p}}}}} ^ {{5{{{q}}}}}));\n"
        f"assign y[{5 * i}+:5] = {{5{{{p}}}}} ^ {{5{{{q}}}}} ^ {every};"
        for i, (p, q) in enumerate(pairs)
    ]
    (tmp_path / "gate.v").write_text(f"module gate ({ports});\n" + "\n".join(cells) + "\nendmodule\n")
    (tmp_path / "gold.v").write_text(f"module gold ({ports});\n" + "\n".join(logic) + "\nendmodule\n")
    (tmp_path / "cells.v").write_text(adder_cells(technology.roles))
    mapping = "\n".join(adder_passes(tmp_path / "cells.v"))
    log = prove(f"""
        read_verilog -icells {tmp_path / "gate.v"}
        {mapping}
        select -assert-none t:$fa
        stat
        read_liberty -ignore_miss_func -ignore_miss_dir {technology.liberty["tt_025C_1v80"]}
        hierarchy -top gate
        flatten gate
        design -stash mapped
        read_verilog {tmp_path / "gold.v"}
        design -copy-from mapped -as gate gate
    """)
    # Only the six orders of a + b + c need full adders, and the six ordered pairs of signals half adders (equal ones are merged).
    assert "6   FAX1" in log
    assert "6   HAX1" in log


# Both orders of widths, a product of one bit, truncated ones, signed and unsigned sums and differences, results wider than the operands.
FPGA_SUMS = """
module gold (
  input [6:0] a, input [2:0] b, input [4:0] c, input d,
  output [9:0] p, q, output [5:0] r, output [6:0] s, output [12:0] t, u, v
);
  assign p = a * b;
  assign q = b * a;
  assign r = c * a;
  assign s = a * d;
  assign t = p + c - {6'b0, b};
  assign u = $signed(c) - $signed(b);
  assign v = $signed(a) + $signed(c);
endmodule
"""


@pytest.mark.parametrize("kinds", ["t:$mul", "t:$add t:$sub"])
def test_sums_and_products_for_fpgas_equal_the_verilog(tmp_path: Path, kinds: str) -> None:
    source = tmp_path / "sums.v"
    source.write_text(FPGA_SUMS)
    prove(f"""
        read_verilog -sv {source}
        proc
        copy gold gate
        select -module gate
        select -assert-min 2 {kinds}
        techmap -map {CARRY} {kinds}
        select -assert-none {kinds}
        select -clear
    """)


def test_every_sum_for_fpgas_is_a_carry_chain_of_its_own(tmp_path: Path) -> None:
    """Nothing is left that yosys would join into one sum ($macc), which it builds of LUTs."""
    source = tmp_path / "tree.v"
    source.write_text("module tree (input [7:0] a, b, c, d, output [9:0] y); assign y = ({2'b0, a} + b) + ({2'b0, c} + d); endmodule\n")
    run_yosys(f"""
        read_verilog -sv {source}
        proc
        techmap -map {CARRY} t:$add
        alumacc
        select -assert-none t:$macc t:$macc_v2 t:$add
        select -assert-count 3 t:$alu
    """)


def prove(commands: str) -> str:
    """Run yosys commands that leave modules gold and gate, and prove them equal; yosys' log."""
    equal = "miter -equiv -flatten -make_outputs gold gate miter\nsat -verify -prove trigger 0 miter"
    log = run_yosys(f"{commands}\n{equal}")
    assert "proof finished - no model found: SUCCESS" in log
    return log


def run_yosys(commands: str) -> str:
    """Run yosys commands in a process of their own; yosys' log."""
    done = subprocess.run([sys.executable, "-c", PROVE.format(commands=commands)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout
