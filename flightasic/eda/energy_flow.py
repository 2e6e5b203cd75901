"""The energy flow: a design's netlist simulated on a workload, and the power of what it did, as a SiliconCompiler flow."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from siliconcompiler import Design, Flowgraph, Project

from flightasic.eda.energy_steps import PROGRESS, EnergyJob
from flightasic.eda.project import run_project
from flightasic.eda.tasks import JOB_FILE, JobTask

STEPS = ("gates", "power")
_POLL_S = 1.0


class GatesTask(JobTask):
    """Gate-level simulation with the cocotb bench of the RTL (:mod:`flightasic.eda.gates`)."""

    def tool(self) -> str:
        return "icarus"

    def task(self) -> str:
        return "gates"

    def setup(self) -> None:
        super().setup()
        self.use_environment(Path(sys.executable).name)
        self.add_output_file(file="activity.npz")
        self.add_output_file(file="activity.saif")

    def pre_process(self) -> None:
        Path(JOB_FILE).write_text(self.get("var", "job"))

    def runtime_options(self) -> list[Any]:
        return ["-m", "flightasic.eda.energy_steps", "gates", JOB_FILE]


class PowerTask(JobTask):
    """Power from the simulated activity (:mod:`flightasic.eda.power`)."""

    def tool(self) -> str:
        return "flightasic"

    def task(self) -> str:
        return "power"

    def setup(self) -> None:
        super().setup()
        self.use_environment(Path(sys.executable).name)
        self.add_input_file(file="activity.npz")
        self.add_input_file(file="activity.saif")
        self.add_output_file(file="power.npz")

    def pre_process(self) -> None:
        Path(JOB_FILE).write_text(self.get("var", "job"))

    def runtime_options(self) -> list[Any]:
        return ["-m", "flightasic.eda.energy_steps", "power", JOB_FILE]

    def post_process(self) -> None:
        super().post_process()
        report = self.report("power.json")
        source = "reports/power.json"
        self.record_metric("totalpower", report["total_mw"], source_file=source, source_unit="mW")
        self.record_metric("leakagepower", report["kinds_mw"]["leakage"], source_file=source, source_unit="mW")


class EnergyFlow(Flowgraph):
    """Gate-level simulation, then power."""

    def __init__(self) -> None:
        super().__init__("flightasic_energy")
        self.node("gates", GatesTask())
        self.node("power", PowerTask())
        self.edge("gates", "power")


def run_energy(
    job: EnergyJob, *, build: Path, name: str, scheduler: str | None = None, progress: Callable[[int], None] | None = None
) -> tuple[dict[str, Any], Path]:
    """Run the flow; returns each step's report by name, and the archive of energies (:func:`flightasic.eda.energy_steps.power`).

    Parameters
    ----------
    build, name : work files go to ``build``/``name``, replacing an earlier run's
    scheduler : as :func:`flightasic.eda.project.run_project`
    progress : told the simulated cycles now and then

    Raises
    ------
    ToolError
        If a step fails, with its own words.
    """
    design = Design(name)
    with design.active_fileset("netlist"):
        design.set_topmodule("flight_core")
        design.add_file(job.verilog)
    project = Project(design)
    project.add_fileset("netlist")
    project.set_flow(EnergyFlow())
    for task in (GatesTask, PowerTask):
        task.find_task(project).set_job(job.to_json())
    folder = build.resolve() / name / "flow"
    with _watching(folder / "gates" / "0" / PROGRESS, progress):
        reports = run_project(project, build, name, STEPS, scheduler=scheduler)
    return reports, folder / "power" / "0" / "outputs" / "power.npz"


@contextmanager
def _watching(path: Path, progress: Callable[[int], None] | None) -> Iterator[None]:
    """Pass on what another process writes to ``path``."""
    if progress is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_S):
            if path.is_file():
                progress(int(path.read_text()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
