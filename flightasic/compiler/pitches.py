"""Pitches that keep the rows of a pass in neighbouring banks (docs/architecture.md, "Feeding")."""

from __future__ import annotations

from dataclasses import replace

from flightasic.compiler.graph import Graph, Node
from flightasic.compiler.reads import reuse_distance
from flightasic.compiler.tensors import TensorLayout, pitch_for, words_for
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig


def tensor_layout(graph: Graph, tensor: int, config: ArrayConfig, *, tight: bool = False) -> TensorLayout:
    """A whole tensor with the pitches that cost its readers the fewest cycles, then the fewest words; ``tight`` without any gap.

    Readers may disagree (another kernel, another number of words per tap); a reader whose order breaks ends its passes with each
    kernel column or row instead (:func:`walk_over`).
    """
    height, width = graph.maps[tensor]
    positions = graph.positions[tensor]
    cb = words_for(len(positions), config.lanes)
    if tight:
        return TensorLayout(height, width, positions, config.lanes, cb, width * cb)
    readers = [node for node in graph.nodes if node.source == tensor]
    pixel_pitches = {cb, *(pitch_for(cb, node.placement.cb, config.banks) for node in readers)}
    layouts = [
        TensorLayout(height, width, positions, config.lanes, pixel, row)
        for pixel in sorted(pixel_pitches)
        for row in sorted(_row_pitches(width, cb, pixel, readers, config.banks))
    ]
    return min(layouts, key=lambda layout: (sum(_slots(node, layout, config) for node in readers), layout.words))


def _row_pitches(width: int, cb: int, pixel: int, readers: list[Node], banks: int) -> set[int]:
    least = (width - 1) * pixel + cb
    return {least, *(pitch_for(least, kernel_row_words(node, pixel), banks) for node in readers if node.kernel[0] > 1)}


def _slots(node: Node, layout: TensorLayout, config: ArrayConfig) -> int:
    return len(node.placement.groups) * walk_over(node, layout, config).passes * node.pixels


def kernel_row_words(node: Node, pixel_pitch: int) -> int:
    """Words from the first to the last that a kernel row reads."""
    return (node.kernel[1] - 1) * pixel_pitch + node.placement.cb


def walk_over(node: Node, layout: TensorLayout, config: ArrayConfig) -> Walk:
    """A layer's walk over the kernel words of a tensor: passes end early where the next word is not in the next bank.

    They also end with the kernel row where that costs no pass and rows pass words on, which they do only within a pass.
    """
    cb, banks = node.placement.cb, config.banks
    height, width = node.kernel
    break_x = width > 1 and (layout.pixel_pitch - cb) % banks != 0
    break_y = height > 1 and (layout.pitch - kernel_row_words(node, layout.pixel_pitch)) % banks != 0
    walk = Walk(node.kernel, cb, config.rows, break_x, break_x or break_y)
    return replace(walk, break_y=True) if reuse_distance(node, config) and walk.passes == height else walk


def tile_pitch(node: Node, width: int, layout: TensorLayout, banks: int, *, tight: bool) -> int:
    """Row pitch of a tile of a layer's input, ``width`` pixels wide: in bank order for the only reader, or without gaps."""
    least = (width - 1) * layout.pixel_pitch + layout.cb
    return least if tight or node.kernel[0] == 1 else pitch_for(least, kernel_row_words(node, layout.pixel_pitch), banks)
