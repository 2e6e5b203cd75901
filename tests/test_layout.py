"""The layout up to OpenROAD's first step for real, and what is made of its results with stand-ins for OpenROAD and KLayout."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from small_layout import CELL, METRICS, NETS, ROUTED, RTL, make_lambdapdk, make_program, make_tools, spef

from flightasic.eda import layout_tools
from flightasic.eda.layout import RoutedDesign, check, run_layout
from flightasic.eda.layout_netlist import convert
from flightasic.eda.layout_project import Floorplan, build_project, pins_by_side, top_text, unit_modules
from flightasic.eda.layout_spef import net_caps, rename
from flightasic.eda.layout_tools import OPENROAD, find_tools, recent_enough, stand_in
from flightasic.eda.layout_yosys import install
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.pdk import Technology, osu018_at, sky130_at
from flightasic.errors import FlightError, FormatError, ToolError


@pytest.fixture(scope="module")
def technology(tmp_path_factory) -> Technology:
    return sky130_at(make_lambdapdk(tmp_path_factory.mktemp("pdk")), "small")


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> list[Path]:
    path = tmp_path_factory.mktemp("rtl") / "flight_core.v"
    path.write_text(RTL)
    return [path]


@pytest.fixture
def project(technology, sources, tmp_path):
    plan = Floorplan(density=45.0, aspect_ratio=2.0, core_margin_um=8.0, highest_layer="met4")
    return build_project(sources, technology, top="flight_core", name="small", clock_ns=8.0, corner="tt", floorplan=plan, scratch=tmp_path)


@pytest.fixture(scope="module")
def routed_files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("routed")
    (folder / "flight_core.lec.vg").write_text(ROUTED)
    (folder / "flight_core.typical.spef").write_text(spef())
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    return folder


@pytest.fixture(scope="module")
def routed(technology, sources, routed_files, tmp_path_factory) -> RoutedDesign:
    """A whole run: elaboration and synthesis are real, OpenROAD and KLayout are stand-ins."""
    folder = tmp_path_factory.mktemp("run")
    make_tools(folder / "tools", routed_files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder / 'tools'}{os.pathsep}{os.environ['PATH']}")
        return run_layout(sources, technology, clock_ns=8.0, strategy="", build=folder / "build")


# --- tools


def test_missing_openroad_is_told_before_anything_runs(technology, sources, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FlightError, match=r"openroad >= 24Q3 \(not on PATH\) and klayout >= 0.28.0 .*sc-install -group asic.*sc_runner"):
        run_layout(sources, technology, build=tmp_path / "build")
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(("openroad", "klayout"), [("24Q2-500-g1", "KLayout 0.29.1"), ("26Q2-1-g1", "KLayout 0.27.13")])
def test_too_old_program_is_named_with_its_version(openroad, klayout, tmp_path) -> None:
    make_program(tmp_path, "openroad", f"#!/bin/sh\necho {openroad}\n")
    make_program(tmp_path, "klayout", f"#!/bin/sh\necho {klayout}\n")
    old = openroad if openroad.startswith("24Q2") else "0.27.13"
    with pytest.raises(ToolError, match=f"found {old}") as caught:
        find_tools(tmp_path / "scratch", path=str(tmp_path))
    assert str(caught.value).count("found") == 1


@pytest.mark.parametrize(
    ("version", "enough"),
    [("24Q3-2011-gabc", True), ("24Q3-2010-gabc", False), ("26Q2", True), ("v2.0-17598-gabc", True), ("v2.0-16000", False), ("1.0", False)],
)
def test_openroad_versions_of_both_styles_are_compared(version, enough) -> None:
    assert recent_enough(OPENROAD, version) is enough


def test_program_that_says_nothing_is_refused(tmp_path) -> None:
    for name in ("openroad", "klayout"):
        make_program(tmp_path, name, "#!/bin/sh\nexit 1\n")
    with pytest.raises(ToolError, match="openroad .*does not say its version.*klayout"):
        find_tools(tmp_path / "scratch", path=str(tmp_path))


def test_recent_yosys_and_opensta_on_the_path_are_used(routed_files, tmp_path) -> None:
    make_tools(tmp_path, routed_files)
    make_program(tmp_path, "yosys", "#!/bin/sh\necho Yosys 0.55+3\n")
    make_program(tmp_path, "sta", "#!/bin/sh\necho 2.6.2\n")
    versions = find_tools(tmp_path / "scratch", path=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert versions == {"openroad": "26Q2-1000-gabcdef", "klayout": "0.28.5", "yosys": "0.55+3", "sta": "2.6.2"}
    assert not stand_in(tmp_path / "scratch").exists()


def test_old_yosys_is_replaced_by_pyosys_and_old_opensta_is_left_out(routed_files, tmp_path) -> None:
    make_tools(tmp_path, routed_files)
    make_program(tmp_path, "yosys", "#!/bin/sh\necho Yosys 0.23\n")
    make_program(tmp_path, "sta", "#!/bin/sh\necho 2.0.17\n")
    versions = find_tools(tmp_path / "scratch", path=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert recent_enough(layout_tools.YOSYS, versions["yosys"]) and "sta" not in versions
    assert (stand_in(tmp_path / "scratch") / "yosys").is_file()


def test_no_yosys_and_nothing_to_make_one_of_is_an_error(routed_files, tmp_path, monkeypatch) -> None:
    make_tools(tmp_path, routed_files)
    monkeypatch.setattr(layout_tools, "tcl_available", lambda: False)
    with pytest.raises(ToolError, match=r"yosys >= 0.48 \(not on PATH\), or pyosys and Python's tkinter"):
        find_tools(tmp_path / "scratch", path=str(tmp_path))


# --- a yosys made of pyosys


@pytest.fixture(scope="module")
def yosys(tmp_path_factory) -> str:
    return str(install(tmp_path_factory.mktemp("bin")) / "yosys")


def test_stand_in_gives_scripts_the_values_of_commands(yosys, tmp_path) -> None:
    (tmp_path / "a b.v").write_text(RTL)
    script = tmp_path / "script.tcl"
    script.write_text(
        f'yosys read_verilog -sv "{tmp_path}/a b.v"\nputs "<[yosys tee -q -s result.string ls]>"\nputs "<[yosys ls]>"\nflush stdout\n'
    )
    done = subprocess.run([yosys, "-c", str(script)], capture_output=True, text=True, check=True)
    assert "<\n2 modules:\n  flight_core\n  flight_mesh\n>" in done.stdout
    assert "<>" in done.stdout


@pytest.mark.parametrize("command", ["yosys read_verilog no_such_file.v", "yosys no_such_command", "no_such_procedure"])
def test_stand_in_fails_when_its_script_fails(yosys, tmp_path, command) -> None:
    script = tmp_path / "script.tcl"
    script.write_text(f"{command}\nputs went_on\n")
    done = subprocess.run([yosys, "-c", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "ERROR" in done.stdout + done.stderr and "went_on" not in done.stdout


def test_stand_in_refuses_another_command_line(yosys) -> None:
    done = subprocess.run([yosys, "-p", "help"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "-c SCRIPT" in done.stderr


# --- project


def test_floorplan_layers_and_corners_are_in_the_project(project) -> None:
    area = project.constraint.area
    assert (area.get_density(), area.get_aspectratio(), area.get_coremargin()) == (45.0, 2.0, 8.0)
    pdk = project.get_library("skywater130")
    assert (pdk.get("pdk", "minlayer"), pdk.get("pdk", "maxlayer")) == ("met1", "met4")
    checks = {name: scenario.get_check() for name, scenario in project.constraint.timing.get_scenario().items()}
    assert {name: set(value) for name, value in checks.items()} == {"slow": set(), "typical": {"setup", "power"}, "fast": {"hold"}}


def test_ports_of_a_memory_share_a_side_in_order(project) -> None:
    left, top, right, bottom = 1, 2, 3, 4
    pins = {name: (pin.get_side(), pin.get_order()) for name, pin in project.constraint.pin.get_pinconstraint().items()}
    assert {name: place for name, place in pins.items() if name.startswith("act_")} == {f"act_read_data[{n}]": (left, n) for n in range(8)}
    assert {pins[f"acc_write_data[{n}]"] for n in range(8)} == {(right, n) for n in range(8)}
    assert pins["code_val"] == (bottom, 0) and pins["clk"] == (top, 0) and pins["state"] == (top, 1)


def test_flow_is_the_stock_one_from_rtl_to_gds(project) -> None:
    nodes = {step for step, _ in project.get_flow().get_nodes()}
    assert project.get_flow().name == "asicflow-verilog"
    assert nodes >= {"elaborate", "synthesis", "floorplan.init", "cts.clock_tree_synthesis", "route.detailed", "write.gds", "write.views"}


def test_every_file_comes_from_the_technology_s_folder(project, technology) -> None:
    root = technology.lef.parents[5]
    library, pdk = project.get_library("sky130hd"), project.get_library("skywater130")
    assert library.find_files("fileset", "models.physical", "file", "lef") == [str(technology.lef)]
    assert pdk.find_files("fileset", "openroad.pex.typical", "file", "openrcx")[0].startswith(str(root))


def test_scripts_that_the_folder_lacks_are_ours_and_its_own_win(project, technology, sources, tmp_path) -> None:
    ours = project.get_library("sky130hd").find_files("fileset", "openroad.powergrid", "file", "tcl")
    assert [Path(file).name for file in ours] == ["layout_power_grid.tcl"]
    root = make_lambdapdk(tmp_path / "whole")
    script = root / "lambdapdk/sky130/libs/sky130hd/apr/openroad/pdngen.tcl"
    script.parent.mkdir(parents=True)
    script.write_text("")
    other = build_project(
        sources,
        sky130_at(root, "whole"),
        top="flight_core",
        name="small",
        clock_ns=8.0,
        corner="ss",
        floorplan=Floorplan(place_pins=False),
        scratch=tmp_path,
    )
    assert other.get_library("sky130hd").find_files("fileset", "openroad.powergrid", "file", "tcl") == [str(script)]
    assert not other.constraint.pin.get_pinconstraint()
    assert set(other.constraint.timing.get_scenario("slow").get_check()) == {"setup", "power"}


def test_cells_the_flow_must_not_pick_are_marked(project) -> None:
    avoided = project.get_library("sky130hd").get("asic", "cells", "dontuse")
    assert f"{CELL}dlclkp_1" in avoided and f"{CELL}edfxtp_1" in avoided
    assert f"{CELL}dlclkp_4" not in avoided and f"{CELL}clkbuf_4" not in avoided


def test_units_are_the_children_of_the_committed_core() -> None:
    committed = sorted((Path(__file__).parent.parent / "rtl" / "shift_4x4x4").glob("*.v"))
    text = top_text(committed, "flight_core")
    units = unit_modules(text, committed)
    assert units["mesh"] == "flight_mesh" and len(units) == text.count("\n  flight_")
    sides = pins_by_side(text)
    assert set(sides) == {"left", "right", "top", "bottom"}
    # Every port is there: as many as the header has commas, plus one.
    ports = {pin.split("[")[0] for pins in sides.values() for pin in pins}
    assert len(ports) == text[: text.index(");")].count(",") + 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"density": 0.0}, "density must be above 0"),
        ({"density": 101.0}, "density must be above 0"),
        ({"aspect_ratio": 0.0}, "aspect_ratio"),
        ({"core_margin_um": -1.0}, "core_margin_um"),
        ({"highest_layer": "met6"}, "met1 to met6"),
        ({"lowest_layer": "met5"}, "met5 to met5"),
    ],
)
def test_impossible_floorplan_is_refused(settings, message) -> None:
    with pytest.raises(ToolError, match=message):
        Floorplan(**settings)


def test_another_technology_a_bad_clock_and_a_missing_top_are_refused(technology, sources, tmp_path) -> None:
    for file in ("osu018_stdcells.lib", "osu018_stdcells.lef"):
        (tmp_path / file).write_text("")
    with pytest.raises(ToolError, match="runs on sky130hd only, got osu018"):
        run_layout(sources, osu018_at(tmp_path, "small"))
    with pytest.raises(ToolError, match="clock must be above 0 ns, got 0"):
        run_layout(sources, technology, clock_ns=0)
    with pytest.raises(ToolError, match="module flight_other is in none of flight_core.v"):
        run_layout(sources, technology, top="flight_other")
    with pytest.raises(ToolError, match="no corner 'cold'"):
        run_layout(sources, technology, corner="cold")


# --- a whole run


def test_elaboration_and_synthesis_run_and_keep_the_units(routed) -> None:
    work = routed.gds.parents[1] / "layout"
    netlist = (work / "synthesis/0/outputs/flight_core.vg").read_text()
    assert "module flight_mesh" in netlist
    # One-bit ports are scalars for OpenROAD, so that get_ports clk and the pin constraints name what is there.
    core = netlist[netlist.index("module flight_core") :]
    assert "input clk;" in core and "input code_val;" in core
    used = Counter(word for word in netlist.split() if word.startswith(CELL))
    assert used[f"{CELL}dlclkp_4"] == 1 and used[f"{CELL}dfxtp_1"] == 8 and used[f"{CELL}inv_1"] >= 1
    assert used[f"{CELL}dlclkp_1"] == used[f"{CELL}edfxtp_1"] == 0
    constraints = (work / "floorplan.init/0/sc_manifest.tcl").read_text()
    assert "layout_power_grid.tcl" in constraints and 'constraint" "pin" "clk" "side" 2' in constraints


def test_layout_comes_back_with_files_and_figures(routed) -> None:
    assert routed.gds.read_bytes() == b"gds" and routed.picture is not None and routed.picture.read_text() == "png"
    assert "create_clock -name clk -period 8.0" in routed.sdc.read_text()
    assert (routed.setup_slack_ns, routed.hold_slack_ns, routed.drc_errors) == (1.5, 0.25, 0)
    assert (routed.area_um2, routed.die_um2, routed.utilization, routed.cells) == (150.0, 400.0, 50.0, 9)
    assert routed.wirelength_um == 321.0 and routed.wired_fraction == 1.0
    assert routed.versions["openroad"] == "26Q2-1000-gabcdef"


def test_wires_have_the_netlist_s_names(routed) -> None:
    netlist = GateNetlist.read(routed.netlist_json)
    caps = routed.net_caps()
    assert set(caps) == set(netlist.nets) and len(caps) == len(NETS)
    assert caps["clk"] == pytest.approx(5.0) and caps["acc_write_data[1]"] == pytest.approx(2.0)
    assert caps["mesh__sums_1"] == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drc_errors": 3}, "3 design-rule errors"),
        ({"setup_slack_ns": -0.1}, "setup slack of -0.100 ns at 8 ns"),
        ({"hold_slack_ns": -0.01}, "hold slack"),
        ({"wired_fraction": 0.98}, "98.0% of the nets"),
    ],
)
def test_layout_with_errors_is_refused(routed, change, message) -> None:
    check(routed)
    with pytest.raises(ToolError, match=message):
        check(replace(routed, **change))


def test_failed_step_is_named_with_its_own_words(technology, sources, tmp_path, routed_files, monkeypatch) -> None:
    make_tools(tmp_path, routed_files)
    make_program(tmp_path, "yosys", '#!/bin/sh\n[ "$1" = --version ] && echo Yosys 0.55 && exit\necho "ERROR: no licence"; exit 1\n')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolError, match="step synthesis failed: .*no licence.*whole logs are under"):
        run_layout(sources, technology, build=tmp_path / "build")


def test_mapped_netlist_goes_through_synthesis_as_it_is(technology, tmp_path, routed_files, monkeypatch) -> None:
    make_tools(tmp_path, routed_files)
    make_program(tmp_path, "openroad", '#!/bin/sh\n[ "$1" = -version ] && echo 26Q2-1 && exit\necho no placement here; exit 1\n')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    mapped = tmp_path / "flight_core.vg"
    mapped.write_text(ROUTED)
    with pytest.raises(ToolError, match="step cleanup.clean failed: .*no placement here"):
        run_layout([mapped], technology, strategy="", units=["mesh"], build=tmp_path / "build")
    netlist = (tmp_path / "build/layout/layout/synthesis/0/outputs/flight_core.vg").read_text()
    cells = [Counter(word for word in text.split() if word.startswith(CELL)) for text in (netlist, ROUTED)]
    assert cells[0] == cells[1]


# --- routed netlist and wires


@pytest.fixture(scope="module")
def converted(technology, routed_files, tmp_path_factory) -> tuple[GateNetlist, dict[str, str], Path]:
    folder = tmp_path_factory.mktemp("converted")
    liberty = technology.liberty[technology.corner("tt")]
    names = convert(routed_files / "flight_core.lec.vg", liberty, folder, top="flight_core", units=["mesh"])
    return GateNetlist.read(folder / "flight_core.json"), names, folder


def test_units_come_from_names_and_the_clock_from_the_clock_net(converted) -> None:
    cells = {cell.name: (cell.unit, cell.clock) for cell in converted[0].cells}
    assert cells == {
        "clkbuf_0_clk": ("clock", True),
        "mesh__gate": ("mesh", True),
        "clkbuf_0_mesh__gclk": ("mesh", True),
        "mesh___02_": ("mesh", False),
        "mesh__sums_0__DFF_P_": ("mesh", False),
        "mesh__sums_1__DFF_P_": ("mesh", False),
        "output1": ("glue", False),
        "output2": ("glue", False),
    }


def test_connections_survive_and_verilog_has_plain_names_only(converted) -> None:
    netlist, names, folder = converted
    pins = {cell.name: {pin: netlist.nets[net] for pin, net in cell.pins.items()} for cell in netlist.cells}
    assert pins["mesh__sums_1__DFF_P_"] == {"CLK": "clknet_mesh__gclk", "D": "mesh___01_", "Q": "mesh__sums_1"}
    assert pins["output1"] == {"A": "mesh__sums_1", "X": "acc_write_data[1]"}
    text = (folder / "flight_core.vg").read_text()
    assert "\\" not in text and "output [1:0] acc_write_data;" in text and "mesh___02_" in text
    assert names["mesh/sums[1]"] == "mesh__sums_1" and names["acc_write_data[1]"] == "acc_write_data[1]"


@pytest.mark.parametrize(
    ("old", "new", "message"), [("module flight_core", "module other", "flight_core"), (f"{CELL}inv_1", f"{CELL}inv_99", "inv_99")]
)
def test_netlist_of_something_else_is_refused(technology, tmp_path, old, new, message) -> None:
    (tmp_path / "routed.vg").write_text(ROUTED.replace(old, new))
    with pytest.raises(ToolError, match=message):
        convert(tmp_path / "routed.vg", technology.liberty["tt_025C_1v80"], tmp_path, top="flight_core", units=["mesh"])


@pytest.mark.parametrize(("unit", "factor"), [("1 PF", 1000.0), ("10 FF", 10.0), ("1e-3 PF", 1.0)])
def test_capacitances_are_in_femtofarads(tmp_path, unit, factor) -> None:
    path = tmp_path / "wires.spef"
    path.write_text(f"*C_UNIT {unit}\n*NAME_MAP\n*1 a\\[0\\]\n*D_NET *1 0.25\n*END\n*D_NET b 2\n*END\n")
    assert net_caps(path) == {"a[0]": pytest.approx(0.25 * factor), "b": pytest.approx(2 * factor)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*NAME_MAP\n*1 a\n*D_NET *1 1\n", r"no \*C_UNIT"),
        ("*C_UNIT 1 PF\n*NAME_MAP\n*1 a\n", r"no \*D_NET"),
        ("*C_UNIT 1 MILE\n", "no capacitance unit"),
        ("*C_UNIT 1 PF\n*D_NET a much\n", "no net with its capacitance"),
    ],
)
def test_damaged_parasitics_are_refused(tmp_path, text, message) -> None:
    path = tmp_path / "wires.spef"
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        net_caps(path)


def test_parasitics_without_a_name_map_cannot_be_renamed(tmp_path) -> None:
    path = tmp_path / "wires.spef"
    path.write_text("*C_UNIT 1 PF\n*D_NET a 1\n")
    with pytest.raises(FormatError, match=r"no \*NAME_MAP"):
        rename(path, tmp_path / "renamed.spef", {"a": "b"})


def test_only_the_name_map_changes(tmp_path) -> None:
    path, target = tmp_path / "wires.spef", tmp_path / "renamed.spef"
    path.write_text(spef())
    assert rename(path, target, {"mesh/gclk": "mesh__gclk", "elsewhere": "x"}) == 1
    changed = [pair for pair in zip(spef().splitlines(), target.read_text().splitlines(), strict=True) if pair[0] != pair[1]]
    assert ("*10 mesh\\/gclk", "*10 mesh__gclk") in changed
    assert all(old.startswith("*") and "\\" in old for old, _ in changed)
