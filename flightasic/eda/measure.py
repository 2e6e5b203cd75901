"""From an array's configuration to recorded silicon figures: the steps the flow scripts and the demo share."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.eda.designs import Design, TimingError, synthesise
from flightasic.eda.pdk import Technology
from flightasic.eda.sources import BUILD, rtl_sources, sources_digest
from flightasic.results import RESULTS, write_record

logger = logging.getLogger(__name__)

AUTO = "auto"
AUTO_STYLES = ("tree", "fast")


def measure_design(
    config: ArrayConfig,
    technology: Technology,
    *,
    clock_ns: float = 10.0,
    corner: str = "tt",
    adder_style: str = AUTO,
    clock_gating: bool = True,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[Design, Path]:
    """Synthesise and time an array's core (memories outside), or find it among earlier ones; the design and its record.

    ``adder_style`` "auto" takes the first of :data:`AUTO_STYLES` that meets the clock: they come in the order of their energy.

    Raises
    ------
    ToolError
        As :func:`synthesise`; with "auto", what the last style misses.
    """
    sources = rtl_sources(config, build)
    styles = AUTO_STYLES if adder_style == AUTO else (adder_style,)
    for style in styles:
        try:
            design = synthesise(
                config, sources, technology, clock_ns=clock_ns, corner=corner, adder_style=style, clock_gating=clock_gating, build=build
            )
            break
        except TimingError as error:
            if style == styles[-1]:
                raise
            logger.info("%s; trying the next style", error)
    data = asdict(design.result)
    versions = data.pop("versions")
    data |= {
        "pdk": technology.name,
        "pdk_source": technology.source,
        "clock_ns": clock_ns,
        "area_um2": design.result.area_um2,
        "cells": design.result.cells,
        "flops": design.result.flops,
        "rtl_sha256": sources_digest(sources),
    }
    record = write_record("asic", config.name, data, stage="synthesis", versions=versions, config=config, results=results)
    return design, record


def measure_with_tiles(config: ArrayConfig, technology: Technology, **options: Any) -> tuple[Design, Path]:
    """The design with the tallest tiles that meet the clock: those of ``config``, or lower ones that divide them.

    A taller tile saves registers and their clock, and has the longer path. Lower tiles change no result, and a few cycles of latency. So
    every arithmetic gets as few registers as its elements allow at the clock. Parameters and errors as :func:`measure_design`.
    """
    heights = [height for height in range(config.tile_rows, 0, -1) if config.tile_rows % height == 0]
    for height in heights:
        # Lower tiles win more time than another style of adders, and cost less.
        style = options if height == heights[-1] or options.get("adder_style", AUTO) != AUTO else {**options, "adder_style": AUTO_STYLES[0]}
        try:
            return measure_design(replace(config, tile_rows=height), technology, **style)
        except TimingError as error:
            if height == heights[-1]:
                raise
            logger.info("%s; trying lower tiles", error)
    raise AssertionError("no tile height divides tile_rows")
