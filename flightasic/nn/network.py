"""Networks of stages that export to an integer network: a layer, residual add, max pooling, ReLU, 8-bit activations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic.errors import ConfigError
from flightasic.ir import NO_RESIDUAL, PREVIOUS
from flightasic.nn.act import ActivationQuantiser
from flightasic.nn.layers import AccumulatorGrid, AveragePool, FLightConv2d, FLightLinear, QuantisedLayer
from flightasic.nn.quantise import QuantisedWeight, group_lasso
from flightasic.nn.scheme import Scheme

StageLayer = FLightConv2d | FLightLinear | AveragePool


class Stage(nn.Module):
    """One layer of the integer network, with the fields of :class:`flightasic.ir.Layer`.

    ``layer``, plus the tensor ``residual``, then max pooling, ReLU or not, and rounding to 8 bits. (ReLU and rounding are monotone, so
    they give the same before pooling; after it there is less to do.) ``source`` and ``residual`` number the tensors as the integer
    network does: 0 is the input, i + 1 the output of stage i; -1 = the tensor before, and no residual.
    """

    def __init__(
        self,
        name: str,
        layer: StageLayer,
        *,
        relu: bool,
        pool: int = 1,
        pool_stride: int = 0,
        source: int = PREVIOUS,
        residual: int = NO_RESIDUAL,
    ) -> None:
        super().__init__()
        self.name = name
        self.layer = layer
        self.relu = relu
        self.pool, self.pool_stride = pool, pool_stride
        self.source, self.residual = source, residual
        self.act = ActivationQuantiser(relu=relu)
        self.observing = False

    def forward(self, inputs: Tensor, residual: Tensor | None, grid: AccumulatorGrid | None) -> Tensor:
        """``grid`` = None runs the layer with float weights and activations."""
        values = inputs.flatten(1) if isinstance(self.layer, FLightLinear) else inputs
        values = self.layer(values) if isinstance(self.layer, AveragePool) or grid is None else self.layer(values, grid)
        if residual is not None:
            values = values + residual
        if self.pool > 1:
            values = functional.max_pool2d(values, self.pool, self.pool_stride or self.pool)
        if grid is None:
            return values.relu() if self.relu else values
        if self.observing:
            self.act.observe(values)
        activated: Tensor = self.act(values)
        return activated

    def conv_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(channels, height, width) before max pooling."""
        return self.layer.out_shape(in_shape)

    def out_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(channels, height, width) of the output."""
        channels, height, width = self.conv_shape(in_shape)
        stride = self.pool_stride or self.pool
        return channels, (height - self.pool) // stride + 1, (width - self.pool) // stride + 1


class FLightNetwork(nn.Module):
    """A network of stages; the float input is ``int8 value * 2^in_scale_log2``, the output logits [N, classes].

    Attributes
    ----------
    in_shape : (channels, height, width)
    in_scale_log2 : int
    acc_bits : int
        Width of the accumulator the weights are rounded for.

    Raises
    ------
    ConfigError
        If a stage is a layer the array lacks, or reads or adds a tensor that is not made before it or has another shape.
    """

    def __init__(
        self, stages: Iterable[Stage], *, in_shape: tuple[int, int, int], scheme: Scheme, in_scale_log2: int = -7, acc_bits: int = 24
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.in_shape = in_shape
        self.in_scale_log2 = in_scale_log2
        self.acc_bits = acc_bits
        self.scheme = scheme
        self._check()

    def _check(self) -> None:
        for index, stage in enumerate(self.stages):
            layer = getattr(stage, "layer", stage)
            if not isinstance(stage, Stage) or not isinstance(layer, StageLayer):
                raise ConfigError(
                    f"stage {index} is a {type(layer).__name__}, which the array lacks; build networks of Stages around FLightConv2d, "
                    "FLightLinear and AveragePool, with residuals, ReLU and max pooling"
                )
            if not PREVIOUS <= stage.source <= index or not NO_RESIDUAL <= stage.residual <= index:
                raise ConfigError(
                    f"stage {stage.name!r}: source and residual must be tensors made before it, -1..{index}, "
                    f"got {stage.source} and {stage.residual}"
                )
        shapes = self.shapes()
        for stage, source, shape in zip(self.stage_list(), self.sources(), shapes[1:], strict=True):
            given = shapes[stage.residual]
            if stage.residual != NO_RESIDUAL and given != stage.conv_shape(shapes[source]):
                raise ConfigError(f"stage {stage.name!r}: the residual has shape {given}, its sums {stage.conv_shape(shapes[source])}")
            if min(shape) < 1:
                raise ConfigError(f"stage {stage.name!r}: its output is empty, shape {shape}; use fewer pools or a larger input")

    def stage_list(self) -> list[Stage]:
        """The stages, first to last."""
        return [stage for stage in self.stages if isinstance(stage, Stage)]

    def layers(self) -> Iterator[QuantisedLayer]:
        """The layers with weights, first to last."""
        for stage in self.stage_list():
            if isinstance(stage.layer, QuantisedLayer):
                yield stage.layer

    def sources(self) -> list[int]:
        """The tensor each stage reads."""
        return [index if stage.source == PREVIOUS else stage.source for index, stage in enumerate(self.stage_list())]

    def shapes(self) -> list[tuple[int, int, int]]:
        """(channels, height, width) of every tensor: the input, then each stage's output."""
        shapes = [self.in_shape]
        for stage, source in zip(self.stage_list(), self.sources(), strict=True):
            shapes.append(stage.out_shape(shapes[source]))
        return shapes

    @property
    def classes(self) -> int:
        """Size of the output."""
        return self.shapes()[-1][0]

    def scales(self) -> list[int]:
        """Scale exponent of every tensor: the input, then each stage's output."""
        return [self.in_scale_log2, *(stage.act.scale_log2 for stage in self.stage_list())]

    def grids(self) -> list[AccumulatorGrid]:
        """Scales around every stage."""
        scales = self.scales()
        return [
            AccumulatorGrid(scales[source], scales[index + 1], self.acc_bits, None if stage.residual < 0 else scales[stage.residual])
            for index, (stage, source) in enumerate(zip(self.stage_list(), self.sources(), strict=True))
        ]

    def forward_layers(self, inputs: Tensor) -> list[Tensor]:
        """Every stage's output (after pooling), as floats; the integers behind them are ``value * 2^-scale_log2``."""
        tensors = [inputs]
        is_float = self.scheme.is_float
        scales = self.scales()
        for index, (stage, source) in enumerate(zip(self.stage_list(), self.sources(), strict=True)):
            residual = None if stage.residual == NO_RESIDUAL else tensors[stage.residual]
            grid = None
            if not is_float:
                # The output's scale may change while the stage observes, so grids are not made ahead.
                added = None if residual is None else scales[stage.residual]
                grid = AccumulatorGrid(scales[source], stage.act.scale_log2, self.acc_bits, added)
            tensors.append(stage(tensors[source], residual, grid))
            scales[index + 1] = stage.act.scale_log2
        return tensors[1:]

    def forward(self, inputs: Tensor) -> Tensor:
        return self.forward_layers(inputs)[-1].flatten(1)

    def set_scheme(self, scheme: Scheme) -> None:
        """Requantise every layer by another scheme; thresholds start anew, activation scales stay."""
        for stage in self.stage_list():
            stage.layer.set_scheme(scheme)
        self.scheme = scheme

    def observe(self, on: bool) -> None:
        """Let activation scales follow the values of every forward pass, or not."""
        for stage in self.stage_list():
            stage.observing = on

    def use_batch_statistics(self, on: bool) -> None:
        """Train with batch norms that normalise by the batch, or with what is folded into the weights."""
        for layer in self.layers():
            layer.batch_statistics = on

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Set every activation scale from the quantised network's own values on ``batches``, and freeze them."""
        training = self.training
        self.eval()
        for stage in self.stage_list():
            stage.act.freeze(False)
        self.observe(True)
        for batch in batches:
            self(batch)
        self.observe(False)
        for stage in self.stage_list():
            stage.act.freeze()
        self.train(training)

    def last_quantised(self) -> list[QuantisedWeight]:
        """What every layer with weights was quantised to in the last forward pass."""
        return [layer.last if layer.last is not None else layer.quantised()[0] for layer in self.layers()]

    def regulariser(self, lambdas: tuple[float, ...]) -> Tensor:
        """The paper's group lasso over all layers: ``sum_j lambda_j sum_i ||r_ij||_2``, of the last forward pass."""
        return torch.stack([group_lasso(weight.residual_norms, lambdas) for weight in self.last_quantised()]).sum()

    @torch.no_grad()
    def kept(self) -> list[Tensor]:
        """Planes in use, bool [P, O] per stage; empty for average pooling."""
        return [
            stage.layer.quantised(grid)[0].kept if isinstance(stage.layer, QuantisedLayer) else torch.empty((0, 0), dtype=torch.bool)
            for stage, grid in zip(self.stage_list(), self.grids(), strict=True)
        ]

    def filter_k(self) -> list[Tensor]:
        """Terms in use, int64 [O] per layer with weights."""
        return [kept.sum(0) for kept in self.kept() if kept.numel()]

    @torch.no_grad()
    def codes_zero_share(self) -> list[Tensor]:
        """Share (0..1) of zero codes of every plane and filter, float [P, O] per stage; empty for average pooling."""
        return [
            stage.layer.quantised(grid)[0].terms.eq(0).flatten(2).double().mean(2).float()
            if isinstance(stage.layer, QuantisedLayer)
            else torch.empty((0, 0))
            for stage, grid in zip(self.stage_list(), self.grids(), strict=True)
        ]

    def macs(self) -> list[int]:
        """Multiply-accumulates of every stage (dense, one per weight and output pixel; 0 for average pooling)."""
        shapes = self.shapes()
        counts = []
        for stage, source in zip(self.stage_list(), self.sources(), strict=True):
            _, height, width = stage.conv_shape(shapes[source])
            counts.append(stage.layer.weight.numel() * height * width if isinstance(stage.layer, QuantisedLayer) else 0)
        return counts

    def mean_k(self) -> float:
        """Mean terms per weight, weighted by each filter's multiply-accumulates (as ``IntegerNetwork.mean_k``)."""
        macs = self.macs()
        k = [kept.sum(0).double().mean().item() if kept.numel() else 0.0 for kept in self.kept()]
        return sum(count * mean for count, mean in zip(macs, k, strict=True)) / max(1, sum(macs))
