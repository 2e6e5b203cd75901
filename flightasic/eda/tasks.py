"""SiliconCompiler tasks of the ASIC flow, synthesis and timing, and what tasks of all flows have in common.

Each task runs one program in its own work folder and leaves one JSON report in ``reports/``; metrics go into
SiliconCompiler's own record as well.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from siliconcompiler import Task

from flightasic.eda.timing import parse_timing

JOB_FILE = "job.json"
REPORT = {"synthesis": "synthesis.json", "timing": "timing.json"}
SCRIPTS = Path(__file__).parent / "scripts"


class JobTask(Task):
    """A task whose settings are one JSON text, given by :meth:`set_job` before the run."""

    def __init__(self) -> None:
        super().__init__()
        self.add_parameter("job", "str", "settings of this task, as JSON")

    def set_job(self, job: str) -> None:
        """Settings of the task, as JSON text."""
        self.set("var", "job", job)

    def job(self) -> dict[str, Any]:
        """The settings, parsed."""
        settings: dict[str, Any] = json.loads(self.get("var", "job"))
        return settings

    def report(self, name: str) -> dict[str, Any]:
        """A JSON report this task wrote."""
        value: dict[str, Any] = json.loads((Path("reports") / name).read_text())
        return value

    def write_report(self, name: str, value: dict[str, Any]) -> None:
        """Leave a JSON report for whoever started the flow."""
        (Path("reports") / name).write_text(json.dumps(value, indent=2) + "\n")

    def setup(self) -> None:
        """Parameters every task of these flows needs."""
        super().setup()
        self.set_threads(1)
        self.add_required_key("var", "job")

    def use_environment(self, program: str) -> None:
        """Run ``program`` from the folder of this interpreter, activated or not."""
        self.set_exe(program)
        self.set_environmentalvariable("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        self.add_regex("errors", r"ERROR:|^Traceback|^\w*Error:")
        self.add_regex("warnings", r"^Warning")


class SynthesisTask(JobTask):
    """Standard-cell synthesis (:mod:`flightasic.eda.synthesis`)."""

    def tool(self) -> str:
        return "pyosys"

    def task(self) -> str:
        return "synthesis"

    def setup(self) -> None:
        super().setup()
        self.use_environment(Path(sys.executable).name)
        self.add_output_file(ext="vg")
        self.add_output_file(ext="json")

    def pre_process(self) -> None:
        Path(JOB_FILE).write_text(self.get("var", "job"))

    def runtime_options(self) -> list[Any]:
        return ["-m", "flightasic.eda.synthesis", JOB_FILE]

    def post_process(self) -> None:
        super().post_process()
        report = self.report(REPORT["synthesis"])
        source = f"reports/{REPORT['synthesis']}"
        self.record_metric("cellarea", sum(unit["area_um2"] for unit in report["units"]), source_file=source, source_unit="um^2")
        self.record_metric("cells", sum(unit["cells"] for unit in report["units"]), source_file=source)
        self.record_metric("registers", sum(unit["flops"] for unit in report["units"]), source_file=source)


class TimingTask(JobTask):
    """Setup and hold at every corner, and SDF at the measured one, with OpenSTA, whichever ``sta`` is first on PATH.

    The job: ``corners`` (name to Liberty file with wire load), ``measured`` (one of the names), ``sdc``, ``clock_ns``, ``io_delay_ns``
    (how long after the clock edge inputs arrive, and before it outputs are due); ``propagated`` 0 where there is no clock tree;
    after routing, ``spef``.
    """

    def tool(self) -> str:
        return "opensta"

    def task(self) -> str:
        return "timing"

    def parse_version(self, stdout: str) -> str:
        return stdout.split()[0]

    def setup(self) -> None:
        super().setup()
        self.set_exe("sta", vswitch="-version")
        self.add_version(">=2.0.17")
        self.add_input_file(ext="vg")
        self.add_output_file(ext="sdf")
        # OpenSTA ends with 0 after an error in its script, and times what it can when a register has no clock.
        self.add_regex("errors", r"^Error|^\[ERROR|unclocked")
        self.add_regex("warnings", r"^Warning|^\[WARNING")

    def pre_process(self) -> None:
        top = self.design_topmodule
        job = {"spef": "", "propagated": 1, **self.job(), "netlist": f"inputs/{top}.vg", "top": top, "sdf": f"outputs/{top}.sdf"}
        job["corners"] = " ".join(f"{{{name}}} {{{liberty}}}" for name, liberty in job["corners"].items())
        Path("timing_job.tcl").write_text("".join(f"set {key} {{{value}}}\n" for key, value in job.items()))

    def runtime_options(self) -> list[Any]:
        return ["-no_init", "-no_splash", "-exit", str(SCRIPTS / "timing.tcl")]

    def post_process(self) -> None:
        super().post_process()
        report = parse_timing(Path(self.get_logpath("exe")).read_text(), self.job()["clock_ns"], self.job()["measured"])
        self.write_report(REPORT["timing"], report)
        source = f"reports/{REPORT['timing']}"
        self.record_metric("setupslack", report["setup_slack_ns"], source_file=source, source_unit="ns")
        self.record_metric("holdslack", report["hold_slack_ns"], source_file=source, source_unit="ns")
        self.record_metric("fmax", report["fmax_mhz"], source_file=source, source_unit="MHz")
