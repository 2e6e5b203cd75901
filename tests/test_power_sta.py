"""OpenSTA's own power from a SAIF file: which versions do it, what the script runs, and what its report says."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from flightasic.eda.liberty import with_wire_load
from flightasic.eda.power_sta import opensta_power, opensta_version, parse_power, reads_saif
from flightasic.eda.saif import write_saif
from flightasic.errors import SimulationError, ToolError
from tests.small_gates import liberty
from tests.small_power import activity

REPORT = """Annotated 120 pin activities.
saif                120
unannotated           0
Group                  Internal  Switching    Leakage      Total
                          Power      Power      Power      Power (Watts)
----------------------------------------------------------------
Sequential         4.000000e-03 1.000000e-03 2.000000e-07 5.000200e-03  50.0%
Combinational      1.000000e-03 2.000000e-03 1.000000e-07 3.000100e-03  30.0%
Clock              5.000000e-04 1.500000e-03 1.000000e-08 2.000010e-03  20.0%
Macro              0.000000e+00 0.000000e+00 0.000000e+00 0.000000e+00   0.0%
Pad                0.000000e+00 0.000000e+00 0.000000e+00 0.000000e+00   0.0%
----------------------------------------------------------------
Total              5.500000e-03 4.500000e-03 3.100000e-07 1.000031e-02 100.0%
                          55.0%      45.0%       0.0%
"""
NETLIST = """module top (input clk, input d, output q);
  wire n;
  INVX1 u1 (.A(d), .Y(n));
  DFFPOSX1 u2 (.CLK(clk), .D(n), .Q(q));
endmodule
"""


def stub(folder: Path, monkeypatch, version: str, script: str) -> None:
    """An ``sta`` first on PATH that answers ``-version`` and otherwise runs a shell script."""
    folder.mkdir(exist_ok=True)
    program = folder / "sta"
    program.write_text(f'#!/bin/sh\n[ "$1" = -version ] && {{ echo "{version}"; exit 0; }}\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def inputs(tmp_path) -> dict[str, Path]:
    """A small design, its library with wires, clock and activity."""
    files = {name: tmp_path / f"top.{name}" for name in ("netlist", "liberty", "sdc", "saif")}
    files["netlist"].write_text(NETLIST)
    files["liberty"].write_text(with_wire_load(liberty("osu018"), 4.0))
    files["sdc"].write_text("create_clock -name clk -period 10 [get_ports clk]\n")
    write_saif(files["saif"], activity({"clk": 20, "d": 3, "n": 3, "q": 2}), "top")
    return files


@pytest.mark.parametrize(
    ("version", "able"),
    [("2.0.17", False), ("2.5.0", False), ("2.6.1", False), ("2.6.2", True), ("2.7", True), ("3.1.0", True), ("10.0", True)],
)
def test_versions_that_read_saif(version, able) -> None:
    assert reads_saif(version) is able


@pytest.mark.parametrize(("answer", "version"), [("2.0.17", "2.0.17"), ("OpenSTA 2.6.2 8dd2bf1d", "2.6.2"), ("3.1.0 abc123", "3.1.0")])
def test_version_is_read_of_whatever_the_program_prints(tmp_path, monkeypatch, answer, version) -> None:
    stub(tmp_path / "bin", monkeypatch, answer, "exit 1")
    assert opensta_version() == version


def test_program_without_a_version_is_refused(tmp_path, monkeypatch) -> None:
    stub(tmp_path / "bin", monkeypatch, "unknown", "exit 1")
    with pytest.raises(ToolError, match="names no version but 'unknown'"):
        opensta_version()


def test_report_by_group_and_kind() -> None:
    report = parse_power(REPORT)
    assert report["total_mw"] == pytest.approx(10.00031)
    assert report["kinds_mw"] == pytest.approx({"internal": 5.5, "switching": 4.5, "leakage": 3.1e-4})
    assert list(report["groups_w"]) == ["sequential", "combinational", "clock", "macro", "pad"]
    assert report["groups_w"]["clock"] == {"internal": 5e-4, "switching": 1.5e-3, "leakage": 1e-8, "total": 2.00001e-3}
    assert report["annotated_fraction"] == 1.0


def test_report_without_annotation_or_total() -> None:
    assert parse_power(REPORT.replace("unannotated", "other words"))["annotated_fraction"] is None
    with pytest.raises(ToolError, match="no row 'Total'"):
        parse_power(REPORT.replace("Total  ", "Sum    "))


def test_old_version_gives_nothing_and_is_named(tmp_path, monkeypatch, caplog, inputs) -> None:
    stub(tmp_path / "bin", monkeypatch, "2.0.17", "exit 1")
    with caplog.at_level(logging.INFO):
        assert opensta_power(**inputs, top="top", scratch=tmp_path / "run") is None
    assert "OpenSTA 2.0.17 reads no SAIF file, 2.6.2 or later does" in caplog.text


def test_new_version_gets_the_files_and_its_report_is_read(tmp_path, monkeypatch, inputs) -> None:
    (tmp_path / "report.txt").write_text(REPORT)
    stub(tmp_path / "bin", monkeypatch, "OpenSTA 2.6.2", f"cat {tmp_path / 'report.txt'}")
    found = opensta_power(**inputs, top="top", scratch=tmp_path / "run")
    assert found is not None
    assert (found["version"], found["total_mw"]) == ("2.6.2", pytest.approx(10.00031))
    job = (tmp_path / "run" / "power_job.tcl").read_text()
    assert "set top {top}\n" in job and f"set saif {{{inputs['saif']}}}\n" in job


def test_script_runs_on_the_installed_opensta_up_to_the_commands_it_lacks(tmp_path, monkeypatch, inputs) -> None:
    # What 2.6.2 added is given to the installed version as procedures that say how they were called.
    (tmp_path / "added.tcl").write_text(
        'proc read_saif {args} { puts "read_saif $args" }\nproc report_activity_annotation {} { puts "saif 7"; puts "unannotated 0" }\n'
        "source $::env(FLIGHT_SCRIPT)\n"
    )
    real = shutil.which("sta")
    script = f'export FLIGHT_SCRIPT="$4"\nexec {real} -no_init -no_splash -exit {tmp_path / "added.tcl"}'
    stub(tmp_path / "bin", monkeypatch, "2.6.2", script)
    found = opensta_power(**inputs, top="top", scratch=tmp_path / "run")
    assert found is not None
    assert f"read_saif -scope top {inputs['saif']}" in (tmp_path / "run" / "power.log").read_text()
    assert found["groups_w"]["sequential"]["total"] > 0
    assert found["total_mw"] == pytest.approx(1e3 * sum(group["total"] for group in found["groups_w"].values()), rel=1e-3)


def test_failure_is_told_in_the_tools_own_words(tmp_path, monkeypatch, inputs) -> None:
    stub(tmp_path / "bin", monkeypatch, "3.1.0", "echo 'Error: power.tcl line 5, cell FOO not found.'")
    with pytest.raises(ToolError, match=r"OpenSTA 3\.1\.0 failed: Error: power\.tcl line 5, cell FOO not found"):
        opensta_power(**inputs, top="top", scratch=tmp_path / "run")


def test_activity_of_another_netlist_is_refused(tmp_path, monkeypatch, inputs) -> None:
    (tmp_path / "report.txt").write_text(REPORT.replace("unannotated           0", "unannotated           5"))
    stub(tmp_path / "bin", monkeypatch, "2.6.2", f"cat {tmp_path / 'report.txt'}")
    with pytest.raises(SimulationError, match=r"for 96\.0% of the pins"):
        opensta_power(**inputs, top="top", scratch=tmp_path / "run")
