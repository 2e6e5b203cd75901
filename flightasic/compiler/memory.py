"""Who needs the activation banks when, and where everything fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flightasic.compiler.graph import Graph

Interval = tuple[int, int]


@dataclass(frozen=True)
class Life:
    """First and last layer during which a tensor must be kept."""

    first: int
    last: int

    def overlaps(self, other: Life) -> bool:
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


def first_fit(sizes: Mapping[int, int], alive: list[Life], total: int) -> dict[int, int] | None:
    """A base for every tensor of ``sizes`` (words), or None if they do not fit ``total`` words in any order tried.

    The largest first is the best order for most networks, the order of birth for chains.
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


def gaps(taken: list[Interval], total: int) -> list[Interval]:
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
