"""What an integer network asks of its silicon: codes to store, and cycles on the default array."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from flightasic.compiler import compile_network
from flightasic.config import CODE_BITS, ArrayConfig
from flightasic.ir import IntegerNetwork, Layer

FLOAT_BITS = 32
_MOST_PROGRAM_WORDS = 1 << 15


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Figures of one network; average pools hold no trained weights and count in ``cycles`` only.

    Attributes
    ----------
    parameters : int
        Weights and biases.
    macs : int
        Dense multiply-accumulates of one image, one per weight and output pixel.
    code_bits : int
        Bits of a weight code, the fewest that hold the network's shifts.
    storage_bits : int
        Of all weight codes: k codes per weight of every filter.
    array : str
        Name of the array that ``cycles`` counts for.
    cycles : int
        Of one image, its loading and the result's storing included, as the compiler predicts them.
    """

    parameters: int
    macs: int
    code_bits: int
    storage_bits: int
    array: str
    cycles: int


def footprint(network: IntegerNetwork) -> Footprint:
    """Count a network's codes and compile it for :func:`default_array`; a network that cannot run there is a CompileError."""
    config = default_array(network)
    return Footprint(
        parameters=parameters(network),
        macs=sum(network.macs()),
        code_bits=config.code_bits,
        storage_bits=sum(_codes(layer) for layer in weight_layers(network)) * config.code_bits,
        array=config.name,
        cycles=compile_network(network, config).cycles,
    )


def weight_layers(network: IntegerNetwork) -> list[Layer]:
    """The layers with trained weights."""
    return [layer for layer in network.layers if layer.kind != "pool"]


def parameters(network: IntegerNetwork) -> int:
    """Weights and biases, the terms of a weight counted once."""
    return sum(layer.codes[0].size + layer.out_channels for layer in weight_layers(network))


def default_array(network: IntegerNetwork) -> ArrayConfig:
    """The default array of the network's arithmetic and code width, with room for any program: cycles do not depend on it."""
    arrays = [ArrayConfig.for_arith(network.arith, code_bits=bits) for bits in sorted(CODE_BITS[network.arith])]
    fitting = [config for config in arrays if config.max_shift >= network.max_shift]
    return replace((fitting or arrays[-1:])[0], program_depth=_MOST_PROGRAM_WORDS)


def _codes(layer: Layer) -> int:
    return int(layer.k.sum()) * int(np.prod(layer.codes.shape[2:]))
