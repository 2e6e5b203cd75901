"""Augmentation of batches of images: what is usual for each data set, from an explicit random generator."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from flightasic.errors import ConfigError

Augmentation = Callable[[Tensor, torch.Generator], Tensor]

_SMALL, _SMALL_MARGIN, _MARGIN = 28, 2, 4

# Smallest share of the area, and widest aspect ratio, that a resized crop keeps. The usual 0.08 of ImageNet is meant for whole photographs;
# batches here are already cut to the network's size.
_LEAST_AREA, _RATIO = 0.25, 4 / 3

USUAL = {
    "fashion-mnist": "flip",
    "cifar10": "flip-crop",
    "cifar100": "flip-crop",
    "svhn": "crop",
    "imagefolder": "resized-crop",
    "imagefolder-64": "resized-crop",
    "imagefolder-32": "flip-crop",
}


def augmentation(name: str) -> Augmentation:
    """The augmentation called ``name``: "none", "flip" (left to right, by the toss of a coin), "crop" (shifted by up to 4 pixels, 2
    where images are 28 pixels wide or less, zeros behind), "flip-crop", "resized-crop" (a random part, stretched to the whole and flipped).
    It takes uint8 [B, C, H, W] and a generator, and gives the same; an unknown name is a ConfigError.
    """
    if name not in _AUGMENTATIONS:
        raise ConfigError(f"augment must be one of {', '.join(_AUGMENTATIONS)}, got {name!r}")
    return _AUGMENTATIONS[name]


def _none(images: Tensor, generator: torch.Generator) -> Tensor:
    return images


def _flip(images: Tensor, generator: torch.Generator) -> Tensor:
    flipped = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(flipped[:, None, None, None], images.flip(3), images)


def _crop(images: Tensor, generator: torch.Generator) -> Tensor:
    count, _, height, width = images.shape
    margin = _SMALL_MARGIN if width <= _SMALL else _MARGIN
    padded = functional.pad(images, (margin,) * 4)
    down, across = torch.randint(0, 2 * margin + 1, (2, count), generator=generator)
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (across[:, None] + torch.arange(width))[:, None, None, :]
    return padded[torch.arange(count)[:, None, None, None], torch.arange(images.shape[1])[None, :, None, None], rows, columns]


def _flip_crop(images: Tensor, generator: torch.Generator) -> Tensor:
    return _crop(_flip(images, generator), generator)


def _resized_crop(images: Tensor, generator: torch.Generator) -> Tensor:
    count = len(images)
    area, ratio, across, down, side = torch.rand((5, count), generator=generator)
    aspect = torch.exp((2 * ratio - 1) * math.log(_RATIO) / 2)
    edge = torch.sqrt(_LEAST_AREA + (1 - _LEAST_AREA) * area)
    width, height = (edge * aspect).clamp(max=1), (edge / aspect).clamp(max=1)
    # An affine map of the unit square [-1, 1]^2: scaled, moved so that it stays inside, mirrored for half of the images.
    mirror = torch.where(side < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 2] = mirror * width, (2 * across - 1) * (1 - width)
    theta[:, 1, 1], theta[:, 1, 2] = height, (2 * down - 1) * (1 - height)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    sampled = functional.grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled.round().clamp(0, 255).to(torch.uint8)


_AUGMENTATIONS: dict[str, Augmentation] = {
    "none": _none,
    "flip": _flip,
    "crop": _crop,
    "flip-crop": _flip_crop,
    "resized-crop": _resized_crop,
}
