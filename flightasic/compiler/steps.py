"""Step descriptors: the addresses and counters of a convolution, a load or a store."""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.compiler.graph import Node
from flightasic.compiler.reads import reuse_distance
from flightasic.compiler.tensors import TensorLayout
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.microcode import OP_CONV, OP_LOAD, OP_STORE


@dataclass(frozen=True)
class Rect:
    """Rows and columns of a map."""

    row: int
    column: int
    height: int
    width: int


@dataclass(frozen=True)
class View:
    """The part of a tensor that lies in the banks: its layout, and where its first pixel lies in the map."""

    layout: TensorLayout
    row: int = 0
    column: int = 0

    def address(self, row: int, column: int) -> int:
        """Word address of a pixel of the map (which may lie in the padding)."""
        return self.layout.address(row - self.row, column - self.column)


def conv_fields(
    node: Node, walk: Walk, config: ArrayConfig, part: Rect, source: View, target: View, residual: View | None
) -> dict[str, int]:
    """A convolution of one part of the output; ``code_base`` and ``micro_base`` are left to the caller."""
    layer, placement = node.layer, node.placement
    pool, stride = layer.pool, layer.stride
    step = layer.window_stride * stride
    y, x = part.row * step - node.padding[0], part.column * step - node.padding[1]
    advance = (layer.window_stride - pool + 1) * stride
    height, width = node.kernel
    layout = source.layout
    fields = {
        "op": OP_CONV,
        "pool": pool,
        "pool_area": pool * pool,
        "out_w": part.width,
        "out_h": part.height,
        "in_w": layout.width,
        "in_h": layout.height,
        "ii": placement.words_per_pixel,
        "break_x": int(walk.break_x),
        "break_y": int(walk.break_y),
        "x_start": x - source.column,
        "y_start": y - source.row,
        "stride": stride,
        "back": -(pool - 1) * stride,
        "advance": advance,
        "x_return": -((part.width - 1) * step + (pool - 1) * stride),
        "kw": width,
        "cb": placement.cb,
        "kwords": height * width * placement.cb,
        "kblocks": walk.passes,
        "passes": walk.passes + node.placement.residual_passes(config.rows),
        "groups": len(placement.groups),
        "reuse": reuse_distance(node, config),
    }
    addresses = {
        **_pixel_walk("a", layout, source.address(y, x), part.width, pool, layer.window_stride, stride),
        "col_skip": layout.pixel_pitch - placement.cb + 1,
        "row_skip": layout.pitch - (width - 1) * layout.pixel_pitch - placement.cb + 1,
        "out_dx": target.layout.pixel_pitch,
        "out_dy": target.layout.pitch - (part.width - 1) * target.layout.pixel_pitch,
    }
    if residual is not None:
        start = residual.address(part.row * layer.window_stride, part.column * layer.window_stride)
        addresses |= _pixel_walk("r", residual.layout, start, part.width, pool, layer.window_stride, 1)
    return fields | {name: wrapped(value) for name, value in addresses.items()} | {"out_base": target.address(part.row, part.column)}


def _pixel_walk(prefix: str, layout: TensorLayout, start: int, width: int, pool: int, window_stride: int, stride: int) -> dict[str, int]:
    """Address steps over the pixels of pool windows, row by row, in a tensor that is read every ``stride`` pixels."""
    back = (pool - 1) * stride
    advance = (window_stride - pool + 1) * stride
    last = (width - 1) * window_stride * stride + back
    return {
        f"{prefix}_start": start,
        f"{prefix}_wx": stride * layout.pixel_pitch,
        f"{prefix}_wy": stride * layout.pitch - back * layout.pixel_pitch,
        f"{prefix}_px": advance * layout.pixel_pitch - back * layout.pitch,
        f"{prefix}_py": advance * layout.pitch - last * layout.pixel_pitch,
    }


def transfer_fields(layout: TensorLayout, *, store: bool, background: bool) -> dict[str, int]:
    """A load or a store of a whole tensor, or of a tile of one."""
    return {
        "op": OP_STORE if store else OP_LOAD,
        "out_h": layout.height,
        "kwords": layout.row_words,
        "row_skip": wrapped(layout.pitch - layout.row_words + 1),
        "out_base": layout.base,
        "background": int(background),
    }


def wrapped(address: int) -> int:
    """An address step as 16 signed bits; addresses count modulo 2^16."""
    return (address + 0x8000) % 0x10000 - 0x8000
