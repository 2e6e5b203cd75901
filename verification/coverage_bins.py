"""The bins of the functional coverage: what can happen in the array, and what cannot, with the reason.

An own collector instead of cocotb-coverage: that keeps its bins in one global of the process, takes one value at a time (a run has
thousands of accumulators) and knows no reasons for what it leaves out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

from flightasic.config import CODE_BITS, FIXED_WEIGHT_MAX, MAX_PLANES, OFFSET_BITS
from flightasic.formats import RIGHT_SHIFT_MAX
from flightasic.microcode import OP_CONV, OP_LOAD, OP_STORE

Bin = tuple[Any, ...]

FORMATS = {(arith, bits): f"{arith}-{bits}" for arith, widths in CODE_BITS.items() for bits in widths}
PLANES = [(k, plane) for k in range(1, MAX_PLANES + 1) for plane in range(k)]
OPS = {OP_CONV: "CONV", OP_LOAD: "LOAD", OP_STORE: "STORE"}
STREAMS = ("image", "result", "code")
SHIFT_CLASSES = {0: "0", 1: "1", 2: "2-7", 8: "8-15", 16: "16-31"}  # by the least shift of each
TIES = ("exact", "below", "tie", "above")
CLAMPS = ("inside", "low", "high")
TRANSFERS = ("whole tensor", "tile", "tile in the background")
FEATURES = (
    "streamed", "tiles", "background", "waits for a load", "strips", "break_x", "break_y", "several groups", "block > 0", "several passes",
    "residual", "ii > 1", "pool", "pool windows overlap", "pool windows apart", "stride", "padding", "cb > 1",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Bins of one kind.

    Attributes
    ----------
    name : str
    axes : tuple of str
        What each place of a bin stands for.
    bins : frozenset of tuple
        Those that can be reached; a sample outside of them is an error.
    excluded : tuple of str
        What is left out, and why it cannot happen.
    """

    name: str
    axes: tuple[str, ...]
    bins: frozenset[Bin]
    excluded: tuple[str, ...] = ()


def groups() -> dict[str, Group]:
    """Every group of bins, by name."""
    found = (_codes(), _filters(), _offsets(), _residuals(), _shifts(), _rounding(), _stalls(), _transfers(), _features(), _pairs())
    return {group.name: group for group in found}


def _largest(arith: str, bits: int) -> int:
    return (1 << (bits - 1)) - 1 if arith == "shift" else FIXED_WEIGHT_MAX[arith]


def _codes() -> Group:
    bins = {
        (name, code, k, plane)
        for (arith, bits), name in FORMATS.items()
        for code in range(-_largest(arith, bits), _largest(arith, bits) + 1)
        for k, plane in (PLANES if arith == "shift" else [(1, 0)])
    }
    why = "k > 1 with multipliers: planes are a matter of powers of two, the generator of networks gives multipliers one"
    return Group("code", ("format", "code", "k", "plane"), frozenset(bins), (why,))


def _filters() -> Group:
    """Pruned filters take a column of zero codes only if their constant must be written."""
    bins = {
        (name, kind)
        for (arith, _), name in FORMATS.items()
        for kind in ("dropped", "constant", *(f"k = {k}" for k in range(1, (MAX_PLANES if arith == "shift" else 1) + 1)))
    }
    return Group("filter", ("format", "kind"), frozenset(bins), ("k > 1 with multipliers, as above",))


def _offsets() -> Group:
    planes = [("shift", *place) for place in PLANES] + [(arith, 1, 0) for arith in FIXED_WEIGHT_MAX]
    bins = {(*place, offset) for place in planes for offset in range(1 << OFFSET_BITS)}
    return Group("plane offset", ("arithmetic", "k", "plane", "offset"), frozenset(bins), ("k > 1 with multipliers, as above",))


def _residuals() -> Group:
    return Group("residual offset", ("offset", "relu"), frozenset(product(range(1 << OFFSET_BITS), (0, 1))))


def _shifts() -> Group:
    return Group("right shift", ("shift", "relu"), frozenset(product(range(RIGHT_SHIFT_MAX + 1), (0, 1))))


def _rounding() -> Group:
    cases = {"0": ("exact",), "1": ("exact", "tie")}
    bins = {
        (shift, tie, clamp, relu)
        for shift in SHIFT_CLASSES.values()
        for tie in cases.get(shift, TIES)
        for clamp, relu in product(CLAMPS, (0, 1))
    }
    why = "ties without a shift, anything below or above a tie with a shift of 1: there are no bits to be there"
    return Group("rounding", ("right shift", "lost bits", "clamp", "relu"), frozenset(bins), (why,))


def _stalls() -> Group:
    """Steps that took longer than predicted when the host stalled one stream only."""
    bins = {
        *(("image", op, held) for op in ("LOAD", "CONV") for held in ("held", "streamed")),
        *(("result", op, held) for op in ("STORE", "CONV") for held in ("held", "streamed")),
        ("code", "CONV", "streamed"),
    }
    why = (
        "code stalls with codes held: nothing is taken from the stream",
        "code stalls in LOAD and STORE: they take no codes",
        "image stalls in STORE: the tile that is stored was computed from loads that are complete",
        "result stalls in LOAD: what a layer loads was stored by an earlier one, whose last store ends before the next step",
    )
    return Group("stall", ("stream", "operation", "codes"), frozenset(bins), why)


def _transfers() -> Group:
    bins = {(op, kind, held) for op in ("LOAD", "STORE") for kind in TRANSFERS for held in ("held", "streamed")}
    return Group("transfer", ("operation", "kind", "codes"), frozenset(bins))


def _features() -> Group:
    bins = {(name, feature) for name in FORMATS.values() for feature in FEATURES}
    why = "several residual passes: the compiler lets a group add no more residual words than the array has rows (units test them)"
    return Group("convolution", ("format", "feature"), frozenset(bins), (why,))


IMPOSSIBLE_PAIRS: Mapping[frozenset[str], str] = {
    frozenset(("pool windows overlap", "pool windows apart")): "pool windows either overlap or lie apart",
}


def _pairs() -> Group:
    bins = {pair for pair in combinations(FEATURES, 2) if frozenset(pair) not in IMPOSSIBLE_PAIRS}
    return Group("two in one convolution", ("feature", "feature"), frozenset(bins), tuple(IMPOSSIBLE_PAIRS.values()))


@dataclass
class Coverage:
    """How often each bin was met."""

    groups: dict[str, Group] = field(default_factory=groups)
    hits: dict[str, Counter[Bin]] = field(default_factory=dict)

    def sample(self, name: str, samples: Iterable[Bin]) -> None:
        """Count samples of a group.

        Raises
        ------
        AssertionError
            If one lies outside the bins: then what is called unreachable is not.
        """
        counted = Counter(samples)
        strange = counted.keys() - self.groups[name].bins
        assert not strange, f"coverage {name!r}: {sorted(strange, key=str)[0]} is said to be unreachable"
        self.hits.setdefault(name, Counter()).update(counted)

    def missing(self, name: str) -> list[Bin]:
        """Bins of a group that were never met, in order."""
        return sorted(self.groups[name].bins - self.hits.get(name, Counter()).keys(), key=_in_order)

    def share(self, name: str | None = None) -> float:
        """Share of a group's bins that were met, 0..1; of all groups without a name."""
        names = [name] if name else list(self.groups)
        total = sum(len(self.groups[one].bins) for one in names)
        return 1 - sum(len(self.missing(one)) for one in names) / total


def _in_order(bin_: Bin) -> tuple[tuple[int, float, str], ...]:
    return tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in bin_)
