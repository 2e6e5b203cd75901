"""What a network is given, and how often it is right: the same for training, tests and the zoo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

from flightasic.data import INPUT_SCALE_LOG2, quantise_input
from flightasic.nn.network import FLightNetwork

_EVALUATION_BATCH = 500


class Images(Protocol):
    """A data set as the trainer sees it (:mod:`flightasic.data`)."""

    @property
    def in_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""

    @property
    def classes(self) -> int:
        """Number of labels."""

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images uint8 [B, C, H, W] and labels int64 [B]."""


def to_inputs(images: Tensor) -> Tensor:
    """Network inputs float [N, C, H, W] from uint8 pixels, after :func:`flightasic.data.quantise_input`."""
    return quantise_input(images).float() * 2.0**INPUT_SCALE_LOG2


@torch.no_grad()
def accuracy_of(model: FLightNetwork, data: Images, *, device: str = "cpu") -> float:
    """Share (0..1) of images the torch network (float or fake-quantised) gets right, in full precision."""
    training = model.training
    model.eval()
    right = 0
    with _exact():
        for indices in torch.split(torch.arange(len(data)), _EVALUATION_BATCH):
            images, labels = data.batch(indices)
            right += int((model(to_inputs(images).to(device)).argmax(1) == labels.to(device)).sum())
    model.train(training)
    return right / max(1, len(data))


@contextmanager
def _exact() -> Iterator[None]:
    """Without the shortened products that GPUs use by default: they would not be the integers'."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
