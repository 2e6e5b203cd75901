"""A network in training as the compiler must see it to know its cost: every shape and every k, and no weight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer, average_pool
from flightasic.nn.layers import AveragePool, FLightConv2d
from flightasic.nn.network import FLightNetwork, Stage
from flightasic.nn.scheme import Scheme

KeptPlanes = list[npt.NDArray[np.bool_]]


def check_scheme(scheme: Scheme, config: ArrayConfig) -> None:
    """Refuse to price weights on an array that is not made for them (ConfigError)."""
    if scheme.arith != config.arith:
        raise ConfigError(
            f"scheme {scheme.name!r} (arith={scheme.arith!r}) cannot be priced on {config.name}; use an array of arith={scheme.arith!r}"
            if not scheme.is_float
            else f"scheme {scheme.name!r} runs on no array; price a quantised network"
        )
    if scheme.arith == "shift" and scheme.limit != config.max_shift:
        raise ConfigError(
            f"scheme {scheme.name!r} has shifts up to {scheme.limit}, code_bits={config.code_bits} of {config.name} up to "
            f"{config.max_shift}; train and price with the same code_bits"
        )


def kept_planes(model: FLightNetwork, kept: list[Tensor] | None) -> KeptPlanes:
    """Planes in use of every stage, bool [P, O] (empty for average pooling): ``kept``, or those of the model as it is.

    Raises
    ------
    ConfigError
        If there are more or fewer stages than the model has, or a stage has another number of filters.
    """
    stages = model.stage_list()
    planes = [stage.bool().cpu().numpy() for stage in (model.kept() if kept is None else kept)]
    if len(planes) != len(stages):
        raise ConfigError(f"kept planes are given for {len(planes)} stages, the network has {len(stages)}; give one tensor per stage")
    for stage, own in zip(stages, planes, strict=True):
        if isinstance(stage.layer, AveragePool):
            continue
        filters = stage.layer.weight.shape[0]
        if own.ndim != 2 or own.shape[1] != filters or not own.shape[0]:
            raise ConfigError(f"kept planes of stage {stage.name!r} must be [planes, {filters}], got {own.shape}")
    return planes


def blank_network(model: FLightNetwork, planes: KeptPlanes) -> IntegerNetwork:
    """The network that :func:`flightasic.nn.export.export` makes, with ``planes`` in use and all codes zero.

    Biases are zero, which is what the export gives a filter of a learned scheme that keeps no plane: so the compiler drops the same
    filters of both.
    """
    shapes = model.shapes()
    arith = model.scheme.arith
    layers = tuple(
        _layer(stage, shapes[source], kept, arith) for stage, source, kept in zip(model.stage_list(), model.sources(), planes, strict=True)
    )
    return IntegerNetwork(name="blank", arith=arith, max_shift=0, in_shape=model.in_shape, in_scale_log2=model.in_scale_log2, layers=layers)


def droppable(network: IntegerNetwork) -> list[bool]:
    """Whether each layer's filters vanish from the array with their last plane.

    Those of the last layer do not, nor those that add a residual: one column of zero codes writes the constant or the residual.
    """
    last = len(network.layers) - 1
    return [index < last and layer.residual == NO_RESIDUAL for index, layer in enumerate(network.layers)]


def first_planes(kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Bool [P, O]: the first plane in use of each filter, plane 0 where there is none."""
    first = np.zeros_like(kept)
    first[kept.argmax(0), np.arange(kept.shape[1])] = True
    return first


def _layer(stage: Stage, in_shape: tuple[int, int, int], kept: npt.NDArray[np.bool_], arith: str) -> Layer:
    module = stage.layer
    joints: dict[str, Any] = {
        "relu": stage.relu,
        "pool": stage.pool,
        "pool_stride": stage.pool_stride,
        "source": stage.source,
        "residual": stage.residual,
    }
    if isinstance(module, AveragePool):
        return replace(average_pool(stage.name, in_shape[0], module.window, stride=module.stride, arith=arith), **joints)
    planes, filters = kept.shape
    joints["residual_shift"] = np.zeros(filters if stage.residual != NO_RESIDUAL else 0, dtype=np.uint8)
    if isinstance(module, FLightConv2d):
        shape = tuple(module.weight.shape[1:])
        joints |= {"stride": module.stride, "padding": module.padding, "groups": module.groups}
    else:
        shape, joints["kind"] = in_shape, "linear"
    return Layer(
        name=stage.name,
        codes=np.broadcast_to(np.int8(0), (planes, filters, *shape)),
        offsets=np.zeros(kept.shape, dtype=np.uint8),
        k=kept.sum(0).astype(np.uint8),
        bias=np.zeros(filters, dtype=np.int32),
        right_shift=np.zeros(filters, dtype=np.uint8),
        **joints,
    )
