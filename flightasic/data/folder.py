"""ImageNet and anything else laid out as one folder of images per class, decoded when a batch asks for them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from flightasic.data.images import LabelledImages, root_folder
from flightasic.errors import DataError

SIZES = {"imagefolder": 224, "imagefolder-64": 64, "imagefolder-32": 32}
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".webp")

_SPLIT_FOLDERS = {"train": ("train",), "test": ("val", "test")}
_MARGIN = 256 / 224


@dataclass(frozen=True)
class FolderDataset(LabelledImages):
    """Image files and their labels int64 [N], decoded to 3 x ``size`` x ``size`` as ImageNet is usually evaluated.

    The shorter side is resized (bilinear, antialiased) to 256/224 of ``size``, then the centre is cut out. Files come in one fixed
    random order, so that the first or last of them are a fair sample of all classes.
    """

    files: tuple[Path, ...]
    labels: Tensor
    class_names: tuple[str, ...]
    size: int
    name: str = "imagefolder"

    def __len__(self) -> int:
        return len(self.files)

    @property
    def classes(self) -> int:
        """Number of labels: of folders."""
        return len(self.class_names)

    @property
    def in_shape(self) -> tuple[int, int, int]:
        """(3, size, size)."""
        return 3, self.size, self.size

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images uint8 [B, 3, size, size] and labels int64 [B] at ``indices`` [B]; DataError for a file that is no image."""
        files = [self.files[index] for index in indices.tolist()]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            images = list(pool.map(partial(_decode, size=self.size), files))
        return torch.stack(images) if images else torch.empty((0, *self.in_shape), dtype=torch.uint8), self.labels[indices]

    def _part(self, part: slice) -> Self:
        return replace(self, files=self.files[part], labels=self.labels[part])


def image_folder(split: str, root: str | Path | None = None, *, name: str = "imagefolder") -> FolderDataset:
    """The images under ``root/train`` ("train") or ``root/val``, else ``root/test`` ("test"); a class is a folder there, in sorted order.

    Parameters
    ----------
    name : str
        "imagefolder" (224 pixels), "imagefolder-64" or "imagefolder-32".

    Raises
    ------
    DataError
        If ``root`` (or FLIGHTASIC_DATA) is not given, Pillow is missing, there are no images, or the two splits have other classes.
    """
    try:
        import PIL.Image  # noqa: F401
    except ModuleNotFoundError as error:
        raise DataError(f"{name} needs Pillow to read images; run pip install 'flightasic[vision]'") from error

    base = root_folder(name, root)
    folder = _split_folder(base, _SPLIT_FOLDERS[split])
    class_names = _class_names(folder)
    train = base / "train"
    if train.is_dir() and _class_names(train) != class_names:
        odd = sorted(set(_class_names(train)) ^ set(class_names))
        raise DataError(f"{folder} and {train} do not hold the same classes ({', '.join(odd[:3])}); give both one folder per class")
    files, labels = [], []
    for label, class_name in enumerate(class_names):
        found = sorted(path for path in (folder / class_name).rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        if not found:
            raise DataError(f"{folder / class_name} holds no image ({', '.join(SUFFIXES)}); put the images of that class there")
        files += found
        labels += [label] * len(found)
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0))
    return FolderDataset(tuple(files[index] for index in order.tolist()), torch.tensor(labels)[order], class_names, SIZES[name], name)


def _split_folder(base: Path, names: Sequence[str]) -> Path:
    for name in names:
        if (base / name).is_dir():
            return base / name
    raise DataError(f"{base} has no folder {' or '.join(names)}; put one folder of images per class there")


def _class_names(folder: Path) -> tuple[str, ...]:
    names = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))
    if not names:
        raise DataError(f"{folder} holds no folder; put one folder of images per class there")
    return names


def _decode(path: Path, *, size: int) -> Tensor:
    from PIL import Image

    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}); replace or remove it") from error
    scale = round(size * _MARGIN) / min(image.size)
    width, height = (round(side * scale) for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    resized = image.resize((width, height), Image.Resampling.BILINEAR).crop((left, top, left + size, top + size))
    return torch.from_numpy(np.asarray(resized).copy()).permute(2, 0, 1).contiguous()
