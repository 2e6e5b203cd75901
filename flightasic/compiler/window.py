"""How many kernel columns of the first layer share an input word, whose lanes its few channels would leave idle."""

from __future__ import annotations

from flightasic.compiler.cycles import step_cycles
from flightasic.compiler.graph import NO_WINDOW, Window
from flightasic.compiler.placement import place_filters
from flightasic.compiler.tensors import words_for
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork


def choose_window(network: IntegerNetwork, config: ArrayConfig) -> Window:
    """(columns, padding): the packing that costs the fewest cycles, loading the image included; (1, 0) = none.

    A packed word serves one kernel only, so the image must have a single reader, which neither adds it nor reads it in groups.
    """
    readers = [layer for layer, source in zip(network.layers, network.sources(), strict=True) if source == 0]
    if len(readers) > 1 or readers[0].groups > 1 or any(layer.residual == 0 for layer in network.layers):
        return NO_WINDOW
    windows = [NO_WINDOW, *((columns, readers[0].padding) for columns in range(2, readers[0].kernel[1] + 1))]
    return min(windows, key=lambda window: _cycles(network, config, window))


def _cycles(network: IntegerNetwork, config: ArrayConfig, window: Window) -> int:
    layer = network.layers[0]
    channels, height, width = network.in_shape
    columns, padding = window
    words = words_for(channels * columns, config.lanes)
    _, out_h, out_w = layer.out_shape(network.in_shape)
    pixels = out_h * out_w * layer.pool**2
    kernel = layer.kernel[0], layer.kernel[1] - columns + 1
    placement = place_filters(
        layer, config, source=range(channels * columns), kernel=kernel, pixels=pixels, keep_all=len(network.layers) == 1
    )
    walk = Walk(kernel, words, config.rows)
    sizes = tuple(len(group.filters) for group in placement.groups)
    cycles = step_cycles(config, pixels=pixels, ii=placement.words_per_pixel, passes=walk.passes, group_sizes=sizes)
    return height * (width + 2 * padding - columns + 1) * words + cycles.total
