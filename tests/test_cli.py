"""The commands ``flightasic`` and ``sc`` as a user types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flightasic.cli import sc
from flightasic.errors import ToolError

BIN = Path(sys.executable).parent
REPOSITORY = Path(__file__).parent.parent
ASIC, FPGA = REPOSITORY / "flows" / "asic_sky130.py", REPOSITORY / "flows" / "fpga_ecp5.py"


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    arguments = [str(BIN / str(command[0])), *map(str, command[1:])]
    env = {**os.environ, "COLUMNS": "200", **environment}
    return subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_help_lists_the_commands_and_loads_nothing_heavy(tmp_path) -> None:
    done = run("flightasic", "--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in ("train", "rtl", "simulate", "report"):
        assert f" {command} " in done.stdout
    loaded = run("python", "-X", "importtime", "-m", "flightasic.cli.main", "--help", cwd=tmp_path)
    assert loaded.returncode == 0
    for heavy in ("torch", "pymtl3", "siliconcompiler"):
        assert f"| {heavy}\n" not in loaded.stderr.replace("|   ", "| ")


def test_error_of_the_user_is_one_line_on_stderr_and_exit_code_2(tmp_path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "asic-broken.json").write_text("{")
    done = run("flightasic", "report", "--results", results, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "asic-broken.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_report_of_an_empty_store_says_what_to_run(tmp_path) -> None:
    done = run("flightasic", "report", "--markdown", "out/report.md", cwd=tmp_path)
    assert done.returncode == 0
    assert "sc flows/asic_sky130.py" in done.stdout
    assert (tmp_path / "out" / "report.md").read_text().startswith("## Arrays")


def test_sc_gives_the_script_its_arguments_and_its_folder(tmp_path) -> None:
    (tmp_path / "neighbour.py").write_text("WORD = 'found'\n")
    (tmp_path / "flow.py").write_text("import sys\nfrom neighbour import WORD\nprint(__name__, WORD, sys.argv[1:])\nsys.exit(3)\n")
    done = run("sc", "flow.py", "--clock-ns", "8", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == "__main__ found ['--clock-ns', '8']\n"


def test_sc_leaves_argv_and_path_as_they_were(tmp_path) -> None:
    script = tmp_path / "flow.py"
    script.write_text("raise ValueError('broken')\n")
    before = list(sys.argv), list(sys.path)
    with pytest.raises(ValueError, match="broken"):
        sc.run_script(script, ["x"])
    assert (list(sys.argv), list(sys.path)) == before


def test_sc_help_shows_examples(tmp_path) -> None:
    done = run("sc", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "sc flows/asic_sky130.py --arith fixed4" in done.stdout


def test_sc_without_a_script_is_exit_code_2(tmp_path) -> None:
    assert run("sc", cwd=tmp_path).returncode == 2
    done = run("sc", "flows/absent.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "flows/absent.py: no such flow script" in done.stderr
    with pytest.raises(ToolError):
        sc.run_script(tmp_path, [])


def test_file_that_cannot_be_opened_is_exit_code_2_with_its_name(tmp_path) -> None:
    (tmp_path / "flow.py").write_text("open('absent/net.txt')\n")
    done = run("sc", "flow.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "absent/net.txt" in done.stderr and "Traceback" not in done.stderr


def test_ctrl_c_in_a_script_is_exit_code_130(tmp_path) -> None:
    (tmp_path / "flow.py").write_text("raise KeyboardInterrupt\n")
    assert run("sc", "flow.py", cwd=tmp_path).returncode == 130


@pytest.mark.parametrize("script", [ASIC, FPGA])
def test_flows_have_help_with_examples(tmp_path, script) -> None:
    done = run("sc", script, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"sc flows/{script.name}" in done.stdout
    assert "--arith {shift,fixed4,fixed8}" in done.stdout


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ((ASIC, "--pdk", "no/such/pdk"), "--pdk no/such/pdk: neither"),
        ((ASIC, "--pdk", "osu018", "--corner", "ss"), "osu018 has no corner 'ss'; choose one of tt"),
        ((ASIC, "--pdk", "osu018", "--adder-style", "kogge"), "one of abc, tree, fast, fa, booth"),
        ((ASIC, "--pdk", "osu018", "--clock-ns", "-1"), "clock must be above 0 ns"),
        ((ASIC, "--pdk", "osu018", "--network", "net0"), "no network 'net0' in the zoo"),
        ((ASIC, "--pdk", "osu018", "--layer", "conv9"), "has no layer 'conv9'; it has conv1"),
        ((ASIC, "--pdk", "osu018", "--set", "program_depth=16"), "raise program_depth"),
        ((ASIC, "--array", "4by4"), "--array must be ROWSxCOLSxLANES"),
        ((FPGA, "--part", "XC7"), "part must be one of LFE5U-25F"),
        ((FPGA, "--array", "99x4x4"), "rows must be in 1..32"),
    ],
)
def test_wrong_option_of_a_flow_is_exit_code_2_and_leaves_nothing(tmp_path, command, message) -> None:
    done = run("sc", *command, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "build").exists()


def test_missing_timing_tool_is_exit_code_2_with_the_remedy(tmp_path) -> None:
    done = run("sc", ASIC, "--pdk", "osu018", cwd=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 2
    assert "apt-get install opensta" in done.stderr
    assert not (tmp_path / "build").exists()


def test_committed_array_goes_through_the_flow_with_the_library_every_machine_has(tmp_path) -> None:
    done = run("sc", ASIC, cwd=tmp_path, FLIGHTASIC_PDK="osu018")
    assert done.returncode == 0, done.stderr
    assert "osu018" in done.stdout
    for text in ("flight_mesh", "flight_merge", "flight_post", "flight_sequencer", "setup slack"):
        assert text in done.stdout
    (record,) = (tmp_path / "build" / "results").glob("asic-shift_4x4x4-*.json")
    assert '"pdk": "osu018"' in record.read_text()
