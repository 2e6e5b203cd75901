"""Drop-in convolution and linear layers with quantised weights and batch norm folded in before quantising."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic.errors import ConfigError
from flightasic.formats import ACT_MAX
from flightasic.nn.quantise import QuantisedWeight, power_of_two, quantise
from flightasic.nn.scheme import Scheme

_SUM_SLACK = 2.0
_ROUNDING_MARGIN = 4
_PRUNED_BELOW = 0.1


@dataclass(frozen=True)
class AccumulatorGrid:
    """Scales around a layer, from which its accumulator follows (docs/design.md).

    Attributes
    ----------
    in_scale_log2, out_scale_log2 : int
        Exponents of one unit of the layer's input and output activations.
    acc_bits : int
        Width of the accumulator.
    """

    in_scale_log2: int
    out_scale_log2: int
    acc_bits: int

    def floor(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Smallest exponent int64 [O] of a filter's unit such that its sums and rounding fit the accumulator.

        Terms below it would be lost anyway: the limit is the filter's absolute sum at full-scale inputs, with a factor of two
        for terms that round up, and never finer than the output needs.
        """
        reach = _SUM_SLACK * (ACT_MAX + 1) * weight.detach().flatten(1).abs().sum(1)
        reach = reach + bias.detach().abs() * 2.0**-self.in_scale_log2
        fits = torch.frexp(reach).exponent.to(torch.int64) - (self.acc_bits - 1)
        useful = self.out_scale_log2 - self.in_scale_log2 - (self.acc_bits - _ROUNDING_MARGIN)
        return fits.clamp(min=useful)


class _QuantisedLayer(nn.Module):
    """What convolution and linear layers share: scheme, thresholds, folded batch norm, quantised weight and bias."""

    weight: nn.Parameter
    bias: nn.Parameter | None
    norm: nn.BatchNorm2d | None
    thresholds: nn.Parameter | None
    scheme: Scheme

    def set_scheme(self, scheme: Scheme | str) -> None:
        """Change what the weights are made of; learned thresholds start anew from the present weights.

        t_0 starts at a tenth of the layer's median norm (filters far weaker than the others are pruned) and t_j at the median
        residual norm, so that training starts between one and the most terms and can move either way.
        """
        self.scheme = Scheme.create(scheme) if isinstance(scheme, str) else scheme
        if not self.scheme.learned:
            self.thresholds = None
            return
        norms = quantise(self.folded()[0].detach(), None, self.scheme).residual_norms
        medians = norms.median(dim=1).values
        medians[0] *= _PRUNED_BELOW
        self.thresholds = nn.Parameter(medians)

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight [O, ...] and bias [O] with the batch norm's running statistics folded in."""
        bias = torch.zeros(self.weight.shape[0]) if self.bias is None else self.bias
        if self.norm is None:
            return self.weight, bias
        assert self.norm.running_mean is not None and self.norm.running_var is not None
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        weight = self.weight * scale.view(-1, *[1] * (self.weight.ndim - 1))
        return weight, (bias - self.norm.running_mean) * scale + self.norm.bias

    def quantised(self, grid: AccumulatorGrid | None = None) -> tuple[QuantisedWeight, Tensor]:
        """Quantised weight and bias [O]; with a grid, the bias is a whole number of accumulator units.

        The bias of a pruned filter (k = 0) is zero, so that the hardware can drop the channel.
        """
        weight, bias = self.folded()
        result = quantise(weight, self.thresholds, self.scheme, None if grid is None else grid.floor(weight, bias))
        bias = bias * (result.k > 0)
        if grid is not None:
            unit = power_of_two(result.grid + grid.in_scale_log2)
            rounded = torch.floor(bias.detach() / unit + 0.5) * unit
            bias = rounded + (bias - bias.detach())
        return result, bias


class FLightConv2d(_QuantisedLayer):
    """A 2-D convolution (square kernel, zero padding) whose weights follow ``scheme``.

    Input [N, in_channels, H, W], output [N, out_channels, H', W']. With ``batch_norm``, "float" normalises by batch
    statistics; every other scheme folds the running statistics into weight and bias before quantising, in training too.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        batch_norm: bool = False,
        scheme: Scheme | str = "flight",
    ) -> None:
        super().__init__()
        if min(in_channels, out_channels, kernel_size, stride) < 1 or padding < 0:
            raise ConfigError(
                f"FLightConv2d({in_channels}, {out_channels}, {kernel_size}, stride={stride}, padding={padding}): "
                "channels, kernel and stride must be positive, padding not negative"
            )
        reference = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
        self.weight, self.bias = nn.Parameter(reference.weight), None if reference.bias is None else nn.Parameter(reference.bias)
        self.stride, self.padding = stride, padding
        self.norm = nn.BatchNorm2d(out_channels) if batch_norm else None
        self.set_scheme(scheme)

    def out_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the output map."""
        kernel = self.weight.shape[2]
        return (height + 2 * self.padding - kernel) // self.stride + 1, (width + 2 * self.padding - kernel) // self.stride + 1

    def forward(self, inputs: Tensor, grid: AccumulatorGrid | None = None) -> Tensor:
        """Convolve; ``grid`` (scales around the layer) makes the result equal the integer accumulator exactly."""
        if self.scheme.is_float:
            sums = functional.conv2d(inputs, self.weight, self.bias, self.stride, self.padding)
            return sums if self.norm is None else self.norm(sums)
        weight, bias = self.quantised(grid)
        return functional.conv2d(inputs, weight.value, bias, self.stride, self.padding)


class FLightLinear(_QuantisedLayer):
    """A fully connected layer [N, in_features] -> [N, out_features] whose weights follow ``scheme`` (a filter = a row)."""

    def __init__(self, in_features: int, out_features: int, *, bias: bool = True, scheme: Scheme | str = "flight") -> None:
        super().__init__()
        if min(in_features, out_features) < 1:
            raise ConfigError(f"FLightLinear({in_features}, {out_features}): both sizes must be positive")
        reference = nn.Linear(in_features, out_features, bias=bias)
        self.weight, self.bias = nn.Parameter(reference.weight), None if reference.bias is None else nn.Parameter(reference.bias)
        self.norm = None
        self.set_scheme(scheme)

    def forward(self, inputs: Tensor, grid: AccumulatorGrid | None = None) -> Tensor:
        """Multiply; ``grid`` as in :meth:`FLightConv2d.forward`."""
        if self.scheme.is_float:
            return functional.linear(inputs, self.weight, self.bias)
        weight, bias = self.quantised(grid)
        return functional.linear(inputs, weight.value, bias)
