"""Flip-flops behind ECP5 block RAMs go into the RAM's own output register, and only where that changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from flightasic.eda.fpga_output_regs import FLIP_FLOP, RAM
from flightasic.eda.fpga_parts import ECP5_PARTS
from flightasic.eda.fpga_run import synthesise_fpga

MEMORY = """\
module memory (
  input clk, input enable, input reset, input [9:0] from, input [9:0] to, input [8:0] data, input write,
  output reg [8:0] out{ports}
);
  reg [8:0] words [0:1023];
  reg [8:0] word;
  always @(posedge clk) begin
    if (write) words[to] <= data;
    word <= words[from];
  end
  {register}
  {more}
endmodule
"""
ALWAYS = "always @(posedge clk) out <= word;"


def cells(tmp_path: Path, register: str, ports: str = "", more: str = "") -> tuple[list[dict[str, Any]], int]:
    """The RAM cells and the number of flip-flops of the memory with this register."""
    verilog = tmp_path / "memory.v"
    verilog.write_text(MEMORY.format(register=register, ports=ports, more=more))
    netlist = synthesise_fpga([verilog], ECP5_PARTS["LFE5U-25F"], top="memory", dsp=False, build=tmp_path, name="memory").netlist
    found = json.loads(netlist.read_text())["modules"]["memory"]["cells"].values()
    return [cell for cell in found if cell["type"] == RAM], sum(cell["type"] == FLIP_FLOP for cell in found)


def modes(rams: list[dict[str, Any]]) -> list[str]:
    return sorted(ram["parameters"][f"REGMODE_{side}"] for ram in rams for side in "AB")


def test_a_plain_register_moves_into_the_ram(tmp_path: Path) -> None:
    (ram,), flip_flops = cells(tmp_path, ALWAYS)
    assert (flip_flops, modes([ram])) == (0, ["NOREG", "OUTREG"])
    side = next(side for side in "AB" if ram["parameters"][f"REGMODE_{side}"] == "OUTREG")
    assert ram["connections"][f"OCE{side}"] == ["1"]
    assert ram["connections"][f"RST{side}"] == ["0"]


@pytest.mark.parametrize(
    ("register", "ports", "more"),
    [
        pytest.param("always @(posedge clk) if (enable) out <= word;", "", "", id="enable"),
        pytest.param("always @(posedge clk) if (reset) out <= 0; else out <= word;", "", "", id="reset"),
        pytest.param("always @(negedge clk) out <= word;", "", "", id="other-edge"),
        pytest.param(ALWAYS, ", output seen", "assign seen = word[3];", id="word-seen-outside"),
        pytest.param(ALWAYS, ", output reg seen", "always @(posedge clk) seen <= ^word;", id="word-used-twice"),
        pytest.param("always @(posedge clk) out <= ~word;", "", "", id="logic-before"),
    ],
)
def test_any_other_stays_behind_it(tmp_path: Path, register: str, ports: str, more: str) -> None:
    rams, flip_flops = cells(tmp_path, register, ports, more)
    assert rams
    assert set(modes(rams)) == {"NOREG"}
    assert flip_flops >= 9
