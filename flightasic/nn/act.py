"""Signed 8-bit activations with one power-of-two scale per tensor (docs/design.md)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from flightasic.formats import ACT_MAX, ACT_MIN

PERCENTILE = 0.9998


class ActivationQuantiser(nn.Module):
    """ReLU (optional), then rounding to 8 bits: 0..127 after a ReLU, else -128..127, times ``2^scale_log2``.

    Until :meth:`freeze` every forward pass raises the scale so that the largest percentile seen so far fits; after it the
    scale is part of the network. Rounding is ``floor(x + 1/2)``, which equals :func:`flightasic.formats.requantise` on the
    integers behind x; gradients pass straight through within the range and are zero outside.
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

    @property
    def scale_log2(self) -> int:
        """Exponent of one unit of the output."""
        return int(self.exponent)

    def observe(self, values: Tensor) -> None:
        """Widen the range so that all but a tiny share of ``values`` fits."""
        magnitudes = (values.clamp(min=0) if self.relu else values.abs()).detach().flatten()
        rank = max(1, math.ceil(PERCENTILE * magnitudes.numel()))
        peak = float(magnitudes.kthvalue(rank).values)
        if peak > float(self.peak):
            self.peak.fill_(peak)
            self.exponent.fill_(math.ceil(math.log2(peak / ACT_MAX)))

    def freeze(self) -> None:
        """Keep the scale from now on."""
        self.frozen.fill_(True)

    def forward(self, values: Tensor) -> Tensor:
        if not self.frozen:
            self.observe(values)
        unit = 2.0**self.scale_log2
        low = 0 if self.relu else ACT_MIN
        clamped = values.clamp(low * unit, ACT_MAX * unit)
        rounded = torch.floor(clamped.detach() / unit + 0.5) * unit
        return rounded + (clamped - clamped.detach())
