"""SiliconCompiler tasks of the FPGA flows: synthesis, place and route, and packing to a bitstream."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from siliconcompiler import Flowgraph

from flightasic.eda import fpga_synthesis
from flightasic.eda.fpga_reports import count_cells, parse_nextpnr
from flightasic.eda.tasks import JOB_FILE, JobTask
from flightasic.errors import ToolError

PLACE_REPORT = "place.json"
PACK_REPORT = "pack.json"
_NEXTPNR_REPORT = "nextpnr.json"
_PINS = "pins.txt"
_REMEDY = "install it with pip install 'flightasic[flow]'"


class FpgaSynthesisTask(JobTask):
    """yosys (:mod:`flightasic.eda.fpga_synthesis`)."""

    def tool(self) -> str:
        return "pyosys"

    def task(self) -> str:
        return "synthesis_fpga"

    def setup(self) -> None:
        super().setup()
        self.use_environment(Path(sys.executable).name)
        self.add_output_file(ext=fpga_synthesis.NETLIST)

    def pre_process(self) -> None:
        Path(JOB_FILE).write_text(self.get("var", "job"))

    def runtime_options(self) -> list[Any]:
        return ["-m", fpga_synthesis.__name__, JOB_FILE]


class PlaceTask(JobTask):
    """Place and route with nextpnr.

    The job: ``options`` of its command line, ``pins`` (the text of a constraint file, or None) and ``pack`` (whether a bitstream is to
    follow).
    """

    family = ""
    config_option = ""
    pins_option = ""

    def tool(self) -> str:
        return "nextpnr"

    def task(self) -> str:
        return f"place_{self.family}"

    def setup(self) -> None:
        super().setup()
        self.use_environment(f"yowasp-nextpnr-{self.family}")
        self.add_input_file(ext=fpga_synthesis.NETLIST)
        if self.job()["pack"]:
            self.add_output_file(ext="config")

    def pre_process(self) -> None:
        # YoWASP's programs see this folder, and not every other one.
        if self.job()["pins"] is not None:
            Path(_PINS).write_text(self.job()["pins"])

    def runtime_options(self) -> list[Any]:
        top, job = self.design_topmodule, self.job()
        config = [self.config_option, f"outputs/{top}.config"] if job["pack"] else []
        pins = [self.pins_option, _PINS] if job["pins"] is not None else []
        return [
            *job["options"],
            *pins,
            *config,
            "--json",
            f"inputs/{top}.{fpga_synthesis.NETLIST}",
            "--report",
            f"reports/{_NEXTPNR_REPORT}",
        ]

    def post_process(self) -> None:
        super().post_process()
        report = parse_nextpnr(self.report(_NEXTPNR_REPORT), self.family)
        if self.family == "ice40":
            # nextpnr tells logic cells, not which of them use their flip-flop.
            netlist = json.loads(Path(f"inputs/{self.design_topmodule}.{fpga_synthesis.NETLIST}").read_text())
            report["ff"] = count_cells(netlist["modules"][self.design_topmodule]["cells"], self.family).ff
        self.write_report(PLACE_REPORT, report)
        source = f"reports/{PLACE_REPORT}"
        for metric, key in (("luts", "lut"), ("registers", "ff"), ("brams", "bram"), ("dsps", "dsp")):
            self.record_metric(metric, report[key], source_file=source)
        if report["fmax_mhz"] is not None:
            self.record_metric("fmax", report["fmax_mhz"], source_file=source, source_unit="MHz")


class Ecp5PlaceTask(PlaceTask):
    """nextpnr-ecp5."""

    family, config_option, pins_option = "ecp5", "--textcfg", "--lpf"


class Ice40PlaceTask(PlaceTask):
    """nextpnr-ice40."""

    family, config_option, pins_option = "ice40", "--asc", "--pcf"


class PackTask(JobTask):
    """From nextpnr's text to the bitstream that a device loads."""

    program = ""

    def tool(self) -> str:
        return self.program

    def task(self) -> str:
        return "pack"

    def setup(self) -> None:
        super().setup()
        self.use_environment(f"yowasp-{self.program}")
        self.add_input_file(ext="config")
        self.add_output_file(ext="bit")

    def files(self) -> tuple[str, str]:
        """What it reads and what it writes."""
        return f"inputs/{self.design_topmodule}.config", f"outputs/{self.design_topmodule}.bit"

    def post_process(self) -> None:
        super().post_process()
        self.write_report(PACK_REPORT, {"bytes": Path(self.files()[1]).stat().st_size})


class EcpPackTask(PackTask):
    """ecppack, compressed."""

    program = "ecppack"

    def runtime_options(self) -> list[Any]:
        config, bit = self.files()
        return ["--compress", "--input", config, "--bit", bit]


class IcePackTask(PackTask):
    """icepack."""

    program = "icepack"

    def runtime_options(self) -> list[Any]:
        return [*self.files()]


PLACE_TASKS: Mapping[str, type[PlaceTask]] = {"ecp5": Ecp5PlaceTask, "ice40": Ice40PlaceTask}
PACK_TASKS: Mapping[str, type[PackTask]] = {"ecp5": EcpPackTask, "ice40": IcePackTask}


class FpgaFlow(Flowgraph):
    """Synthesis, and what is asked for after it: placing and routing, packing."""

    def __init__(self, family: str, *, place: bool = True, pack: bool = False) -> None:
        super().__init__(f"flightasic_{family}")
        self.node("synthesis", FpgaSynthesisTask())
        if place:
            self.node("place", PLACE_TASKS[family]())
            self.edge("synthesis", "place")
        if pack:
            self.node("pack", PACK_TASKS[family]())
            self.edge("place", "pack")


def tool_version(package: str) -> str:
    """Version of a YoWASP package, whose program a task runs.

    Raises
    ------
    ToolError
        If it is not installed.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    if shutil.which(package, path=path) is None:
        raise ToolError(f"{package} is not installed; {_REMEDY}")
    return version(package)
