"""Which tensors of a network are never negative: an array without signed activations reads no others."""

from __future__ import annotations

from flightasic.errors import CompileError
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer


def unsigned_tensors(network: IntegerNetwork) -> list[bool]:
    """For the network's input (taken to be an image of 0..127) and each layer's output, whether it cannot be negative.

    That is the output of a ReLU, and what weights, biases and inputs without a minus give, as average pooling does.
    """
    unsigned = [True]
    for layer, source in zip(network.layers, network.sources(), strict=True):
        inputs = unsigned[source] and (layer.residual == NO_RESIDUAL or unsigned[layer.residual])
        unsigned.append(layer.relu or (inputs and _positive(layer)))
    return unsigned


def _positive(layer: Layer) -> bool:
    return bool((layer.codes >= 0).all() and (layer.bias >= 0).all())


def check_signs(network: IntegerNetwork) -> None:
    """Refuse a network of which a layer reads negative values.

    Raises
    ------
    CompileError
        Naming the layer that reads the tensor and the one that writes it.
    """
    unsigned = unsigned_tensors(network)
    for layer, source in zip(network.layers, network.sources(), strict=True):
        for role, tensor in (("input", source), ("residual", layer.residual)):
            if tensor != NO_RESIDUAL and not unsigned[tensor]:
                raise CompileError(
                    f"layer {layer.name!r}: its {role}, the output of {network.layers[tensor - 1].name!r}, may be negative, which an array "
                    "with signed_acts=0 does not take; use signed_acts=1, or put a ReLU behind that layer"
                )
