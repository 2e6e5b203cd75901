"""The golden model: what every other implementation of an integer network must equal, bit for bit (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from flightasic.errors import DataError, FormatError
from flightasic.formats import ACT_MAX, ACT_MIN, requantise
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer, accumulator_bounds

_FLOAT64_EXACT = 1 << 53


def run(network: IntegerNetwork, images: Tensor) -> list[Tensor]:
    """Every layer's output tensor, after requantisation (ReLU, clamp) and pooling.

    Parameters
    ----------
    network : IntegerNetwork
    images : integer tensor [N, C, H, W], each value in -128..127

    Returns
    -------
    list of int64 tensors [N, O, OH, OW], one per layer, values in -128..127

    Raises
    ------
    DataError
        If the images do not have the network's input shape, an integer type or 8-bit values.
    FormatError
        If a layer's accumulator could leave the range in which this model is exact.
    """
    _check_images(network, images)
    tensors = [images.to(torch.int64)]
    for layer, source in zip(network.layers, network.sources(), strict=True):
        residual = None if layer.residual == NO_RESIDUAL else tensors[layer.residual]
        tensors.append(activate(layer, accumulate(layer, network.arith, tensors[source], residual)))
    return tensors[1:]


def logits(network: IntegerNetwork, images: Tensor, *, batch: int = 100, on_batch: Callable[[int], None] | None = None) -> Tensor:
    """The last layer's outputs, flattened to int64 [N, classes].

    ``batch`` images are computed at a time, which bounds the memory; ``on_batch`` is told how many after each. Raises as
    :func:`run`.
    """
    _check_images(network, images)
    parts = []
    for part in torch.split(images, batch):
        parts.append(run(network, part)[-1].flatten(1))
        if on_batch is not None:
            on_batch(len(part))
    return torch.cat(parts)


def accuracy(network: IntegerNetwork, images: Tensor, labels: Tensor, *, on_batch: Callable[[int], None] | None = None) -> float:
    """Share (0..1) of images [N, C, H, W] whose first largest logit is at the index given in ``labels`` [N]."""
    return float((logits(network, images, on_batch=on_batch).argmax(1) == labels).double().mean())


def _check_images(network: IntegerNetwork, images: Tensor) -> None:
    if tuple(images.shape[1:]) != network.in_shape or images.ndim != 4:
        raise DataError(f"images must be [N, {', '.join(map(str, network.in_shape))}] for {network.name!r}, got {list(images.shape)}")
    if images.is_floating_point() or images.is_complex() or images.dtype == torch.bool:
        raise DataError(f"images must be integers, got {images.dtype}; quantise them with flightasic.data.quantise_input")
    if images.numel() and (int(images.min()) < ACT_MIN or int(images.max()) > ACT_MAX):
        raise DataError(f"image values must be in {ACT_MIN}..{ACT_MAX}, got {int(images.min())}..{int(images.max())}")


def accumulate(layer: Layer, arith: str, values: Tensor, residual: Tensor | None = None) -> Tensor:
    """What a layer's accumulators hold before requantisation: convolution, bias and residual.

    Parameters
    ----------
    values : int64 [N, I, H, W]
    residual : int64 [N, O, OH, OW]
        Needed if and only if the layer has one.

    Returns
    -------
    int64 [N, O, OH, OW], before pooling

    Raises
    ------
    FormatError
        If an accumulator could leave the range in which this model is exact.
    """
    # Torch convolves integers slowly. Float64 holds every integer below 2^53, and the bound covers every partial sum in any
    # order, so each product and each addition is exact whatever the summation order of the library.
    bound = int(accumulator_bounds(layer, arith).max())
    if bound >= _FLOAT64_EXACT:
        raise FormatError(f"layer {layer.name!r}: accumulator may reach {bound}, the golden model is exact below {_FLOAT64_EXACT}")
    weights = torch.from_numpy(layer.weights(arith)).double()
    sums = functional.conv2d(values.double(), weights, stride=layer.stride, padding=layer.padding, groups=layer.groups).to(torch.int64)
    if residual is not None:
        sums = sums + (residual << _per_filter(layer.residual_shift))
    return sums + _per_filter(layer.bias)


def activate(layer: Layer, sums: Tensor) -> Tensor:
    """Accumulators int64 [N, O, OH, OW] to the layer's output: requantised, then pooled."""
    outputs: Tensor = requantise(sums, _per_filter(layer.right_shift), int(layer.relu))
    if layer.pool == 1:
        return outputs
    # Every value is below 2^7, so float32 orders them exactly; torch pools integers of few kinds only.
    return functional.max_pool2d(outputs.float(), layer.pool, layer.window_stride).to(torch.int64)


def _per_filter(values: npt.NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.int64)).view(-1, 1, 1)
