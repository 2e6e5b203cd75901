"""Carry chains that took logic in, proved against yosys' models of the cells; and that nextpnr needs no more LUTs than are counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from flightasic.eda.fpga import run_ecp5
from flightasic.eda.fpga_carry import CARRY, LUT, pack_carries
from flightasic.eda.fpga_parts import ECP5_PARTS
from flightasic.eda.fpga_run import synthesise_fpga
from flightasic.eda.fpga_synthesis import NETLIST, FpgaSynthesisJob, run_worker
from tests.test_flow_adders import prove

SUMS = {
    "wires": ("input [7:0] a, input [7:0] b, output [8:0] y", "assign y = a + b;"),
    "difference": ("input [7:0] a, input [7:0] b, output [8:0] y", "assign y = {1'b0, a} - {1'b0, b};"),
    "difference-of-logic": ("input [7:0] a, b, c, output [8:0] y", "assign y = {1'b0, a} - {1'b0, b & c};"),
    "negative": ("input signed [7:0] a, output signed [8:0] y", "assign y = -a;"),
    "and-before-one": ("input [7:0] a, input e, input [7:0] b, output [8:0] y", "assign y = (a & {8{e}}) + b;"),
    "and-before-both": ("input [7:0] a, b, input e, f, output [8:0] y", "assign y = (a & {8{e}}) + (b & {8{f}});"),
    "and-before-both-of-one-and-its-inverse": ("input [7:0] a, b, input e, output [8:0] y", "assign y = (a & {8{e}}) + (b & {8{~e}});"),
    "or-before-both": ("input [7:0] a, b, input e, f, output [8:0] y", "assign y = (a | {8{e}}) + (b | {8{f}});"),
    "xor-before-one": ("input [7:0] a, b, input e, output [8:0] y", "assign y = (a ^ {8{e}}) + b;"),
    "choice-before-one": ("input [7:0] a, b, c, input e, output [8:0] y", "assign y = (e ? a : b) + c;"),
    "choice-before-both": ("input [7:0] a, b, c, d, input e, f, output [8:0] y", "assign y = (e ? a : b) + (f ? c : d);"),
    "or-of-three-before-one": ("input [7:0] a, b, c, input e, output [8:0] y", "assign y = (a | b | {8{e}}) + c;"),
    "inverted-choice-before-one": ("input [7:0] a, b, c, input e, output [8:0] y", "assign y = (e ? ~a : b) + c;"),
    "same-net-twice": ("input [7:0] a, b, output [8:0] y", "assign y = (a & b) + a;"),
    "shared-logic": ("input [7:0] a, b, c, output [8:0] y, output [7:0] z", "assign z = a & b; assign y = (a & b) + c;"),
    "carry-used": ("input [6:0] a, b, output less", "assign less = a < b;"),
    "product": ("input [6:0] a, input [2:0] b, output [9:0] y", "assign y = a * b;"),
    "tree": ("input [6:0] a, b, c, d, output [8:0] y", "assign y = (a + b) + (c + d);"),
    "constant": ("input [7:0] a, output [8:0] y", "assign y = a + 9'd77;"),
    "top-bit-alone": ("input [7:0] a, b, output y", "wire [8:0] sum = a + b; assign y = sum[8];"),
}


def packed(tmp_path: Path, name: str) -> tuple[Path, dict[str, Any]]:
    """The Verilog of a sum, and its netlist."""
    ports, body = SUMS[name]
    verilog = tmp_path / "sums.v"
    verilog.write_text(f"module sums ({ports});\n{body}\nendmodule\n")
    run_worker(FpgaSynthesisJob(family="ecp5", sources=(str(verilog),), top="sums", dsp=0), tmp_path)
    netlist = tmp_path / "outputs" / f"sums.{NETLIST}"
    return verilog, json.loads(netlist.read_text())["modules"]["sums"]


@pytest.mark.parametrize("name", SUMS)
def test_a_packed_sum_is_its_verilog_whatever_comes_in_at_an_open_carry(tmp_path: Path, name: str) -> None:
    verilog, module = packed(tmp_path, name)
    for number, cell in enumerate(module["cells"].values()):
        if cell["connections"].get("COUT") == ["x"]:
            cell["connections"]["COUT"] = [10_000 + number]  # yosys, unlike nextpnr, takes no constant at an output
    (tmp_path / "netlist.json").write_text(json.dumps({"modules": {"sums": module}}))
    prove(f"""
        read_verilog -sv {verilog}
        hierarchy -top sums
        proc
        rename sums gold
        design -stash gold
        read_json {tmp_path / "netlist.json"}
        read_verilog -overwrite +/lattice/cells_sim_ecp5.v
        hierarchy -top sums
        proc
        flatten
        setundef -anyseq
        opt_clean
        rename sums gate
        design -copy-from gold -as gold gold
    """)


@pytest.mark.parametrize(
    ("name", "luts"),
    [
        ("wires", 1),  # the first bit
        ("and-before-one", 2),  # the first bit, and what its carry is made of
        ("and-before-both", 3),
        ("xor-before-one", 2),
        ("choice-before-one", 2),
        ("shared-logic", 9),
        ("constant", 1),
    ],
)
def test_luts_before_a_sum_go_into_its_chain(tmp_path: Path, name: str, luts: int) -> None:
    _, module = packed(tmp_path, name)
    kinds = [cell["type"] for cell in module["cells"].values()]
    assert kinds.count(LUT) <= luts
    assert kinds.count(CARRY) == 5
    starts = [cell for cell in module["cells"].values() if cell["type"] == CARRY and cell["connections"]["CIN"] == ["x"]]
    assert len(starts) == 1


def test_what_is_packed_already_stays_as_it_is(tmp_path: Path) -> None:
    _, module = packed(tmp_path, "and-before-both")
    again = json.loads(json.dumps(module))
    pack_carries(again)
    assert again == module


@pytest.mark.parametrize(
    "sum_of",
    [
        pytest.param("(a & {8{e}}) + (b & {8{f}})", id="and-before-both"),
        pytest.param("(a + b) - (b + c)", id="tree"),
        pytest.param("{8'd0, a < b}", id="carry-used"),
    ],
)
def test_nextpnr_counts_the_luts_that_are_expected(tmp_path: Path, sum_of: str) -> None:
    verilog = tmp_path / "sums.v"
    verilog.write_text(f"""
        module sums (input clk, input [25:0] in, output reg [8:0] y);
          reg [7:0] a, b, c;
          reg e, f;
          always @(posedge clk) begin
            {{a, b, c, e, f}} <= in;
            y <= {sum_of};
          end
        endmodule
    """)
    netlist = synthesise_fpga([verilog], ECP5_PARTS["LFE5U-25F"], top="sums", dsp=False, build=tmp_path, name="netlist")
    assert CARRY in netlist.cells
    placed = run_ecp5([verilog], top="sums", part="LFE5U-25F", dsp=False, build=tmp_path, name="placed")
    assert placed.lut == netlist.lut
