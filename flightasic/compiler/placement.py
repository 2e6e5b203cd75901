"""Filters into groups that share the array, and outputs into channel positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flightasic.compiler.cycles import step_cycles
from flightasic.compiler.tensors import words_for
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.formats import requantise
from flightasic.ir import NO_RESIDUAL, Layer

_ANYWHERE = -1
_MORE_WORDS = 8


@dataclass(frozen=True)
class FilterGroup:
    """Filters that share the array, in column order; they hold neighbouring channel positions from ``channel`` on.

    ``block`` is the first word of an input pixel that the group reads, ``residual_block`` and ``residual_words`` the words of a
    residual pixel.
    """

    filters: tuple[int, ...]
    channel: int
    block: int
    residual_block: int
    residual_words: int


@dataclass(frozen=True)
class Placement:
    """The filters of a layer on the array.

    Attributes
    ----------
    groups : tuple of FilterGroup
    columns : int [O]
        Virtual columns of each filter; 0 = dropped, its output is constantly zero.
    positions : tuple of int
        The filter at each channel position of the output; -1 = unused.
    cb : int
        Words of an input pixel that a group reads.
    words_per_pixel : int
        Most activation words that the filters of one group touch.
    """

    groups: tuple[FilterGroup, ...]
    columns: npt.NDArray[np.int64]
    positions: tuple[int, ...]
    cb: int
    words_per_pixel: int

    def residual_passes(self, rows: int) -> int:
        """Passes of each group over the residual, for an array of so many rows."""
        return -(-max(group.residual_words for group in self.groups) // rows)


@dataclass(frozen=True)
class _Filter:
    """What decides where a filter goes: its columns, the first and last input word it reads, the residual word it adds."""

    index: int
    columns: int
    low: int
    high: int
    residual: int


def place_filters(
    layer: Layer,
    config: ArrayConfig,
    *,
    source: Sequence[int],
    kernel: tuple[int, int],
    pixels: int,
    residual: Sequence[int] = (),
    keep_all: bool = False,
    chunk: int = 0,
) -> Placement:
    """Pack filters into groups of at most ``config.cols`` virtual columns.

    Groups are filled within blocks of filters that may share a pass: those whose input channels lie in a window of ``cb`` words
    (grouped convolutions), whose residual channels lie in as many words as the array has rows, and, if ``chunk`` is given,
    ``chunk`` filters at a time, so that neighbours stay neighbours for the layers that read the output. Of several windows, and of
    several ways to fill columns and output words, the one that takes the fewest cycles is chosen.

    Parameters
    ----------
    source, residual : sequence of int
        The channel at each position of the tensors that the layer reads and adds; -1 = unused.
    kernel : (height, width)
        As the array walks it.
    pixels : int
        Pixel slots of a pass over the whole output.
    keep_all : bool
        Keep filters whose output is constantly zero (the network's result). Otherwise a pruned filter (k = 0) without residual
        is dropped if its constant is zero; if not, it takes one column of zero codes, because its constant must be written.

    Raises
    ------
    CompileError
        If a filter has more planes than the array has columns.
    """
    columns = virtual_columns(layer, keep_all)
    widest = int(columns.max())
    if widest > config.cols:
        raise CompileError(
            f"layer {layer.name!r}: filter {int(columns.argmax())} needs {widest} neighbouring columns, the array has cols={config.cols}"
        )
    filters = _filters(layer, columns, source, residual, config.lanes)
    words = words_for(len(source), config.lanes)
    least = words if layer.groups == 1 else max(item.high - item.low + 1 for item in filters)
    candidates: list[tuple[int, int, Placement]] = []
    for cb in range(least, min(words, least + _MORE_WORDS) + 1):
        blocks = _blocks(filters, cb, config.rows, chunk)
        spans = range(1, words_for(config.cols, config.lanes) + 1)
        for chosen in (_dense(blocks, config), *(_aligned(blocks, span, config) for span in spans)):
            placement = _placement(chosen, columns, cb, words, config.lanes)
            candidates.append((_cycles(placement, kernel, pixels, config), len(candidates), placement))
    return min(candidates)[2]


def _placement(chosen: list[tuple[list[_Filter], int]], columns: npt.NDArray[np.int64], cb: int, words: int, lanes: int) -> Placement:
    groups = tuple(_group(items, channel, min(min(item.low for item in items), words - cb)) for items, channel in chosen)
    positions = [-1] * max(group.channel + len(group.filters) for group in groups)
    for group in groups:
        positions[group.channel : group.channel + len(group.filters)] = group.filters
    most = max((group.channel + len(group.filters) - 1) // lanes - group.channel // lanes + 1 for group in groups)
    return Placement(groups, columns, tuple(positions), cb, most)


def _cycles(placement: Placement, kernel: tuple[int, int], pixels: int, config: ArrayConfig) -> int:
    passes = Walk(kernel, placement.cb, config.rows).passes + placement.residual_passes(config.rows)
    sizes = tuple(len(group.filters) for group in placement.groups)
    return step_cycles(config, pixels=pixels, ii=placement.words_per_pixel, passes=passes, group_sizes=sizes).total


def virtual_columns(layer: Layer, keep_all: bool) -> npt.NDArray[np.int64]:
    columns = layer.k.astype(np.int64)
    constants = requantise(layer.bias.astype(np.int64), layer.right_shift.astype(np.int64), int(layer.relu))
    needed = (constants != 0) | keep_all | (layer.residual != NO_RESIDUAL)
    columns[(columns == 0) & needed] = 1
    if not columns.any():
        columns[0] = 1
    return columns


def _filters(layer: Layer, columns: npt.NDArray[np.int64], source: Sequence[int], residual: Sequence[int], lanes: int) -> list[_Filter]:
    """Every filter that takes columns, by the first word it reads, then by the word of its residual."""
    depth, share = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    last = words_for(len(source), lanes) - 1
    spans = {0: (0, last)}
    if layer.groups > 1:
        read: dict[int, list[int]] = {}
        for position, channel in enumerate(source):
            if channel >= 0:
                read.setdefault(channel // depth, []).append(position // lanes)
        spans = {group: (min(words), max(words)) for group, words in read.items()}
    added = {channel: position // lanes for position, channel in enumerate(residual) if channel >= 0}
    items = [
        _Filter(f, int(columns[f]), *spans.get(f // share if layer.groups > 1 else 0, (0, 0)), added.get(f, _ANYWHERE))
        for f in np.flatnonzero(columns).tolist()
    ]
    return sorted(items, key=lambda item: (item.low, item.residual == _ANYWHERE, item.residual, item.index))


def _blocks(filters: list[_Filter], cb: int, rows: int, chunk: int) -> list[list[_Filter]]:
    """Filters that may share passes, a block per window of words."""
    blocks = []
    waiting = filters
    while waiting:
        first = waiting[0]
        inside = [item for item in waiting if item.high < first.low + cb and _near(first.residual, item.residual, rows)]
        if chunk and first.residual == _ANYWHERE:
            inside = inside[:chunk]
        blocks.append(inside)
        taken = {item.index for item in inside}
        waiting = [item for item in waiting if item.index not in taken]
    return blocks


def _near(first: int, other: int, rows: int) -> bool:
    return other == _ANYWHERE or (first != _ANYWHERE and first <= other < first + rows)


def _pack(block: list[_Filter], cols: int) -> list[list[_Filter]]:
    groups: list[list[_Filter]] = []
    free: list[int] = []
    for item in sorted(block, key=lambda item: -item.columns):
        slot = next((g for g, room in enumerate(free) if room >= item.columns), None)
        if slot is None:
            slot = len(groups)
            groups.append([])
            free.append(cols)
        groups[slot].append(item)
        free[slot] -= item.columns
    return groups


def _dense(blocks: list[list[_Filter]], config: ArrayConfig) -> list[tuple[list[_Filter], int]]:
    """Groups, each with its first channel position: as few as possible, first fit, the widest filters first.

    A group that straddles two words costs two writes per pixel, so groups that fill words evenly go first, and positions are
    left unused where that keeps a group in one word without making the pixel a word longer.
    """
    lanes = config.lanes
    left = sum(map(len, blocks))
    budget = words_for(left, lanes) * lanes
    ordered: list[tuple[list[_Filter], int]] = []
    position = 0
    for block in blocks:
        waiting = sorted(_pack(block, config.cols), key=lambda group: (lanes % len(group) != 0, -len(group)))
        while waiting:
            room = lanes - position % lanes
            fitting = next((group for group in waiting if len(group) <= room), None)
            if fitting is None and room < lanes and position + room + left <= budget:
                position += room
                continue
            group = fitting or waiting[0]
            waiting.remove(group)
            ordered.append((group, position))
            position += len(group)
            left -= len(group)
    return ordered


def _aligned(blocks: list[list[_Filter]], span: int, config: ArrayConfig) -> list[tuple[list[_Filter], int]]:
    """As :func:`_dense`, but no group leaves its ``span`` output words, even if columns stay empty."""
    ordered: list[tuple[list[_Filter], int]] = []
    position = 0
    for block in blocks:
        waiting = sorted(block, key=lambda item: -item.columns)
        while waiting:
            room = span * config.lanes - position % (span * config.lanes)
            for group in _pack(waiting[:room], config.cols):
                ordered.append((group, position))
                position += len(group)
            waiting = waiting[room:]
    return ordered


def _group(items: list[_Filter], channel: int, block: int) -> FilterGroup:
    added = [item.residual for item in items if item.residual != _ANYWHERE]
    first = min(added, default=0)
    words = max(added) - first + 1 if added else 0
    return FilterGroup(tuple(item.index for item in items), channel, block, first, words)
