"""Where tensors lie and how layers are cut, so that everything fits the array's buffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flightasic.compiler.graph import Graph
from flightasic.compiler.memory import Interval, Life, first_fit, gaps, lives
from flightasic.compiler.pitches import tensor_layout, walk_over
from flightasic.compiler.plan import LayerPlan, Plan
from flightasic.compiler.schedule import layer_cycles, layer_steps
from flightasic.compiler.tensors import TensorLayout
from flightasic.compiler.tiles import Ends, cut, cut_twice, least_words
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import NO_RESIDUAL
from flightasic.microcode import EXTENT_MAX, HEADER, STEP, words_of

_SWEEPS = 3


class Planner:
    """Keeps every tensor in the banks while it is needed, and spills to host memory what does not fit.

    ``background``: tiles may be loaded and stored while the array computes, which takes more of them, and more steps.
    """

    def __init__(self, graph: Graph, config: ArrayConfig, *, background: bool = True) -> None:
        self.graph, self.config, self.background = graph, config, background
        self.total = config.banks * config.act_depth
        self.layouts = [tensor_layout(graph, tensor, config) for tensor in range(len(graph.maps))]
        self.lives: list[Life] = lives(graph)
        self.tight: set[int] = set()
        self._planned: dict[tuple[object, ...], tuple[LayerPlan, int] | None] = {}

    def plan(self) -> Plan:
        """The quickest plan it finds.

        Raises
        ------
        CompileError
            If not even one output pixel of a layer fits the banks or the accumulator memory, or the program its memory.
        """
        needed = {tensor for tensor, size in enumerate(self.graph.maps) if max(size) > EXTENT_MAX}
        spilled = set(needed)
        while isinstance(found := self.attempt(spilled), int):
            spilled |= self._victim(found, spilled)
        found = self._improved(found, spilled, needed) if spilled else found
        words, room = program_words(self.graph, found), self.config.program_depth
        if words <= room:
            return found
        if self.background:
            return Planner(self.graph, self.config, background=False).plan()
        raise CompileError(
            f"the program needs {words} words of program_depth, the array has {room} ({words - room} too few); raise program_depth"
        )

    def _improved(self, plan: Plan, spilled: set[int], needed: set[int]) -> Plan:
        """The plan after spilling, or keeping, single tensors while that saves cycles; those ``needed`` stay spilled."""
        for _ in range(_SWEEPS):
            before = plan.cycles
            for tensor in range(len(self.layouts)):
                changed = (spilled ^ {tensor}) | needed
                found = self.attempt(changed)
                if not isinstance(found, int) and found.cycles < plan.cycles:
                    plan, spilled = found, changed
            if plan.cycles == before:
                break
        return plan

    def attempt(self, spilled: set[int]) -> Plan | int:
        """A plan with these tensors in host memory, or the layer that does not fit."""
        sizes = {tensor: layout.words for tensor, layout in enumerate(self.layouts) if tensor not in spilled}
        bases = first_fit(sizes, self.lives, self.total)
        if bases is None:
            return max(range(len(self.graph.nodes)), key=lambda layer: sum(sizes[t] for t in sizes if self._alive(t, layer)))
        banks = [None if tensor in spilled else replace(self.layouts[tensor], base=bases[tensor]) for tensor in range(len(self.layouts))]
        layers: list[LayerPlan] = []
        total = 0
        for index in range(len(self.graph.nodes)):
            taken = [(t.base, t.base + t.words) for n, t in enumerate(banks) if t is not None and self._alive(n, index)]
            planned = self._layer(index, banks, gaps(taken, self.total))
            if planned is None:
                return index
            layers.append(planned[0])
            total += planned[1]
        host, words = self._host(spilled)
        return Plan(tuple(banks), tuple(host), words, tuple(layers), total)

    def _layer(self, index: int, banks: list[TensorLayout | None], free: list[Interval]) -> tuple[LayerPlan, int] | None:
        """The quickest plan of a layer, and its cycles."""
        node = self.graph.nodes[index]
        held = [tensor >= 0 and (layout := banks[tensor]) and layout.base for tensor in (node.source, node.residual, index + 1)]
        key = (index, len(self.tight), *held, *free)
        if key not in self._planned:
            found = [(plan, layer_cycles(node, plan, self.config)) for plan in self._candidates(index, self._ends(index, banks), free)]
            self._planned[key] = min(found, key=lambda item: item[1], default=None)
        return self._planned[key]

    def _candidates(self, index: int, ends: Ends, free: list[Interval]) -> Iterator[LayerPlan]:
        node = self.graph.nodes[index]
        walk = walk_over(node, self.layouts[node.source], self.config)
        if not ends.source[2]:
            walk = replace(walk, break_y=walk.break_x or index in self.tight)
        tiles = cut(node, walk, ends, free, self.config)
        if tiles is not None:
            yield LayerPlan(walk, tiles)
        if self.background:
            yield from (LayerPlan(walk, tiles, background=True) for tiles in cut_twice(node, walk, ends, free, self.config))

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


def program_words(graph: Graph, plan: Plan) -> int:
    """Length of the program that a plan becomes."""
    steps = sum(1 for layer in plan.layers for _ in layer_steps(layer)) + sum(plan.banks[tensor] is not None for tensor in (0, -1))
    records = sum(1 + len(group.filters) for node in graph.nodes for group in node.placement.groups)
    return words_of(HEADER) + words_of(STEP) * steps + records
