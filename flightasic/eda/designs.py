"""Synthesised arrays, kept by content: the same Verilog, library and settings are synthesised once."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.eda.flow import AsicResult, run_asic
from flightasic.eda.pdk import Technology
from flightasic.eda.power_sta import opensta_version
from flightasic.eda.synthesis import UnitArea
from flightasic.errors import FormatError, ToolError
from flightasic.files import content_digest, write_atomically
from flightasic.results import Measured

TOP = "flight_core"
_DESCRIPTION = "design.json"
_FORMAT = 2
# What a netlist, its slacks and its delays depend on, beside the techmaps.
_STEPS = (
    "synthesis.py", "clocktree.py", "flat.py", "liberty.py", "pdk.py", "tasks.py", "drive.py", "timing.py", "flow.py", "project.py",
    "scripts/timing.tcl", "../design.py",
)  # fmt: skip


class TimingError(ToolError):
    """A netlist that misses setup at its own corner, or hold at any."""


@dataclass(frozen=True)
class Design:
    """A synthesised array that meets its clock.

    Attributes
    ----------
    config, technology, clock_ns : what was asked for
    result : area by unit, timing, tool versions
    sources : Verilog the netlist was made of
    folder : where netlist and delays lie
    key : SHA-256 of everything the result depends on
    measured : when it was synthesised, and on which source tree
    """

    config: ArrayConfig
    technology: Technology
    clock_ns: float
    result: AsicResult
    sources: tuple[Path, ...]
    folder: Path
    key: str
    measured: Measured | None = None

    @property
    def netlist(self) -> Path:
        """The flat netlist as Verilog."""
        return self.folder / f"{TOP}.vg"

    @property
    def cells(self) -> Path:
        """The same netlist as yosys' JSON, with the unit of every cell."""
        return self.folder / f"{TOP}.json"

    @property
    def sdf(self) -> Path:
        """Delays at the measured corner."""
        return self.folder / f"{TOP}.sdf"


def synthesise(
    config: ArrayConfig,
    sources: Sequence[Path],
    technology: Technology,
    *,
    clock_ns: float,
    corner: str,
    adder_style: str,
    clock_gating: bool,
    build: Path,
    clock_tree: bool = True,
) -> Design:
    """An array's design, from ``build``/designs if it was made before; a missed clock is remembered as well.

    Parameters as :func:`run_asic`.

    Raises
    ------
    ToolError
        As :func:`run_asic`; a :class:`TimingError` if setup at the measured corner or hold at any corner is missed.
    """
    corner = technology.corner(corner)
    settings: dict[str, Any] = {"clock_ns": clock_ns, "corner": corner, "adder_style": adder_style, "clock_gating": clock_gating}
    if not clock_tree:
        # Only where it is left out: designs made before there was a choice keep their keys.
        settings["clock_tree"] = False
    key = _key(config, sources, technology, settings)
    folder = build / "designs" / f"{config.name}-{key[:12]}"
    missed = folder.with_name(f"{folder.name}.missed.txt")
    if missed.is_file():
        raise TimingError(missed.read_text())
    if not (folder / _DESCRIPTION).is_file():
        name = f"asic_{config.name}_{key[:12]}"
        result = run_asic(
            sources,
            technology,
            clock_ns=clock_ns,
            corner=corner,
            adder_style=adder_style,
            clock_gating=clock_gating,
            clock_tree=clock_tree,
            build=build,
            name=name,
        )
        if result.failures:
            reason = f"{config.name}, {adder_style} adders: {'; '.join(result.failures)}"
            write_atomically(missed, reason)
            raise TimingError(reason)
        flow = build / name / "flow"
        files = [flow / "synthesis/0/outputs" / f"{TOP}.{ext}" for ext in ("vg", "json")]
        _store(folder, result, [*files, flow / "timing/0/outputs" / f"{TOP}.sdf"])
    result, measured = _load(folder)
    return Design(config, technology, clock_ns, result, tuple(sources), folder, key, measured)


def _key(config: ArrayConfig, sources: Sequence[Path], technology: Technology, settings: Mapping[str, Any]) -> str:
    tools = {name: version(name) for name in ("pyosys", "siliconcompiler")}
    if shutil.which("sta"):
        tools["opensta"] = opensta_version()
    about = {"config": config.to_dict(), "technology": technology.name, "settings": settings, "tools": tools, "format": _FORMAT}
    own = [*sorted(Path(__file__).parent.rglob("*.v")), *(Path(__file__).parent / name for name in _STEPS)]
    corners = (technology.liberty[corner] for corner in sorted(technology.liberty))
    return content_digest([*sorted(sources), *own, *corners], json.dumps(about, sort_keys=True))


def _store(folder: Path, result: AsicResult, files: Sequence[Path]) -> None:
    """Copy what later steps need."""
    with whole_folder(folder) as scratch:
        for path in files:
            shutil.copy(path, scratch / path.name)
        description = {"result": asdict(result), "measured": asdict(Measured.now())}
        (scratch / _DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A scratch folder that takes the place of ``folder`` at the end of the block, and vanishes if the block fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield scratch
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _load(folder: Path) -> tuple[AsicResult, Measured]:
    path = folder / _DESCRIPTION
    try:
        description = json.loads(path.read_text())
        fields: dict[str, Any] = description["result"]
        units = tuple(UnitArea(**unit) for unit in fields.pop("units"))
        return AsicResult(units=units, **fields), Measured(**description["measured"])
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{path}: not a design ({error}); delete its folder and run again") from error
