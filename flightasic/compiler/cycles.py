"""The exact cycle count of a step: the loader and the feed, event by event.

Times are cycles after the sequencer's start pulse. The loader fills the second set of settings while the feed streams
the pixels of a pass; the feed swaps the sets over when both are done.
"""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.config import ArrayConfig
from flightasic.microcode import STEP, words_of

FETCH_CYCLES = words_of(STEP) + 1


@dataclass(frozen=True)
class StepCycles:
    """Cycles of a step: all, and those in which the feed waited for the loader."""

    total: int
    waiting: int


def step_cycles(config: ArrayConfig, *, pixels: int, ii: int, kblocks: int, group_sizes: list[int]) -> StepCycles:
    """Cycles from the fetch of a step's descriptor to the fetch of the next one.

    ``pixels`` per pass, ``ii`` cycles per pixel in a group's last pass, ``kblocks`` passes per group, filters per group.
    """
    free, ended, waiting = 1, 0, 0
    for filters in group_sizes:
        for kblock in range(kblocks):
            microwords = filters + 1 if kblock == 0 else 0
            ready = free + microwords + config.rows + 1
            if ended and ready <= ended:
                swap = ended
            else:
                swap = max(ready, ended + 1)
                waiting += swap - ended
            ended = swap + pixels * (ii if kblock == kblocks - 1 else 1)
            next_is_group = kblock == kblocks - 1
            free = swap + 1 + (config.group_hold if next_is_group else config.code_hold)
    return StepCycles(FETCH_CYCLES + ended + config.drain_cycles + 2, waiting)
