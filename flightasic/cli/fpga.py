"""What the FPGA flow scripts in flows/ share: options, and what they print of a result."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flightasic.cli.array import parse_array
from flightasic.config import TARGET_OPTIONS, ArrayConfig
from flightasic.eda.fpga_parts import FpgaPart, block_rams
from flightasic.eda.fpga_run import FpgaNetlist, FpgaResult
from flightasic.eda.fpga_synthesis import BLOCK_RAM, LUT_RAM, MappedMemory

_HALVES = {"RAMB18E1": 1, "RAMB36E1": 2}


def fpga_array(arguments: argparse.Namespace, family: str, buffers: Mapping[str, int] | None = None) -> ArrayConfig:
    """The array the options name, with the pipeline options that suit the family, and ``buffers``; ``--set`` changes any of them."""
    defaults = {**TARGET_OPTIONS[family], **(buffers or {})}
    settings = [f"{name}={value}" for name, value in defaults.items()]
    return parse_array(arguments.array, arguments.arith, [*settings, *arguments.set])


def add_part(parser: argparse.ArgumentParser, parts: Mapping[str, FpgaPart], default: str) -> None:
    """The option ``--part``."""
    parser.add_argument("--part", default=default, help=f"{', '.join(parts)} (default: {default})")


def add_placement(parser: argparse.ArgumentParser, clock_mhz: float) -> None:
    """Options of every flow that places and routes."""
    parser.add_argument("--package", help="nextpnr's name of the package (default: the part's usual one)")
    parser.add_argument("--clock-mhz", type=float, default=clock_mhz, help=f"goal of placing and routing in MHz (default: {clock_mhz:g})")
    parser.add_argument("--seed", type=int, default=1, help="placement seed (default: 1)")


def add_multipliers(parser: argparse.ArgumentParser, *, budget: bool) -> None:
    """The options ``--dsp`` (with ``budget``: of a number) and ``--no-dsp``; without either, multipliers are measured both ways."""
    one = parser.add_mutually_exclusive_group()
    if budget:
        text = "only with multipliers (DSP blocks): all of the part's, or at most N"
        one.add_argument("--dsp", nargs="?", type=int, const=True, metavar="N", help=text)
    else:
        one.add_argument("--dsp", action="store_const", const=True, help="only with multipliers (DSP blocks)")
    one.add_argument("--no-dsp", action="store_true", help="only with products made of LUTs")


def choices(arguments: argparse.Namespace, config: ArrayConfig) -> list[bool | int]:
    """Which limits on multipliers to measure: those asked for, else none and all; shifts need no multiplier."""
    if arguments.no_dsp:
        return [False]
    if arguments.dsp is not None:
        return [arguments.dsp]
    return [True] if config.arith == "shift" else [True, False]


def print_results(console: Console, title: str, part: FpgaPart, results: Sequence[tuple[str, FpgaNetlist | FpgaResult, Path]]) -> None:
    """One row for each result, then its memories, its critical path, its bitstream and its record."""
    table = Table(title=title)
    table.add_column("products made of")
    for heading in (*part.names.values(), "Fmax MHz"):
        table.add_column(heading.replace(" (", "\n("), justify="right")
    for products, result, _ in results:
        shares = [f"{getattr(result, name):,}\n({getattr(result, name) / has:.1%})" if has else "none" for name, has in part.has.items()]
        table.add_row(products, *shares, f"{result.fmax_mhz:.1f}" if isinstance(result, FpgaResult) else "")
    console.print(table)
    for line in memory_lines(results[0][1].memories, part.family):
        console.print(line, highlight=False, soft_wrap=True)
    for products, result, record in results:
        if isinstance(result, FpgaResult):
            console.print(
                f"critical path, products of {products}:",
                *(f"  {step}" for step in result.critical_path),
                sep="\n",
                highlight=False,
                soft_wrap=True,
            )
            if result.bitstream is not None:
                console.print(f"bitstream: {result.bitstream}", highlight=False, soft_wrap=True)
        console.print(f"record: {record}", highlight=False, soft_wrap=True)


def memory_lines(memories: Sequence[MappedMemory], family: str) -> list[str]:
    """Where the memories went: sizes that are in block RAM with what they use and need, then those in LUT RAM."""
    in_blocks = [memory for memory in memories if memory.place(family) == BLOCK_RAM]
    used = sum(_blocks_used(memory) for memory in in_blocks)
    need = sum(block_rams(family, memory.width, memory.depth) for memory in in_blocks)
    unit = "halves of RAMB36E1" if family == "xc7" else "block RAMs"
    lines = [f"in block RAM: {_sizes(in_blocks)}; {used} {unit}, the sizes need {need}"]
    in_luts = [memory for memory in memories if memory.place(family) == LUT_RAM]
    return [*lines, *([f"in LUT RAM: {_sizes(in_luts)}"] if in_luts else [])]


def _blocks_used(memory: MappedMemory) -> int:
    return sum(_HALVES.get(kind, 1) * count for kind, count in memory.cells.items())


def _sizes(memories: Sequence[MappedMemory]) -> str:
    ordered = sorted(memories, key=lambda memory: (memory.depth, memory.width, memory.name))
    groups = [
        (size, [memory.name for memory in found]) for size, found in groupby(ordered, key=lambda memory: (memory.depth, memory.width))
    ]
    return ", ".join(f"{_names(names)} ({depth} words of {width} bits)" for (depth, width), names in groups) or "none"


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} of {names[0]} to {names[-1]}"


def products_of(config: ArrayConfig, dsp: bool | int) -> str:
    """How the products of an array are made."""
    if config.arith == "shift":
        return "shifts in LUTs"
    if dsp is False or dsp == 0:
        return "LUTs"
    return "multipliers" if dsp is True else f"at most {dsp} multipliers, then LUTs"
