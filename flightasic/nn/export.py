"""From a trained network to integers: codes, offsets, biases and shifts that reproduce it bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from flightasic.config import MAX_PLANES, OFFSET_BITS
from flightasic.errors import ExportError
from flightasic.ir import IntegerNetwork, Layer, accumulator_bounds
from flightasic.nn.layers import FLightConv2d
from flightasic.nn.models import FLightNetwork, Stage
from flightasic.nn.quantise import QuantisedWeight, nearest_exponent, power_of_two
from flightasic.nn.scheme import Scheme

_INT32_MAX = (1 << 31) - 1


@torch.no_grad()
def export(model: FLightNetwork, name: str, info: dict[str, Any] | None = None, *, acc_bits: int = 24) -> IntegerNetwork:
    """The integer network of a quantised, calibrated model.

    Parameters
    ----------
    model : FLightNetwork
    name : str
        Name of the network, for reports.
    info : dict
        Provenance (JSON values); scheme, ``mean_k`` and ``k_histogram`` (filters with k = 0, 1, ... per layer) are added.
    acc_bits : int
        Accumulator width that must hold every partial sum.

    Raises
    ------
    ExportError
        For a model that is no FLightNetwork, has float weights or is uncalibrated, an accumulator that could overflow, or
        weights too large for the plane offsets; the message names layer and filter.
    """
    if not isinstance(model, FLightNetwork):
        raise ExportError(f"network {name!r} is a {type(model).__name__}; the array runs a FLightNetwork (flightasic.nn.models)")
    if model.scheme.is_float:
        raise ExportError(f"network {name!r} has float weights; train it with a quantised scheme")
    shape = model.in_shape
    layers = []
    for stage, in_scale in zip(model.stage_list(), model.in_scales(), strict=True):
        if not stage.act.frozen:
            raise ExportError(f"layer {stage.name!r}: activation scale is not frozen; calibrate the network first")
        layer = _export_stage(stage, model, shape, in_scale)
        _check_bounds(layer, model.scheme.arith, acc_bits)
        layers.append(layer)
        shape = layer.out_shape(shape)
    network = IntegerNetwork(
        name=name,
        arith=model.scheme.arith,
        max_shift=model.scheme.limit if model.scheme.arith == "shift" else 0,
        in_shape=model.in_shape,
        in_scale_log2=model.in_scale_log2,
        layers=tuple(layers),
        info=info or {},
    )
    histogram = {layer.name: np.bincount(layer.k, minlength=MAX_PLANES + 1).tolist() for layer in layers}
    return network.with_info(scheme=model.scheme.name, mean_k=network.mean_k(), k_histogram=histogram)


def _export_stage(stage: Stage, model: FLightNetwork, in_shape: tuple[int, int, int], in_scale: int) -> Layer:
    quantised, bias = stage.layer.quantised(stage.grid(in_scale, model.acc_bits))
    filters = bias.shape[0]
    kernel = tuple(quantised.value.shape[1:]) if isinstance(stage.layer, FLightConv2d) else in_shape
    codes, base = _kept_first(_codes(quantised, model.scheme), quantised)
    k = quantised.k.numpy()
    planes = max(1, int(k.max()))
    grid = quantised.grid.numpy()
    right_shift = np.where(k > 0, stage.act.scale_log2 - in_scale - grid, 0)
    # A filter coarser than the output has nothing to round: its sum is shifted left instead.
    lift = np.maximum(-right_shift, 0)
    in_use = np.arange(base.shape[0])[:, None] < k
    offsets = np.where(in_use, base - grid + lift, 0)[:planes]
    worst = int(offsets.max(axis=0).argmax())
    if offsets[:, worst].max() >= 1 << OFFSET_BITS:
        raise ExportError(
            f"layer {stage.name!r}, filter {worst}: plane offset {offsets[:, worst].max()} exceeds {(1 << OFFSET_BITS) - 1}; "
            "its weights are too large for the output scale, calibrate again or retrain"
        )
    units = (bias.double() * torch.ldexp(torch.ones(filters, dtype=torch.float64), -(quantised.grid + in_scale))).numpy()
    return Layer(
        name=stage.name,
        codes=codes[:planes].reshape(planes, filters, *kernel).astype(np.int8),
        offsets=offsets.astype(np.uint8),
        k=k.astype(np.uint8),
        bias=np.clip(units * (1 << lift), -_INT32_MAX, _INT32_MAX).astype(np.int32),
        right_shift=np.maximum(right_shift, 0).astype(np.uint8),
        stride=stage.layer.stride if isinstance(stage.layer, FLightConv2d) else 1,
        padding=stage.layer.padding if isinstance(stage.layer, FLightConv2d) else 0,
        pool=stage.pool,
        relu=stage.relu,
        out_scale_log2=stage.act.scale_log2,
    )


def _codes(quantised: QuantisedWeight, scheme: Scheme) -> Tensor:
    """Codes int64 [P, O, ...] of every plane, as :mod:`flightasic.formats` defines them."""
    terms = quantised.terms
    base = quantised.base.view(*quantised.base.shape, *[1] * (terms.ndim - 2))
    if scheme.arith == "shift":
        return torch.where(terms == 0, 0, terms.sign().to(torch.int64) * (nearest_exponent(terms) - base + 1))
    return (terms / power_of_two(base)).to(torch.int64)


def _kept_first(codes: Tensor, quantised: QuantisedWeight) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Codes and bases with each filter's kept planes moved to the front and the codes of the others zero."""
    order = np.argsort(~quantised.kept.numpy(), axis=0, kind="stable")
    masked = (codes.flatten(2) * quantised.kept[:, :, None]).numpy()
    return np.take_along_axis(masked, order[:, :, None], axis=0), np.take_along_axis(quantised.base.numpy(), order, axis=0)


def _check_bounds(layer: Layer, arith: str, acc_bits: int) -> None:
    bounds = accumulator_bounds(layer, arith)
    limit = (1 << (acc_bits - 1)) - 1
    worst = int(bounds.argmax())
    if bounds[worst] > limit:
        raise ExportError(
            f"layer {layer.name!r}, filter {worst}: accumulator may reach {bounds[worst]}, {acc_bits} bits hold {limit}; "
            f"train with --acc-bits {acc_bits} or export for at least {int(bounds[worst]).bit_length() + 1} bits"
        )
