"""What a data set is to the rest of the project, and the one rule that turns pixels into network inputs."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from flightasic.errors import DataError

FOLDER_VARIABLE = "FLIGHTASIC_DATA"
INPUT_SCALE_LOG2 = -7
CLASSES = 10
SPLITS = ("train", "test")


class LabelledImages(ABC):
    """Labelled images that can be taken in batches and cut in two, wherever they are kept."""

    @property
    @abstractmethod
    def in_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images uint8 [B, C, H, W] and labels int64 [B] at ``indices`` [B]."""

    @abstractmethod
    def _part(self, part: slice) -> Self: ...

    def split(self, last: int) -> tuple[Self, Self]:
        """All but the ``last`` images, and those; DataError if fewer are there."""
        if not 0 < last < len(self):
            raise DataError(f"cannot split {last} images off {len(self)}; choose fewer")
        return self._part(slice(None, -last)), self._part(slice(-last, None))

    def first(self, count: int | None) -> Self:
        """The first ``count`` images (all with None)."""
        return self if count is None else self._part(slice(count))


@dataclass(frozen=True)
class Dataset(LabelledImages):
    """Images uint8 [N, C, H, W] (pixels 0..255) in memory, and their labels int64 [N] (0..``classes`` - 1)."""

    images: Tensor
    labels: Tensor
    classes: int = CLASSES
    name: str = "fashion-mnist"

    def __len__(self) -> int:
        return self.images.shape[0]

    @property
    def in_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images uint8 [B, C, H, W] and labels int64 [B] at ``indices`` [B]."""
        return self.images[indices], self.labels[indices]

    def _part(self, part: slice) -> Self:
        return replace(self, images=self.images[part], labels=self.labels[part])


def quantise_input(pixels: Tensor) -> Tensor:
    """Network inputs int8 0..127 from uint8 pixels 0..255; a value v stands for ``v * 2^INPUT_SCALE_LOG2``."""
    return (pixels >> 1).to(torch.int8)


def check_labels(path: Path, labels: Tensor, classes: int, remedy: str) -> None:
    """Refuse (DataError) labels [N] outside 0..``classes`` - 1."""
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise DataError(f"{path}: label {int(wrong[0])} is not in 0..{classes - 1}; {remedy}")


def root_folder(name: str, root: str | Path | None) -> Path:
    """``root``, or the folder in the environment variable FLIGHTASIC_DATA; DataError if neither is given."""
    chosen = root or os.environ.get(FOLDER_VARIABLE)
    if not chosen:
        raise DataError(f"{name} needs the folder that holds it; pass it (--data, root= or {FOLDER_VARIABLE})")
    return Path(chosen)
