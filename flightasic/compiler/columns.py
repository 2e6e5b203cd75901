"""Filters into virtual columns: codes into array rows, and the microwords beside them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flightasic.compiler.graph import Node
from flightasic.compiler.placement import FilterGroup
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.formats import encode_codes, product_shortfall, rounding_constant
from flightasic.ir import NO_RESIDUAL
from flightasic.microcode import GROUP, MICROWORD, pack

_RESIDUAL_CODE = 1  # adds an activation as it is


def layer_codes(node: Node, walk: Walk, config: ArrayConfig) -> tuple[list[int], list[int]]:
    """Code memory words, and group words with their microwords.

    The codes of a group are those of its passes over the window, then over the residual: one array row after the other.
    """
    groups = node.placement.groups
    rows = (walk.passes + node.placement.residual_passes(config.rows)) * config.rows
    table = np.zeros((len(groups), rows, config.cols, config.lanes), dtype=np.int8)
    slots = walk.slots()
    records: list[int] = []
    for index, group in enumerate(groups):
        records += pack(GROUP, _group_fields(group), f"layer {node.layer.name!r}")
        column = 0
        for filter_ in group.filters:
            codes = _arranged(node, filter_, group.block, config.lanes)
            records += pack(MICROWORD, _microword(node, group, filter_, codes, config), f"layer {node.layer.name!r}, filter {filter_}")
            if filter_ in node.residual_positions:
                word, lane = divmod(node.residual_positions[filter_], config.lanes)
                table[index, walk.passes * config.rows + word - group.residual_block, column, lane] = _RESIDUAL_CODE
            for plane in range(int(node.placement.columns[filter_])):
                table[index, slots, column] = codes[plane]
                column += 1
    return pack_codes(table.reshape(-1, config.cols * config.lanes), config), records


def _group_fields(group: FilterGroup) -> dict[str, int]:
    return {
        "channel": group.channel,
        "block": group.block,
        "residual_block": group.residual_block,
        "residual_words": group.residual_words,
    }


def _arranged(node: Node, filter_: int, block: int, lanes: int) -> npt.NDArray[np.int8]:
    """A filter's codes by kernel word: [P, KH * KW * cb, lanes]; positions it does not read are zero."""
    planes, _, depth, height, width = node.codes.shape
    cb = node.placement.cb
    window = np.full(cb * lanes, -1)
    held = node.source_positions[block * lanes : (block + cb) * lanes]
    window[: len(held)] = held
    local = window - filter_ // (node.layer.out_channels // node.layer.groups) * depth
    read = (window >= 0) & (local >= 0) & (local < depth)
    arranged = np.zeros((planes, height, width, cb * lanes), dtype=np.int8)
    arranged[..., read] = np.moveaxis(node.codes[:, filter_, local[read]], 1, -1)
    return arranged.reshape(planes, -1, lanes)


def _microword(node: Node, group: FilterGroup, filter_: int, codes: npt.NDArray[np.int8], config: ArrayConfig) -> dict[str, int]:
    layer = node.layer
    fields = {
        "k": int(node.placement.columns[filter_]),
        "last": int(filter_ == group.filters[-1]),
        "relu": int(layer.relu),
        "right_shift": int(layer.right_shift[filter_]),
        "bias": _wrapped(int(layer.bias[filter_]) + _corrections(node, filter_, codes, config), config.acc_bits),
        **{f"offset{j}": int(layer.offsets[j, filter_]) for j in range(layer.planes)},
    }
    if layer.residual != NO_RESIDUAL:
        fields["residual_offset"] = int(layer.residual_shift[filter_])
    return fields


def _corrections(node: Node, filter_: int, codes: npt.NDArray[np.int8], config: ArrayConfig) -> int:
    """The rounding constant, and what the array's products lack, each plane's at its offset and the residual's at its own."""
    layer = node.layer
    lacking = product_shortfall(codes, config).sum(axis=(1, 2))
    shifted = int((lacking << layer.offsets[:, filter_].astype(np.int64)).sum())
    if filter_ in node.residual_positions:
        shifted += int(product_shortfall(_RESIDUAL_CODE, config)) << int(layer.residual_shift[filter_])
    return shifted + rounding_constant(int(layer.right_shift[filter_]))


def _wrapped(bias: int, bits: int) -> int:
    """The same modulo ``2^bits``, which is all that an accumulator of so many bits sees."""
    half = 1 << (bits - 1)
    return (bias + half) % (1 << bits) - half


def pack_codes(rows: npt.NDArray[np.int8], config: ArrayConfig) -> list[int]:
    """Codes [words, cols * lanes] to code memory words, lane 0 of column 0 in the lowest bits."""
    patterns = encode_codes(rows, config).astype(np.uint8)
    bits = ((patterns[:, :, None] >> np.arange(config.code_bits, dtype=np.uint8)) & 1).reshape(len(rows), -1)
    packed = np.packbits(bits, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]
