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
_FINER = (2, 4)


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
    if ends.resident:
        whole = Rect(0, 0, *node.out_shape)
        return (_Part(node, ends, whole, config).tile(whole, [], _strips(node, walk, whole, config)),)
    found = _coarsest(node, walk, ends, free, config, copies=1)
    return None if found is None else found.tiles(walk)


def cut_twice(node: Node, walk: Walk, ends: Ends, free: Sequence[Interval], config: ArrayConfig) -> Iterator[tuple[Tile, ...]]:
    """As :func:`cut`, in two tiles or more, which take turns with two buffers for every tensor: the coarsest cutting and finer ones.

    A finer one leaves less to load before the first tile and to store after the last.
    """
    coarsest = None if ends.resident else _coarsest(node, walk, ends, free, config, copies=2)
    if coarsest is None:
        return
    yield coarsest.tiles(walk)
    for times in _FINER:
        finer = _cutting(node, ends, times * coarsest.down, coarsest.across, free, config, copies=2)
        if finer is not None:
            yield finer.tiles(walk)


def _coarsest(node: Node, walk: Walk, ends: Ends, free: Sequence[Interval], config: ArrayConfig, *, copies: int) -> _Cutting | None:
    height, width = node.out_shape
    found: list[_Cutting] = []
    tried = 0
    for across in _counts(width):
        downs = (down for down in _counts(height) if down * across >= copies)
        fitting = (_cutting(node, ends, down, across, free, config, copies=copies) for down in downs)
        first = next((cutting for cutting in fitting if cutting is not None), None)
        found += [] if first is None else [first]
        tried += bool(found)
        if tried > _MORE_SPLITS:
            break
    return min(found, key=lambda cutting: cutting.words(walk), default=None)


def _cutting(
    node: Node, ends: Ends, down: int, across: int, free: Sequence[Interval], config: ArrayConfig, *, copies: int
) -> _Cutting | None:
    """A cutting, if its buffers fit and no tile is empty."""
    height, width = node.out_shape
    if down > height or across > width:
        return None
    part = _Part(node, ends, Rect(0, 0, -(-height // down), -(-width // across)), config)
    bases = part.bases(free, copies)
    return None if bases is None else _Cutting(down, across, part, bases)


@dataclass(frozen=True)
class _Cutting:
    """Rows and columns of tiles, the largest tile, and where the copies of its buffers lie."""

    down: int
    across: int
    part: _Part
    bases: list[list[int]]

    def words(self, walk: Walk) -> int:
        """Words to load and store, codes included."""
        node, rows = self.part.node, self.part.config.rows
        return self.down * self.across * (self.part.words + len(node.placement.groups) * walk.passes * rows)

    def tiles(self, walk: Walk) -> tuple[Tile, ...]:
        """The tiles, which take the copies of the buffers in turn."""
        node, config, copies = self.part.node, self.part.config, len(self.bases)
        least = max(1, self.part.loads) if copies > 1 else 1
        rects = _split(Rect(0, 0, *node.out_shape), self.down, self.across)
        return tuple(
            self.part.tile(rect, self.bases[index % copies], _strips(node, walk, rect, config, least)) for index, rect in enumerate(rects)
        )


def least_words(node: Node, ends: Ends, config: ArrayConfig) -> int:
    """Activation words of a layer's smallest tile: one output pixel with its window and its residual."""
    return sum(layout.words for layout in _Part(node, ends, Rect(0, 0, 1, 1), config).buffers)


class _Part:
    """The largest tile of a cutting, and the buffers in the banks that all tiles share."""

    def __init__(self, node: Node, ends: Ends, largest: Rect, config: ArrayConfig) -> None:
        self.node, self.ends, self.config = node, ends, config
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

    @property
    def loads(self) -> int:
        """Tensors that are loaded for a tile."""
        return len(self.buffers) - (not self.ends.target[2])

    def bases(self, free: Sequence[Interval], copies: int) -> list[list[int]] | None:
        """Where so many copies of the buffers fit."""
        if any(max(layout.height, layout.width) > EXTENT_MAX for layout in self.buffers):
            return None
        bases = fit_buffers([layout.words for layout in self.buffers] * copies, free)
        return None if bases is None else [bases[copy * len(self.buffers) :][: len(self.buffers)] for copy in range(copies)]

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


def _strips(node: Node, walk: Walk, rect: Rect, config: ArrayConfig, least: int = 1) -> list[Rect]:
    """Parts whose sums fit the accumulator memory (all of it, where a pass has the whole sum), whole rows where possible.

    They are ``least`` or more, if the tile has as many rows.
    """
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
        rows = min(room // width, EXTENT_MAX, -(-rect.height // least))
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
