"""IntegerNetwork + ArrayConfig -> Program."""

from __future__ import annotations

from flightasic.compiler.assemble import assemble
from flightasic.compiler.graph import NO_WINDOW, Window, build_graph
from flightasic.compiler.planner import make_plan
from flightasic.compiler.program import Program
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import IntegerNetwork, Layer, accumulator_bounds


def compile_network(network: IntegerNetwork, config: ArrayConfig) -> Program:
    """Compile a network for an array.

    Raises
    ------
    CompileError
        If the network does not fit; the message names the layer, the buffer or field, and by how much.
    """
    _check_network(network, config)
    graph = build_graph(network, config, _window(network.layers[0], network.in_shape, config))
    return assemble(network, config, graph, make_plan(graph, config))


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


def _window(layer: Layer, in_shape: tuple[int, int, int], config: ArrayConfig) -> Window:
    """Kernel columns to pack into the input's channels: all of them where that saves kernel words, else none."""
    kernel_width = layer.kernel[1]
    packed = -(-kernel_width * in_shape[0] // config.lanes)
    plain = kernel_width * -(-in_shape[0] // config.lanes)
    return (kernel_width, layer.padding) if packed < plain else NO_WINDOW
