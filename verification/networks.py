"""Networks with fixed seeds: what the scenarios, the simulator's tests and the benchmark run."""

from __future__ import annotations

from functools import partial

import numpy as np

from flightasic.config import ArrayConfig
from flightasic.formats import code_limit
from flightasic.ir import IntegerNetwork, Layer, average_pool
from verification.cases import fitted, random_layer, spread


def plain_network(config: ArrayConfig) -> IntegerNetwork:
    """Padding, pooling, k = 0 to 3 in one layer, more than one pass, and a fully connected layer."""
    rng = np.random.default_rng(5)
    planes = 3 if config.arith == "shift" else 1
    limit = code_limit(config)
    conv, linear = None, None
    while conv is None or set(conv.k) != set(range(planes + 1)):
        conv = random_layer(rng, "conv", 6, 2, (3, 3), limit=limit, planes=planes, padding=1, pool=2)
    while linear is None or linear.k.min() == 0:
        linear = random_layer(rng, "linear", 3, 6, (2, 2), limit=limit, planes=planes, relu=False, kind="linear")
    return _network("plain", config, (2, 4, 5), [spread(rng, conv, config.arith), spread(rng, linear, config.arith)])


def residual_network(config: ArrayConfig) -> IntegerNetwork:
    """Two residual blocks, one with a 1x1 shortcut of stride 2, one with groups; global average pooling; fully connected."""
    rng = np.random.default_rng(8)
    planes = min(3, config.cols) if config.arith == "shift" else 1
    draw = partial(random_layer, rng, limit=code_limit(config), planes=planes)
    shift = {"residual_shift": np.zeros(4, dtype=np.uint8)}
    layers = [
        draw("stem", 4, 2, (3, 3), padding=1),
        draw("one", 4, 4, (3, 3), padding=1, groups=2),
        draw("one+", 4, 4, (3, 3), padding=1, residual=1, **shift),
        draw("two", 6, 4, (3, 3), padding=1, stride=2),
        draw("shortcut", 4, 4, (1, 1), stride=2, source=3, relu=False),
        draw("two+", 4, 6, (3, 3), padding=1, source=4, residual=5, **shift),
        average_pool("average", 4, (2, 2), stride=1, arith=config.arith),
        draw("linear", 3, 4, (1, 2), relu=False, kind="linear"),
    ]
    fit = [layer if layer.kind == "pool" else fitted(spread(rng, layer, config.arith), config.arith, config.acc_bits) for layer in layers]
    return _network("residual", config, (2, 4, 6), fit)


def wide_network(config: ArrayConfig) -> IntegerNetwork:
    """Two convolutions of a map that small banks hold in many tiles only."""
    rng = np.random.default_rng(9)
    draw = partial(random_layer, rng, limit=code_limit(config), padding=1)
    layers = [draw("first", 4, 2, (3, 3)), draw("second", 3, 4, (3, 3), relu=False)]
    return _network("wide", config, (2, 12, 10), [spread(rng, layer, config.arith) for layer in layers])


def real_size_network(config: ArrayConfig) -> IntegerNetwork:
    """Random weights with k = 1 in the layers of the default network, ``cnn-s``."""
    rng = np.random.default_rng(7)
    draw = partial(random_layer, rng, limit=code_limit(config))
    layers = [
        draw("conv1", 16, 1, (3, 3), padding=1, pool=2),
        draw("conv2", 32, 16, (3, 3), padding=1, pool=2),
        draw("conv3", 32, 32, (3, 3), padding=1),
        draw("fc4", 10, 32, (7, 7), relu=False, kind="linear"),
    ]
    for layer in layers:
        layer.k[:] = 1
    return _network("cnn-s-random", config, (1, 28, 28), [spread(rng, layer, config.arith) for layer in layers])


def _network(name: str, config: ArrayConfig, in_shape: tuple[int, int, int], layers: list[Layer]) -> IntegerNetwork:
    return IntegerNetwork(
        name=name, arith=config.arith, max_shift=config.max_shift, in_shape=in_shape, in_scale_log2=-7, layers=tuple(layers)
    )
