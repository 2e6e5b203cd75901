"""A torch module whose forward pass a test chooses."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


class Body(nn.Module):
    """A convolution, what ``forward`` says, and a linear layer."""

    def __init__(self, forward: Callable[[Body, Tensor], Tensor], features: int = 4, channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.other = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(features, 10)
        self.body = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.body(self, x)
