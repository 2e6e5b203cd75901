"""From a design to its routed energy: timing with extracted wires for real, place and route by stand-ins that hand the netlist through."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from small_layout import METRICS, make_tools

from flightasic.cli.energy import show_layout
from flightasic.design import constraints
from flightasic.eda import layout_project, routed
from flightasic.eda.designs import Design, TimingError
from flightasic.eda.flow import AsicResult, run_asic
from flightasic.eda.layout import RoutedDesign
from flightasic.eda.layout_netlist import convert
from flightasic.eda.layout_project import Floorplan
from flightasic.eda.measure import find_design
from flightasic.eda.measure_energy import measure_energy
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.pdk import Technology, find_technology
from flightasic.eda.routed import Layout, LayoutResult, lay_out, measure_layout, time_netlist
from flightasic.errors import FormatError, ToolError
from flightasic.results import load_records
from tests.small_gates import ARRAY, liberty, technologies
from tests.small_routed import star_spef
from verification.networks import plain_network

STANDIN = Path(__file__).parent / "data" / "standin.v"
SCRIPT = Path(__file__).parent.parent / "flows" / "asic_sky130.py"
NETWORK = plain_network(ARRAY)
IMAGES = torch.tensor(np.random.default_rng(0).integers(-128, 128, (1, *NETWORK.in_shape)))


# --- before anything runs


def run_script(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "sc"), str(SCRIPT), *arguments]
    return subprocess.run(command, env={**os.environ, "COLUMNS": "200", **environment}, capture_output=True, text=True, check=False)


def test_script_says_what_the_layout_lacks_and_ends_with_2_before_any_work(tmp_path) -> None:
    done = run_script("--layout", "--out", str(tmp_path / "build"), PATH=str(tmp_path))
    assert done.returncode == 2
    assert re.search(
        r"error: the layout needs openroad >= 24Q3 \(not on PATH\) and klayout >= 0\.28\.0 .*sc-install", done.stderr, re.DOTALL
    )
    assert "Traceback" not in done.stderr and not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("--pdk", "osu018"), "the layout runs on sky130hd only, got osu018"), (("--no-energy",), "leave out --no-energy")],
)
def test_script_refuses_what_cannot_be_laid_out_or_checked(arguments, message, tmp_path) -> None:
    make_tools(tmp_path / "tools", tmp_path)
    path = f"{tmp_path / 'tools'}{os.pathsep}{os.environ['PATH']}"
    done = run_script("--layout", "--out", str(tmp_path / "build"), *arguments, PATH=path)
    assert done.returncode == 2 and message in done.stderr
    assert not (tmp_path / "build").exists()


# --- timing with wires


@dataclass(frozen=True)
class Timed:
    """The small design with its clock tree, as the synthesis flow timed it."""

    technology: Technology
    result: AsicResult
    folder: Path

    def time(self, spef: str, folder: Path) -> dict:
        """Timed again with wires of its own."""
        roles = self.technology.roles
        (folder / "wires.spef").write_text(spef)
        (folder / "core.sdc").write_text(constraints(10.0, roles.driver, roles.driver_load_ff / 1000))
        timing, sdf = time_netlist(
            self.folder / "flight_core.vg",
            self.technology,
            sdc=folder / "core.sdc",
            spef=folder / "wires.spef",
            clock_ns=10.0,
            corner="tt",
            build=folder,
        )
        assert len(re.findall(r"\(INSTANCE \w+\)", sdf.read_text())) == self.result.cells
        return timing

    def wires(self, sink_ff: float) -> str:
        """SPEF of as much wire at every sink."""
        return star_spef(GateNetlist.read(self.folder / "flight_core.json"), liberty("osu018"), sink_ff)


@pytest.fixture(scope="module")
def timed(tmp_path_factory) -> Timed:
    folder = tmp_path_factory.mktemp("timed")
    technology = find_technology("osu018")
    result = run_asic([STANDIN], technology, build=folder)
    return Timed(technology, result, folder / "asic/flow/synthesis/0/outputs")


def test_wires_of_the_assumed_load_give_the_timing_of_the_assumed_load(timed, tmp_path) -> None:
    timing = timed.time(timed.wires(4.0), tmp_path)
    for name in ("setup_slack_ns", "hold_slack_ns", "clock_insertion_ns"):
        assert timing[name] == pytest.approx(getattr(timed.result, name), abs=0.01)
    assert timing["path_end"] == timed.result.path_end
    assert timing["versions"] == {"opensta": timed.result.versions["opensta"]}


def test_longer_wires_are_slower(timed, tmp_path) -> None:
    timing = timed.time(timed.wires(40.0), tmp_path)
    assert timing["setup_slack_ns"] < timed.result.setup_slack_ns - 1.0
    assert timing["clock_insertion_ns"] > timed.result.clock_insertion_ns + 0.1


def test_damaged_wires_stop_the_flow_with_the_tool_s_words(timed, tmp_path) -> None:
    with pytest.raises(ToolError, match=r"step timing failed: Error: .*wires\.spef"):
        timed.time(timed.wires(4.0).replace("*D_NET", "*D_NOT"), tmp_path)


# --- the whole way


def routed_by_hand(design: Design, change: Callable[[str], str], sink_ff: float) -> Callable[..., RoutedDesign]:
    """In place of ``run_layout`` on a technology it does not take: a design's netlist with a change, and wires of the same length."""

    def run(sources, technology, *, clock_ns, corner, floorplan, units, cell_units, build, name) -> RoutedDesign:
        folder = build / name / "routed"
        assert not any(cell.clock for cell in GateNetlist.read(sources[0].with_suffix(".json")).cells)
        folder.mkdir(parents=True)
        (folder / "from.vg").write_text(change(design.netlist.read_text()))
        convert(folder / "from.vg", technology.liberty[corner], folder, top="flight_core", units=units, cell_units=cell_units)
        netlist = GateNetlist.read(folder / "flight_core.json")
        (folder / "flight_core.spef").write_text(star_spef(netlist, liberty("osu018"), sink_ff))
        (folder / "flight_core.sdc").write_text(constraints(clock_ns, technology.roles.driver, technology.roles.driver_load_ff / 1000))
        for ext in ("gds", "png", "def.gz"):
            (folder / f"flight_core.{ext}").write_text(ext)
        return RoutedDesign(
            folder / "flight_core.vg", folder / "flight_core.json", folder / "flight_core.spef", folder / "flight_core.sdc",
            folder / "flight_core.gds", folder / "flight_core.png", folder / "flight_core.def.gz", 150.0, 400.0, 50.0, 9, 321.0, 1.5, 0.25,
            0, 1.0, corner, clock_ns, {"openroad": "26Q2"},
        )  # fmt: skip

    return run


@dataclass(frozen=True)
class Run:
    """A design with what was measured on it before and after its layout."""

    design: Design
    layout: Layout
    measured: LayoutResult
    build: Path


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Design, Path]:
    build = tmp_path_factory.mktemp("small")
    design = find_design(ARRAY, find_technology("osu018"), build=build)
    return design, build


@pytest.fixture
def tools(tmp_path, monkeypatch) -> Path:
    """Stand-ins for OpenROAD and KLayout on PATH."""
    make_tools(tmp_path / "tools", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.fixture(scope="module", params=technologies())
def whole(request, small, tmp_path_factory) -> Run:
    """Everything but place and route; on sky130 the layout's own flow runs too, on stand-ins that leave the netlist as it was."""
    files = tmp_path_factory.mktemp("files")
    make_tools(files / "tools", files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{files / 'tools'}{os.pathsep}{os.environ['PATH']}")
        if request.param == "osu018":
            design, build = small
            patch.setattr(routed, "run_layout", routed_by_hand(design, str, 4.0))
        else:
            build = tmp_path_factory.mktemp("sky130")
            design = find_design(ARRAY, find_technology("sky130", download=False), build=build)
            (files / "flight_core.lec.vg").write_text(design.netlist.read_text())
            (files / "flight_core.typical.spef").write_text(star_spef(GateNetlist.read(design.cells), liberty("sky130"), 4.0))
            (files / "metrics.json").write_text(json.dumps(METRICS))
        layout = lay_out(design, build=build)
        measured = measure_layout(layout, NETWORK, IMAGES, build=build, results=build / "results")
        return Run(design, layout, measured, build)


def test_routed_netlist_is_timed_simulated_and_recorded(whole) -> None:
    (record,) = load_records(whole.build / "results", "layout")
    assert record.stage == "placed and routed"
    assert record.data["checks"]["outputs"] == "equal to the golden model"
    assert record.data["area_um2"] == pytest.approx(whole.design.result.area_um2)
    assert (record.data["die_um2"], record.data["utilization"], record.data["drc_errors"]) == (400.0, 50.0, 0)
    assert record.data["setup_slack_ns"] == whole.layout.design.result.setup_slack_ns
    assert {"opensta", "openroad"} <= set(record.versions)
    for name in ("gds", "picture"):
        assert not Path(record.data[name]).is_absolute() and (whole.build / record.data[name]).is_file()


def test_units_and_clock_are_those_of_the_synthesised_netlist(whole) -> None:
    before, after = ({cell.name: (cell.unit, cell.clock) for cell in GateNetlist.read(path).cells} for path in
                     (whole.design.cells, whole.layout.routed.netlist_json))  # fmt: skip
    assert after == before


def test_wires_as_assumed_give_the_energy_as_assumed(whole) -> None:
    energy = measure_energy(whole.design, NETWORK, IMAGES, build=whole.build, results=whole.build / "results")
    assert (energy.data["stage"], whole.measured.energy.data["stage"]) == ("synthesis", "placed and routed")
    before, after = (result.data["energy_per_inference_nj"] for result in (energy, whole.measured.energy))
    for part in ("registers", "clock", "leakage", "core"):
        assert after[part] == pytest.approx(before[part], rel=0.02), part
    console = Console(width=160, record=True)
    show_layout(whole.design, energy, whole.measured, console)
    text = console.export_text()
    assert re.search(r"synthesis .*placed and routed .*change", text)
    assert re.search(r"cell area, um2 .*\+0\.0%", text) and "clock, nJ per image" in text
    assert str(whole.layout.routed.gds) in text and str(whole.layout.routed.picture) in text


def test_layout_is_made_once(whole, tools, monkeypatch) -> None:
    def never(*arguments: object, **options: object) -> RoutedDesign:
        raise AssertionError("laid out again")

    monkeypatch.setattr(routed, "run_layout", never)
    assert lay_out(whole.design, build=whole.build) == whole.layout
    kept = json.loads((whole.layout.design.folder / "layout.json").read_text())["measured"]
    assert json.loads(whole.measured.record.read_text())["created"] == kept["created"]
    with pytest.raises(AssertionError, match="laid out again"):
        lay_out(whole.design, floorplan=Floorplan(density=40.0), build=whole.build)


def test_damaged_layout_is_named(whole, tools, tmp_path, monkeypatch) -> None:
    path = whole.layout.design.folder / "layout.json"
    text = path.read_text()
    try:
        path.write_text(text[:40])
        with pytest.raises(FormatError, match=r"layout.json: not a layout .*delete its folder"):
            lay_out(whole.design, build=whole.build)
    finally:
        path.write_text(text)


def fresh(small: tuple[Design, Path], folder: Path) -> Path:
    """A build folder that knows the synthesised designs and nothing else."""
    (folder / "designs").symlink_to(small[1] / "designs")
    return folder


def test_netlist_that_place_and_route_made_wrong_is_not_recorded(small, tools, tmp_path, monkeypatch) -> None:
    def with_one_inversion_too_many(text: str) -> str:
        swapped, count = re.subn(r"XOR2X1 (post__\w+ \()", r"XNOR2X1 \1", text, count=1)
        assert count == 1
        return swapped

    monkeypatch.setattr(routed, "run_layout", routed_by_hand(small[0], with_one_inversion_too_many, 4.0))
    build = fresh(small, tmp_path)
    layout = lay_out(small[0], build=build)
    with pytest.raises(ToolError, match="results differ from the golden model"):
        measure_layout(layout, NETWORK, IMAGES, build=build, results=build / "results")
    assert not load_records(build / "results")


def test_layout_that_misses_timing_with_its_wires_is_refused(small, tools, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(routed, "run_layout", routed_by_hand(small[0], str, 200.0))
    build = fresh(small, tmp_path)
    with pytest.raises(TimingError, match=r"layout of shift_2x3x2: setup fails at tt"):
        lay_out(small[0], build=build)
    assert not list(build.glob("layouts/*"))


def test_technology_of_the_layout_is_checked_by_name(small) -> None:
    with pytest.raises(ToolError, match="got osu018"):
        layout_project.require_library(small[0].technology)
    layout_project.require_library(replace(small[0].technology, name="sky130hd"))
