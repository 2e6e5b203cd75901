"""The memories around the core, built of SRAM macros: how many, their area, and the energy of their accesses.

What is charged, and what is assumed:

- Energy comes from the macro's own Liberty file. That of OpenRAM's sky130 macros charges every edge of a port's clock the same, whether
  the port reads, writes or is not selected. A port is taken to be clocked in the cycles of its accesses only (a clock gate per macro
  and port, whose own energy is not charged), so an access costs a rising and a falling edge.
- A macro has one port that reads and writes and one that reads: a read and a write in the same cycle are two accesses.
- Words wider than a macro lie in several macros side by side, each of which is accessed. Several narrow words share a macro word
  (its byte masks write one of them), which saves macros but no energy.
- Leakage is that of all macros, accessed or not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.config import ArrayConfig
from flightasic.eda.cells import CellLibrary, parse_group
from flightasic.eda.liberty import read_text
from flightasic.errors import FormatError
from flightasic.microcode import WORD_BITS

FloatArray = npt.NDArray[np.float64]
_NW_PER_MW = 1e6


@dataclass(frozen=True)
class Macro:
    """An SRAM macro: words of ``width`` bits, area in um2, leakage in mW, and pJ of one access."""

    name: str
    width: int
    depth: int
    area_um2: float
    leakage_mw: float
    access_pj: float

    @classmethod
    def read(cls, path: Path) -> Macro:
        """From the Liberty file of a macro.

        Raises
        ------
        FormatError
            If the file does not hold one memory cell with a clock pin that takes energy; the message names the file.
        """
        try:
            return cls._parse(read_text(path))
        except (KeyError, ValueError, FormatError) as error:
            raise FormatError(f"{path}: not the Liberty file of a memory macro ({error}); fetch it again") from error

    @classmethod
    def _parse(cls, text: str) -> Macro:
        cells = list(parse_group(text).inside("cell"))
        memories = [memory for cell in cells for memory in cell.inside("memory")]
        if len(cells) != 1 or len(memories) != 1:
            raise FormatError(f"{len(cells)} cells and {len(memories)} memories, a macro has one of each")
        cell = CellLibrary.read(text).cells[cells[0].arguments]
        clocks = [pin for pin in cell.pins.values() if pin.direction == "input" and pin.energies]
        if not clocks:
            raise FormatError(f"no pin of {cell.name} takes energy")
        at = np.zeros(1)
        edge = max(float(energy.mean(at, at)[0]) for energy in clocks[0].energies)
        return cls(
            name=cell.name,
            width=int(memories[0].attributes["word_width"]),
            depth=1 << int(memories[0].attributes["address_width"]),
            area_um2=float(cells[0].attributes["area"]),
            leakage_mw=cell.leakage_nw / _NW_PER_MW,
            access_pj=2 * edge,
        )


@dataclass(frozen=True)
class Memory:
    """A memory of the accelerator: ``count`` equal ones of ``depth`` words of ``width`` bits, and the enable ports that access it."""

    name: str
    width: int
    depth: int
    count: int
    ports: tuple[str, ...]

    def macros(self, macro: Macro) -> int:
        """Macros for all ``count``."""
        beside = max(1, macro.width // self.width)
        wide = -(-self.width // macro.width)
        return self.count * wide * math.ceil(math.ceil(self.depth / beside) / macro.depth)

    def macros_per_access(self, macro: Macro) -> int:
        """Macros that one access takes."""
        return -(-self.width // macro.width)


def memories(config: ArrayConfig) -> tuple[Memory, ...]:
    """The memories of ``flight_top``, and the core's ports that access them."""
    return (
        Memory("activations", config.word_bits, config.act_depth, config.banks, ("act_read_en", "bank_write_en")),
        Memory("codes", config.code_word_bits, config.code_depth, 1, ("code_read_en", "code_write_en")),
        Memory("accumulators", config.cols * config.acc_bits, config.acc_depth, 1, ("acc_read_en", "acc_write_en")),
        Memory("microcode", WORD_BITS, config.program_depth, 1, ("program_en",)),
    )


def memory_area(config: ArrayConfig, macro: Macro) -> dict[str, float]:
    """um2 of macros by memory."""
    return {memory.name: memory.macros(macro) * macro.area_um2 for memory in memories(config)}


def memory_energy(
    config: ArrayConfig, accesses: Mapping[str, npt.NDArray[np.int64]], window_ns: FloatArray, macro: Macro
) -> tuple[tuple[str, ...], FloatArray]:
    """Energy of every memory.

    Parameters
    ----------
    accesses : cycles in which each bit of a port's enable was high, int [windows, bits] by port; ``act_read_en`` and ``bank_write_en``
        have a bit per bank
    window_ns : float [windows]

    Returns
    -------
    names of the memories, pJ [windows, memories]: accesses and leakage
    """
    found = memories(config)
    energy = np.zeros((len(window_ns), len(found)))
    for index, memory in enumerate(found):
        for port in memory.ports:
            energy[:, index] += accesses[port].sum(axis=1) * memory.macros_per_access(macro) * macro.access_pj
        energy[:, index] += memory.macros(macro) * macro.leakage_mw * window_ns  # mW times ns are pJ
    return tuple(memory.name for memory in found), energy
