"""Synthesis and timing of a small design on the OSU library, which every test machine has."""

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from flightasic.config import ArrayConfig
from flightasic.eda import designs, measure
from flightasic.eda.flow import run_asic
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.pdk import find_technology
from flightasic.eda.timing import parse_timing
from flightasic.errors import ToolError
from flightasic.results import load_records

STANDIN = Path(__file__).parent / "data" / "standin.v"
FLOPS = {"flight_mesh": 2 * (8 + 16), "flight_post": 16, "glue": 0, "clock": 0}


@pytest.fixture(scope="module")
def osu018():
    return find_technology("osu018")


@pytest.fixture(scope="module", params=["abc", "tree", "fa"])
def result(request, osu018, tmp_path_factory):
    return run_asic([STANDIN], osu018, build=tmp_path_factory.mktemp("asic"), adder_style=request.param)


def test_every_unit_of_the_core_is_reported_with_all_its_instances(result) -> None:
    assert {unit.name: unit.instances for unit in result.units} == {"flight_mesh": 2, "flight_post": 1, "glue": 1, "clock": 1}
    assert {unit.name: unit.flops for unit in result.units} == FLOPS


def test_areas_of_the_units_add_up_to_the_netlist(result, osu018) -> None:
    assert result.area_um2 == pytest.approx(sum(unit.area_um2 for unit in result.units))
    flop_area = 96.0
    assert result.area_um2 > sum(FLOPS.values()) * flop_area


def test_frequency_follows_from_period_and_slack(result) -> None:
    assert result.fmax_mhz == pytest.approx(1000 / (10.0 - result.setup_slack_ns))
    assert 0 < result.hold_slack_ns < 10


def test_critical_path_ends_are_named_after_nets_of_the_design(result) -> None:
    assert result.path_start.startswith(("act[", "mesh_", "post__", "upper_", "lower_"))
    assert result.path_end.startswith(("mesh_", "post__", "upper_", "lower_", "sum["))


def test_versions_of_both_tools_are_known(result) -> None:
    assert set(result.versions) == {"yosys", "opensta"}
    assert all(version[0].isdigit() for version in result.versions.values())


def test_full_adder_cells_only_where_the_style_asks_for_them(osu018, tmp_path) -> None:
    for style, expected in (("abc", False), ("tree", True)):
        run_asic([STANDIN], osu018, build=tmp_path, name=style, adder_style=style)
        netlist = (tmp_path / style / "flow" / "synthesis" / "0" / "outputs" / "flight_core.vg").read_text()
        assert ("FAX1" in netlist) is expected


def test_netlist_is_flat_with_units_and_every_flip_flop_behind_the_clock_tree(osu018, tmp_path) -> None:
    result = run_asic([STANDIN], osu018, build=tmp_path, name="flat")
    outputs = tmp_path / "flat" / "flow"
    netlist = GateNetlist.read(outputs / "synthesis" / "0" / "outputs" / "flight_core.json")
    assert len(netlist.cells) == result.cells
    assert {cell.unit for cell in netlist.cells} == {"mesh_0", "mesh_1", "post", "clock"}
    assert all(re.fullmatch(r"[a-z]\w*", cell.name) for cell in netlist.cells)
    drivers = {net for cell in netlist.cells if cell.clock for pin, net in cell.pins.items() if pin == "Y"}
    assert all(cell.pins["CLK"] in drivers for cell in netlist.cells if cell.type == "DFFPOSX1")
    sdf = (outputs / "timing" / "0" / "outputs" / "flight_core.sdf").read_text()
    assert len(re.findall(r"\(INSTANCE \w+\)", sdf)) == result.cells
    assert result.met
    assert result.clock_insertion_ns > result.clock_skew_ns >= 0
    assert [corner["corner"] for corner in result.corners] == ["tt_025C_1v80"]


def test_without_a_clock_tree_the_clock_arrives_at_once(osu018, tmp_path) -> None:
    result = run_asic([STANDIN], osu018, build=tmp_path, name="ideal", clock_tree=False)
    assert result.clock_tree is None
    assert result.clock_insertion_ns == result.clock_skew_ns == 0


def test_missed_clock_is_said_in_the_result(osu018, tmp_path) -> None:
    result = run_asic([STANDIN], osu018, build=tmp_path, name="fast", clock_ns=1.0)
    assert not result.met
    assert "setup fails at tt_025C_1v80" in result.failures[0]


def test_result_is_recorded_with_technology_and_stage(osu018, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "rtl_sources", lambda config, build: [STANDIN])
    config = ArrayConfig()
    design = measure.find_design(config, osu018, build=tmp_path)
    assert not (tmp_path / "results").exists(), "recorded before anything held the netlist to the golden model"
    path = measure.record_design(design, tmp_path / "results")
    (record,) = load_records(tmp_path / "results", "asic")
    assert path.name.startswith(f"asic-{config.name}-")
    assert record.stage == "synthesis"
    assert (record.data["pdk"], record.data["corner"]) == ("osu018", "tt_025C_1v80")
    assert "qflow-tech-osu018" in record.data["pdk_source"]
    assert record.data["area_um2"] == pytest.approx(design.result.area_um2)
    assert record.config == config.to_dict()
    assert all(file.is_file() for file in (design.netlist, design.cells, design.sdf))


def test_design_is_synthesised_once_for_the_same_verilog_and_settings(osu018, tmp_path, monkeypatch) -> None:
    verilog = tmp_path / "core.v"
    verilog.write_text(STANDIN.read_text())
    monkeypatch.setattr(measure, "rtl_sources", lambda config, build: [verilog])
    runs = []
    monkeypatch.setattr(designs, "run_asic", lambda *arguments, **options: runs.append(options) or run_asic(*arguments, **options))
    make = partial(measure.find_design, ArrayConfig(), osu018, build=tmp_path)
    first, again = make(), make()
    assert len(runs) == 1
    assert again == first
    make(clock_ns=20.0)
    assert len(runs) == 2
    verilog.write_text(verilog.read_text() + "// another\n")
    make()
    assert len(runs) == 3


def test_missed_clock_stops_after_the_last_style_and_leaves_no_record(osu018, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "rtl_sources", lambda config, build: [STANDIN])
    tried = []
    monkeypatch.setattr(designs, "run_asic", lambda *args, **options: tried.append(options["adder_style"]) or run_asic(*args, **options))
    with pytest.raises(ToolError, match="fast adders: setup fails at tt_025C_1v80"):
        measure.find_design(ArrayConfig(), osu018, clock_ns=1.0, build=tmp_path)
    assert tried == list(measure.AUTO_STYLES)
    assert not load_records(tmp_path / "results")
    with pytest.raises(ToolError, match="setup fails"):  # remembered, not run again
        measure.find_design(ArrayConfig(), osu018, clock_ns=1.0, build=tmp_path)
    assert tried == list(measure.AUTO_STYLES)


def test_a_design_found_again_keeps_when_and_on_which_tree_it_was_made(osu018, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "rtl_sources", lambda config, build: [STANDIN])
    first = measure.record_design(measure.find_design(ArrayConfig(), osu018, build=tmp_path), tmp_path / "results")
    before = first.read_text()
    monkeypatch.setattr("flightasic.results.git_state", lambda: {"commit": "another", "clean": False})
    assert measure.record_design(measure.find_design(ArrayConfig(), osu018, build=tmp_path), tmp_path / "results") == first
    assert first.read_text() == before


def test_the_timing_script_is_part_of_a_design_s_key(osu018, tmp_path, monkeypatch) -> None:
    """Whatever decides over slacks and delays: an old result would outlive a mended script."""
    steps = {(Path(designs.__file__).parent / name).resolve() for name in designs._STEPS}
    assert {path.name for path in steps} >= {"timing.tcl", "flow.py", "design.py", "timing.py", "synthesis.py"}
    assert all(path.is_file() for path in steps)


@pytest.mark.parametrize(("meets", "height"), [({4, 2, 1}, 4), ({2, 1}, 2), ({1}, 1)])
def test_the_tallest_tiles_that_meet_the_clock_are_taken(monkeypatch, meets: set[int], height: int) -> None:
    tried = []

    def find(config: ArrayConfig, technology: object, **options: object) -> ArrayConfig:
        tried.append((config.tile_rows, options))
        if config.tile_rows not in meets:
            raise designs.TimingError(f"{config.tile_rows} rows miss the clock")
        return config

    monkeypatch.setattr(measure, "find_design", find)
    asked = ArrayConfig(tile_rows=4)
    found = measure.find_tallest(asked, osu018, clock_ns=9.0)
    assert found == replace(asked, tile_rows=height)
    assert tried == [(rows, {"clock_ns": 9.0}) for rows in (4, 2, 1) if rows >= height]


def test_a_clock_that_no_tiles_meet_is_an_error(monkeypatch) -> None:
    def find(config: ArrayConfig, technology: object) -> ArrayConfig:
        raise designs.TimingError(f"{config.tile_rows} rows miss the clock")

    monkeypatch.setattr(measure, "find_design", find)
    with pytest.raises(designs.TimingError, match="1 rows miss"):
        measure.find_tallest(ArrayConfig(tile_rows=4), osu018)


def test_siliconcompiler_keeps_the_metrics_too(osu018, tmp_path) -> None:
    result = run_asic([STANDIN], osu018, build=tmp_path, name="kept")
    metrics = json.loads((tmp_path / "kept" / "flow" / "kept.pkg.json").read_text())["history"]["flow"]["metric"]
    area = metrics["cellarea"]["node"]["synthesis"]["0"]["value"]
    slack = metrics["setupslack"]["node"]["timing"]["0"]["value"]
    assert float(area) == pytest.approx(result.area_um2)
    assert float(slack) == pytest.approx(result.setup_slack_ns)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"adder_style": "tee"}, "one of abc, tree, fast, fa, booth, got 'tee'"),
        ({"clock_ns": 0.0}, "clock must be above 0 ns, got 0"),
        ({"corner": "hot"}, "no corner 'hot'"),
        ({"sources": []}, "flightasic rtl"),
        ({"sources": [Path("missing.v")]}, "missing.v: no such Verilog file"),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_written(osu018, tmp_path, change, message) -> None:
    arguments = {"sources": [STANDIN], "technology": osu018, "build": tmp_path / "build", **change}
    with pytest.raises(ToolError, match=message):
        run_asic(**arguments)
    assert not (tmp_path / "build").exists()


def test_missing_opensta_says_how_to_install_it(osu018, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="sta is not on PATH; .*apt-get install opensta"):
        run_asic([STANDIN], osu018, build=tmp_path / "build")
    assert not (tmp_path / "build").exists()


def test_verilog_error_is_reported_in_yosys_own_words(osu018, tmp_path) -> None:
    broken = tmp_path / "broken.v"
    broken.write_text("module flight_core (input clk);\n  wire missing_semicolon\nendmodule\n")
    with pytest.raises(ToolError, match=r"synthesis failed: .*broken.v:3: ERROR: syntax error"):
        run_asic([broken], osu018, build=tmp_path)


@pytest.mark.parametrize(
    ("ports", "message"),
    [("input ck", "timing failed: Error: flight_core has no port clk"), ("input clk, input ck", "timing failed: .*unclocked")],
)
def test_register_without_the_clock_is_an_error_though_opensta_exits_with_0(osu018, tmp_path, ports, message) -> None:
    unclocked = tmp_path / "unclocked.v"
    unclocked.write_text(f"module flight_core ({ports}, input d, output reg q);\n  always @(posedge ck) q <= d;\nendmodule\n")
    with pytest.raises(ToolError, match=message):
        run_asic([unclocked], osu018, build=tmp_path)


def test_log_without_a_constrained_path_is_an_error() -> None:
    with pytest.raises(ValueError, match="no constrained path"):
        parse_timing("FLIGHT corner tt\nFLIGHT setup\nNo paths found.\nFLIGHT hold\nNo paths found.\nFLIGHT done\n", 10.0, "tt")
