"""Filters into virtual columns, and their codes into array rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.formats import complement_shortfall, encode_codes, requantise, rounding_constant
from flightasic.ir import Layer


@dataclass(frozen=True)
class Placement:
    """The filters of a layer on the array.

    Attributes
    ----------
    groups : tuple of tuple of int
        Filters that share the array, in column order.
    columns : int [O]
        Virtual columns of each filter; 0 = dropped, its output is constantly zero.
    positions : tuple of int
        The filter at each channel position of the output; -1 = unused. A group's filters are neighbours.
    words_per_pixel : int
        Most activation words that the filters of one group touch.
    """

    groups: tuple[tuple[int, ...], ...]
    columns: npt.NDArray[np.int64]
    positions: tuple[int, ...]
    words_per_pixel: int


def place_filters(layer: Layer, config: ArrayConfig, *, keep_all: bool) -> Placement:
    """Pack filters into groups of at most ``config.cols`` virtual columns (first fit, widest first).

    A pruned filter (k = 0) whose constant output is zero is dropped, unless ``keep_all`` (the network's result). Any
    other pruned filter takes one column of zero codes, because its constant must be written somewhere.
    """
    columns = layer.k.astype(np.int64)
    constants = requantise(layer.bias.astype(np.int64), layer.right_shift.astype(np.int64), int(layer.relu))
    columns[(columns == 0) & ((constants != 0) | keep_all)] = 1
    if not columns.any():
        columns[0] = 1
    widest = int(columns.max())
    if widest > config.cols:
        raise CompileError(
            f"layer {layer.name!r}: filter {int(columns.argmax())} needs {widest} neighbouring columns, the array has cols={config.cols}"
        )
    groups: list[list[int]] = []
    free: list[int] = []
    for filter_ in sorted(np.flatnonzero(columns).tolist(), key=lambda f: -int(columns[f])):
        need = int(columns[filter_])
        slot = next((g for g, room in enumerate(free) if room >= need), None)
        if slot is None:
            slot = len(groups)
            groups.append([])
            free.append(config.cols)
        groups[slot].append(filter_)
        free[slot] -= need
    ordered, positions, most = _place_channels(groups, config.lanes)
    return Placement(tuple(tuple(group) for group in ordered), columns, tuple(positions), most)


def _place_channels(groups: list[list[int]], lanes: int) -> tuple[list[list[int]], list[int], int]:
    """Groups in channel order, the filter at each position, and the most words a group touches.

    A group that straddles two words costs two writes per pixel, so groups that fill words evenly go first, and positions are
    left unused where that keeps a group in one word without making the pixel a word longer.
    """
    waiting = sorted(groups, key=lambda group: (lanes % len(group) != 0, -len(group)))
    words = -(-sum(map(len, groups)) // lanes)
    ordered: list[list[int]] = []
    positions: list[int] = []
    most = 1
    while waiting:
        room = lanes - len(positions) % lanes
        fitting = next((group for group in waiting if len(group) <= room), None)
        if fitting is None and room < lanes and len(positions) + room + sum(map(len, waiting)) <= words * lanes:
            positions += [-1] * room
            continue
        group = fitting or waiting[0]
        first = len(positions)
        positions += group
        most = max(most, (len(positions) - 1) // lanes - first // lanes + 1)
        waiting.remove(group)
        ordered.append(group)
    return ordered, positions, most


def kernel_codes(codes: npt.NDArray[np.int8], positions: tuple[int, ...], lanes: int) -> npt.NDArray[np.int8]:
    """Codes [P, O, I, KH, KW] by kernel word: [P, O, KH * KW * cb, lanes]; unused positions are zero."""
    planes, out, _, kh, kw = codes.shape
    cb = -(-len(positions) // lanes)
    arranged = np.zeros((planes, out, kh, kw, cb * lanes), dtype=np.int8)
    for position, channel in enumerate(positions):
        if channel >= 0:
            arranged[..., position] = codes[:, :, channel]
    return arranged.reshape(planes, out, kh * kw * cb, lanes)


def column_codes(arranged: npt.NDArray[np.int8], placement: Placement, config: ArrayConfig) -> list[int]:
    """Code memory words: for every group, every block of ``rows`` kernel words, every row."""
    kwords = arranged.shape[2]
    kblocks = -(-kwords // config.rows)
    table = np.zeros((len(placement.groups), kblocks * config.rows, config.cols, config.lanes), dtype=np.int8)
    for g, group in enumerate(placement.groups):
        column = 0
        for filter_ in group:
            for plane in range(int(placement.columns[filter_])):
                table[g, :kwords, column] = arranged[plane, filter_]
                column += 1
    return pack_codes(table.reshape(-1, config.cols * config.lanes), config)


def pack_codes(rows: npt.NDArray[np.int8], config: ArrayConfig) -> list[int]:
    """Codes [words, cols * lanes] to code memory words, lane 0 of column 0 in the lowest bits."""
    patterns = encode_codes(rows, config).astype(np.uint8)
    bits = ((patterns[:, :, None] >> np.arange(config.code_bits, dtype=np.uint8)) & 1).reshape(len(rows), -1)
    packed = np.packbits(bits, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def folded_bias(layer: Layer, arranged: npt.NDArray[np.int8], filter_: int, arith: str) -> int:
    """Bias, rounding constant, and what the array's products with negative codes lack, at each plane's offset."""
    lacking = complement_shortfall(arranged[:, filter_], arith).sum(axis=(1, 2))
    corrections = int((lacking << layer.offsets[:, filter_].astype(np.int64)).sum())
    return int(layer.bias[filter_]) + rounding_constant(int(layer.right_shift[filter_])) + corrections
