"""Networks: stages of (convolution or linear, ReLU, 8-bit activations, max pool) that export to an integer network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic.errors import ConfigError
from flightasic.nn.act import ActivationQuantiser
from flightasic.nn.layers import AccumulatorGrid, FLightConv2d, FLightLinear
from flightasic.nn.quantise import group_lasso
from flightasic.nn.scheme import Scheme


@dataclass(frozen=True)
class ConvSpec:
    """A 3x3 (or ``kernel``) convolution with same padding, batch norm and ReLU, then ``pool`` x ``pool`` max pooling."""

    out_channels: int
    kernel: int = 3
    pool: int = 1


@dataclass(frozen=True)
class LinearSpec:
    """A fully connected layer on the flattened map; ReLU unless it gives the logits."""

    out_features: int
    relu: bool = False


@dataclass(frozen=True)
class ModelSpec:
    """A network by its input (channels, height, width) and layers."""

    in_shape: tuple[int, int, int]
    layers: tuple[ConvSpec | LinearSpec, ...]


MODELS = {
    "cnn-s": ModelSpec((1, 28, 28), (ConvSpec(16, pool=2), ConvSpec(32, pool=2), ConvSpec(32), LinearSpec(10))),
    "tiny": ModelSpec((1, 28, 28), (ConvSpec(4, pool=2), ConvSpec(8, pool=2), LinearSpec(10))),
}


class Stage(nn.Module):
    """One layer of the integer network: ``layer``, ReLU or not, activation rounding, max pooling."""

    def __init__(self, name: str, layer: FLightConv2d | FLightLinear, *, relu: bool, pool: int = 1) -> None:
        super().__init__()
        self.name = name
        self.layer = layer
        self.relu = relu
        self.pool = pool
        self.act = ActivationQuantiser(relu=relu)

    def forward(self, inputs: Tensor, in_scale_log2: int, acc_bits: int) -> Tensor:
        values = inputs.flatten(1) if isinstance(self.layer, FLightLinear) else inputs
        if self.layer.scheme.is_float:
            values = self.layer(values)
            values = values.relu() if self.relu else values
        else:
            values = self.act(self.layer(values, self.grid(in_scale_log2, acc_bits)))
        return values if self.pool == 1 else functional.max_pool2d(values, self.pool)

    def grid(self, in_scale_log2: int, acc_bits: int) -> AccumulatorGrid:
        """Scales around the layer."""
        return AccumulatorGrid(in_scale_log2, self.act.scale_log2, acc_bits)


class FLightNetwork(nn.Module):
    """A feed-forward network of stages; the float input is ``int8 value * 2^in_scale_log2``, the output logits [N, classes].

    Attributes
    ----------
    in_shape : (channels, height, width)
    in_scale_log2 : int
    acc_bits : int
        Width of the accumulator the weights are rounded for.

    Raises
    ------
    ConfigError
        If a stage is a layer the array lacks.
    """

    def __init__(
        self, stages: Iterable[Stage], *, in_shape: tuple[int, int, int], scheme: Scheme, in_scale_log2: int = -7, acc_bits: int = 24
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        for index, stage in enumerate(self.stages):
            layer = getattr(stage, "layer", stage)
            if not isinstance(stage, Stage) or not isinstance(layer, FLightConv2d | FLightLinear):
                raise ConfigError(
                    f"stage {index} is a {type(layer).__name__}, which the array lacks; build networks of Stages around FLightConv2d "
                    "and FLightLinear, with ReLU and max pooling"
                )
        self.in_shape = in_shape
        self.in_scale_log2 = in_scale_log2
        self.acc_bits = acc_bits
        self.scheme = scheme

    def stage_list(self) -> list[Stage]:
        """The stages, first to last."""
        return [stage for stage in self.stages if isinstance(stage, Stage)]

    def in_scales(self) -> list[int]:
        """Scale exponent of every stage's input."""
        return [self.in_scale_log2] + [stage.act.scale_log2 for stage in self.stage_list()[:-1]]

    def forward_layers(self, inputs: Tensor) -> list[Tensor]:
        """Every stage's output (after pooling), as floats; the integers behind them are ``value * 2^-scale_log2``."""
        outputs = []
        in_scale = self.in_scale_log2
        for stage in self.stage_list():
            inputs = stage(inputs, in_scale, self.acc_bits)
            in_scale = stage.act.scale_log2
            outputs.append(inputs)
        return outputs

    def forward(self, inputs: Tensor) -> Tensor:
        return self.forward_layers(inputs)[-1]

    def set_scheme(self, scheme: Scheme) -> None:
        """Requantise every layer by another scheme; thresholds start anew, activation scales stay."""
        for stage in self.stage_list():
            stage.layer.set_scheme(scheme)
        self.scheme = scheme

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Set every activation scale from the quantised network's own values on ``batches``, and freeze them."""
        for batch in batches:
            self(batch)
        for stage in self.stage_list():
            stage.act.freeze()

    def regulariser(self, lambdas: tuple[float, ...]) -> Tensor:
        """The paper's group lasso over all layers: ``sum_j lambda_j sum_i ||r_ij||_2``."""
        norms = [stage.layer.quantised()[0].residual_norms for stage in self.stage_list()]
        return torch.stack([group_lasso(norm, lambdas) for norm in norms]).sum()

    @torch.no_grad()
    def filter_k(self) -> list[Tensor]:
        """Terms in use, int64 [O] per stage."""
        stages = zip(self.stage_list(), self.in_scales(), strict=True)
        return [stage.layer.quantised(stage.grid(scale, self.acc_bits))[0].k for stage, scale in stages]

    def mean_k(self) -> float:
        """Mean terms per weight, weighted by each filter's multiply-accumulates (as ``IntegerNetwork.mean_k``)."""
        height, width = self.in_shape[1:]
        total = weighted = 0.0
        for stage, k in zip(self.stage_list(), self.filter_k(), strict=True):
            macs = stage.layer.weight.numel()
            if isinstance(stage.layer, FLightConv2d):
                height, width = stage.layer.out_size(height, width)
                macs *= height * width
            height, width = height // stage.pool, width // stage.pool
            total, weighted = total + macs, weighted + macs * float(k.double().mean())
        return weighted / total


def build(name: str, scheme: Scheme, *, acc_bits: int = 24) -> FLightNetwork:
    """A network of :data:`MODELS` with fresh weights (seed torch first); an unknown name is a ConfigError."""
    if name not in MODELS:
        raise ConfigError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    spec = MODELS[name]
    channels, height, width = spec.in_shape
    stages = []
    for index, layer in enumerate(spec.layers):
        if isinstance(layer, ConvSpec):
            conv = FLightConv2d(channels, layer.out_channels, layer.kernel, padding=layer.kernel // 2, batch_norm=True, scheme=scheme)
            stages.append(Stage(f"conv{index + 1}", conv, relu=True, pool=layer.pool))
            channels, height, width = layer.out_channels, height // layer.pool, width // layer.pool
        else:
            linear = FLightLinear(channels * height * width, layer.out_features, scheme=scheme)
            stages.append(Stage(f"fc{index + 1}", linear, relu=layer.relu))
            channels, height, width = layer.out_features, 1, 1
    return FLightNetwork(stages, in_shape=spec.in_shape, scheme=scheme, acc_bits=acc_bits)
