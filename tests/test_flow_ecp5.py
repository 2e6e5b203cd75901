"""Place and route of a small design on an ECP5."""

from pathlib import Path

import pytest

from flightasic.config import ArrayConfig
from flightasic.eda import fpga
from flightasic.eda.fpga import measure_ecp5, run_ecp5
from flightasic.eda.fpga_reports import parse_nextpnr
from flightasic.errors import ToolError
from flightasic.results import load_records

STANDIN = Path(__file__).parent / "data" / "standin.v"
# Both meshes hold the same codes: flattened, one set of code registers is left.
FLOPS = 8 + 2 * 16 + 16


def test_resources_and_record_of_the_small_design(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fpga, "rtl_sources", lambda config, build: [STANDIN])
    result, path = measure_ecp5(ArrayConfig(), part="LFE5U-25F", dsp=False, build=tmp_path, results=tmp_path / "results")
    assert (result.ff, result.bram, result.dsp) == (FLOPS, 1, 0)
    assert result.lut > 100
    assert 10 < result.fmax_mhz < 500
    assert set(result.versions) == {"yosys", "nextpnr"}
    (record,) = load_records(path.parent, "fpga")
    assert (record.stage, record.data["part"], record.data["lut"]) == ("placed and routed", "LFE5U-25F", result.lut)


def test_report_of_nextpnr_is_read_by_resource() -> None:
    bels = {"TRELLIS_COMB": (7, 100), "TRELLIS_FF": (5, 200), "DP16KD": (2, 10), "MULT18X18D": (1, 4), "TRELLIS_IO": (0, 9)}
    report = {
        "utilization": {bel: {"used": used, "available": available} for bel, (used, available) in bels.items()},
        "fmax": {"clk": {"achieved": 80.5, "constraint": 50}, "other": {"achieved": 60.25, "constraint": 50}},
    }
    found = parse_nextpnr(report, "ecp5")
    assert {name: found[name] for name in ("lut", "ff", "bram", "dsp", "fmax_mhz")} == {
        "lut": 7,
        "ff": 5,
        "bram": 2,
        "dsp": 1,
        "fmax_mhz": 60.25,
    }
    assert found["available"] == {"lut": 100, "ff": 200, "bram": 10, "dsp": 4}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"part": "LFE5U-12F"}, "part must be one of LFE5U-25F, .*got 'LFE5U-12F'"),
        ({"speed": 9}, "speed grade of LFE5U-85F must be 6, 7 or 8, got 9"),
        ({"clock_mhz": 0.0}, "clock must be above 0 MHz, got 0"),
        ({"sources": []}, "flightasic rtl"),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_written(tmp_path, change, message) -> None:
    arguments = {"sources": [STANDIN], "build": tmp_path / "build", **change}
    with pytest.raises(ToolError, match=message):
        run_ecp5(**arguments)
    assert not (tmp_path / "build").exists()
