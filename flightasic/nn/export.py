"""From a trained network to integers: codes, offsets, biases and shifts that reproduce it bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from flightasic.config import MAX_PLANES, OFFSET_BITS
from flightasic.errors import ExportError
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer, accumulator_bounds, average_pool
from flightasic.nn.layers import AccumulatorGrid, AveragePool, FLightConv2d, FLightLinear
from flightasic.nn.network import FLightNetwork, Stage
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
        raise ExportError(
            f"network {name!r} is a {type(model).__name__}; the array runs a FLightNetwork (flightasic.nn.network), "
            "and flightasic.importers makes one from a torch network"
        )
    if model.scheme.is_float:
        raise ExportError(f"network {name!r} has float weights; train it with a quantised scheme")
    shapes = model.shapes()
    layers = []
    for stage, source, grid in zip(model.stage_list(), model.sources(), model.grids(), strict=True):
        if not stage.act.frozen:
            raise ExportError(f"layer {stage.name!r}: activation scale is not frozen; calibrate the network first")
        if isinstance(stage.layer, AveragePool):
            layer = _export_pool(stage, stage.layer, shapes[source][0], grid)
        else:
            layer = _export_weights(stage, stage.layer, model.scheme, shapes[source], grid)
        _check_bounds(layer, model.scheme.arith, acc_bits)
        layers.append(layer)
    network = IntegerNetwork(
        name=name,
        arith=model.scheme.arith,
        max_shift=model.scheme.limit if model.scheme.arith == "shift" else 0,
        in_shape=model.in_shape,
        in_scale_log2=model.in_scale_log2,
        layers=tuple(layers),
        info=info or {},
    )
    weighted = [layer for layer in layers if layer.kind != "pool"]
    return network.with_info(
        scheme=model.scheme.name,
        mean_k=network.mean_k(),
        k_histogram={layer.name: np.bincount(layer.k, minlength=MAX_PLANES + 1).tolist() for layer in weighted},
        zero_share={layer.name: _zero_share(layer) for layer in weighted},
    )


def _zero_share(layer: Layer) -> float:
    """Share of zeros among the codes of the planes in use; 0 where there are none."""
    used = layer.codes[np.arange(layer.planes)[:, None] < layer.k]
    return float((used == 0).mean()) if used.size else 0.0


def _export_weights(
    stage: Stage, module: FLightConv2d | FLightLinear, scheme: Scheme, in_shape: tuple[int, int, int], scales: AccumulatorGrid
) -> Layer:
    quantised, bias = module.quantised(scales)
    convolution: dict[str, Any] = {"kind": "linear"}
    kernel: tuple[int, ...] = in_shape
    if isinstance(module, FLightConv2d):
        convolution = {"stride": module.stride, "padding": module.padding, "groups": module.groups}
        kernel = tuple(quantised.value.shape[1:])
    codes, base = _kept_first(_codes(quantised, scheme), quantised)
    k = quantised.k.cpu().numpy()
    planes = max(1, int(k.max()))
    # The unit of a filter's accumulator: the finest of its terms, the residual and the output, so that all are whole numbers of it.
    terms = np.where(k > 0, quantised.grid.cpu().numpy() + scales.in_scale_log2, scales.out_scale_log2)
    added = scales.out_scale_log2 if scales.residual_scale_log2 is None else scales.residual_scale_log2
    unit = np.minimum(terms, min(added, scales.out_scale_log2))
    in_use = np.arange(base.shape[0])[:, None] < k
    offsets = np.where(in_use, base + scales.in_scale_log2 - unit, 0)[:planes]
    _check_offsets(stage.name, "plane offset", offsets.max(axis=0), "its weights are too large for the output scale")
    residual_shift = np.broadcast_to(added - unit, k.shape)
    if stage.residual != NO_RESIDUAL:
        _check_offsets(stage.name, "residual shift", residual_shift, "its weights are too small beside the residual's scale")
    units = bias.double().cpu().numpy() * np.ldexp(1.0, -unit)
    return Layer(
        name=stage.name,
        codes=codes[:planes].reshape(planes, len(k), *kernel).astype(np.int8),
        offsets=offsets.astype(np.uint8),
        k=k.astype(np.uint8),
        bias=np.clip(units, -_INT32_MAX, _INT32_MAX).astype(np.int32),
        right_shift=(scales.out_scale_log2 - unit).astype(np.uint8),
        relu=stage.relu,
        residual_shift=(residual_shift if stage.residual != NO_RESIDUAL else k[:0]).astype(np.uint8),
        **convolution,
        **_placement(stage),
    )


def _export_pool(stage: Stage, module: AveragePool, channels: int, scales: AccumulatorGrid) -> Layer:
    layer = average_pool(stage.name, channels, module.window, stride=module.stride, arith=module.scheme.arith, relu=stage.relu)
    unit = scales.in_scale_log2 - int(layer.right_shift[0])
    lift = max(0, unit - scales.out_scale_log2)
    offsets = layer.offsets + lift
    _check_offsets(stage.name, "plane offset", offsets.max(axis=0), "its output scale is too fine")
    return replace(
        layer,
        offsets=offsets.astype(np.uint8),
        right_shift=np.full(channels, max(0, scales.out_scale_log2 - unit), dtype=np.uint8),
        residual_shift=np.zeros(0, dtype=np.uint8),
        **_placement(stage),
    )


def _placement(stage: Stage) -> dict[str, Any]:
    """What a layer takes over from its stage as it is."""
    return {
        "pool": stage.pool,
        "pool_stride": stage.pool_stride if stage.pool > 1 else 0,
        "source": stage.source,
        "residual": stage.residual,
        "out_scale_log2": stage.act.scale_log2,
    }


def _check_offsets(layer: str, what: str, offsets: npt.NDArray[Any], why: str) -> None:
    worst = int(offsets.argmax())
    if offsets[worst] >= 1 << OFFSET_BITS:
        raise ExportError(
            f"layer {layer!r}, filter {worst}: {what} {offsets[worst]} exceeds {(1 << OFFSET_BITS) - 1}; {why}, calibrate again or retrain"
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
    order = np.argsort(~quantised.kept.cpu().numpy(), axis=0, kind="stable")
    masked = (codes.flatten(2) * quantised.kept[:, :, None]).cpu().numpy()
    return np.take_along_axis(masked, order[:, :, None], axis=0), np.take_along_axis(quantised.base.cpu().numpy(), order, axis=0)


def _check_bounds(layer: Layer, arith: str, acc_bits: int) -> None:
    bounds = accumulator_bounds(layer, arith)
    limit = (1 << (acc_bits - 1)) - 1
    worst = int(bounds.argmax())
    if bounds[worst] > limit:
        raise ExportError(
            f"layer {layer.name!r}, filter {worst}: accumulator may reach {bounds[worst]}, {acc_bits} bits hold {limit}; "
            f"train with --acc-bits {acc_bits} or export for at least {int(bounds[worst]).bit_length() + 1} bits"
        )
