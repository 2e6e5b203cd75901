"""Augmentation of batches of images: what is usual for each data set, from an explicit random generator."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from flightasic.errors import ConfigError

Augmentation = Callable[[Tensor, torch.Generator], Tensor]

_SMALL, _SMALL_MARGIN, _MARGIN = 28, 2, 4

USUAL = {"fashion-mnist": "flip", "cifar10": "flip-crop", "cifar100": "flip-crop", "svhn": "crop", "imagefolder": "flip"}


def augmentation(name: str) -> Augmentation:
    """The augmentation called ``name``: "none", "flip" (left to right, every other image), "crop" (shifted by up to 4 pixels, 2 where
    images are 28 pixels wide or less, zeros behind), "flip-crop". It takes uint8 [B, C, H, W] and a generator; an unknown name is a
    ConfigError.
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


_AUGMENTATIONS: dict[str, Augmentation] = {"none": _none, "flip": _flip, "crop": _crop, "flip-crop": _flip_crop}
