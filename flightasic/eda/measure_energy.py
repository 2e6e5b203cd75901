"""From a design and a network to a recorded energy: the step the flow script, the comparison and the demo share."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flightasic.eda.designs import Design
from flightasic.eda.energy import StepEnergy, energy_figures
from flightasic.eda.energy_flow import run_energy
from flightasic.eda.energy_steps import EnergyJob
from flightasic.eda.flow import WIRE_LOAD_FF
from flightasic.eda.gates import simulator_versions
from flightasic.eda.liberty import read_text
from flightasic.eda.memories import Macro, memory_area, memory_energy
from flightasic.eda.power import KINDS, PARTS
from flightasic.eda.workload import Workload, make_workload
from flightasic.files import content_digest, write_json
from flightasic.ir import IntegerNetwork
from flightasic.results import RESULTS, Measured, write_record

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

BUILD = Path("build")
_FORMAT = 2
_FAR_OFF = 0.1
_HERE = Path(__file__).parent
# What simulates, counts and accounts: all of these are part of a measurement's key.
_OWN = (
    *(_HERE / name for name in (
        "activity.cpp", "activity.py", "boolean.py", "cellmodels.py", "cells.py", "energy.py", "energy_flow.py", "energy_steps.py",
        "gates.py", "gates_counts.py", "gates_verilog.py", "measure_energy.py", "memories.py", "netlist.py", "power.py", "power_sta.py",
        "saif.py", "sdf.py", "workload.py",
    )),
    *(_HERE.parents[1] / "verification" / name for name in ("bench.py", "cocotb_outputs.py", "gates_bench.py", "host.py")),
)  # fmt: skip


@dataclass(frozen=True)
class Netlist:
    """What is simulated: a netlist with its delays, and how far on its way to silicon it is ("synthesis", "placed and routed").

    ``net_caps`` is a JSON file of extracted wire capacitances in fF by net, None where wires are estimated.
    """

    verilog: Path
    cells: Path
    sdf: Path
    area_um2: float
    stage: str = "synthesis"
    net_caps: Path | None = None

    @classmethod
    def of(cls, design: Design) -> Netlist:
        """A design as synthesised."""
        return cls(design.netlist, design.cells, design.sdf, design.result.area_um2)


@dataclass(frozen=True)
class EnergyResult:
    """The measured figures (``data`` of a record of kind "energy"), and the record."""

    data: dict[str, Any]
    record: Path


def measure_energy(
    design: Design,
    network: IntegerNetwork,
    images: torch.Tensor,
    *,
    netlist: Netlist | None = None,
    build: Path = BUILD,
    results: Path = RESULTS,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EnergyResult:
    """Simulate a network on a design's netlist and account for the energy; a measurement made before is not repeated.

    Parameters
    ----------
    network : whole, or one layer of one (:func:`flightasic.eda.workload.extract_layer`)
    images : int8 [N, channels, height, width]; figures are those of one image, the mean of all
    netlist : in place of the design's own
    scheduler : as :func:`flightasic.eda.project.run_project`
    progress : told (cycles done, cycles in all) now and then

    Raises
    ------
    CompileError
        If the network does not fit the array.
    ToolError
        If a step fails, with its own words: outputs that are wrong, cycles that are not those predicted, nets without activity.
    """
    netlist = netlist or Netlist.of(design)
    workload = make_workload(network, design.config, images)
    key = _key(design, netlist, workload)
    name = f"{workload.name}-{design.config.name}"
    kept = build / "energy" / f"{name}-{key[:12]}.json"
    if not kept.is_file():
        figures = _run(design, netlist, network, workload, f"energy_{name}_{key[:8]}", build, scheduler, progress)
        write_json(kept, {"figures": figures, "measured": asdict(Measured.now())})
    found = json.loads(kept.read_text())
    # Names and accuracy may have changed since; figures depend on neither.
    data = {**found["figures"], **_labels(design, network, workload)}
    versions: dict[str, str] = data.pop("versions")
    record = write_record(
        "energy",
        name,
        data,
        stage=netlist.stage,
        versions=versions,
        config=design.config,
        workload=workload.name,
        measured=Measured(**found["measured"]),
        results=results,
    )
    return EnergyResult({**data, "versions": versions, "stage": netlist.stage, "measured": found["measured"]}, record)


def _run(
    design: Design,
    netlist: Netlist,
    network: IntegerNetwork,
    workload: Workload,
    name: str,
    build: Path,
    scheduler: str | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    """The flow, and the figures made of what it leaves."""
    technology, corner = design.technology, design.result.corner
    # Not in the system's folder for temporary files: nodes of a cluster share ``build``.
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".inputs_", dir=build.resolve()) as scratch:
        liberty = Path(scratch) / f"{corner}.lib"
        liberty.write_text(read_text(technology.liberty[corner]))
        workload.save(Path(scratch) / "workload")
        job = EnergyJob(
            verilog=str(netlist.verilog.resolve()),
            cells=str(netlist.cells.resolve()),
            sdf=str(netlist.sdf.resolve()),
            liberty=str(liberty),
            corner=corner,
            sources=tuple(str(path.resolve()) for path in design.sources),
            workload=str(Path(scratch) / "workload"),
            clock_ns=design.clock_ns,
            wire_ff=WIRE_LOAD_FF,
            net_caps=str(netlist.net_caps.resolve()) if netlist.net_caps else "",
            cache=str((build / "gates").resolve()),
        )
        told = None if progress is None else lambda cycles: progress(cycles, workload.cycles)
        reports, archive = run_energy(job, build=build, name=name, scheduler=scheduler, progress=told)
    gates, power = reports["gates"], reports["power"]
    energy, area, macro = _step_energy(design, archive, gates, len(workload.images))
    area = {"core": netlist.area_um2} | area
    return {
        **energy_figures(energy, workload.program, network, clock_ns=design.clock_ns, area_um2=area),
        "area_um2": area,
        "memory_macro": macro,
        "annotated_fraction": gates["annotated_fraction"],
        "checks": {
            "outputs": "equal to the golden model",
            "cycles": "as predicted",
            "setup_slack_ns": design.result.setup_slack_ns,
            "hold_slack_ns": min(corner["hold_slack_ns"] for corner in design.result.corners),
            "cells_annotated": gates["cells_annotated"],
            "unknown_share": gates["unknown_share"],
        },
        "simulation": {"seconds": gates["seconds"], "cycles": gates["cycles"], "toggles": gates["toggles"]},
        "estimator": power["estimator"],
        "core_mw": {"built-in": power["total_mw"], "opensta": power["opensta"], "ratio": _agreement(name, power)},
        "versions": design.result.versions | gates["versions"] | {"flightasic": version("flightasic")},
    }


def _agreement(name: str, power: Mapping[str, Any]) -> float | None:
    """The built-in estimate over OpenSTA's, None where there is no second opinion; a large difference is said."""
    if "total_mw" not in power["opensta"]:
        return None
    ratio = float(power["total_mw"] / power["opensta"]["total_mw"])
    if abs(ratio - 1) > _FAR_OFF:
        logger.warning("%s: the built-in estimate is %.0f%% of OpenSTA's; figures are the built-in one's", name, 100 * ratio)
    return ratio


def _step_energy(design: Design, archive: Path, gates: Mapping[str, Any], images: int) -> tuple[StepEnergy, dict[str, float], str | None]:
    """Energy of one image by step, area of the memories, and the macro they are built of."""
    with np.load(archive) as found:
        units, energy_pj, window_ns = tuple(found["units"].tolist()), found["energy_pj"] / images, found["window_ns"] / images
    moving = energy_pj[..., : KINDS.index("leakage")].sum(axis=3)
    leakage = energy_pj[..., KINDS.index("leakage")].sum(axis=2)
    core = np.concatenate([moving, leakage[..., None]], axis=2)
    assert core.shape[2] == len(PARTS) + 1
    sram = design.technology.sram_at(design.result.corner)
    if sram is None:
        return StepEnergy(units, core, (), np.zeros((len(core), 0))), {}, None
    macro = Macro.read(sram)
    accesses = {port: np.array(counts) for port, counts in gates["accesses"].items()}
    names, memory = memory_energy(design.config, accesses, window_ns * images, macro)
    return StepEnergy(units, core, names, memory / images), {"memory": sum(memory_area(design.config, macro).values())}, macro.name


def _labels(design: Design, network: IntegerNetwork, workload: Workload) -> dict[str, Any]:
    """What was measured, for the record."""
    result, technology = design.result, design.technology
    return {
        "network": network.name,
        "scheme": network.info.get("scheme"),
        "accuracy": network.info.get("accuracy"),
        "mean_k": network.mean_k() if network.arith == "shift" else None,
        "arith": design.config.arith,
        "array": design.config.name,
        "tile_rows": design.config.tile_rows,
        "clock_ns": design.clock_ns,
        "corner": result.corner,
        "adder_style": result.adder_style,
        "clock_gating": result.clock_gating,
        "fmax_mhz": result.fmax_mhz,
        "setup_slack_ns": result.setup_slack_ns,
        "pdk": technology.name,
        "pdk_source": technology.source,
        "images": len(workload.images),
    }


def _key(design: Design, netlist: Netlist, workload: Workload) -> str:
    """What a measurement depends on: netlist and library, program and images, and the modules that measure."""
    sram = design.technology.sram_at(design.result.corner)
    files = [netlist.verilog, netlist.sdf, *([netlist.net_caps] if netlist.net_caps else []), *_OWN, *([sram] if sram else [])]
    about = {
        "format": _FORMAT,
        "design": design.key,
        "workload": workload.name,
        "program": [workload.program.words, workload.program.codes],
        "images": [workload.images.tolist(), workload.expected.tolist()],
        "wire_ff": WIRE_LOAD_FF,
        "tools": simulator_versions() if shutil.which("iverilog") else {},
    }
    return content_digest(files, json.dumps(about))
