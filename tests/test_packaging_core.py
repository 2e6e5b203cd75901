"""The core for others: FuseSoC lists, lints and simulates the committed arrays; SiliconCompiler takes any array as a design."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from siliconcompiler import Design

from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.core_file import CORE_FILE, NAME, write_core
from flightasic.design import FlightDesign
from flightasic.errors import CompileError, ToolError
from flightasic.testbench import TESTBENCH, render_testbench
from flightasic.tools import run_tool, verilator_environment

ROOT = Path(__file__).resolve().parents[1]
RTL = ROOT / "rtl"
FLAGS = {"shift": [], "fixed4": ["--flag=fixed4"], "fixed8": ["--flag=fixed8"]}
SMALL = ArrayConfig(rows=2, cols=3, lanes=1, tile_rows=1, tile_cols=1)


def _fusesoc(folder: Path, *arguments: str, cores: Path = RTL) -> str:
    """FuseSoC's output; what it keeps about the user goes into ``folder`` too."""
    own = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    tools = str(Path(sys.executable).parent)
    environment = {**verilator_environment(), **own}
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    return run_tool([f"{tools}/fusesoc", "--cores-root", str(cores), *arguments], cwd=folder, env=environment)


def test_core_file_and_testbenches_are_current(tmp_path: Path) -> None:
    for arith in ARITHMETICS:
        name = ArrayConfig.for_arith(arith).name
        shutil.copytree(RTL / name, tmp_path / name)
    for path in write_core(tmp_path, [ArrayConfig.for_arith(arith) for arith in ARITHMETICS]):
        committed = RTL / path.relative_to(tmp_path)
        assert committed.read_text() == path.read_text(), f"{committed.name}: run 'make rtl' and commit"


def test_fusesoc_shows_the_core_with_its_targets(tmp_path: Path) -> None:
    shown = _fusesoc(tmp_path, "core", "show", NAME)
    assert NAME in shown
    for target in ("default", "lint", "sim"):
        assert f"\n{target} " in shown


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_fusesoc_lints_an_array_with_verilator(tmp_path: Path, arith: str) -> None:
    _fusesoc(tmp_path, "run", "--target=lint", *FLAGS[arith], NAME)
    (script,) = tmp_path.glob("build/*/lint/*.vc")
    assert f"{ArrayConfig.for_arith(arith).name}/flight_axi.v" in script.read_text()


def test_fusesoc_lint_fails_on_a_width_that_does_not_fit(tmp_path: Path) -> None:
    broken = tmp_path / "rtl"
    shutil.copytree(RTL, broken)
    top = broken / ArrayConfig().name / "flight_top.v"
    top.write_text(top.read_text().replace("endmodule", "  logic [3:0] narrow;\n  assign narrow = load_data;\nendmodule"))
    with pytest.raises(ToolError, match="WIDTH"):
        _fusesoc(tmp_path, "run", "--target=lint", NAME, cores=broken)


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_fusesoc_simulates_an_array(tmp_path: Path, arith: str) -> None:
    ran = _fusesoc(tmp_path, "run", "--target=sim", *FLAGS[arith], NAME)
    assert f"PASS: {ArrayConfig.for_arith(arith).name}" in ran


def _icarus(design: FlightDesign, folder: Path) -> subprocess.CompletedProcess[str]:
    sources = [*design.get_file("rtl"), *design.get_file("testbench")]
    run_tool(["iverilog", "-g2012", "-s", design.get_topmodule("testbench"), "-o", str(folder / "sim.vvp"), *sources])
    return subprocess.run(["vvp", "-n", str(folder / "sim.vvp")], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "config", [SMALL, ArrayConfig(rows=4, cols=4, lanes=8, arith="fixed8", code_bits=8, code_depth=16)], ids=lambda config: config.name
)
def test_design_of_any_array_brings_sources_that_pass_its_testbench(tmp_path: Path, config: ArrayConfig) -> None:
    """Codes in memory, and streamed through a ring that does not hold them all."""
    design = FlightDesign(config, tmp_path)
    assert isinstance(design, Design)
    assert design.get_topmodule("rtl") == "flight_top"
    ran = _icarus(design, tmp_path)
    assert ran.returncode == 0 and f"PASS: {config.name}" in ran.stdout, ran.stdout


@pytest.mark.parametrize(
    ("module", "old", "new", "complaint"),
    [
        ("flight_post_column", "clamped = 8'd127", "clamped = shifted", "result word"),
        ("flight_sequencer", "step_index <= 16'd0", "step_index <= 16'd1", "FAIL"),
        ("flight_header", "known <= ", "known <= 1'd0 & ", "status 1"),
    ],
)
def test_testbench_notices_a_broken_array(tmp_path: Path, module: str, old: str, new: str, complaint: str) -> None:
    design = FlightDesign(SMALL, tmp_path)
    path = tmp_path / f"{module}.v"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    ran = _icarus(design, tmp_path)
    assert ran.returncode != 0 and complaint in ran.stdout


def test_design_carries_constraints_of_a_library(tmp_path: Path) -> None:
    design = FlightDesign.of_files("an array!", [RTL / ArrayConfig().name / "flight_core.v"], top="flight_core")
    design.add_constraints("sky130hd", tmp_path / "sky130hd.sdc", clock_ns=8.0, driver="buffer", load_pf=0.01)
    assert design.name == "an_array_"
    assert design.get_topmodule("rtl") == "flight_core"
    (path,) = design.get_file("sdc.sky130hd")
    text = Path(path).read_text()
    assert "create_clock -name clk -period 8.0 [get_ports clk]" in text
    assert "set_input_delay 1.6 -clock clk" in text and "set_driving_cell -lib_cell buffer" in text


def test_array_without_room_for_the_testbench_is_refused() -> None:
    with pytest.raises(CompileError, match="program_depth"):
        render_testbench(ArrayConfig(program_depth=16))


def test_testbench_is_named_alike_everywhere() -> None:
    assert f"module {TESTBENCH};" in render_testbench(SMALL)
    assert f"toplevel: {TESTBENCH}" in (RTL / CORE_FILE).read_text()
