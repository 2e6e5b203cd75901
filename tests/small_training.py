"""Training runs that take no time: settings, images and inputs shared by the tests of flightasic.nn."""

from __future__ import annotations

import torch
from torch import Tensor

from flightasic.data import Dataset
from flightasic.nn.settings import TrainSettings

QUICK = TrainSettings(model="tiny", epochs=2, float_epochs=2, batch=16)


def noise_images(count: int = 48, seed: int = 0) -> Dataset:
    """Random images whose label is their brightest tenth of rows, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 120, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 10, (count,), generator=generator)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[0, 2 * label : 2 * label + 4] += 130
    return Dataset(images, labels)


def random_input(*shape: int) -> Tensor:
    return torch.randint(-128, 128, shape, generator=torch.Generator().manual_seed(2)).float() / 128
