"""A fit with the real tools: interrupted, resumed, and held against what was counted before placement.

A small design stands in for the array where nextpnr runs, so that it takes seconds.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from flightasic.errors import FormatError, PlacementError, ToolError
from flightasic.fit import Goal, fit_array, load_fit, write_fit
from flightasic.fit.candidates import Design, Space, array
from flightasic.fit.resources import block_rams
from flightasic.fit.runs import RealRuns

GOAL = Goal(part="LFE5U-25F", clock_mhz=10.0, objective="products")
SPACE = Space(rows=(2,), cols=(2,), lanes=(2,), cores=(1,), calibration=((2, 2, 2),))
STANDIN = Path(__file__).parent / "data" / "standin.v"


class Watch:
    """Notes the runs that start; presses Ctrl-C when one starts whose name begins with ``stop``."""

    def __init__(self, stop: str | None = None) -> None:
        self.steps: list[str] = []
        self._stop = stop

    def started(self, step: str) -> None:
        self.steps.append(step)
        if self._stop and step.startswith(self._stop):
            raise KeyboardInterrupt

    def ended(self, step: str, outcome: str) -> None:
        pass


def kept(build: Path) -> dict[str, int]:
    """Finished runs and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in (build / "fit").iterdir()}


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    """Where the fit was interrupted before placement."""
    folder = tmp_path_factory.mktemp("fit")
    with pytest.raises(KeyboardInterrupt):
        fit(folder, Watch("place and route"))
    return folder


def fit(build: Path, watch: Watch, space: Space = SPACE):
    return fit_array(GOAL, RealRuns(GOAL, build=build, sources=lambda config, folder: [STANDIN]), watch, space)


def test_an_interrupted_fit_goes_on_where_it_was_and_a_finished_one_runs_nothing(build) -> None:
    before = kept(build)
    assert [name.rpartition("-")[0] for name in before] == [f"synthesis-{array(GOAL.part, 'shift', 2, 2, 2).name}"]
    found = fit(build, Watch())
    after = kept(build)
    assert before.items() < after.items()
    assert len(after) == 2
    assert fit(build, Watch()) == found
    assert kept(build) == after

    # What is counted before placement is what is placed, to the last LUT.
    assert found.trials[0].synthesised == found.placement.used
    assert found.placement.used.bram == 1
    assert found.placement.fmax_mhz > GOAL.clock_mhz
    assert found.placement.versions["yosys"] == version("pyosys")
    assert load_fit(write_fit(found, build / "results")).array == found.design.config


def test_cores_are_placed_together(build) -> None:
    one, two = (fit(build, Watch(), replace(SPACE, cores=(cores,))) for cores in (1, 2))
    assert (two.design.cores, two.placement.used.bram, two.placement.used.ff) == (2, 2, 2 * one.placement.used.ff)
    assert two.placement.used.lut == two.trials[0].synthesised.lut - 2  # one core's count holds the two constants, which are made once


def test_an_arrays_memories_become_the_block_rams_that_are_counted(tmp_path) -> None:
    config = array(GOAL.part, "shift", 2, 2, 2)
    assert RealRuns(GOAL, build=tmp_path).synthesise(config).bram == block_rams(config)


def test_a_damaged_finished_run_is_named(build, tmp_path) -> None:
    (source,) = (path for path in (build / "fit").iterdir() if path.name.startswith("synthesis"))
    (tmp_path / "fit").mkdir()
    (tmp_path / "fit" / source.name).write_text(source.read_text()[:10])
    with pytest.raises(FormatError, match=rf"{source.name}: not a finished run .*delete it and run again"):
        fit(tmp_path, Watch())


MANY_RAMS = """
module flight_top(input clk, input we, input [8:0] a, input [35:0] d, input [5:0] pick, output reg [35:0] q);
  wire [36*57-1:0] all;
  genvar i;
  generate for (i = 0; i < 57; i = i + 1) begin : ram
    reg [35:0] words [0:511];
    reg [35:0] out;
    always @(posedge clk) begin
      if (we && pick == i) words[a] <= d;
      out <= words[a];
    end
    assign all[36*i +: 36] = out;
  end endgenerate
  always @(posedge clk) q <= all[36*pick +: 36];
endmodule
"""


def test_a_design_that_does_not_place_is_told_apart_from_a_broken_tool_and_remembered(tmp_path) -> None:
    source = tmp_path / "rams.v"
    source.write_text(MANY_RAMS)
    runs = RealRuns(GOAL, build=tmp_path, sources=lambda config, folder: [source])
    design = Design(config=array(GOAL.part, "shift", 2, 2, 2))
    for _ in range(2):
        with pytest.raises(PlacementError, match="57 block RAM"):
            runs.place(design)
    assert len(kept(tmp_path)) == 1
    source.write_text("module flight_top(input clk; endmodule\n")
    with pytest.raises(ToolError, match="step synthesis failed"):
        runs.place(design)
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--part", "LFE5U-12F"), "--part must be one of"),
        (("--max-lut-percent", "0"), "--max-lut-percent must be in 1..100, got 0"),
        (("--insert", "NO_MARKS"), "no place for the report; put <!-- fit:begin -->"),
    ],
)
def test_command_refuses_before_it_runs_anything(tmp_path, arguments, message) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks\n")
    words = [str(page) if word == "NO_MARKS" else word for word in arguments]
    command = [sys.executable, "-m", "flightasic.cli.main", "fit", "--out", str(tmp_path / "build"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, message in " ".join(done.stderr.split())) == (2, True), done.stderr
    assert not (tmp_path / "build").exists()
