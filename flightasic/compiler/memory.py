"""Who needs the activation banks when, and where everything fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from flightasic.compiler.graph import Graph

Interval = tuple[int, int]


@dataclass(frozen=True)
class Life:
    """First and last layer during which a tensor must be kept."""

    first: int
    last: int

    def overlaps(self, other: Life) -> bool:
        """Whether some layer needs both."""
        return self.first <= other.last and other.first <= self.last


def lives(graph: Graph) -> list[Life]:
    """Of every tensor: from the layer that makes it (the image: from the start) to the last one that reads or adds it."""
    found = []
    for tensor in range(len(graph.maps)):
        made = max(tensor - 1, 0)
        users = [index for index, node in enumerate(graph.nodes) if tensor in (node.source, node.residual)]
        last = len(graph.nodes) if tensor == len(graph.nodes) else max(users, default=made)
        found.append(Life(made, last))
    return found


def first_fit(sizes: Mapping[int, int], alive: Sequence[Life], total: int) -> dict[int, int] | None:
    """A base for every tensor of ``sizes`` (words), or None if they fit ``total`` words in none of the orders tried.

    The largest first is the best order for most networks, the order of birth for chains, the longest-lived first for tensors
    that wait for their residual add.
    """
    orders = (
        sorted(sizes, key=lambda tensor: -sizes[tensor]),
        sorted(sizes),
        sorted(sizes, key=lambda tensor: alive[tensor].first - alive[tensor].last),
    )
    for order in orders:
        bases: dict[int, int] = {}
        for tensor in order:
            taken = [(bases[other], bases[other] + sizes[other]) for other in bases if alive[tensor].overlaps(alive[other])]
            base = next((low for low, high in gaps(taken, total) if high - low >= sizes[tensor]), None)
            if base is None:
                break
            bases[tensor] = base
        else:
            return bases
    return None


def gaps(taken: Sequence[Interval], total: int) -> list[Interval]:
    """What intervals leave free of 0..total, lowest first."""
    free = []
    low = 0
    for start, end in sorted(taken):
        if start > low:
            free.append((low, start))
        low = max(low, end)
    if low < total:
        free.append((low, total))
    return free


def fit_buffers(sizes: Sequence[int], free: Sequence[Interval]) -> list[int] | None:
    """Bases of a layer's few tile buffers inside the free intervals, or None if they do not fit in any order."""
    if sum(sizes) > sum(high - low for low, high in free):
        return None
    tried: set[tuple[int, ...]] = set()
    for order in permutations(range(len(sizes))):
        if (ordered := tuple(sizes[item] for item in order)) in tried:
            continue
        tried.add(ordered)
        left = list(free)
        bases = [0] * len(sizes)
        for item in order:
            slot = next((i for i, (low, high) in enumerate(left) if high - low >= sizes[item]), None)
            if slot is None:
                break
            low, high = left[slot]
            bases[item] = low
            left[slot] = (low + sizes[item], high)
        else:
            return bases
    return None
