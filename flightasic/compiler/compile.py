"""IntegerNetwork + ArrayConfig -> Program, or only its cycles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flightasic.compiler.assemble import assemble
from flightasic.compiler.graph import Graph, build_graph
from flightasic.compiler.plan import Plan
from flightasic.compiler.planner import Planner
from flightasic.compiler.program import Program
from flightasic.compiler.schedule import timed_steps
from flightasic.compiler.signs import check_signs
from flightasic.compiler.window import choose_window
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import IntegerNetwork, accumulator_bounds


@dataclass(frozen=True)
class Passes:
    """Passes of every filter group of a layer: over its kernel window, and over its residual."""

    window: int
    residual: int


@dataclass(frozen=True)
class Prediction:
    """What a network costs on an array.

    Attributes
    ----------
    cycles : int
        Of one image, as :attr:`flightasic.compiler.Program.cycles`.
    layers : tuple of int
        Of all steps of each layer; loading the image and storing the result belong to none.
    columns : tuple of int [O]
        Virtual columns of each layer's filters; 0 = dropped.
    passes : tuple of Passes
        Of each layer.
    """

    cycles: int
    layers: tuple[int, ...]
    columns: tuple[npt.NDArray[np.int64], ...]
    passes: tuple[Passes, ...]


def compile_network(network: IntegerNetwork, config: ArrayConfig) -> Program:
    """Compile a network for an array.

    Raises
    ------
    CompileError
        If the network does not fit; the message names the layer, the buffer or field, and by how much.
    """
    _check_network(network, config)
    return assemble(network, config, *_planned(network, config))


def predict_cycles(network: IntegerNetwork, config: ArrayConfig) -> Prediction:
    """The cycles that :func:`compile_network` finds, without the codes: they do not depend on any weight.

    Of a layer, only the shapes and ``k`` count, and of a filter with k = 0 whether its constant output is zero (it is dropped
    if so); codes may all be zero, and are read by shape only.

    Raises
    ------
    CompileError
        If the network does not fit; the message names the layer or the buffer, and by how much. Accumulators, code widths and
        fields of the microcode are not looked at.
    """
    graph, plan = _planned(network, config)
    cycles = [0] * (len(graph.nodes) + 2)
    for timed in timed_steps(graph, plan, config):
        cycles[timed.layer + 1] += timed.cost.cycles
    columns = tuple(node.placement.columns for node in graph.nodes)
    passes = tuple(
        Passes(layer_plan.walk.passes, node.placement.residual_passes(config.rows))
        for node, layer_plan in zip(graph.nodes, plan.layers, strict=True)
    )
    return Prediction(sum(cycles), tuple(cycles[1:-1]), columns, passes)


def _planned(network: IntegerNetwork, config: ArrayConfig) -> tuple[Graph, Plan]:
    graph = build_graph(network, config, choose_window(network, config))
    return graph, Planner(graph, config).plan()


def _check_network(network: IntegerNetwork, config: ArrayConfig) -> None:
    if network.arith != config.arith:
        raise CompileError(
            f"network {network.name!r} has arith={network.arith!r}, the array arith={config.arith!r}; use an array of its kind"
        )
    if network.max_shift > config.max_shift:
        raise CompileError(
            f"network {network.name!r} uses shifts up to {network.max_shift}, code_bits={config.code_bits} holds {config.max_shift}; "
            "export it with narrower codes or raise code_bits"
        )
    if not config.signed_acts:
        check_signs(network)
    limit = (1 << (config.acc_bits - 1)) - 1
    for layer in network.layers:
        bounds = accumulator_bounds(layer, network.arith)
        worst = int(bounds.argmax())
        if bounds[worst] > limit:
            raise CompileError(
                f"layer {layer.name!r}: filter {worst} can reach {bounds[worst]}, acc_bits={config.acc_bits} holds {limit}; "
                "raise acc_bits or train with smaller weights"
            )
