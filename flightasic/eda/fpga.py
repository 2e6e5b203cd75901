"""Arrays on FPGAs, from a configuration to recorded figures: ECP5 and iCE40 placed and routed, xc7 synthesised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS, ICE40_PARTS, XC7_PARTS, FpgaPart, find_part
from flightasic.eda.fpga_run import FpgaNetlist, FpgaResult, multipliers, place_fpga, require_room, synthesise_fpga
from flightasic.eda.fpga_synthesis import LOGIC, MappedMemory
from flightasic.eda.sources import BUILD, rtl_sources
from flightasic.errors import ToolError
from flightasic.files import content_digest
from flightasic.results import RESULTS, write_record

ECP5_PART = "LFE5U-85F"
ECP5_CLOCK_MHZ = 120.0
ICE40_PART = "iCE40HX8K"
ICE40_CLOCK_MHZ = 24.0
XC7_PART = "XC7Z045"
TOP = "flight_top"


def synthesise_ecp5(
    sources: Sequence[Path],
    *,
    top: str = TOP,
    part: str = ECP5_PART,
    dsp: bool | int = True,
    build: Path = BUILD,
    name: str = "ecp5_synthesis",
    copies: int = 1,
) -> FpgaNetlist:
    """Synthesise ``top`` for an ECP5, nothing more. Parameters and errors as :func:`run_ecp5`."""
    return synthesise_fpga(sources, find_part(ECP5_PARTS, part), top=top, dsp=dsp, build=build, name=name, copies=copies)


def run_ecp5(
    sources: Sequence[Path],
    *,
    top: str = TOP,
    part: str = ECP5_PART,
    package: str | None = None,
    speed: int = 6,
    clock_mhz: float = ECP5_CLOCK_MHZ,
    dsp: bool | int = True,
    seed: int = 1,
    lpf: Path | None = None,
    build: Path = BUILD,
    name: str = "ecp5",
    copies: int = 1,
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
    copies : how many of ``top`` lie side by side on the part, with one clock and reset; they share the multipliers
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
    if speed not in device.speeds:
        raise ToolError(f"speed grade of {part} must be one of {', '.join(map(str, device.speeds))}, got {speed}")
    _check_clock(clock_mhz)
    options = ["--package", package or device.package, "--speed", str(speed), "--freq", str(clock_mhz), "--seed", str(seed)]
    options += ["--out-of-context"] if lpf is None else []
    return place_fpga(sources, device, options, top=top, dsp=dsp, pack=lpf is not None, pins=lpf, build=build, name=name, copies=copies)


def run_ice40(
    sources: Sequence[Path],
    *,
    top: str = TOP,
    part: str = ICE40_PART,
    package: str | None = None,
    clock_mhz: float = ICE40_CLOCK_MHZ,
    dsp: bool | int = False,
    seed: int = 1,
    pcf: Path | None = None,
    build: Path = BUILD,
    name: str = "ice40",
) -> FpgaResult:
    """Synthesise, place and route ``top`` with its pads on a Lattice iCE40, and pack the bitstream.

    ``pcf`` places the ports of ``top``; without it nextpnr chooses pins. Other parameters and errors as :func:`run_ecp5`; ``dsp``
    takes all products or none.
    """
    device = find_part(ICE40_PARTS, part)
    _check_clock(clock_mhz)
    options = ["--package", package or device.package, "--freq", str(clock_mhz), "--seed", str(seed)]
    return place_fpga(sources, device, options, top=top, dsp=dsp, pack=True, pins=pcf, build=build, name=name)


def measure_ecp5(
    config: ArrayConfig,
    *,
    part: str = ECP5_PART,
    package: str | None = None,
    speed: int = 6,
    clock_mhz: float = ECP5_CLOCK_MHZ,
    dsp: bool | int = True,
    seed: int = 1,
    lpf: Path | None = None,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[FpgaResult, Path]:
    """Place and route an array with its memories on a Lattice ECP5; the result and its record. Parameters as :func:`run_ecp5`.

    Raises
    ------
    ToolError
        As :func:`run_ecp5`, and if a buffer became flip-flops.
    """
    find_part(ECP5_PARTS, part)  # before anything is written
    sources = rtl_sources(config, build)
    result = run_ecp5(
        sources,
        part=part,
        package=package,
        speed=speed,
        clock_mhz=clock_mhz,
        dsp=dsp,
        seed=seed,
        lpf=lpf,
        build=build,
        name=f"ecp5_{config.name}",
    )
    about = {"speed": speed, "clock_mhz": clock_mhz, "seed": seed}
    return result, _record(config, result, ECP5_PARTS[part], dsp, sources, about, results)


def measure_ice40(
    config: ArrayConfig,
    *,
    part: str = ICE40_PART,
    package: str | None = None,
    clock_mhz: float = ICE40_CLOCK_MHZ,
    dsp: bool = False,
    seed: int = 1,
    pcf: Path | None = None,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[FpgaResult, Path]:
    """Place and route an array with its memories on a Lattice iCE40; the result and its record. Parameters as :func:`run_ice40`.

    Raises
    ------
    ToolError
        As :func:`measure_ecp5`.
    """
    find_part(ICE40_PARTS, part)  # before anything is written
    sources = rtl_sources(config, build)
    name = f"ice40_{config.name}"
    result = run_ice40(sources, part=part, package=package, clock_mhz=clock_mhz, dsp=dsp, seed=seed, pcf=pcf, build=build, name=name)
    about = {"speed": package or ICE40_PARTS[part].package, "clock_mhz": clock_mhz, "seed": seed}
    return result, _record(config, result, ICE40_PARTS[part], dsp, sources, about, results)


def measure_xc7(
    config: ArrayConfig, *, part: str = XC7_PART, dsp: bool | int = True, build: Path = BUILD, results: Path = RESULTS
) -> tuple[FpgaNetlist, Path]:
    """Synthesise an array with its memories for a 7-series device of Xilinx; the netlist and its record, which has no Fmax.

    Raises
    ------
    PlacementError
        If the netlist needs more than the part has.
    ToolError
        For an unknown part, a failed step, or if a buffer became flip-flops.
    """
    device = find_part(XC7_PARTS, part)
    sources = rtl_sources(config, build)
    result = synthesise_fpga(sources, device, top=TOP, dsp=dsp, build=build, name=f"xc7_{config.name}")
    require_room(result, device, config.name)
    return result, _record(config, result, device, dsp, sources, {"speed": None, "fmax_mhz": None}, results)


def _record(
    config: ArrayConfig,
    result: FpgaNetlist | FpgaResult,
    part: FpgaPart,
    dsp: bool | int,
    sources: Sequence[Path],
    about: dict[str, Any],
    results: Path,
) -> Path:
    require_rams(result.memories, part.family)
    data = {key: value for key, value in asdict(result).items() if key not in ("versions", "bitstream", "netlist")}
    data |= {"part": part.name, "family": part.family, "dsp_allowed": bool(dsp), "dsp_most": multipliers(dsp, part), **about}
    data["rtl_sha256"] = content_digest(sorted(sources))
    stage = "placed and routed" if isinstance(result, FpgaResult) else "synthesis"
    return write_record("fpga", config.name, data, stage=stage, versions=result.versions, config=config, results=results)


def require_rams(memories: Sequence[MappedMemory], family: str) -> None:
    """Raise :class:`ToolError` if a memory became flip-flops and LUTs."""
    for memory in memories:
        if memory.place(family) == LOGIC:
            raise ToolError(
                f"memory {memory.name} ({memory.depth} words of {memory.width} bits) became {memory.depth * memory.width} flip-flops, "
                f"not RAM; give it a power of two of words, at least 16, and one read port with a register"
            )


def _check_clock(clock_mhz: float) -> None:
    if not clock_mhz > 0:
        raise ToolError(f"clock must be above 0 MHz, got {clock_mhz}")
