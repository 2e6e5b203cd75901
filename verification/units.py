"""The table of unit cases: PyMTL3 and both Verilog simulators play every one of them.

References are numpy integer arithmetic over the formats of :mod:`flightasic.formats`; all draws come from fixed seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from flightasic.compiler.columns import pack_codes
from flightasic.config import ACT_BITS, MAX_PLANES, OFFSET_BITS, PIPELINE_FIELDS, ArrayConfig
from flightasic.formats import (
    ACT_MAX,
    ACT_MIN,
    RIGHT_SHIFT_MAX,
    IntArray,
    act_range,
    code_limit,
    code_values,
    product_shortfall,
    requantise,
    rounding_constant,
)
from flightasic.hw.signals import END, FIRST, FLAG_BITS, GROUP, LAST, RESIDUAL, VALID
from flightasic.microcode import STEP, WORD_BITS, pack
from verification.bench import Case, join
from verification.units_control import codes, load, loader, store

CORNER_ACTS = np.array([ACT_MIN, ACT_MIN + 1, -1, 0, 1, 85, ACT_MAX - 1, ACT_MAX])

SHIFT = ArrayConfig(rows=3, cols=3, lanes=2, tile_rows=1, tile_cols=1)
SHIFT3 = ArrayConfig(rows=4, cols=2, lanes=2, tile_rows=2, tile_cols=1, code_bits=3)
SHIFT2 = replace(SHIFT3, code_bits=2)
FIXED4 = ArrayConfig(rows=3, cols=4, lanes=2, tile_rows=1, tile_cols=2, arith="fixed4")
FIXED8 = ArrayConfig(rows=3, cols=3, lanes=2, tile_rows=3, tile_cols=3, arith="fixed8", code_bits=8)
SHIFT_U, SHIFT3_U, FIXED4_U, FIXED8_U = (replace(config, signed_acts=0) for config in (SHIFT, SHIFT3, FIXED4, FIXED8))
WIDE = ArrayConfig(rows=2, cols=5, lanes=2, tile_rows=1, tile_cols=1, acc_bits=32)
RING = ArrayConfig(rows=2, cols=2, lanes=2, tile_rows=1, tile_cols=1, code_depth=16)
SINGLE = ArrayConfig(rows=1, cols=1, lanes=1, tile_rows=1, tile_cols=1)
NARROW = ArrayConfig(rows=2, cols=2, lanes=2, tile_rows=1, tile_cols=1, acc_bits=18, acc_depth=8)
SHIFT_P, WIDE_P, NARROW_P, SINGLE_P = (replace(config, **PIPELINE_FIELDS) for config in (SHIFT, WIDE, NARROW, SINGLE))
FIXED8_P = replace(FIXED8, product_regs=1)


def element(config: ArrayConfig) -> Case:
    """Every code times every activation (8-bit multipliers: every code times the corners); codes swap without a gap."""
    case = Case("element", config)
    rng = np.random.default_rng(1)
    limit = code_limit(config)
    first = rng.permutation(np.arange(-limit, limit + 1))
    codes = np.stack([first, *(rng.integers(-limit, limit + 1, len(first)) for _ in range(config.lanes - 1))], axis=1)
    words = pack_codes(codes.astype(np.int8), config)
    every, corners = _acts(config)
    acts = corners if config.arith == "fixed8" else every
    case.cycle(code=words[0], load=1)
    case.cycle(load=0, swap=1)
    latency = config.product_regs + config.sum_stages
    on_their_way: list[int] = []
    for held, word in zip(codes, [*words[1:], words[0]], strict=True):
        for i, act in enumerate(rng.permutation(acts)):
            lanes = np.concatenate([[act], rng.choice(every, config.lanes - 1)])
            above = int(rng.integers(-(1 << (config.sum_bits - 1)), 1 << (config.sum_bits - 1)))
            now = case.cycle(
                act=join(lanes, ACT_BITS),
                sum_in=join([above], config.sum_bits),
                code=word if i == 2 else int(rng.integers(0, word + 1)),
                load=int(i == 2),
                swap=int(i == len(acts) - 1),
            )
            on_their_way.append(_products(held, lanes, config))
            if len(on_their_way) > latency:
                case.expect(now, sum_out=join([above + on_their_way.pop(0)], config.sum_bits))
    return case


def mesh(config: ArrayConfig) -> Case:
    """Passes back to back and with gaps; the next pass's codes load in the first cycles in which they may."""
    case = Case("mesh", config)
    rng = np.random.default_rng(2)
    limit = code_limit(config)
    hold, latency = config.code_hold, config.array_latency
    choice = np.concatenate(_acts(config))
    passes = rng.integers(-limit, limit + 1, (14, config.rows, config.cols, config.lanes))
    words = [pack_codes(codes.reshape(config.rows, -1).astype(np.int8), config) for codes in passes]
    for row in range(config.rows):
        case.cycle(code=words[0][row], load=1 << row)
    swapped = case.cycle(load=0 if hold else 1, code=words[1][0], swap=1)
    for index, held in enumerate(passes[:-2]):
        gap = int(rng.integers(0, 3)) * (index % 2)
        cycles = gap + hold + config.rows + int(rng.integers(1, 6))
        for i in range(cycles):
            swap = i == cycles - 1
            loads, since = (index + 2, 0) if swap and hold == 0 else (index + 1, case.now - swapped - hold)
            loading = 0 <= since < config.rows
            acts = rng.choice(choice, (config.rows, config.lanes))
            now = case.cycle(
                act=join(acts.ravel(), ACT_BITS),
                code=words[loads][since if loading else 0],
                load=1 << since if loading else 0,
                swap=int(swap),
            )
            if i >= gap:
                sums = [_products(held[:, c], acts, config) for c in range(config.cols)]
                case.expect(now + latency, sums=join(sums, config.sum_bits))
        swapped = now
    return case


def merge(config: ArrayConfig) -> Case:
    """Filters of k = 1..3 in every neighbourhood, unused columns (k = 0), every offset, also of residuals; settings load during a pass."""
    case = Case("merge", config)
    rng = np.random.default_rng(3)
    acc, cols, latency = config.acc_bits, config.cols, 1 + config.merge_regs
    merged: list[int] | None = None
    held: list[_MergeFilter] | None = None
    for _ in range(300):
        filters: list[_MergeFilter] = []
        free = cols
        while free and (not filters or rng.random() < 0.8):
            k = int(rng.integers(1, min(MAX_PLANES, free) + 1))
            *offsets, residual = rng.integers(0, 1 << OFFSET_BITS, k + 1).tolist()
            filters.append(_MergeFilter(cols - free, offsets, residual))
            free -= k
        cycles = 1 + len(filters) + int(rng.integers(1, 6))
        for i in range(cycles):
            sums = rng.integers(0, 1 << config.sum_bits, cols)
            flags = int(rng.integers(0, 1 << FLAG_BITS)) & ~(1 << GROUP) | (int(i == cycles - 1) << GROUP)
            now = case.cycle(sums=join(sums, config.sum_bits), flags=flags, **_merge_settings(filters, i, cols))
            if flags >> VALID & 1 and held is not None:
                merged = [0] * cols
                for item in held:
                    shifts = [item.residual] * item.k if flags >> RESIDUAL & 1 else item.offsets
                    merged[item.last] = sum(int(sums[item.column + j]) << shift for j, shift in enumerate(shifts))
            if merged is not None:
                case.expect(now + latency, merged=join(merged, acc))
            case.expect(now + latency, flags_out=flags)
        held = filters
    return case


@dataclass
class _MergeFilter:
    """A filter's first column, its planes' offsets, its residual's."""

    column: int
    offsets: list[int]
    residual: int

    @property
    def k(self) -> int:
        return len(self.offsets)

    @property
    def last(self) -> int:
        return self.column + self.k - 1


def _merge_settings(filters: list[_MergeFilter], index: int, cols: int) -> dict[str, int]:
    """A group's settings as the loader sends them: the beginning, then a filter a cycle."""
    if index == 0 or index > len(filters):
        return {"set_clear": int(index == 0), "set_used": 0, "set_last": 0}
    item = filters[index - 1]
    places = [item.offsets[min(max(c - item.column, 0), item.k - 1)] for c in range(cols)]
    return {
        "set_clear": 0,
        "set_used": ((1 << item.k) - 1) << item.column,
        "set_last": 1 << item.last,
        "set_offset": join(places, OFFSET_BITS),
        "set_residual": item.residual,
        "set_k": item.k,
    }


def accumulate(config: ArrayConfig) -> Case:
    """Groups of one to four passes over the accumulator memory, gaps, sums over the whole range; some groups are cut off."""
    case = Case("accumulate", config)
    rng = np.random.default_rng(4)
    span = 1 << (config.acc_bits - 1)
    groups = [_AccumulateGroup(rng, config) for _ in range(20)]
    for column, bias in enumerate(groups[0].bias):
        case.cycle(flags=0, flags_early=0, set_last=1 << column, set_bias=join([bias], config.acc_bits))
    # The slots whose memory is read, arrives, and is added, the last two the same without ``memory_regs``.
    ahead = 1 + 2 * config.memory_regs
    slots = [_Slot(0)] * (1 + ahead)
    for group, following in zip(groups, [*groups[1:], groups[0]], strict=True):
        for number, slot in enumerate(group.slots):
            # The next group's biases arrive while this one computes.
            column = number - 1 - ahead
            loading = 0 <= column < config.cols
            slots = [slot, *slots[:ahead]]
            arriving, late = slots[1], slots[ahead]
            now = case.cycle(
                flags_early=slot.flags,
                flags=late.flags,
                merged=join(late.added, config.acc_bits),
                # In a first pass the memory's output must not matter.
                read_data=join(arriving.stored if arriving.number else rng.integers(-span, span, config.cols), config.acc_bits),
                set_last=1 << column if loading else 0,
                set_bias=join([following.bias[column if loading else 0]], config.acc_bits),
            )
            valid, final = slot.flags >> VALID & 1, slot.flags >> LAST & 1
            case.expect(now, read_en=int(valid and slot.number > 0))
            case.expect(now + 1, group_out=late.flags >> GROUP & 1)
            case.expect(now + ahead + config.memory_regs, write_en=int(valid and not final))
            case.expect(now + ahead + 1, total_valid=int(valid and final))
            if valid and slot.number:
                case.expect(now, read_addr=slot.pixel)
            if valid and final:
                case.expect(now + ahead + 1, totals=join(slot.stored + slot.added, config.acc_bits))
            elif valid:
                written = {"write_addr": slot.pixel, "write_data": join(slot.stored + slot.added, config.acc_bits)}
                case.expect(now + ahead + config.memory_regs, **written)
    for _ in range(ahead + config.memory_regs):
        slots = [_Slot(0), *slots[:ahead]]
        words = {"merged": join(slots[ahead].added, config.acc_bits), "read_data": join(slots[1].stored, config.acc_bits)}
        case.cycle(flags_early=0, flags=slots[ahead].flags, **words)
    return case


@dataclass
class _Slot:
    """A pixel slot: its flags, the pass, and the column sums that it finds stored and adds."""

    flags: int
    number: int = 0
    pixel: int = 0
    stored: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    added: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class _AccumulateGroup:
    def __init__(self, rng: np.random.Generator, config: ArrayConfig) -> None:
        span = 1 << (config.acc_bits - 1)
        self.bias = rng.integers(-span, span, config.cols)
        passes, pixels = int(rng.integers(1, 5)), int(rng.integers(3, config.acc_depth + 1))
        # Idle slots leave time for the next group's biases.
        self.slots = [_Slot(1 << GROUP), *[_Slot(0)] * config.cols]
        held = np.tile(self.bias, (pixels, 1))
        for number in range(passes):
            for pixel in range(pixels):
                flags = 1 << VALID | (number == 0) << FIRST | (number == passes - 1) << LAST | (pixel == pixels - 1) << END
                added = rng.integers(-span, span, config.cols)
                self.slots.append(_Slot(flags, number, pixel, held[pixel].copy(), added))
                held[pixel] += added
                self.slots += [_Slot(0)] * int(rng.integers(0, 3) * (rng.random() < 0.3))
        if rng.random() < 0.2:
            del self.slots[-config.acc_depth // 2 :]


def post(config: ArrayConfig) -> Case:
    """Every right shift the accumulator has room for, ReLU on and off, both clamps and their edges, pools 1, 2, 3."""
    case = Case("post", config)
    rng = np.random.default_rng(5)
    acc, cols = config.acc_bits, config.cols
    latency = 1 + 2 * config.post_regs
    limit = (1 << (acc - 1)) - 1
    shifts = [s for s in range(RIGHT_SHIFT_MAX + 1) if rounding_constant(s) <= limit]
    pairs = rng.permutation([(shift, relu) for shift in shifts for relu in (0, 1)])
    rounds = [pairs[np.arange(first, first + cols) % len(pairs)].T for first in range(0, len(pairs), cols)]
    loads = _post_settings(*rounds[0])
    while loads:
        case.cycle(valid=0, group=0, start=0, **loads.pop(0))
    for number, (shift, relu) in enumerate(rounds):
        area = (1 + number % 3) ** 2
        case.cycle(valid=0, group=1, start=1, set_last=0, step=join(pack(STEP, {"pool_area": area}, "case"), WORD_BITS))
        loads = _post_settings(*rounds[(number + 1) % len(rounds)])
        for window in range(8):
            best = np.full(cols, ACT_MIN)
            # A step that starts must forget the window that the step before left open.
            length = area - 1 if window == 3 else area
            for i in range(length):
                sums = np.array([_edge_sum(rng, int(s), acc) for s in shift])
                rounding = np.array([rounding_constant(int(s)) for s in shift])
                settings = loads.pop(0) if loads else {"set_last": 0}
                now = case.cycle(valid=1, group=0, start=0, totals=join(sums + rounding, acc), **settings)
                best = np.maximum(best, requantise(sums, shift, relu))
                case.expect(now + latency, pooled=join(best, ACT_BITS), out_valid=int(i == area - 1))
                if rng.random() < 0.3:
                    now = case.cycle(valid=0, totals=join(rng.integers(-limit, limit, cols), acc), set_last=0)
                    case.expect(now + latency, pooled=join(best, ACT_BITS), out_valid=0)
            if length < area:
                for _ in range(2 * config.post_regs):
                    case.cycle(valid=0, set_last=0)
                case.cycle(valid=0, start=1, set_last=0)
        # A step starts when the last sum of the one before is through.
        for _ in range(latency):
            case.cycle(valid=0, set_last=0)
        while loads:
            case.cycle(**loads.pop(0))
    return case


def _post_settings(shift: IntArray, relu: IntArray) -> list[dict[str, int]]:
    return [{"set_last": 1 << c, "set_shift": int(shift[c]), "set_relu": int(relu[c])} for c in range(len(shift))]


def _edge_sum(rng: np.random.Generator, shift: int, acc: int) -> int:
    """An accumulator at or near a rounding tie or a clamp (one in five anywhere), with room for the rounding constant."""
    half = rounding_constant(shift)
    low, high = -(1 << (acc - 1)), (1 << (acc - 1)) - 1 - half
    if rng.random() < 0.2:
        return int(rng.integers(low, high + 1))
    step = int(rng.choice([ACT_MIN - 1, ACT_MIN, -2, -1, 0, 1, ACT_MAX, ACT_MAX + 1, *rng.integers(-200, 200, 8)]))
    near = int(rng.choice([-half - 1, -half, half - 1, half, 0]))
    return min(max((step << shift) + near, low), high)


def _acts(config: ArrayConfig) -> tuple[IntArray, IntArray]:
    """Every activation the lanes take, and those at the corners."""
    low, high = act_range(config)
    return np.arange(low, high + 1), CORNER_ACTS[low <= CORNER_ACTS]


def _products(codes: IntArray, acts: IntArray, config: ArrayConfig) -> int:
    """A dot product as the array computes it: too large by what the compiler takes off the bias."""
    return int((code_values(codes, config.arith) * acts - product_shortfall(codes, config)).sum())


def _named(make: Callable[[ArrayConfig], Case], *configs: ArrayConfig) -> dict[str, Callable[[], Case]]:
    return {f"{make.__name__}-{config.name}-acc{config.acc_bits}": partial(make, config) for config in configs}


CASES: dict[str, Callable[[], Case]] = {
    **_named(element, SHIFT, SHIFT3, SHIFT2, FIXED4, FIXED8, SHIFT_U, SHIFT3_U, FIXED4_U, FIXED8_U, SHIFT_P, FIXED8_P),
    **_named(mesh, SHIFT, SHIFT3, SHIFT2, FIXED4, FIXED8, SHIFT3_U, FIXED4_U, SHIFT_P, FIXED8_P),
    **_named(merge, WIDE, replace(WIDE, signed_acts=0), WIDE_P),
    **_named(accumulate, NARROW, NARROW_P),
    **_named(post, NARROW, WIDE, WIDE_P),
    **_named(load, NARROW),
    **_named(store, NARROW, SHIFT, SINGLE, NARROW_P, SHIFT_P),
    **_named(codes, RING, replace(RING, memory_regs=1)),
    **_named(loader, SHIFT, WIDE, SINGLE, SHIFT_P, SINGLE_P),
}
