"""Where tensors lie and how layers are cut, so that everything fits the array's buffers."""

from __future__ import annotations

from dataclasses import replace

from flightasic.compiler.columns import Walk, residual_passes
from flightasic.compiler.graph import Graph, Node
from flightasic.compiler.memory import first_fit, lives
from flightasic.compiler.plan import LayerPlan, Plan, Tile
from flightasic.compiler.steps import Rect, View
from flightasic.compiler.tensors import TensorLayout, pitch_for, words_for
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError


def make_plan(graph: Graph, config: ArrayConfig) -> Plan:
    layouts = []
    for tensor, (height, width) in enumerate(graph.maps):
        positions = graph.positions[tensor]
        cb = words_for(len(positions), config.lanes)
        users = [node for node in graph.nodes if node.source == tensor]
        pixel = pitch_for(cb, users[0].placement.cb, config.banks) if users and users[0].kernel[1] > 1 else cb
        row = width * pixel
        if users and users[0].kernel[0] > 1:
            row = pitch_for(row, (users[0].kernel[1] - 1) * pixel + users[0].placement.cb, config.banks)
        layouts.append(TensorLayout(height, width, positions, config.lanes, pixel, row))
    bases = first_fit({i: layout.words for i, layout in enumerate(layouts)}, lives(graph), config.banks * config.act_depth)
    if bases is None:
        raise CompileError("the tensors do not fit the activation words; raise act_depth")
    banks = tuple(replace(layout, base=bases[i]) for i, layout in enumerate(layouts))
    image = replace(banks[0], pitch=banks[0].width * banks[0].pixel_pitch, base=0)
    result = replace(banks[-1], pitch=banks[-1].width * banks[-1].pixel_pitch, base=image.words)
    host = (image, *([None] * (len(banks) - 2)), result)
    layers = []
    for index, node in enumerate(graph.nodes):
        walk = Walk(node.kernel, node.placement.cb, config.rows)
        residual = None if node.residual < 0 else View(banks[node.residual])
        strips = _strips(node, walk, config)
        layers.append(LayerPlan(walk, (Tile(View(banks[node.source]), View(banks[index + 1]), residual, (), None, tuple(strips)),)))
    return Plan(banks, host, image.words + result.words, tuple(layers))


def _strips(node: Node, walk: Walk, config: ArrayConfig) -> list[Rect]:
    out_h, out_w = node.out_shape
    if walk.passes + residual_passes(node, config.rows) == 1:
        return [Rect(0, 0, out_h, out_w)]
    row_pixels = out_w * node.layer.pool**2
    rows = config.acc_depth // row_pixels
    if rows == 0:
        raise CompileError(
            f"layer {node.layer.name!r}: one output row takes {row_pixels} accumulators, acc_depth={config.acc_depth} "
            f"({row_pixels - config.acc_depth} too few); raise acc_depth"
        )
    count = -(-out_h // rows)
    edges = [out_h * i // count for i in range(count + 1)]
    return [Rect(low, 0, high - low, out_w) for low, high in zip(edges[:-1], edges[1:], strict=True)]
