"""One FPGA design through its SiliconCompiler project: synthesis, place and route, bitstream."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from siliconcompiler import FPGA, FPGADevice

from flightasic.design import FlightDesign
from flightasic.eda.fpga_parts import FpgaPart, Resources
from flightasic.eda.fpga_reports import UTILISED, count_cells, excess
from flightasic.eda.fpga_synthesis import NETLIST, FpgaSynthesisJob, MappedMemory
from flightasic.eda.fpga_tasks import PACK_TASKS, PLACE_TASKS, FpgaFlow, FpgaSynthesisTask, tool_version
from flightasic.eda.project import run_project, short_version
from flightasic.eda.sources import require_sources
from flightasic.errors import PlacementError, ToolError

_PLACE_FAILED = "step place failed"
_REMEDY = "take a smaller array or a larger part, or let 'flightasic fit' find what fits"


@dataclass(frozen=True, kw_only=True)
class FpgaNetlist:
    """A synthesised design.

    Attributes
    ----------
    lut, ff, bram, dsp : int
        LUTs (four inputs; six on xc7), flip-flops, block RAMs and multipliers, as nextpnr will count them.
    available : dict
        The same of the whole part.
    memories : tuple of MappedMemory
        What became of each memory.
    cells : dict
        Cells of the netlist by type.
    netlist : Path
        yosys' JSON, flat.
    versions : dict
        Tools.
    """

    lut: int
    ff: int
    bram: int
    dsp: int
    available: dict[str, int]
    memories: tuple[MappedMemory, ...]
    cells: dict[str, int]
    netlist: Path
    versions: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class FpgaResult:
    """A placed and routed design.

    Attributes
    ----------
    lut, ff, bram, dsp : int
        LUTs of four inputs (logic cells on iCE40), flip-flops, block RAMs, multipliers, as nextpnr counts them.
    available : dict
        "lut", "ff", "bram", "dsp" of the whole part.
    fmax_mhz : float
        Of the slowest clock.
    critical_path : tuple of str
        Its steps, as :func:`flightasic.eda.fpga_reports.critical_path`.
    memories : tuple of MappedMemory
        What became of each memory.
    bitstream : Path or None
        Where pins were given.
    versions : dict
        Tools.
    """

    lut: int
    ff: int
    bram: int
    dsp: int
    available: dict[str, int]
    fmax_mhz: float
    critical_path: tuple[str, ...]
    memories: tuple[MappedMemory, ...]
    bitstream: Path | None
    versions: dict[str, str]


def multipliers(dsp: bool | int, part: FpgaPart) -> int:
    """The most multipliers a design may use: all of the part's for True, none for False, or a number of them.

    Raises
    ------
    ToolError
        If the part has not as many, or its family takes all or none.
    """
    if isinstance(dsp, bool):
        return part.has.dsp if dsp else 0
    if part.family != "ecp5":
        raise ToolError(f"{part.name} takes all multipliers (True) or none (False), got {dsp}; a number of them needs an ECP5")
    if not 0 <= dsp <= part.has.dsp:
        raise ToolError(f"multipliers must be in 0..{part.has.dsp}, which {part.name} has, got {dsp}")
    return dsp


def synthesise_fpga(
    sources: Sequence[Path], part: FpgaPart, *, top: str, dsp: bool | int, build: Path, name: str, copies: int = 1
) -> FpgaNetlist:
    """Synthesis alone; ``build``/``name`` is replaced.

    Raises
    ------
    ToolError
        For an impossible number of multipliers, missing sources, or a failed step (with the tool's own words).
    """
    project = _project(sources, part, FpgaFlow(part.family, place=False), top=top, dsp=dsp, name=name, copies=copies)
    reports = run_project(project, build, name, ("synthesis",))
    netlist = _outputs(build, project, "synthesis") / f"{top}.{NETLIST}"
    cells: Mapping[str, Mapping[str, Any]] = json.loads(netlist.read_text())["modules"][top]["cells"]
    return FpgaNetlist(
        **asdict(count_cells(cells, part.family)),
        available=asdict(part.has),
        memories=_memories(reports),
        cells=dict(Counter(cell["type"] for cell in cells.values())),
        netlist=netlist,
        versions={"yosys": short_version(reports["synthesis"]["yosys"])},
    )


def place_fpga(
    sources: Sequence[Path],
    part: FpgaPart,
    options: Sequence[str],
    *,
    top: str,
    dsp: bool | int,
    pack: bool,
    pins: Path | None = None,
    build: Path,
    name: str,
    copies: int = 1,
) -> FpgaResult:
    """Synthesise, place and route, with ``pack`` on to a bitstream; ``build``/``name`` is replaced.

    ``options`` are nextpnr's beside those that name the part and its files, ``pins`` a constraint file. A missed clock is no error.

    Raises
    ------
    PlacementError
        If the design is larger than the part, or nextpnr finds no place or no route.
    ToolError
        For an impossible number of multipliers, missing sources or tools, a design without a clock, or a step that failed otherwise.
    """
    if pins is not None and copies > 1:
        raise ToolError(f"{copies} copies have no pins of their own; place them out of context, or one of them with {pins}")
    if pins is not None and not pins.is_file():
        raise ToolError(f"{pins}: no such constraint file; name one that places the ports of {top}")
    nextpnr = tool_version(f"yowasp-nextpnr-{part.family}")
    project = _project(sources, part, FpgaFlow(part.family, pack=pack), top=top, dsp=dsp, name=name, copies=copies)
    job = {"options": [part.option, *options, "--timing-allow-fail"], "pins": pins.read_text() if pins else None, "pack": pack}
    PLACE_TASKS[part.family].find_task(project).set_job(json.dumps(job))
    if pack:
        PACK_TASKS[part.family].find_task(project).set_job("{}")
    steps = ("synthesis", "place", *(["pack"] if pack else []))
    try:
        reports = run_project(project, build, name, steps)
    except ToolError as error:
        raise _placement_error(error, _outputs(build, project, "place").parent / "place.log", part, name) from error
    placed = reports["place"]
    if placed["fmax_mhz"] is None:
        raise ToolError(
            f"{name}: nextpnr found no clock in {top}; its registers must run on a clock that is a port of it or comes from one"
        )
    bitstream = _outputs(build, project, "pack") / f"{top}.bit" if pack else None
    return FpgaResult(
        **{**placed, "critical_path": tuple(placed["critical_path"])},
        memories=_memories(reports),
        bitstream=bitstream,
        versions={"yosys": short_version(reports["synthesis"]["yosys"]), "nextpnr": nextpnr},
    )


def require_room(result: FpgaNetlist, part: FpgaPart, name: str) -> None:
    """Raise :class:`PlacementError` if a netlist needs more than the part has."""
    for field, available in part.has.items():
        need = getattr(result, field)
        if need > available:
            raise _too_large(name, f"{need} {part.names[field]} are needed, {part.name} has {available}")


def used(result: FpgaNetlist | FpgaResult) -> Resources:
    """The counts alone."""
    return Resources(lut=result.lut, ff=result.ff, bram=result.bram, dsp=result.dsp)


def _project(sources: Sequence[Path], part: FpgaPart, flow: FpgaFlow, *, top: str, dsp: bool | int, name: str, copies: int) -> Any:
    budget = multipliers(dsp, part)
    if copies < 1 or (copies > 1 and part.family != "ecp5"):
        raise ToolError(f"copies must be 1, or more on an ECP5, got {copies} for {part.name}")
    require_sources(sources)
    project = FPGA(FlightDesign.of_files(name, sources, top=top))
    project.add_fileset("rtl")
    device = FPGADevice(part.name)
    device.set_partname(part.name)
    device.set_lutsize(6 if part.family == "xc7" else 4)
    project.set_fpga(device)
    project.set_flow(flow)
    job = FpgaSynthesisJob(family=part.family, sources=tuple(str(path.resolve()) for path in sources), top=top, dsp=budget, copies=copies)
    FpgaSynthesisTask.find_task(project).set_job(job.to_json())
    return project


def _outputs(build: Path, project: Any, step: str) -> Path:
    return build.resolve() / str(project.design.name) / "flow" / step / "0" / "outputs"


def _memories(reports: Mapping[str, Any]) -> tuple[MappedMemory, ...]:
    return tuple(MappedMemory(**memory) for memory in reports["synthesis"]["memories"])


def _placement_error(error: ToolError, log: Path, part: FpgaPart, name: str) -> ToolError:
    """What nextpnr failed at: until it has counted what the design uses, it has not begun to place."""
    words = log.read_text(errors="replace") if _PLACE_FAILED in str(error) and log.is_file() else ""
    if UTILISED not in words:
        return error
    short = excess(words, part)
    return _too_large(name, short) if short else PlacementError(f"{name}: no place or no route on {part.name}: {error}; {_REMEDY}")


def _too_large(name: str, short: str) -> PlacementError:
    return PlacementError(f"{name}: the design is larger than the part: {short}; {_REMEDY}")
