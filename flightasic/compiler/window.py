"""How many kernel columns of the first layer share an input word, whose lanes its few channels would leave idle."""

from __future__ import annotations

from flightasic.compiler.columns import Walk
from flightasic.compiler.cycles import step_cycles
from flightasic.compiler.graph import NO_WINDOW, Window
from flightasic.compiler.placement import place_filters
from flightasic.compiler.tensors import words_for
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
    placement = place_filters(layer, config, source=range(channels * columns), keep_all=len(network.layers) == 1)
    _, out_h, out_w = layer.out_shape(network.in_shape)
    walk = Walk((layer.kernel[0], layer.kernel[1] - columns + 1), words, config.rows)
    sizes = [len(group.filters) for group in placement.groups]
    pixels = out_h * out_w * layer.pool**2
    cycles = step_cycles(config, pixels=pixels, ii=placement.words_per_pixel, passes=walk.passes, group_sizes=sizes)
    return height * (width + 2 * padding - columns + 1) * words + cycles.total
