"""IntegerNetwork + ArrayConfig -> Program."""

from __future__ import annotations

from flightasic.compiler.assemble import assemble
from flightasic.compiler.graph import build_graph
from flightasic.compiler.planner import Planner
from flightasic.compiler.program import Program
from flightasic.compiler.window import choose_window
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import IntegerNetwork, accumulator_bounds


def compile_network(network: IntegerNetwork, config: ArrayConfig) -> Program:
    """Compile a network for an array.

    Raises
    ------
    CompileError
        If the network does not fit; the message names the layer, the buffer or field, and by how much.
    """
    _check_network(network, config)
    graph = build_graph(network, config, choose_window(network, config))
    return assemble(network, config, graph, Planner(graph, config).plan())


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
    limit = (1 << (config.acc_bits - 1)) - 1
    for layer in network.layers:
        bounds = accumulator_bounds(layer, network.arith)
        worst = int(bounds.argmax())
        if bounds[worst] > limit:
            raise CompileError(
                f"layer {layer.name!r}: filter {worst} can reach {bounds[worst]}, acc_bits={config.acc_bits} holds {limit}; "
                "raise acc_bits or train with smaller weights"
            )
