"""Arrays on FPGAs: from a configuration to recorded figures. ECP5 placed and routed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from flightasic.config import ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS, FpgaPart, find_part
from flightasic.eda.fpga_run import FpgaNetlist, FpgaResult, place_fpga, synthesise_fpga
from flightasic.eda.fpga_synthesis import LOGIC, MappedMemory
from flightasic.eda.sources import BUILD, rtl_sources, sources_digest
from flightasic.errors import ToolError
from flightasic.results import RESULTS, write_record

ECP5_PART = "LFE5U-85F"
ECP5_CLOCK_MHZ = 120.0


def synthesise_ecp5(
    sources: Sequence[Path],
    *,
    top: str = "flight_top",
    part: str = ECP5_PART,
    dsp: bool | int = True,
    build: Path = BUILD,
    name: str = "ecp5_synthesis",
) -> FpgaNetlist:
    """Synthesise ``top`` for an ECP5, nothing more. Parameters and errors as :func:`run_ecp5`."""
    return synthesise_fpga(sources, find_part(ECP5_PARTS, part), top=top, dsp=dsp, build=build, name=name)


def run_ecp5(
    sources: Sequence[Path],
    *,
    top: str = "flight_top",
    part: str = ECP5_PART,
    package: str | None = None,
    speed: int = 6,
    clock_mhz: float = ECP5_CLOCK_MHZ,
    dsp: bool | int = True,
    seed: int = 1,
    lpf: Path | None = None,
    build: Path = BUILD,
    name: str = "ecp5",
) -> FpgaResult:
    """Synthesise, place and route ``top`` on a Lattice ECP5.

    Parameters
    ----------
    package : nextpnr's name of it, None = CABGA381
    speed : grade, 6 (slowest) to 8
    clock_mhz : goal of placing and routing, above 0; a missed goal is no error
    dsp : whether products may use multipliers (as many as the part has), or how many may; the others become LUTs
    lpf : pins of ``top``'s ports; with it, pads and global clocks are placed too and the result has a bitstream. Without it the design is
        placed out of context
    build, name : results go to ``build``/``name``, whose earlier run is replaced

    Raises
    ------
    PlacementError
        If the design is larger than the part, or nextpnr finds no place or no route.
    ToolError
        For an unknown part, an impossible option, a missing tool or file, a design without a clock, or a step that failed
        otherwise (with the tool's own words).
    """
    device = find_part(ECP5_PARTS, part)
    _check(device, speed, clock_mhz)
    options = ["--package", package or device.package, "--speed", str(speed), "--freq", str(clock_mhz), "--seed", str(seed)]
    options += ["--out-of-context"] if lpf is None else []
    return place_fpga(sources, device, options, top=top, dsp=dsp, pack=lpf is not None, pins=lpf, build=build, name=name)


def measure_ecp5(
    config: ArrayConfig,
    *,
    part: str = ECP5_PART,
    speed: int = 6,
    clock_mhz: float = ECP5_CLOCK_MHZ,
    dsp: bool | int = True,
    seed: int = 1,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[FpgaResult, Path]:
    """Place and route an array with its memories on a Lattice ECP5; the result and its record. Parameters as :func:`run_ecp5`.

    Raises
    ------
    ToolError
        As :func:`run_ecp5`, and if a buffer became flip-flops.
    """
    sources = rtl_sources(config, build)
    result = run_ecp5(sources, part=part, speed=speed, clock_mhz=clock_mhz, dsp=dsp, seed=seed, build=build, name=f"ecp5_{config.name}")
    require_rams(result.memories, "ecp5")
    data = asdict(result)
    versions = data.pop("versions")
    del data["bitstream"]
    data |= {"part": part, "speed": speed, "clock_mhz": clock_mhz, "dsp_allowed": bool(dsp), "dsp_most": int(dsp), "seed": seed}
    data |= {"rtl_sha256": sources_digest(sources)}
    record = write_record("fpga", config.name, data, stage="placed and routed", versions=versions, config=config, results=results)
    return result, record


def require_rams(memories: Sequence[MappedMemory], family: str) -> None:
    """Raise :class:`ToolError` if a memory became flip-flops and LUTs."""
    for memory in memories:
        if memory.place(family) == LOGIC:
            raise ToolError(
                f"memory {memory.name} ({memory.depth} words of {memory.width} bits) became {memory.depth * memory.width} flip-flops, "
                f"not RAM; give it a power of two of words, at least 16, and one read port with a register"
            )


def _check(part: FpgaPart, speed: int, clock_mhz: float) -> None:
    if speed not in part.speeds:
        raise ToolError(f"speed grade of {part.name} must be {', '.join(map(str, part.speeds[:-1]))} or {part.speeds[-1]}, got {speed}")
    if not clock_mhz > 0:
        raise ToolError(f"clock must be above 0 MHz, got {clock_mhz}")
