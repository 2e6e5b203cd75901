"""The committed Verilog: current, clean, free of machine paths, readable by three tools."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.hw.emit import AXI_TOP, TOP, emit_verilog
from flightasic.sim.build import LINT_FLAGS
from flightasic.tools import run_tool, verilator_environment

ROOT = Path(__file__).resolve().parents[1]
RTL = ROOT / "rtl"


def _sources(arith: str) -> list[Path]:
    return sorted((RTL / ArrayConfig.for_arith(arith).name).glob("*.v"))


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_committed_verilog_is_current(tmp_path: Path, arith: str) -> None:
    fresh = {path.name: path.read_text() for path in emit_verilog(ArrayConfig.for_arith(arith), tmp_path)}
    committed = {path.name: path.read_text() for path in _sources(arith)}
    assert committed == fresh, "run 'make rtl' and commit"


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_no_machine_paths(arith: str) -> None:
    for path in _sources(arith):
        absolute = re.findall(r"(?<![\w/*])/(?:[\w.-]+/)+", path.read_text())
        assert not absolute, f"{path.name}: {absolute}"


def test_block_names_are_unique_in_their_class() -> None:
    """PyMTL3 keeps a block's source by class and name: of two that share a name, the first emitted would stand for both."""
    twice = []
    for path in sorted((ROOT / "flightasic" / "hw").glob("*.py")):
        for component in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)):
            names = [node.name for node in ast.walk(component) if isinstance(node, ast.FunctionDef)]
            twice += [f"{path.name}: {component.name}.{name}" for name in sorted(set(names)) if names.count(name) > 1]
    assert not twice


@pytest.mark.parametrize("top", [TOP, AXI_TOP])
@pytest.mark.parametrize("arith", ARITHMETICS)
def test_verilator_lint_is_clean(arith: str, top: str) -> None:
    run_tool(["verilator", "--lint-only", *LINT_FLAGS, "--top-module", top, *map(str, _sources(arith))], env=verilator_environment())


def test_width_warnings_are_fatal(tmp_path: Path) -> None:
    """The lint flags would stop the translator's known mistake, a wrong width."""
    bad = tmp_path / "bad.v"
    bad.write_text("module bad ( input logic [3:0] a, output logic [4:0] b ); assign b = a; endmodule\n")
    command = ["verilator", "--lint-only", *LINT_FLAGS, "--top-module", "bad", str(bad)]
    done = subprocess.run(command, env=verilator_environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "WIDTH" in done.stderr


@pytest.mark.parametrize("top", [TOP, AXI_TOP])
@pytest.mark.parametrize("arith", ARITHMETICS)
def test_iverilog_reads_it(tmp_path: Path, arith: str, top: str) -> None:
    run_tool(["iverilog", "-g2012", "-s", top, "-o", str(tmp_path / "out.vvp"), *map(str, _sources(arith))])


@pytest.mark.parametrize("top", [TOP, AXI_TOP])
@pytest.mark.parametrize("arith", ARITHMETICS)
def test_yosys_reads_it(arith: str, top: str) -> None:
    script = "; ".join(f"read_verilog -sv {path}" for path in _sources(arith)) + f"; hierarchy -check -top {top}; proc; check -assert"
    run_tool([sys.executable, "-c", _YOSYS, script])


_YOSYS = """
import sys
from pyosys import libyosys as ys
design = ys.Design()
for command in sys.argv[1].split("; "):
    ys.run_pass(command, design)
"""


def test_emission_replaces_older_modules(tmp_path: Path) -> None:
    """Another array's modules go; what someone else wrote stays, whatever its name."""
    small = {"rows": 2, "cols": 2, "lanes": 1, "tile_rows": 1, "tile_cols": 1}
    stale = set(emit_verilog(ArrayConfig(**small, act_depth=16), tmp_path))
    foreign = [tmp_path / "mine.v", tmp_path / "flight_mine.v"]
    for path in foreign:
        path.write_text(f"module {path.stem}; endmodule\n")
    paths = emit_verilog(ArrayConfig(**small, act_depth=32), tmp_path)
    assert stale - set(paths), "the two arrays must differ in a module"
    assert sorted(tmp_path.glob("*.v")) == sorted([*paths, *foreign])
