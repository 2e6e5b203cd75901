"""When every step of a program starts and ends, while loads and stores go on in the background of computing.

Cycles are counted from the end of the step before the first one; the host is always ready.
"""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.compiler.cycles import StepCycles, StoredRows, fetch_cycles, start_cycles, step_cycles
from flightasic.config import ArrayConfig

# From a store's start pulse to the cycle before its first word: a line is fetched, then kept.
_STORE_DELAY = 2


@dataclass(frozen=True)
class Convolution:
    """What decides how long a convolution takes: see :func:`flightasic.compiler.cycles.step_cycles`."""

    pixels: int
    ii: int
    passes: int
    group_sizes: tuple[int, ...]


@dataclass(frozen=True)
class StepCost:
    """Cycles of a step from the end of the step before: all; in which the array waited for codes; for loads and stores."""

    cycles: int
    waiting: int = 0
    transfer: int = 0


class Timeline:
    """The steps of a program, one after the other, and what the LOAD and the STORE engine are busy with."""

    def __init__(self, config: ArrayConfig) -> None:
        self._config = config
        self._begin = start_cycles(config)
        self._now = 0
        self._load_end = 0  # cycle of the last word, if nothing computes from now on
        self._store_end = 0
        self._store_start = 0
        self._stored: StoredRows | None = None

    def first_load(self, words: int) -> StepCost:
        """The LOAD that begins an image; it counts from its first word."""
        self._now = self._load_end = words
        return StepCost(words, transfer=words)

    def load(self, words: int, *, background: bool) -> StepCost:
        """A LOAD of so many words; waits for the one before."""
        start = max(self._now + self._begin, self._load_end + 1)
        self._load_end = start + words
        return self._transferred(start if background else self._load_end)

    def store(self, stored: StoredRows, *, background: bool) -> StepCost:
        """A STORE; waits for the one before."""
        start = max(self._now + self._begin, self._store_end + 1)
        self._store_start, self._stored = start, stored
        later = self._config.read_regs
        late = later * len(fetch_cycles(stored, self._config.banks, later)) if later else 0
        self._store_end = start + _STORE_DELAY + stored.words + late
        return self._transferred(start if background else self._store_end)

    def convolve(self, convolution: Convolution, *, wait_load: bool) -> StepCost:
        """A CONV; ``wait_load``: begins when no load is under way."""
        begun = self._now + self._begin
        start = max(begun, self._load_end + 1) if wait_load else begun
        alone = self._cycles(convolution)
        cycles = alone
        if self._store_end > start:
            cycles = self._cycles(convolution, self._stored, start - self._store_start)
        if self._load_end > start:
            self._load_end = start + _delayed(self._load_end - start, cycles)
        total = start + cycles.length - self._now
        self._now = start + cycles.length
        return StepCost(total, alone.waiting, total - alone.total)

    def _cycles(self, convolution: Convolution, stored: StoredRows | None = None, since: int = 0) -> StepCycles:
        return step_cycles(
            self._config,
            pixels=convolution.pixels,
            ii=convolution.ii,
            passes=convolution.passes,
            group_sizes=convolution.group_sizes,
            stored=stored,
            since=since,
        )

    def _transferred(self, end: int) -> StepCost:
        cycles = end - self._now
        self._now = end
        return StepCost(cycles, transfer=cycles)


def _delayed(words: int, cycles: StepCycles) -> int:
    """Cycle of the last of so many words that a load takes while a convolution runs; cycle 1 follows its start pulse."""
    done = 0
    for first, last in cycles.loud:
        quiet = first - 1 - done
        if words <= quiet:
            break
        words -= quiet
        done = last
    return done + words
