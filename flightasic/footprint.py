"""What a network asks of its silicon: weights to store, and cycles on the default array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from flightasic.compiler import compile_network
from flightasic.config import CODE_BITS, ArrayConfig
from flightasic.ir import IntegerNetwork, Layer

if TYPE_CHECKING:
    from flightasic.nn.network import FLightNetwork

_FLOAT_BITS = 32
_MOST_PROGRAM_WORDS = 1 << 15


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Figures of one network; average pools hold no trained weights and count in ``cycles`` only.

    Attributes
    ----------
    layers : int
        With weights.
    parameters : int
        Weights and biases (batch norm folded into them), the terms of a weight counted once.
    macs : int
        Dense multiply-accumulates of one image, one per weight and output pixel.
    code_bits : int
        Bits of a weight code, the fewest that hold the network's shifts; 32 for float weights.
    storage_bits : int
        Of all weight codes: k codes per weight of every filter; one per weight for float weights.
    array : str or None
        Name of the array that ``cycles`` counts for; None for float weights, which no array runs.
    cycles : int or None
        Of one image, its loading and the result's storing included, as the compiler predicts them.
    """

    layers: int
    parameters: int
    macs: int
    code_bits: int
    storage_bits: int
    array: str | None
    cycles: int | None


def footprint(network: IntegerNetwork | FLightNetwork) -> Footprint:
    """Count a network's codes and compile it for :func:`default_array`, or count its float weights.

    An integer network that cannot run on the default array is a CompileError.
    """
    if not isinstance(network, IntegerNetwork):
        weights = [layer.weight for layer in network.layers()]
        return _footprint(network, [(weight.numel(), len(weight), weight.numel()) for weight in weights], _FLOAT_BITS, None, None)
    config = default_array(network)
    layers = [layer for layer in network.layers if layer.kind != "pool"]
    counts = [(layer.codes[0].size, layer.out_channels, _codes(layer)) for layer in layers]
    return _footprint(network, counts, config.code_bits, config.name, compile_network(network, config).cycles)


def _footprint(
    network: IntegerNetwork | FLightNetwork, counts: list[tuple[int, int, int]], code_bits: int, array: str | None, cycles: int | None
) -> Footprint:
    """From (weights, biases, codes) of every layer with weights."""
    return Footprint(
        layers=len(counts),
        parameters=sum(weights + biases for weights, biases, _ in counts),
        macs=sum(network.macs()),
        code_bits=code_bits,
        storage_bits=sum(codes for _, _, codes in counts) * code_bits,
        array=array,
        cycles=cycles,
    )


def default_array(network: IntegerNetwork) -> ArrayConfig:
    """The default array of the network's arithmetic and code width, with room for any program: cycles do not depend on it."""
    arrays = [ArrayConfig.for_arith(network.arith, code_bits=bits) for bits in sorted(CODE_BITS[network.arith])]
    fitting = [config for config in arrays if config.max_shift >= network.max_shift]
    return replace((fitting or arrays[-1:])[0], program_depth=_MOST_PROGRAM_WORDS)


def _codes(layer: Layer) -> int:
    return int(layer.k.sum()) * int(np.prod(layer.codes.shape[2:]))
