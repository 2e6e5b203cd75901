"""The exact cycle count of a step: the loader and the feed, event by event.

Times are cycles after the sequencer's start pulse. The loader fills the second set of settings while the feed streams
the pixels of a pass; the feed swaps the sets over when both are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flightasic.config import ArrayConfig
from flightasic.microcode import STEP, words_of

FETCH_CYCLES = words_of(STEP) + 1
LOAD_CYCLES = FETCH_CYCLES + 1
STORE_CYCLES = FETCH_CYCLES + 2


@dataclass(frozen=True)
class StepCycles:
    """Cycles of a step: all, and those in which the feed waited for the loader."""

    total: int
    waiting: int


@lru_cache(maxsize=4096)
def step_cycles(config: ArrayConfig, *, pixels: int, ii: int, passes: int, group_sizes: tuple[int, ...]) -> StepCycles:
    """Cycles from the fetch of a convolution's descriptor to the fetch of the next one.

    ``pixels`` per pass, ``ii`` cycles per pixel in a group's last pass, ``passes`` per group (window and residual), filters per
    group.
    """
    free, ended, waiting = 1, 0, 0
    for filters in group_sizes:
        for index in range(passes):
            settings = filters + 2 if index == 0 else 0
            ready = free + settings + config.rows + 1
            if ended and ready <= ended:
                swap = ended
            else:
                swap = max(ready, ended + 1)
                waiting += swap - ended
            next_is_group = index == passes - 1
            ended = swap + pixels * (ii if next_is_group else 1)
            free = swap + 1 + (config.group_hold if next_is_group else config.code_hold)
    return StepCycles(FETCH_CYCLES + ended + config.drain_cycles + 2, waiting)


def load_cycles(words: int, *, first: bool) -> int:
    """Cycles of a LOAD whose words always wait; the ``first`` of an image counts from its first word."""
    return words if first else LOAD_CYCLES + words


def store_cycles(words: int) -> int:
    """Cycles of a STORE whose words are always taken (the last one of an image ends with its last word)."""
    return STORE_CYCLES + words
