"""The order of a layer's steps: tile after tile, or the transfers of neighbouring tiles in the background of computing one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flightasic.compiler.cycles import StoredRows
from flightasic.compiler.graph import Graph, Node
from flightasic.compiler.plan import LayerPlan, Plan, Tile
from flightasic.compiler.steps import Rect, View
from flightasic.compiler.tensors import TensorLayout
from flightasic.compiler.timeline import Convolution, StepCost, Timeline
from flightasic.config import ArrayConfig


@dataclass(frozen=True)
class Move:
    """A LOAD or STORE step: the tensor, where its part lies in the banks, and whether the next step follows at once."""

    tensor: int
    view: View
    store: bool
    background: bool = False

    def cost(self, timeline: Timeline, banks: int) -> StepCost:
        """The next step of a timeline."""
        if self.store:
            return timeline.store(stored_rows(self.view.layout, banks), background=self.background)
        return timeline.load(words_of_part(self.view.layout), background=self.background)


@dataclass(frozen=True)
class Compute:
    """A CONV step: the part of the output, the tile it belongs to, and whether it waits until no load is under way."""

    tile: Tile
    part: Rect
    wait_load: bool = False

    def cost(self, timeline: Timeline, node: Node, plan: LayerPlan, config: ArrayConfig) -> StepCost:
        """The next step of a timeline."""
        return timeline.convolve(convolution(node, plan, self.part, config), wait_load=self.wait_load)


def layer_steps(plan: LayerPlan) -> Iterator[Move | Compute]:
    """The steps of a layer.

    In the background, tile t + 1 is loaded and tile t - 1 is stored while tile t is computed; every tensor has two buffers, which
    the tiles take in turn. A transfer waits for the one of its kind before it, so that the load that begins before a tile is
    computed finds that tile complete, and the store that begins after it finds the buffer of the next tile sent. Before the
    last tile no load begins: its first step waits instead.
    """
    last = len(plan.tiles) - 1
    following: Sequence[tuple[int, View]] = ()
    for index, tile in enumerate(plan.tiles):
        if not plan.background or index == 0:
            yield from (Move(tensor, view, store=False) for tensor, view in tile.loads)
        if plan.background:
            following = plan.tiles[index + 1].loads if index < last else ()
        places = _places(following, len(tile.strips))
        for number, part in enumerate(tile.strips):
            yield from (
                Move(tensor, view, store=False, background=True)
                for place, (tensor, view) in zip(places, following, strict=True)
                if place == number
            )
            yield Compute(tile, part, wait_load=plan.background and bool(tile.loads) and 0 < index == last and number == 0)
        if tile.store is not None:
            yield Move(tile.store, tile.target, store=True, background=plan.background and index < last)


def _places(loads: Sequence[tuple[int, View]], strips: int) -> list[int]:
    """Before which strip each load of the next tile begins: the first one at once, the others when those before should be done."""
    words = [words_of_part(view.layout) for _, view in loads]
    total = sum(words)
    return [min(-(-sum(words[:index]) * strips // total), strips - 1) for index in range(len(words))]


@dataclass(frozen=True)
class TimedStep:
    """A step of a program and what it costs; ``layer`` -1 loads the image, ``len(layers)`` stores the result."""

    layer: int
    step: Move | Compute
    cost: StepCost


def timed_steps(graph: Graph, plan: Plan, config: ArrayConfig) -> Iterator[TimedStep]:
    """All steps of a planned network in their order, each with its exact cycles."""
    timeline = Timeline(config)
    for number, (layer, step) in enumerate(_network_steps(plan)):
        if isinstance(step, Compute):
            cost = step.cost(timeline, graph.nodes[layer], plan.layers[layer], config)
        elif number == 0:
            cost = timeline.first_load(words_of_part(step.view.layout))
        else:
            cost = step.cost(timeline, config.banks)
        yield TimedStep(layer, step, cost)


def _network_steps(plan: Plan) -> Iterator[tuple[int, Move | Compute]]:
    image, result, last = plan.banks[0], plan.banks[-1], len(plan.layers)
    if image is not None:
        yield -1, Move(0, View(image), store=False)
    for index, layer_plan in enumerate(plan.layers):
        yield from ((index, step) for step in layer_steps(layer_plan))
    if result is not None:
        yield last, Move(last, View(result), store=True)


def layer_cycles(node: Node, plan: LayerPlan, config: ArrayConfig) -> int:
    """Cycles of all steps of a layer; it begins and ends with both engines idle."""
    timeline = Timeline(config)
    total = 0
    for step in layer_steps(plan):
        cost = step.cost(timeline, config.banks) if isinstance(step, Move) else step.cost(timeline, node, plan, config)
        total += cost.cycles
    return total


def convolution(node: Node, plan: LayerPlan, part: Rect, config: ArrayConfig) -> Convolution:
    """A part of a layer's output, as far as it matters for time."""
    return Convolution(
        pixels=part.height * part.width * node.layer.pool**2,
        ii=node.placement.words_per_pixel,
        passes=plan.walk.passes + node.placement.residual_passes(config.rows),
        group_sizes=tuple(len(group.filters) for group in node.placement.groups),
    )


def words_of_part(layout: TensorLayout) -> int:
    """Words that a load or store of a whole layout moves: its rows, without what lies between them."""
    return layout.height * layout.row_words


def stored_rows(layout: TensorLayout, banks: int) -> StoredRows:
    """A layout in the banks as a store sends it."""
    return StoredRows(layout.base % banks, layout.row_words, layout.pitch % banks, layout.height)
