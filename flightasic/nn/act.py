"""Signed 8-bit activations with one power-of-two scale per tensor (docs/design.md)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from flightasic.formats import ACT_MAX, ACT_MIN

PERCENTILE = 0.9998
_SAMPLES = 1 << 16
_FADING = 0.9


class _Round(torch.autograd.Function):
    """``floor(x + 1/2)`` units, clamped; the gradient passes within the range and is zero outside."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, unit: float, low: int) -> Tensor:
        scaled = values / unit
        ctx.save_for_backward((scaled >= low) & (scaled <= ACT_MAX))
        return scaled.add_(0.5).floor_().clamp_(low, ACT_MAX).mul_(unit)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (inside,) = ctx.saved_tensors
        return gradient * inside, None, None


class ActivationQuantiser(nn.Module):
    """ReLU (optional), then rounding to 8 bits: 0..127 after a ReLU, else -128..127, times ``2^scale_log2``.

    Until :meth:`freeze` :meth:`observe` adapts the scale so that the largest percentile seen fits; after it the scale is part of
    the network. Rounding equals :func:`flightasic.formats.requantise` on the integers behind the values.
    """

    peak: Tensor
    exponent: Tensor
    frozen: Tensor

    def __init__(self, *, relu: bool) -> None:
        super().__init__()
        self.relu = relu
        self.register_buffer("peak", torch.zeros(()))
        self.register_buffer("exponent", torch.tensor(-7))
        self.register_buffer("frozen", torch.tensor(False))
        self._scale_log2: int | None = None

    @property
    def scale_log2(self) -> int:
        """Exponent of one unit of the output."""
        if self._scale_log2 is None:
            # Read once: on a GPU every look at the buffer would wait for all work before it.
            self._scale_log2 = int(self.exponent)
        return self._scale_log2

    @torch.no_grad()
    def observe(self, values: Tensor) -> None:
        """Adapt the range so that all but a tiny share of ``values`` fits; what was seen before fades slowly."""
        flat = values.detach().flatten()
        sample = flat[:: max(1, flat.numel() // _SAMPLES)].float()
        magnitudes = sample.clamp(min=0) if self.relu else sample.abs()
        rank = max(1, math.ceil(PERCENTILE * magnitudes.numel()))
        peak = max(float(magnitudes.kthvalue(rank).values), _FADING * float(self.peak))
        if peak > 0:
            self.peak.fill_(peak)
            self.set_exponent(math.ceil(math.log2(peak / ACT_MAX)))

    def set_exponent(self, exponent: int) -> None:
        """Set the scale."""
        self.exponent.fill_(exponent)
        self._scale_log2 = exponent

    def freeze(self, frozen: bool = True) -> None:
        """Keep the scale from now on, or (``frozen=False``) begin to observe anew."""
        self.frozen.fill_(frozen)
        if not frozen:
            self.peak.zero_()

    def forward(self, values: Tensor) -> Tensor:
        rounded: Tensor = _Round.apply(values, 2.0**self.scale_log2, 0 if self.relu else ACT_MIN)  # type: ignore[no-untyped-call]
        return rounded

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._scale_log2 = None
