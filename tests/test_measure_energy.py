"""A measured energy is kept by what it depends on: nothing is simulated twice, and nothing stale is used again."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from flightasic.config import ArrayConfig
from flightasic.eda import measure, measure_energy
from flightasic.eda.designs import Design
from flightasic.eda.pdk import find_technology
from flightasic.eda.power import KINDS, PARTS
from flightasic.eda.workload import Workload
from flightasic.errors import SimulationError
from flightasic.ir import IntegerNetwork
from flightasic.results import load_records
from tests.small_networks import make_layer, make_network

SCRIPT = Path(__file__).parent.parent / "flows" / "asic_sky130.py"
STANDIN = Path(__file__).parent / "data" / "standin.v"
ARRAY = ArrayConfig(rows=2, cols=2, lanes=2, tile_rows=2, tile_cols=2, acc_bits=28)


class Bench:
    """A design, and what stands in for simulation: it counts its runs and makes 1 pJ of every unit, part and kind in every step."""

    def __init__(self, design: Design, folder: Path, network: IntegerNetwork) -> None:
        self.design, self.folder, self.network, self.runs = design, folder, network, 0
        self.images = torch.zeros((1, *network.in_shape), dtype=torch.int8)

    def run(self, job: Any, *, build: Path, name: str, scheduler: str | None, progress: object) -> tuple[dict[str, Any], Path]:
        self.runs += 1
        steps = len(Workload.load(Path(job.workload)).program.steps)
        archive = self.folder / "power.npz"
        energy = np.ones((steps, 2, len(PARTS), len(KINDS)))
        np.savez(archive, units=np.array(["mesh", "feed"]), energy_pj=energy, window_ns=np.ones(steps))
        gates = dict.fromkeys(("cells_annotated", "unknown_share", "seconds", "cycles", "toggles"), 0)
        reports = {
            "gates": {**gates, "annotated_fraction": 1.0, "accesses": {}, "versions": {}},
            "power": {"estimator": "a stand-in", "total_mw": 1.0, "opensta": {"reason": "a stand-in"}},
        }
        return reports, archive

    def measure(self, **changes: Any) -> dict[str, Any]:
        given = {"design": self.design, "network": self.network, "images": self.images} | changes
        build = self.folder / "build"
        return measure_energy.measure_energy(**given, build=build, results=self.folder / "results").data


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(measure, "rtl_sources", lambda config, build: [STANDIN])
    design = measure.find_design(ARRAY, find_technology("osu018"), build=tmp_path / "build")
    made = Bench(design, tmp_path, make_network(make_layer()))
    monkeypatch.setattr(measure_energy, "run_energy", made.run)
    return made


def test_the_same_measurement_is_made_once(bench: Bench) -> None:
    first = bench.measure()
    assert bench.measure() == first
    assert bench.runs == 1
    assert len(load_records(bench.folder / "results", "energy")) == 1


def test_another_image_network_array_or_clock_is_measured_anew(bench: Bench) -> None:
    bench.measure()
    bench.measure(images=bench.images + 1)
    assert bench.runs == 2
    bench.measure(network=make_network(make_layer(9)))
    assert bench.runs == 3
    bench.design.sdf.write_text(bench.design.sdf.read_text() + "// slower\n")
    bench.measure()
    assert bench.runs == 4


def test_a_change_of_what_counts_or_checks_is_measured_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    counter = tmp_path / "activity.cpp"
    monkeypatch.setattr(measure_energy, "_OWN", (counter,))
    counter.write_text("counts every edge")
    bench.measure()
    counter.write_text("counts every other edge")
    bench.measure()
    assert bench.runs == 2
    monkeypatch.setattr(measure_energy, "simulator_versions", lambda: {"icarus": "99"})
    bench.measure()
    assert bench.runs == 3


def test_the_files_of_the_key_are_there() -> None:
    assert all(path.is_file() for path in measure_energy._OWN)


def test_names_and_accuracy_are_those_of_today(bench: Bench) -> None:
    bench.measure()
    found = bench.measure(network=bench.network.with_info(scheme="flight-a", accuracy=0.75))
    assert (found["scheme"], found["accuracy"]) == ("flight-a", 0.75)
    assert bench.runs == 1


def test_figures_used_again_keep_the_tree_that_measured_them(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.measure()["measured"]
    monkeypatch.setattr("flightasic.results.git_state", lambda: {"commit": "another", "clean": False})
    assert bench.measure()["measured"] == first
    (record,) = load_records(bench.folder / "results", "energy")
    assert record.git == first["git"]


@pytest.mark.parametrize(("total_mw", "ratio", "warns"), [(1.0, 1.0, False), (0.95, 1 / 0.95, False), (0.5, 2.0, True)])
def test_opensta_s_total_stands_beside_and_a_large_difference_is_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, total_mw: float, ratio: float, warns: bool
) -> None:
    def run(job: Any, **options: Any) -> tuple[dict[str, Any], Path]:
        reports, archive = bench.run(job, **options)
        reports["power"]["opensta"] = {"total_mw": total_mw, "version": "2.7.0"}
        return reports, archive

    monkeypatch.setattr(measure_energy, "run_energy", run)
    assert bench.measure()["core_mw"]["ratio"] == pytest.approx(ratio)
    assert ("200% of OpenSTA's" in caplog.text) is warns


def test_memories_of_another_corner_are_not_charged() -> None:
    """The macro's Liberty file is of one corner; its energy beside logic at another voltage would be no sum."""
    technology = replace(find_technology("osu018"), sram=Path("macro.lib"), sram_corner="tt_025C_1v80")
    assert technology.sram_at("tt_025C_1v80") == Path("macro.lib")
    assert technology.sram_at("ff_100C_1v95") is None


def test_a_design_whose_netlist_is_wrong_is_not_recorded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: object, **options: object) -> None:
        raise SimulationError("image 0: results differ from the golden model's")

    monkeypatch.setattr(measure, "find_design", lambda *arguments, **options: bench.design)
    monkeypatch.setattr(measure_energy, "measure_energy", wrong)
    script, build = runpy.run_path(str(SCRIPT)), bench.folder / "script"
    options = ["--pdk", "osu018", "--out", str(build)]
    with pytest.raises(SimulationError, match="golden model"):
        script["flow"](script["build_parser"]().parse_args(options), Console(quiet=True))
    assert not load_records(build / "results")
    script["flow"](script["build_parser"]().parse_args([*options, "--no-energy"]), Console(quiet=True))
    assert len(load_records(build / "results", "asic")) == 1
