"""Place and route of a small design on an ECP5."""

from pathlib import Path

import pytest

from flightasic.config import ArrayConfig
from flightasic.eda import measure
from flightasic.eda.flow import run_ecp5
from flightasic.eda.tasks import parse_nextpnr
from flightasic.errors import ToolError
from flightasic.results import load_records

STANDIN = Path(__file__).parent / "data" / "standin.v"
# Both meshes hold the same codes: flattened, one set of code registers is left.
FLOPS = 8 + 2 * 16 + 16


def test_resources_and_record_of_the_small_design(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "rtl_sources", lambda config, build: [STANDIN])
    result, path = measure.measure_ecp5(ArrayConfig(), part="LFE5U-25F", dsp=False, build=tmp_path, results=tmp_path / "results")
    assert (result.ff, result.bram, result.dsp) == (FLOPS, 1, 0)
    assert result.lut > 100
    assert 10 < result.fmax_mhz < 500
    assert set(result.versions) == {"yosys", "nextpnr"}
    (record,) = load_records(path.parent, "fpga")
    assert (record.stage, record.data["part"], record.data["lut"]) == ("placed and routed", "LFE5U-25F", result.lut)


def test_report_of_nextpnr_is_read_by_resource() -> None:
    report = {
        "utilization": {"TRELLIS_COMB": {"used": 7}, "TRELLIS_FF": {"used": 5}, "DP16KD": {"used": 2}, "MULT18X18D": {"used": 1}},
        "fmax": {"clk": {"achieved": 80.5, "constraint": 50}, "other": {"achieved": 60.25, "constraint": 50}},
    }
    assert parse_nextpnr(report) == {"lut": 7, "ff": 5, "bram": 2, "dsp": 1, "fmax_mhz": 60.25}


def test_report_without_a_clock_is_an_error() -> None:
    with pytest.raises(ValueError, match="no clock"):
        parse_nextpnr({"utilization": {}, "fmax": {}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"part": "LFE5U-12F"}, "part must be one of LFE5U-25F, .*got 'LFE5U-12F'"),
        ({"speed": 9}, "speed grade must be 6, 7 or 8, got 9"),
        ({"clock_mhz": 0.0}, "clock must be above 0 MHz, got 0"),
        ({"sources": []}, "flightasic rtl"),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_written(tmp_path, change, message) -> None:
    arguments = {"sources": [STANDIN], "build": tmp_path / "build", **change}
    with pytest.raises(ToolError, match=message):
        run_ecp5(**arguments)
    assert not (tmp_path / "build").exists()
