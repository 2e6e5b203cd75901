"""Layers cut into parts: tiles whose tensors fit the banks, and strips whose sums fit the accumulator memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flightasic.compiler.graph import Node
from flightasic.compiler.memory import Interval, fit_buffers
from flightasic.compiler.pitches import tile_pitch
from flightasic.compiler.plan import Tile
from flightasic.compiler.steps import Rect, View
from flightasic.compiler.tensors import TensorLayout
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.microcode import EXTENT_MAX

_MORE_SPLITS = 4


@dataclass(frozen=True)
class Ends:
    """The tensors that a layer joins: their numbers, their whole layouts, and which of them lie in the banks as a whole.

    ``tight`` tiles of the source have no gaps between rows, which costs cycles but fits more.
    """

    source: tuple[int, TensorLayout, bool]
    target: tuple[int, TensorLayout, bool]
    residual: tuple[int, TensorLayout, bool] | None
    tight: bool = False

    @property
    def resident(self) -> bool:
        """Whether the layer needs no transfers."""
        return self.source[2] and self.target[2] and (self.residual is None or self.residual[2])


def cut(node: Node, walk: Walk, ends: Ends, free: Sequence[Interval], config: ArrayConfig) -> tuple[Tile, ...] | None:
    """Tiles of a layer, whose buffers lie in the free intervals of the banks; None if not even the smallest fits.

    Whole rows first, then more and more cuts across; of the first few that fit, the one with the least to load (codes of every
    tile and words with their halo).
    """
    whole = Rect(0, 0, *node.out_shape)
    if ends.resident:
        part = _Part(node, ends, whole, config)
        return (part.tile(whole, [], _strips(node, walk, whole, config)),)
    best: tuple[int, list[Rect], _Part, list[int]] | None = None
    tried = 0
    for across in _counts(whole.width):
        for down in _counts(whole.height):
            rects = _split(whole, down, across)
            part = _Part(node, ends, rects[0], config)
            bases = part.bases(free)
            if bases is not None:
                cost = len(rects) * (part.words + len(node.placement.groups) * walk.passes * config.rows)
                if best is None or cost < best[0]:
                    best = cost, rects, part, bases
                break
        tried += best is not None
        if tried > _MORE_SPLITS:
            break
    if best is None:
        return None
    _, rects, part, bases = best
    return tuple(part.tile(rect, bases, _strips(node, walk, rect, config)) for rect in rects)


def least_words(node: Node, ends: Ends, config: ArrayConfig) -> int:
    """Activation words of a layer's smallest tile: one output pixel with its window and its residual."""
    return sum(layout.words for layout in _Part(node, ends, Rect(0, 0, 1, 1), config).buffers)


class _Part:
    """The largest tile of a cutting, and the buffers in the banks that all tiles share."""

    def __init__(self, node: Node, ends: Ends, largest: Rect, config: ArrayConfig) -> None:
        self.node, self.ends = node, ends
        self.buffers: list[TensorLayout] = []
        source = ends.source[1]
        if not ends.source[2]:
            need = self._reach(largest)
            height, width = min(need.height, source.height), min(need.width, source.width)
            pitch = tile_pitch(node, width, source, config.banks, tight=ends.tight)
            self.buffers.append(replace(source, height=height, width=width, pitch=pitch))
        if ends.residual is not None and not ends.residual[2]:
            added = self._added(largest)
            self.buffers.append(_cropped(ends.residual[1], added.height, added.width))
        if not ends.target[2]:
            self.buffers.append(_cropped(ends.target[1], largest.height, largest.width))

    @property
    def words(self) -> int:
        """Words loaded and stored for a tile, at most."""
        return sum(layout.height * layout.row_words for layout in self.buffers)

    def bases(self, free: Sequence[Interval]) -> list[int] | None:
        """Where the buffers fit."""
        if any(max(layout.height, layout.width) > EXTENT_MAX for layout in self.buffers):
            return None
        return fit_buffers([layout.words for layout in self.buffers], free)

    def tile(self, rect: Rect, bases: list[int], strips: list[Rect]) -> Tile:
        """One tile of the cutting, its buffers at ``bases``."""
        buffers = iter([replace(layout, base=base) for layout, base in zip(self.buffers, bases, strict=True)])
        loads: list[tuple[int, View]] = []

        def view(end: tuple[int, TensorLayout, bool], part: Rect) -> View:
            tensor, layout, resident = end
            if resident:
                return View(layout)
            found = View(replace(next(buffers), height=part.height, width=part.width), part.row, part.column)
            loads.append((tensor, found))
            return found

        source = view(self.ends.source, self._needed(rect))
        residual = None if self.ends.residual is None else view(self.ends.residual, self._added(rect))
        inputs = tuple(loads)
        target = view(self.ends.target, rect)
        store = None if self.ends.target[2] else self.ends.target[0]
        return Tile(source, target, residual, inputs, store, tuple(strips))

    def _reach(self, rect: Rect) -> Rect:
        """Input pixels under the windows of outputs, padding included."""
        layer, kernel, padding = self.node.layer, self.node.kernel, self.node.padding
        step = layer.window_stride * layer.stride
        height, width = (
            (count - 1) * step + (layer.pool - 1) * layer.stride + size
            for count, size in zip((rect.height, rect.width), kernel, strict=True)
        )
        return Rect(rect.row * step - padding[0], rect.column * step - padding[1], height, width)

    def _needed(self, rect: Rect) -> Rect:
        """The part of :meth:`_reach` inside the map; at least one pixel, because a load cannot be empty."""
        reach, source = self._reach(rect), self.ends.source[1]
        row, height = _inside(reach.row, reach.height, source.height)
        column, width = _inside(reach.column, reach.width, source.width)
        return Rect(row, column, height, width)

    def _added(self, rect: Rect) -> Rect:
        """Residual pixels of outputs."""
        step, pool = self.node.layer.window_stride, self.node.layer.pool
        height, width = (rect.height - 1) * step + pool, (rect.width - 1) * step + pool
        return Rect(rect.row * step, rect.column * step, height, width)


def _cropped(layout: TensorLayout, height: int, width: int) -> TensorLayout:
    return replace(layout, height=height, width=width, pitch=(width - 1) * layout.pixel_pitch + layout.cb)


def _inside(start: int, count: int, size: int) -> tuple[int, int]:
    low = min(max(start, 0), size - 1)
    return low, max(min(start + count, size), low + 1) - low


def _strips(node: Node, walk: Walk, rect: Rect, config: ArrayConfig) -> list[Rect]:
    """Parts whose sums fit the accumulator memory (all of it, where a pass has the whole sum), whole rows where possible."""
    area = node.layer.pool**2
    room = config.acc_depth // area if walk.passes + node.placement.residual_passes(config.rows) > 1 else EXTENT_MAX**2
    if room == 0:
        raise CompileError(
            f"layer {node.layer.name!r}: one pool window takes {area} accumulators, acc_depth={config.acc_depth} "
            f"({area - config.acc_depth} too few); raise acc_depth"
        )
    cuts = []
    for across in _counts(rect.width):
        width = -(-rect.width // across)
        rows = min(room // width, EXTENT_MAX)
        if rows and width <= EXTENT_MAX:
            cuts.append((across * -(-rect.height // rows), across, -(-rect.height // rows)))
    _, across, down = min(cuts)
    return _split(rect, down, across)


def _counts(size: int) -> Iterator[int]:
    """Numbers of parts that make the largest part of ``size`` smaller, one by one."""
    last = size + 1
    for count in range(1, size + 1):
        part = -(-size // count)
        if part < last:
            yield count
            last = part


def _split(rect: Rect, down: int, across: int) -> list[Rect]:
    """Parts of nearly the same size, row by row, one of the largest first."""
    heights, widths = _edges(rect.height, down), _edges(rect.width, across)
    return [Rect(rect.row + y, rect.column + x, height, width) for y, height in heights for x, width in widths]


def _edges(size: int, parts: int) -> list[tuple[int, int]]:
    edges = [-(-size * i // parts) for i in range(parts + 1)]
    return [(low, high - low) for low, high in zip(edges[:-1], edges[1:], strict=True)]
