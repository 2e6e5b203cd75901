"""From an array's configuration to recorded silicon figures: the steps the flow scripts and the demo share."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.eda.designs import Design, TimingError, synthesise
from flightasic.eda.pdk import Technology
from flightasic.eda.sources import BUILD, rtl_sources
from flightasic.eda.synthesis import AUTO
from flightasic.files import content_digest
from flightasic.results import RESULTS, write_record

logger = logging.getLogger(__name__)

AUTO_STYLES = ("tree", "fast")


def find_design(
    config: ArrayConfig,
    technology: Technology,
    *,
    clock_ns: float = 10.0,
    corner: str = "tt",
    adder_style: str = AUTO,
    clock_gating: bool = True,
    build: Path = BUILD,
) -> Design:
    """Synthesise and time an array's core (memories outside), or find it among earlier ones.

    ``adder_style`` "auto" takes the first of :data:`AUTO_STYLES` that meets the clock: they come in the order of their energy
    (docs/experiments.md).

    Raises
    ------
    ToolError
        As :func:`synthesise`; with "auto", what the last style misses.
    """
    sources = rtl_sources(config, build)
    make = partial(synthesise, config, sources, technology, clock_ns=clock_ns, corner=corner, clock_gating=clock_gating, build=build)
    *others, last = AUTO_STYLES if adder_style == AUTO else (adder_style,)
    for style in others:
        try:
            return make(adder_style=style)
        except TimingError as error:
            logger.info("%s; trying the next style", error)
    return make(adder_style=last)


def record_design(design: Design, results: Path = RESULTS) -> Path:
    """The record of a design's area and timing. Where the netlist is simulated at all, that comes first: a wrong one has no record."""
    data = asdict(design.result)
    versions = data.pop("versions")
    data |= {
        "pdk": design.technology.name,
        "pdk_source": design.technology.source,
        "clock_ns": design.clock_ns,
        "area_um2": design.result.area_um2,
        "cells": design.result.cells,
        "flops": design.result.flops,
        "rtl_sha256": content_digest(sorted(design.sources)),
    }
    return write_record(
        "asic",
        design.config.name,
        data,
        stage="synthesis",
        versions=versions,
        config=design.config,
        measured=design.measured,
        results=results,
    )


def find_tallest(config: ArrayConfig, technology: Technology, **options: Any) -> Design:
    """The design with the tallest tiles that meet the clock: those of ``config``, or lower ones that divide them.

    A taller tile saves registers and their clock, and has the longer path. Lower tiles change no result, and a few cycles of latency. So
    every arithmetic gets as few registers as its elements allow at the clock. Parameters and errors as :func:`find_design`.
    """
    *others, lowest = (height for height in range(config.tile_rows, 0, -1) if config.tile_rows % height == 0)
    for height in others:
        try:
            return find_design(replace(config, tile_rows=height), technology, **options)
        except TimingError as error:
            logger.info("%s; trying lower tiles", error)
    return find_design(replace(config, tile_rows=lowest), technology, **options)
