"""Small designs on iCE40 and xc7, reports of nextpnr, and what the FPGA flows print and refuse."""

import argparse
import io
from pathlib import Path

import pytest
from rich.console import Console

from flightasic.cli.fpga import add_multipliers, choices, memory_lines, print_results
from flightasic.config import ArrayConfig
from flightasic.eda import fpga
from flightasic.eda.fpga import measure_xc7, require_rams, run_ice40
from flightasic.eda.fpga_parts import ECP5_PARTS, XC7_PARTS, Resources, block_rams
from flightasic.eda.fpga_reports import count_cells, critical_path, excess, parse_nextpnr
from flightasic.eda.fpga_run import FpgaNetlist, multipliers, require_room
from flightasic.eda.fpga_synthesis import MappedMemory
from flightasic.eda.fpga_tasks import tool_version
from flightasic.errors import PlacementError, ToolError
from flightasic.results import load_records

STANDIN = Path(__file__).parent / "data" / "standin.v"
SMALL = """\
module blink (input clk, output led);
  reg [5:0] count;
  always @(posedge clk) count <= count + 1;
  assign led = count[5];
endmodule
module gate (input a, input b, output y);
  assign y = a ^ b;
endmodule
module store (input clk, input [12:0] address, input [8:0] data, input write, output reg [8:0] read);
  reg [8:0] words [0:8191];
  always @(posedge clk) begin
    if (write) words[address] <= data;
    read <= words[address];
  end
endmodule
"""


def small(folder: Path) -> list[Path]:
    verilog = folder / "small.v"
    verilog.write_text(SMALL)
    return [verilog]


def path(*delays: tuple[str, str, float]) -> dict:
    parts = [{"from": {"cell": first}, "to": {"cell": last}, "delay": delay} for first, last, delay in delays]
    return {"from": "posedge clk", "to": "posedge clk", "path": parts}


def memory(name: str, depth: int, **cells: int) -> MappedMemory:
    return MappedMemory(name=name, width=16, depth=depth, cells=cells)


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_multipliers(parser, budget=True)
    return parser.parse_args(arguments)


def test_ice40_design_has_pads_and_a_bitstream(tmp_path) -> None:
    result = run_ice40(small(tmp_path), top="blink", part="iCE40HX1K", build=tmp_path)
    assert (result.ff, result.bram, result.dsp) == (6, 0, 0)
    assert 6 <= result.lut < 12
    assert result.available == {"lut": 1280, "ff": 1280, "bram": 16, "dsp": 0}
    assert result.bitstream.stat().st_size > 30_000
    assert result.fmax_mhz > 50


def test_design_larger_than_the_part_names_what_is_short(tmp_path) -> None:
    with pytest.raises(PlacementError, match=r"18 block RAM \(SB_RAM40_4K\) are needed, iCE40HX1K has 16; take a smaller .*flightasic fit"):
        run_ice40(small(tmp_path), top="store", part="iCE40HX1K", build=tmp_path)


def test_design_without_a_clock_is_an_error(tmp_path) -> None:
    with pytest.raises(ToolError, match="nextpnr found no clock in gate; its registers must run on a clock"):
        run_ice40(small(tmp_path), top="gate", part="iCE40HX1K", build=tmp_path)


def test_xc7_is_synthesised_and_recorded_without_timing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fpga, "rtl_sources", lambda config, build: [STANDIN])
    result, record = measure_xc7(ArrayConfig(), build=tmp_path, results=tmp_path / "results")
    # The eight code registers are those of the DSP blocks.
    assert (result.ff, result.bram, result.dsp) == (2 * 16 + 16, 1, 2)
    assert result.available == {"lut": 218600, "ff": 437200, "bram": 545, "dsp": 900}
    (found,) = load_records(record.parent, "fpga")
    assert (found.stage, found.data["part"], found.data["fmax_mhz"], found.data["dsp"]) == ("synthesis", "XC7Z045", None, 2)


def test_cells_of_xc7_are_counted_by_what_they_occupy() -> None:
    kinds = ("LUT2", "LUT6", "INV", "RAM32M", "RAM64X1D", "FDRE", "FDSE", "RAMB36E1", "RAMB18E1", "DSP48E1", "CARRY4")
    found = count_cells({kind: {"type": kind} for kind in kinds}, "xc7")
    assert found == Resources(lut=1 + 1 + 1 + 4 + 2, ff=2, bram=2, dsp=1)


def test_report_of_nextpnr_is_read_by_resource() -> None:
    bels = {"TRELLIS_COMB": (7, 100), "TRELLIS_FF": (5, 200), "DP16KD": (2, 10), "MULT18X18D": (1, 4), "TRELLIS_IO": (0, 9)}
    report = {
        "utilization": {bel: {"used": used, "available": available} for bel, (used, available) in bels.items()},
        "fmax": {"clk": {"achieved": 80.5, "constraint": 50}, "other": {"achieved": 60.25, "constraint": 50}},
    }
    found = parse_nextpnr(report, "ecp5")
    assert [found[name] for name in ("lut", "ff", "bram", "dsp", "fmax_mhz")] == [7, 5, 2, 1, 60.25]
    assert found["available"] == {"lut": 100, "ff": 200, "bram": 10, "dsp": 4}


def test_report_without_a_clock_has_no_fmax() -> None:
    assert parse_nextpnr({"utilization": {}, "fmax": {}}, "ecp5")["fmax_mhz"] is None


def test_critical_path_is_the_longest_between_clock_edges_by_instance() -> None:
    short = path(("a_TRELLIS_FF_Q", "b_TRELLIS_FF_Q", 1.0))
    inside = ("core.x_LUT4_Z", "core.x_LUT4_Z_1", 0.5)
    long = path(("a_TRELLIS_FF_Q", "a_TRELLIS_FF_Q", 0.25), ("a_TRELLIS_FF_Q", "core.x_LUT4_Z", 1.0), inside, ("core.x_LUT4_Z_1", "y", 0.5))
    asynchronous = {**path(("p", "q", 9.0)), "from": "<async>"}
    report = {"critical_paths": [short, long, asynchronous]}
    assert critical_path(report) == ["a -> core.x, 1.25 ns", "core.x -> y, 1.00 ns"]
    assert critical_path({"critical_paths": [asynchronous]}) == []


def test_excess_is_read_from_the_log_of_nextpnr() -> None:
    log = "Info: Device utilisation:\nInfo: \t TRELLIS_IO:   0/ 197   0%\nInfo: \t TRELLIS_COMB: 30000/24288  123%\n"
    part = ECP5_PARTS["LFE5U-25F"]
    assert excess(log, part) == "30000 LUT4 are needed, LFE5U-25F has 24288"
    assert excess(log.replace("30000", "24288"), part) is None


def test_netlist_larger_than_the_part_is_refused() -> None:
    netlist = FpgaNetlist(lut=1, ff=1, bram=1, dsp=901, available={}, memories=(), cells={}, netlist=Path(), versions={})
    with pytest.raises(
        PlacementError, match=r"a: the design is larger than the part: 901 multipliers \(DSP48E1\) are needed, XC7Z045 has 900"
    ):
        require_room(netlist, XC7_PARTS["XC7Z045"], "a")


def test_memory_that_became_flip_flops_is_refused() -> None:
    require_rams([memory("bank", 512, DP16KD=1), memory("small", 16, TRELLIS_DPR16X4=4)], "ecp5")
    with pytest.raises(ToolError, match=r"memory bank \(512 words of 16 bits\) became 8192 flip-flops, not RAM; give it"):
        require_rams([memory("bank", 512)], "ecp5")


def test_number_of_multipliers_needs_an_ecp5() -> None:
    assert multipliers(28, ECP5_PARTS["LFE5U-25F"]) == multipliers(True, ECP5_PARTS["LFE5U-25F"]) == 28
    with pytest.raises(ToolError, match=r"XC7Z045 takes all multipliers \(True\) or none \(False\), got 5; a number of them needs an ECP5"):
        multipliers(5, XC7_PARTS["XC7Z045"])


def test_missing_tool_is_named_with_its_remedy() -> None:
    with pytest.raises(ToolError, match=r"yowasp-nextpnr-none is not installed; install it with pip install 'flightasic\[flow\]'"):
        tool_version("yowasp-nextpnr-none")


@pytest.mark.parametrize(
    ("family", "width", "depth", "blocks"), [("ecp5", 36, 512, 1), ("ecp5", 48, 1024, 3), ("ice40", 8, 512, 1), ("xc7", 64, 513, 4)]
)
def test_block_rams_that_a_memory_needs(family, width, depth, blocks) -> None:
    assert block_rams(family, width, depth) == blocks


@pytest.mark.parametrize(
    ("arith", "arguments", "chosen"),
    [
        ("shift", (), [True]),
        ("fixed4", (), [True, False]),
        ("fixed4", ("--no-dsp",), [False]),
        ("fixed8", ("--dsp",), [True]),
        ("fixed8", ("--dsp", "100"), [100]),
    ],
)
def test_arrays_of_multipliers_are_measured_both_ways(arith, arguments, chosen) -> None:
    found = choices(options(*arguments), ArrayConfig.for_arith(arith))
    assert [(type(dsp), dsp) for dsp in found] == [(type(dsp), dsp) for dsp in chosen]


def test_memories_are_listed_by_where_they_went() -> None:
    memories = [
        memory("bank_0", 512, DP16KD=1),
        memory("bank_1", 512, DP16KD=1),
        memory("codes", 1024, DP16KD=1),
        memory("tiny", 16, TRELLIS_DPR16X4=4),
    ]
    in_blocks, in_luts = memory_lines(memories, "ecp5")
    assert in_blocks == (
        "in block RAM: 2 of bank_0 to bank_1 (512 words of 16 bits), codes (1024 words of 16 bits); 3 block RAMs, the sizes need 3"
    )
    assert in_luts == "in LUT RAM: tiny (16 words of 16 bits)"
    assert memory_lines([memory("bank", 512, RAMB18E1=1), memory("codes", 4096, RAMB36E1=2)], "xc7")[0].endswith(
        "5 halves of RAMB36E1, the sizes need 5"
    )


def test_printed_table_says_shares_of_the_part_for_each_way_of_making_products() -> None:
    part = XC7_PARTS["XC7Z045"]
    rows = [
        (
            name,
            FpgaNetlist(lut=lut, ff=0, bram=0, dsp=dsp, available={}, memories=(), cells={}, netlist=Path(), versions={}),
            Path(f"{name}.json"),
        )
        for name, lut, dsp in (("multipliers", 2186, 90), ("LUTs", 21860, 0))
    ]
    console = Console(file=io.StringIO(), width=200)
    print_results(console, "title", part, rows)
    text = console.file.getvalue()
    cells = [[cell.strip() for cell in line.split("│")] for line in text.splitlines() if "│" in line]
    assert cells[0][1:6] == ["multipliers", "2,186", "0", "0", "90"]
    assert cells[1][1:6] == ["", "(1.0%)", "(0.0%)", "(0.0%)", "(10.0%)"]
    assert [row[1:3] for row in cells[2:]] == [["LUTs", "21,860"], ["", "(10.0%)"]]
    assert "record: LUTs.json" in text
