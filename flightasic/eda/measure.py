"""From an array's configuration to recorded silicon figures: the steps the flow scripts and the demo share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from flightasic.config import ArrayConfig
from flightasic.eda.flow import AsicResult, FpgaResult, run_asic, run_ecp5
from flightasic.eda.pdk import REPOSITORY, Technology
from flightasic.results import RESULTS, write_record

BUILD = Path("build")


def rtl_sources(config: ArrayConfig, build: Path = BUILD) -> list[Path]:
    """Verilog files of an array: the committed ones for the default arrays, else emitted under ``build``/rtl."""
    committed = REPOSITORY / "rtl" / config.name
    if config == ArrayConfig.for_arith(config.arith) and committed.is_dir():
        return sorted(committed.glob("*.v"))
    from flightasic.hw.emit import emit_verilog

    return emit_verilog(config, build / "rtl" / f"{config.name}-{config.fingerprint:08x}")


def measure_asic(
    config: ArrayConfig,
    technology: Technology,
    *,
    clock_ns: float = 10.0,
    corner: str = "tt",
    adder_style: str = "tree",
    clock_gating: bool = True,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[AsicResult, Path]:
    """Synthesise and time an array's core (memories outside); the result and its record. Errors as :func:`run_asic`."""
    sources = rtl_sources(config, build)
    result = run_asic(
        sources,
        technology,
        clock_ns=clock_ns,
        corner=corner,
        adder_style=adder_style,
        clock_gating=clock_gating,
        build=build,
        name=f"asic_{config.name}",
    )
    data = asdict(result)
    versions = data.pop("versions")
    data |= {
        "pdk": technology.name,
        "pdk_source": technology.source,
        "clock_ns": clock_ns,
        "area_um2": result.area_um2,
        "cells": result.cells,
        "flops": result.flops,
        "rtl_sha256": _digest(sources),
    }
    record = write_record("asic", config.name, data, stage="synthesis", versions=versions, config=config, results=results)
    return result, record


def measure_ecp5(
    config: ArrayConfig,
    *,
    part: str = "LFE5U-85F",
    speed: int = 6,
    clock_mhz: float = 50.0,
    dsp: bool = True,
    seed: int = 1,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[FpgaResult, Path]:
    """Place and route an array with its memories on a Lattice ECP5; the result and its record. Errors as :func:`run_ecp5`."""
    sources = rtl_sources(config, build)
    result = run_ecp5(sources, part=part, speed=speed, clock_mhz=clock_mhz, dsp=dsp, seed=seed, build=build, name=f"ecp5_{config.name}")
    data = asdict(result)
    versions = data.pop("versions")
    data |= {"part": part, "speed": speed, "clock_mhz": clock_mhz, "dsp_allowed": dsp, "seed": seed, "rtl_sha256": _digest(sources)}
    record = write_record("fpga", config.name, data, stage="placed and routed", versions=versions, config=config, results=results)
    return result, record


def _digest(sources: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
