"""Small designs on an ECP5: resources, multiplier budget, pins and bitstream, and what is refused."""

import json
from pathlib import Path

import pytest

from flightasic.config import ArrayConfig
from flightasic.eda import fpga
from flightasic.eda.fpga import measure_ecp5, run_ecp5, synthesise_ecp5
from flightasic.eda.fpga_parts import ECP5_PARTS
from flightasic.eda.fpga_reports import count_cells
from flightasic.errors import ToolError
from flightasic.results import load_records

STANDIN = Path(__file__).parent / "data" / "standin.v"
# Both meshes hold the same codes: flattened, one set of code registers is left.
FLOPS = 8 + 2 * 16 + 16
BLINK = """\
module blink (input clk, output led);
  reg [5:0] count;
  always @(posedge clk) count <= count + 1;
  assign led = count[5];
endmodule
"""
PINS = 'LOCATE COMP "clk" SITE "G2";\nLOCATE COMP "led" SITE "B2";\n'


def test_resources_path_and_record_of_the_small_design(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fpga, "rtl_sources", lambda config, build: [STANDIN])
    result, path = measure_ecp5(ArrayConfig(), part="LFE5U-25F", dsp=False, clock_mhz=50, build=tmp_path, results=tmp_path / "results")
    assert (result.ff, result.bram, result.dsp) == (FLOPS, 1, 0)
    assert result.lut > 100
    assert result.available == dict(ECP5_PARTS["LFE5U-25F"].has.items())
    assert [(memory.name, memory.cells) for memory in result.memories] == [("memory", {"DP16KD": 1})]
    assert sum(float(step.split(", ")[1].split()[0]) for step in result.critical_path) == pytest.approx(1000 / result.fmax_mhz, abs=0.05)
    assert result.bitstream is None
    assert set(result.versions) == {"yosys", "nextpnr"}
    (record,) = load_records(path.parent, "fpga")
    assert (record.stage, record.data["part"], record.data["lut"]) == ("placed and routed", "LFE5U-25F", result.lut)
    assert (record.data["speed"], record.data["clock_mhz"], record.data["seed"], record.data["dsp_allowed"]) == (6, 50, 1, False)


@pytest.mark.parametrize("budget", [1, True])
def test_products_past_the_budget_of_multipliers_become_luts(tmp_path, budget) -> None:
    netlist = synthesise_ecp5([STANDIN], part="LFE5U-25F", dsp=budget, build=tmp_path)
    assert netlist.dsp == (1 if budget == 1 and budget is not True else 2)
    assert netlist.cells["MULT18X18D"] == netlist.dsp
    assert netlist.netlist.is_file()


def test_copies_lie_side_by_side_with_one_clock_and_share_the_multipliers(tmp_path) -> None:
    one = synthesise_ecp5([STANDIN], part="LFE5U-25F", dsp=1, build=tmp_path, name="one")
    three = run_ecp5([STANDIN], part="LFE5U-25F", dsp=3, build=tmp_path, name="three", copies=3)
    assert (three.ff, three.bram, three.dsp) == (3 * one.ff, 3 * one.bram, 3 * one.dsp)
    assert three.lut == 3 * (one.lut - 2) + 2  # the two constants are made once
    found = synthesise_ecp5([STANDIN], part="LFE5U-25F", dsp=3, build=tmp_path, name="netlist", copies=3).netlist
    module = json.loads(found.read_text())["modules"][fpga.TOP]
    clocks = {cell["connections"]["CLK"][0] for cell in module["cells"].values() if cell["type"] == "TRELLIS_FF"}
    assert clocks == set(module["ports"]["clk"]["bits"])
    drivers = [bit for cell in module["cells"].values() for pin, bits in cell["connections"].items() for bit in bits
               if cell["port_directions"][pin] == "output" and isinstance(bit, int)]  # fmt: skip
    assert len(drivers) == len(set(drivers))


def test_design_with_pins_is_packed_to_a_bitstream(tmp_path) -> None:
    verilog, pins = tmp_path / "blink.v", tmp_path / "blink.lpf"
    verilog.write_text(BLINK)
    pins.write_text(PINS)
    result = run_ecp5([verilog], top="blink", part="LFE5U-25F", lpf=pins, build=tmp_path)
    assert result.ff == 6
    assert result.bitstream.read_bytes().count(b"LFE5U-25F") == 1


def test_luts_are_counted_as_nextpnr_places_them() -> None:
    def carry(first: int, last: int) -> dict:
        return {"type": "CCU2C", "connections": {"CIN": [first], "COUT": [last]}}

    cells = {
        name: {"type": kind}
        for name, kind in (("a", "LUT4"), ("b", "TRELLIS_DPR16X4"), ("c", "PFUMX"), ("d", "TRELLIS_FF"), ("e", "DP16KD"))
    }
    chain = {"first": carry(2, 3), "second": carry(3, 4)}
    found = count_cells({**cells, **chain}, "ecp5")
    ends_of_one_chain, constants = 4, 2
    assert found.lut == 1 + 4 + 2 * 2 + ends_of_one_chain + constants
    assert (found.ff, found.bram, found.dsp) == (1, 1, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"part": "LFE5U-12F"}, "part must be one of LFE5U-25F, .*got 'LFE5U-12F'"),
        ({"speed": 9}, "speed grade of LFE5U-85F must be one of 6, 7, 8, got 9"),
        ({"clock_mhz": 0.0}, "clock must be above 0 MHz, got 0"),
        ({"dsp": 157}, "multipliers must be in 0..156, which LFE5U-85F has, got 157"),
        ({"lpf": Path("none.lpf")}, "none.lpf: no such constraint file; name one that places the ports of flight_top"),
        ({"sources": []}, "flightasic rtl"),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_written(tmp_path, change, message) -> None:
    arguments = {"sources": [STANDIN], "build": tmp_path / "build", **change}
    with pytest.raises(ToolError, match=message):
        run_ecp5(**arguments)
    assert not (tmp_path / "build").exists()
