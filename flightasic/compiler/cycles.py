"""The exact cycle count of a convolution: the loader and the feed, event by event.

Times are cycles after the sequencer's start pulse. The loader fills the second set of settings while the feed streams
the pixels of a pass; the feed swaps the sets over when both are done. In the cycles in which a store fetches a line from the
banks (*holds*) the feed stands still; while the writer uses the banks' write port, a load does (:attr:`StepCycles.loud`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flightasic.config import ArrayConfig
from flightasic.microcode import STEP, words_of


def start_cycles(config: ArrayConfig) -> int:
    """From the end of a step to the start pulse of the next: the descriptor's words, the memory's cycle, the pulse itself.

    With ``memory_regs``, the memory takes more, and the check of the step a cycle of its own.
    """
    return words_of(STEP) + 2 + config.program_regs + config.memory_regs


@dataclass(frozen=True)
class StoredRows:
    """Rows of words that a store sends, as far as they matter for time: ``bank`` of the first word, ``pitch`` modulo the banks."""

    bank: int
    row_words: int
    pitch: int
    rows: int

    @property
    def words(self) -> int:
        """Words of all rows."""
        return self.rows * self.row_words


@dataclass(frozen=True)
class StepCycles:
    """A convolution: cycles after its start pulse, those in which the feed waited for the loader, and when a load stands still.

    ``start``: from the end of the step before to that pulse. ``loud`` are intervals (first, last) of cycles after the pulse, in order and
    apart.
    """

    start: int
    length: int
    waiting: int
    loud: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        """Cycles from the end of the step before."""
        return self.start + self.length


@lru_cache(maxsize=256)
def fetch_cycles(stored: StoredRows, banks: int, later: int = 0) -> tuple[int, ...]:
    """Cycles after its start pulse in which a store fetches a line, words at one index of the banks; every row begins with a fetch.

    ``later``: cycles that registers add between a fetch and its words (:attr:`ArrayConfig.read_regs`).
    """
    fetches: list[int] = []
    for row in range(stored.rows):
        bank = (stored.bank + row * stored.pitch) % banks
        start = 1 + row * stored.row_words
        fetches.append(start)
        fetches.extend(range(start + banks - bank, start + stored.row_words, banks))
    return tuple(cycle + later * index for index, cycle in enumerate(fetches))


@lru_cache(maxsize=8192)
def step_cycles(
    config: ArrayConfig,
    *,
    pixels: int,
    ii: int,
    passes: int,
    group_sizes: tuple[int, ...],
    stored: StoredRows | None = None,
    since: int = 0,
) -> StepCycles:
    """Cycles of a convolution's step.

    ``pixels`` per pass, ``ii`` cycles per pixel in a group's last pass, ``passes`` per group (window and residual), filters per
    group; ``stored`` goes out meanwhile, since ``since`` cycles before the start pulse.
    """
    fetches = () if stored is None else fetch_cycles(stored, config.banks, config.read_regs)
    held = _Holds([cycle - since for cycle in fetches if cycle > since])
    free, ended, waiting = 1, 0, 0
    last_passes: list[tuple[int, int]] = []
    for filters in group_sizes:
        index = 0
        while index < passes:
            settings = filters + 2 + config.program_regs if index == 0 else 0
            ready = free + settings + config.rows + 1
            if ended and ready <= ended:
                swap = ended
            else:
                swap = held.next_free(max(ready, ended + 1))
                waiting += swap - ended
            is_last = index == passes - 1
            ended = held.after(swap, pixels * (ii if is_last else 1))
            free = swap + 1 + (config.group_hold if is_last else config.code_hold)
            index += 1
            if is_last:
                last_passes.append((swap + 1, ended))
            elif held.over and ended == swap + pixels:
                # Without holds, all passes between a group's first and its last take the same time.
                same = passes - 1 - index
                period = max(pixels, free + config.rows + 1 - swap)
                waiting += same * (period - pixels)
                swap += same * period
                ended, free = swap + pixels, swap + 1 + config.code_hold
                index += same
    loud = _merged(last_passes, config.drain_cycles, min(config.bank_regs, 1))
    return StepCycles(start_cycles(config), ended + config.drain_cycles + 1, waiting, loud)


class _Holds:
    """Cycles in which the feed stands still, looked up in rising order."""

    def __init__(self, cycles: Sequence[int]) -> None:
        self._cycles, self._next = cycles, 0

    @property
    def over(self) -> bool:
        """No hold comes after what was looked up."""
        return self._next == len(self._cycles)

    def next_free(self, cycle: int) -> int:
        """The first cycle from ``cycle`` on that is not held."""
        while not self.over and self._cycles[self._next] <= cycle:
            cycle += self._cycles[self._next] == cycle
            self._next += 1
        return cycle

    def after(self, cycle: int, slots: int) -> int:
        """The last of so many free cycles after ``cycle``, which is free itself."""
        self.next_free(cycle)
        end = cycle + slots
        while not self.over and self._cycles[self._next] <= end:
            end += 1
            self._next += 1
        return end


def _merged(last_passes: Sequence[tuple[int, int]], drain: int, late: int) -> tuple[tuple[int, int], ...]:
    """Last passes and the time until their words are written, as intervals that do not touch; a load learns of it ``late`` cycles later."""
    loud: list[tuple[int, int]] = []
    for first, last in last_passes:
        if loud and first <= loud[-1][1] + 1:
            first, _ = loud.pop()
        loud.append((first, last + drain))
    return tuple((first + late, last + late) for first, last in loud)
