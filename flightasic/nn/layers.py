"""Drop-in convolution and linear layers with quantised weights and batch norm folded in before quantising."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic.errors import ConfigError
from flightasic.formats import ACT_MAX
from flightasic.ir import average_pool
from flightasic.nn.quantise import Gates, QuantisedWeight, power_of_two, quantise
from flightasic.nn.scheme import Scheme

_SUM_SLACK = 2.0
_ROUNDING_MARGIN = 4
_PRUNED_BELOW = 0.1
_SIGMOID_WIDTH = 0.25


@dataclass(frozen=True)
class AccumulatorGrid:
    """Scales around a layer, from which its accumulator follows (docs/design.md).

    Attributes
    ----------
    in_scale_log2, out_scale_log2 : int
        Exponents of one unit of the layer's input and output activations.
    acc_bits : int
        Width of the accumulator.
    residual_scale_log2 : int or None
        Exponent of one unit of the tensor added to the accumulator.
    """

    in_scale_log2: int
    out_scale_log2: int
    acc_bits: int
    residual_scale_log2: int | None = None

    def floor(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Smallest exponent int64 [O] of a filter's unit such that its sums and rounding fit the accumulator.

        Terms below it would be lost anyway: the limit is the filter's absolute sum at full-scale inputs, with a factor of two
        for terms that round up, and never finer than the output needs.
        """
        reach = _SUM_SLACK * (ACT_MAX + 1) * weight.detach().flatten(1).abs().sum(1)
        reach = reach + bias.detach().abs() * 2.0**-self.in_scale_log2
        if self.residual_scale_log2 is not None:
            reach = reach + (ACT_MAX + 1) * 2.0 ** (self.residual_scale_log2 - self.in_scale_log2)
        fits = torch.frexp(reach).exponent.to(torch.int64) - (self.acc_bits - 1)
        useful = self.out_scale_log2 - self.in_scale_log2 - (self.acc_bits - _ROUNDING_MARGIN)
        return fits.clamp(min=useful)


class QuantisedLayer(nn.Module, ABC):
    """What convolution and linear layers share: scheme, thresholds, folded batch norm, quantised weight and bias.

    Attributes
    ----------
    thresholds : Parameter float [P] or None
        t_j of a learned scheme, as multiples of :attr:`threshold_unit`.
    threshold_unit : float [P]
        Median norm of the layer's residuals when the scheme was set.
    kept_planes : bool [P, O]
        The planes in use once :meth:`fix_k` was called.
    k_is_fixed : bool
    held_base : int64 [P, O] or None
        Exponents of the planes' units once :meth:`hold_exponents` was called; None = those that suit the weights at any time.
    batch_statistics : bool
        In training, normalise by the batch (and go on estimating the running statistics) instead of by what is folded in.
    last : QuantisedWeight or None
        What the last forward pass made of the weight.
    """

    weight: nn.Parameter
    bias: nn.Parameter | None
    norm: nn.BatchNorm2d | None
    thresholds: nn.Parameter | None
    scale_log2: nn.Parameter | None
    threshold_unit: Tensor
    kept_planes: Tensor
    k_is_fixed: Tensor
    held_base: Tensor | None
    scheme: Scheme
    last: QuantisedWeight | None

    def _start(self, reference: nn.Conv2d | nn.Linear, *, norm: nn.BatchNorm2d | None, scheme: Scheme | str) -> None:
        self.weight, self.bias = nn.Parameter(reference.weight), None if reference.bias is None else nn.Parameter(reference.bias)
        self.norm = norm
        self.batch_statistics = False
        self.set_scheme(scheme)

    def set_scheme(self, scheme: Scheme | str) -> None:
        """Change what the weights are made of; learned thresholds start anew from the present weights.

        t_0 starts at a tenth of the layer's median norm (filters far weaker than the others are pruned) and t_j at the median
        residual norm, so that training starts between one and the most terms and can move either way.
        """
        self.scheme = Scheme.create(scheme) if isinstance(scheme, str) else scheme
        device, filters = self.weight.device, self.weight.shape[0]
        self.thresholds = self.scale_log2 = self.last = None
        planes = self.scheme.planes if self.scheme.learned else 0
        self.register_buffer("threshold_unit", torch.ones(planes, device=device))
        self.register_buffer("kept_planes", torch.ones((planes, filters), dtype=torch.bool, device=device))
        self.register_buffer("k_is_fixed", torch.tensor(False))
        self.register_buffer("held_base", None)
        if self.scheme.arith.startswith("fixed"):
            self.scale_log2 = nn.Parameter(torch.zeros(filters, device=device))
        if self.scheme.learned:
            norms = quantise(self.folded()[0].detach(), None, self.scheme).residual_norms
            self.threshold_unit = norms.median(dim=1).values.clamp(min=torch.finfo(torch.float32).tiny)
            start = torch.ones(planes, device=device)
            start[0] = _PRUNED_BELOW
            self.thresholds = nn.Parameter(start)

    def fix_k(self, kept: Tensor) -> None:
        """Take ``kept`` (bool [P, O]) as the planes in use from now on; thresholds no longer count."""
        if self.thresholds is None:
            raise ConfigError(f"scheme {self.scheme.name!r} has no learned k to fix; use 'flight' or 'fixed4-pruned'")
        self.kept_planes.copy_(kept)
        self.k_is_fixed.fill_(True)
        self.thresholds.requires_grad_(False)

    def hold_exponents(self) -> None:
        """Keep the exponents of the planes' units as the last forward pass had them (or, without one, as they are), whatever the weights
        become."""
        self.held_base = (self.last or self.quantised()[0]).base

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # A buffer that is None has no entry, and would refuse one.
        held = state_dict.get(f"{prefix}held_base")
        self.held_base = None if held is None else torch.empty_like(held, device=self.weight.device)
        super()._load_from_state_dict(state_dict, prefix, *args)

    @property
    def gates(self) -> Gates | None:
        """What decides which planes are kept; None where that is not learned."""
        if self.thresholds is None:
            return None
        fixed = self.kept_planes if self.k_is_fixed else None
        return Gates(self.thresholds * self.threshold_unit, _SIGMOID_WIDTH * self.threshold_unit, fixed)

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight [O, ...] and bias [O] with the batch norm's running statistics folded in."""
        bias = self.weight.new_zeros(self.weight.shape[0]) if self.bias is None else self.bias
        if self.norm is None:
            return self.weight, bias
        scale = self._norm_scale()
        assert self.norm.running_mean is not None
        return self.weight * self._per_filter(scale), (bias - self.norm.running_mean) * scale + self.norm.bias

    def _norm_scale(self) -> Tensor:
        assert self.norm is not None and self.norm.running_var is not None
        return self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)

    def _per_filter(self, values: Tensor) -> Tensor:
        return values.view(-1, *[1] * (self.weight.ndim - 1))

    def quantised(self, grid: AccumulatorGrid | None = None) -> tuple[QuantisedWeight, Tensor]:
        """Quantised weight and bias [O]; with a grid, the bias is a whole number of accumulator units.

        The bias of a pruned filter (k = 0) is zero, so that the hardware can drop the channel.
        """
        weight, bias = self.folded()
        floor = None if grid is None else grid.floor(weight, bias)
        result = quantise(weight, self.gates, self.scheme, floor, self.scale_log2, self.held_base)
        if self.thresholds is not None:
            bias = bias * (result.k > 0)
        if grid is not None:
            unit = power_of_two(result.grid + grid.in_scale_log2)
            rounded = torch.floor(bias.detach() / unit + 0.5) * unit
            bias = rounded + (bias - bias.detach())
        self.last = result
        return result, bias

    def forward(self, inputs: Tensor, grid: AccumulatorGrid | None = None) -> Tensor:
        """Apply the layer; ``grid`` (scales around it) makes the result equal the integer accumulator exactly."""
        if self.scheme.is_float:
            sums = self.weighted_sums(inputs, self.weight, self.bias)
            return sums if self.norm is None else self.norm(sums)
        result, bias = self.quantised(grid)
        if self.norm is None or not (self.training and self.batch_statistics):
            return self.weighted_sums(inputs, result.value, bias)
        return self._normalised(self.weighted_sums(inputs, result.value, None), result)

    def _normalised(self, sums: Tensor, result: QuantisedWeight) -> Tensor:
        """Sums of folded weights, normalised by the batch; the running statistics are those of the unfolded weights' sums."""
        norm = self.norm
        assert norm is not None and norm.running_mean is not None and norm.running_var is not None and norm.momentum is not None
        scale = self._norm_scale().detach()
        mean, variance = torch.zeros_like(norm.running_mean), torch.ones_like(norm.running_var)
        gain = norm.weight.abs()
        if self.thresholds is not None:
            alive = (result.k > 0).to(gain.dtype)
            gain, shift = gain * alive, norm.bias * alive
        else:
            shift = norm.bias
        outputs = functional.batch_norm(sums, mean, variance, gain, shift, training=True, momentum=1.0, eps=norm.eps)
        with torch.no_grad():
            usable = (scale.abs() > torch.finfo(torch.float32).tiny) & (variance > 0)
            scale = torch.where(usable, scale, 1.0)
            bias = 0.0 if self.bias is None else self.bias
            norm.running_mean.copy_(torch.where(usable, norm.running_mean.lerp(mean / scale + bias, norm.momentum), norm.running_mean))
            norm.running_var.copy_(torch.where(usable, norm.running_var.lerp(variance / scale**2, norm.momentum), norm.running_var))
        return outputs

    @abstractmethod
    def weighted_sums(self, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The layer's sums with another weight and bias."""


class FLightConv2d(QuantisedLayer):
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
        groups: int = 1,
        bias: bool = True,
        batch_norm: bool = False,
        scheme: Scheme | str = "flight",
    ) -> None:
        super().__init__()
        if min(in_channels, out_channels, kernel_size, stride, groups) < 1 or padding < 0 or in_channels % groups or out_channels % groups:
            raise ConfigError(
                f"FLightConv2d({in_channels}, {out_channels}, {kernel_size}, stride={stride}, padding={padding}, groups={groups}): "
                "channels, kernel, stride and groups must be positive, padding not negative, and groups must divide the channels"
            )
        self.stride: int = stride
        self.padding: int = padding
        self.groups: int = groups
        reference = nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)
        self._start(reference, norm=nn.BatchNorm2d(out_channels) if batch_norm else None, scheme=scheme)

    def out_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(channels, height, width) of the output for an input of that shape."""
        kernel = self.weight.shape[2]
        height, width = ((size + 2 * self.padding - kernel) // self.stride + 1 for size in in_shape[1:])
        return self.weight.shape[0], height, width

    def weighted_sums(self, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.weight.is_contiguous(memory_format=torch.channels_last):
            # Sums over planes lose the order of the weight they are made of, and convolutions take the slower of two orders.
            weight = weight.contiguous(memory_format=torch.channels_last)
        return functional.conv2d(inputs, weight, bias, self.stride, self.padding, groups=self.groups)


class FLightLinear(QuantisedLayer):
    """A fully connected layer [N, in_features] -> [N, out_features] whose weights follow ``scheme`` (a filter = a row)."""

    def __init__(self, in_features: int, out_features: int, *, bias: bool = True, scheme: Scheme | str = "flight") -> None:
        super().__init__()
        if min(in_features, out_features) < 1:
            raise ConfigError(f"FLightLinear({in_features}, {out_features}): both sizes must be positive")
        self._start(nn.Linear(in_features, out_features, bias=bias), norm=None, scheme=scheme)

    def out_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(out_features, 1, 1)."""
        return self.weight.shape[0], 1, 1

    def weighted_sums(self, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return functional.linear(inputs, weight, bias)


class AveragePool(nn.Module):
    """Average pooling with the weights the integer network has (:func:`flightasic.ir.average_pool`); exact means with float weights.

    Input [N, C, H, W]; windows of ``window`` (height, width) every ``stride`` pixels, without padding.
    """

    def __init__(self, window: tuple[int, int], *, stride: int = 1, scheme: Scheme | str = "flight") -> None:
        super().__init__()
        if min(*window, stride) < 1:
            raise ConfigError(f"AveragePool({window}, stride={stride}): window and stride must be positive")
        self.window, self.stride = window, stride
        self.set_scheme(scheme)

    def set_scheme(self, scheme: Scheme | str) -> None:
        """Change what the weights are made of."""
        self.scheme = Scheme.create(scheme) if isinstance(scheme, str) else scheme
        self._weight = 0.0
        if not self.scheme.is_float:
            layer = average_pool("pool", 1, self.window, stride=self.stride, arith=self.scheme.arith)
            self._weight = float(layer.weights(self.scheme.arith).flat[0]) * 2.0 ** -int(layer.right_shift[0])

    def out_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(channels, height, width) of the output for an input of that shape."""
        height, width = ((size - edge) // self.stride + 1 for size, edge in zip(in_shape[1:], self.window, strict=True))
        return in_shape[0], height, width

    def forward(self, inputs: Tensor) -> Tensor:
        if self.scheme.is_float:
            return functional.avg_pool2d(inputs, self.window, self.stride)
        # Sums of 8-bit values are exact; one product by the weight keeps them so, which a mean and a factor would not.
        return functional.avg_pool2d(inputs, self.window, self.stride, divisor_override=1) * self._weight
