"""Figures of an energy record from the energy of each step, against hand calculation; what the energy flow's processes are told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.eda import power_sta
from flightasic.eda.energy import PARTS, StepEnergy, energy_figures
from flightasic.eda.energy_steps import EnergyJob, main, second_opinion
from flightasic.errors import ToolError
from tests.small_networks import make_layer, make_network

CONFIG = ArrayConfig(acc_bits=32)
NETWORK = make_network(make_layer(name="first", out_channels=4), make_layer(name="second"))
PROGRAM = compile_network(NETWORK, CONFIG)
UNITS = ("glue", "mesh")


def made(*, memories: bool = True) -> StepEnergy:
    """Step s takes 1000 (s + 1) pJ in each part of the mesh, 100 in each of the glue, and 10 in each of two memories."""
    steps = len(PROGRAM.steps)
    core = np.full((steps, len(UNITS), 4), 100.0)
    core[:, 1] = 1000.0 * np.arange(1, steps + 1)[:, None]
    memory = np.full((steps, 2 if memories else 0), 10.0)
    return StepEnergy(UNITS, core, ("activations", "codes") if memories else (), memory)


@pytest.fixture(scope="module")
def figures():
    return energy_figures(made(), PROGRAM, NETWORK, clock_ns=8.0, area_um2={"core": 1e6, "memory": 3e6})


STEPS = len(PROGRAM.steps)
MESH_PJ = 4 * 1000.0 * STEPS * (STEPS + 1) / 2
CORE_PJ = MESH_PJ + 400.0 * STEPS
TOTAL_PJ = CORE_PJ + 20.0 * STEPS


def test_energy_adds_up_over_steps_units_and_parts(figures) -> None:
    energy = figures["energy_per_inference_nj"]
    assert energy["total"] == pytest.approx(TOTAL_PJ / 1e3)
    assert energy["core"] == pytest.approx(CORE_PJ / 1e3)
    assert sum(energy[part] for part in PARTS) == pytest.approx(energy["total"])
    assert figures["units"] == {"glue": pytest.approx(0.4 * STEPS), "mesh": pytest.approx(MESH_PJ / 1e3)}
    assert figures["memories"] == {"activations": pytest.approx(0.01 * STEPS), "codes": pytest.approx(0.01 * STEPS)}
    layers = [layer["energy_nj"]["total"] for layer in figures["layers"]]
    assert [layer["name"] for layer in figures["layers"]] == ["first", "second", "transfers"]
    assert sum(layers) == pytest.approx(energy["total"])


def test_power_is_energy_over_the_time_of_an_image(figures) -> None:
    cycles = sum(step.cycles for step in PROGRAM.steps)
    assert figures["cycles"] == cycles == sum(layer["cycles"] for layer in figures["layers"])
    assert figures["power_mw"]["total"] == pytest.approx(TOTAL_PJ / (8.0 * cycles))
    assert figures["inferences_per_s"] == pytest.approx(1e9 / (8.0 * cycles))


def test_efficiency_counts_macs_of_the_network_and_the_area_of_core_and_memories(figures) -> None:
    macs = sum(NETWORK.macs())
    assert figures["useful_macs"] == macs
    assert figures["energy_per_mac_pj"] == {name: pytest.approx(pj / macs) for name, pj in _sums().items()}
    products = sum(layer.products for layer in PROGRAM.layers)
    assert figures["energy_per_product_pj"] == {name: pytest.approx(pj / products) for name, pj in _sums().items()}
    seconds = 8e-9 * figures["cycles"]
    assert figures["gops_per_w"] == pytest.approx(2 * macs / (TOTAL_PJ * 1e-12) / 1e9)
    assert figures["gops_per_mm2"] == pytest.approx(2 * macs / seconds / 1e9 / 4.0)


def _sums() -> dict[str, float]:
    return {"array": MESH_PJ, "core": CORE_PJ, "total": TOTAL_PJ}


def test_without_a_macro_memories_take_nothing() -> None:
    found = energy_figures(made(memories=False), PROGRAM, NETWORK, clock_ns=8.0, area_um2={"core": 1e6})
    assert found["memories"] == {}
    assert found["energy_per_inference_nj"]["memory"] == 0.0
    assert found["energy_per_mac_pj"]["total"] == found["energy_per_mac_pj"]["core"]


JOB = EnergyJob(
    verilog="a.vg", cells="a.json", sdf="a.sdf", liberty="a.lib", corner="tt", sources=("b.v", "c.v"), workload="w", clock_ns=10.0,
    wire_ff=4.0, net_caps="", cache="g",
)  # fmt: skip


def test_a_job_survives_its_file(tmp_path) -> None:
    (tmp_path / "job.json").write_text(JOB.to_json())
    assert EnergyJob.read(tmp_path / "job.json") == JOB


def test_opensta_is_a_second_opinion_and_its_failure_only_a_reason(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.lib").write_text("library (l) { capacitive_load_unit (1, pf);\n cell (a) { pin (A) {\n capacitance : 0.002;\n } } }")
    given = []
    monkeypatch.setattr(power_sta, "opensta_version", lambda: "2.6.2")
    monkeypatch.setattr(power_sta, "opensta_power", lambda *paths, **options: given.append(paths) or {"total_mw": 1.5})
    assert second_opinion(JOB, "core") == {"total_mw": 1.5}
    ((netlist, liberty, sdc, saif),) = given
    assert (str(netlist), str(saif)) == ("a.vg", "inputs/activity.saif")
    assert "capacitance : 0.006;" in liberty.read_text()
    assert "-period 10.0" in sdc.read_text()

    def fails(*paths, **options):
        raise ToolError("sta failed: unknown command")

    monkeypatch.setattr(power_sta, "opensta_power", fails)
    assert second_opinion(JOB, "core") == {"reason": "sta failed: unknown command"}
    monkeypatch.setattr(power_sta, "opensta_power", lambda *paths, **options: None)
    assert second_opinion(JOB, "core") == {"reason": "OpenSTA 2.6.2 reads no SAIF"}


def test_a_step_that_fails_says_why_and_leaves_no_report(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "cells.json").write_text(json.dumps({"modules": {}}))
    job = replace(JOB, cells=str(tmp_path / "cells.json"))
    (tmp_path / "job.json").write_text(job.to_json())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["energy_steps", "power", "job.json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "Error: " in capsys.readouterr().err
    assert not (tmp_path / "reports" / "power.json").exists()
