"""Where tensors lie and how layers are cut, so that everything fits the array's buffers."""

from __future__ import annotations

from dataclasses import replace

from flightasic.compiler.cycles import load_cycles, step_cycles, store_cycles
from flightasic.compiler.graph import Graph
from flightasic.compiler.memory import Interval, Life, first_fit, gaps, lives
from flightasic.compiler.pitches import tensor_layout, walk_over
from flightasic.compiler.plan import LayerPlan, Plan
from flightasic.compiler.tensors import TensorLayout
from flightasic.compiler.tiles import Ends, cut, least_words
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import NO_RESIDUAL
from flightasic.microcode import EXTENT_MAX

_SWEEPS = 3


class Planner:
    """Keeps every tensor in the banks while it is needed, and spills to host memory what does not fit."""

    def __init__(self, graph: Graph, config: ArrayConfig) -> None:
        self.graph, self.config = graph, config
        self.total = config.banks * config.act_depth
        self.layouts = [tensor_layout(graph, tensor, config) for tensor in range(len(graph.maps))]
        self.lives: list[Life] = lives(graph)
        self.tight: set[int] = set()

    def plan(self) -> Plan:
        """The quickest plan it finds.

        Raises
        ------
        CompileError
            If not even one output pixel of a layer fits the banks or the accumulator memory.
        """
        needed = {tensor for tensor, size in enumerate(self.graph.maps) if max(size) > EXTENT_MAX}
        spilled = set(needed)
        while isinstance(found := self.attempt(spilled), int):
            spilled |= self._victim(found, spilled)
        return self._improved(found, spilled, needed) if spilled else found

    def _improved(self, plan: Plan, spilled: set[int], needed: set[int]) -> Plan:
        """The plan after spilling, or keeping, single tensors while that saves cycles; those ``needed`` stay spilled."""
        least = plan_cycles(self.graph, plan, self.config)
        for _ in range(_SWEEPS):
            before = least
            for tensor in range(len(self.layouts)):
                changed = (spilled ^ {tensor}) | needed
                found = self.attempt(changed)
                if not isinstance(found, int) and (cycles := plan_cycles(self.graph, found, self.config)) < least:
                    plan, spilled, least = found, changed, cycles
            if least == before:
                break
        return plan

    def attempt(self, spilled: set[int]) -> Plan | int:
        """A plan with these tensors in host memory, or the layer that does not fit."""
        sizes = {tensor: layout.words for tensor, layout in enumerate(self.layouts) if tensor not in spilled}
        bases = first_fit(sizes, self.lives, self.total)
        if bases is None:
            return max(range(len(self.graph.nodes)), key=lambda layer: sum(sizes[t] for t in sizes if self._alive(t, layer)))
        banks = [None if tensor in spilled else replace(self.layouts[tensor], base=bases[tensor]) for tensor in range(len(self.layouts))]
        layers = []
        for index in range(len(self.graph.nodes)):
            taken = [(t.base, t.base + t.words) for n, t in enumerate(banks) if t is not None and self._alive(n, index)]
            planned = self._layer(index, banks, gaps(taken, self.total))
            if planned is None:
                return index
            layers.append(planned)
        host, words = self._host(spilled)
        return Plan(tuple(banks), tuple(host), words, tuple(layers))

    def _layer(self, index: int, banks: list[TensorLayout | None], free: list[Interval]) -> LayerPlan | None:
        node = self.graph.nodes[index]
        ends = self._ends(index, banks)
        walk = walk_over(node, self.layouts[node.source], self.config)
        if banks[node.source] is None:
            walk = replace(walk, break_y=walk.break_x or index in self.tight)
        tiles = cut(node, walk, ends, free, self.config)
        return None if tiles is None else LayerPlan(walk, tiles)

    def _ends(self, index: int, banks: list[TensorLayout | None]) -> Ends:
        def end(tensor: int) -> tuple[int, TensorLayout, bool]:
            held = banks[tensor]
            return tensor, held or self.layouts[tensor], held is not None

        node = self.graph.nodes[index]
        residual = None if node.residual == NO_RESIDUAL else end(node.residual)
        return Ends(end(node.source), end(index + 1), residual, index in self.tight)

    def _alive(self, tensor: int, layer: int) -> bool:
        return self.lives[tensor].first <= layer <= self.lives[tensor].last

    def _victim(self, layer: int, spilled: set[int]) -> set[int]:
        """The largest tensor that a layer which does not fit could do without, bystanders first; none if it fits more tightly now."""
        node = self.graph.nodes[layer]
        held = [tensor for tensor in range(len(self.layouts)) if tensor not in spilled and self._alive(tensor, layer)]
        bystanders = [tensor for tensor in held if tensor not in (node.source, node.residual, layer + 1)]
        if held:
            return {max(bystanders or held, key=lambda tensor: self.layouts[tensor].words)}
        if layer not in self.tight:
            self.tight.add(layer)
            self.layouts[node.source] = tensor_layout(self.graph, node.source, self.config, tight=True)
            return set()
        need = least_words(node, self._ends(layer, [None] * len(self.layouts)), self.config)
        raise CompileError(
            f"layer {node.layer.name!r}: one output pixel takes {need} activation words, the banks hold {self.total} "
            f"({need - self.total} too many); raise act_depth={self.config.act_depth}"
        )

    def _host(self, spilled: set[int]) -> tuple[list[TensorLayout | None], int]:
        """Places in host memory: the image, the result and what is spilled, one after the other."""
        host: list[TensorLayout | None] = [None] * len(self.layouts)
        words = 0
        for tensor in sorted({0, len(self.layouts) - 1} | spilled):
            layout = self.layouts[tensor]
            host[tensor] = replace(layout, pitch=layout.width * layout.pixel_pitch, base=words)
            words += layout.height * layout.width * layout.pixel_pitch
        return host, words


def plan_cycles(graph: Graph, plan: Plan, config: ArrayConfig) -> int:
    """Cycles of all layers of a plan, their loads and stores included."""
    total = 0
    for node, layer in zip(graph.nodes, plan.layers, strict=True):
        passes = layer.walk.passes + node.placement.residual_passes(config.rows)
        sizes = tuple(len(group.filters) for group in node.placement.groups)
        for tile in layer.tiles:
            total += sum(load_cycles(view.layout.height * view.layout.row_words, first=False) for _, view in tile.loads)
            if tile.store is not None:
                total += store_cycles(tile.target.layout.height * tile.target.layout.row_words)
            for part in tile.strips:
                pixels = part.height * part.width * node.layer.pool**2
                total += step_cycles(config, pixels=pixels, ii=node.placement.words_per_pixel, passes=passes, group_sizes=sizes).total
    return total
