"""Data sets that need no download, and the one rule that turns pixels into network inputs."""

from __future__ import annotations

import gzip
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from flightasic.errors import DataError

FASHION_MNIST_FOLDER = Path("/usr/share/datasets/fashion-mnist")
FOLDER_VARIABLE = "FLIGHTASIC_DATA"
INPUT_SCALE_LOG2 = -7
CLASSES = 10

_REMEDY = f"install it with 'apt install dataset-fashion-mnist', or pass the folder that holds it (--data or {FOLDER_VARIABLE})"
_PREFIX = {"train": "train", "test": "t10k"}
_IDX_UINT8 = 0x08


@dataclass(frozen=True)
class Dataset:
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

    def split(self, last: int) -> tuple[Dataset, Dataset]:
        """All but the ``last`` images, and those; DataError if fewer are there."""
        if not 0 < last < len(self):
            raise DataError(f"cannot split {last} images off {len(self)}; choose fewer")
        return self._part(slice(None, -last)), self._part(slice(-last, None))

    def first(self, count: int | None) -> Dataset:
        """The first ``count`` images (all with None)."""
        return self if count is None else self._part(slice(count))

    def _part(self, part: slice) -> Dataset:
        return replace(self, images=self.images[part], labels=self.labels[part])


def quantise_input(pixels: Tensor) -> Tensor:
    """Network inputs int8 0..127 from uint8 pixels 0..255; a value v stands for ``v * 2^INPUT_SCALE_LOG2``."""
    return (pixels >> 1).to(torch.int8)


def fashion_mnist(split: str, folder: str | Path | None = None) -> Dataset:
    """Fashion-MNIST's "train" (60,000 images) or "test" (10,000) split.

    The folder is, in this order: the argument, the environment variable FLIGHTASIC_DATA, and where Debian's package
    ``dataset-fashion-mnist`` puts it. It holds the four files of the original distribution (idx format, gzip).

    Raises
    ------
    DataError
        If a file is missing or damaged; the message names it and how to get it.
    """
    if split not in _PREFIX:
        raise DataError(f"split must be one of {', '.join(_PREFIX)}, got {split!r}")
    root = Path(folder or os.environ.get(FOLDER_VARIABLE) or FASHION_MNIST_FOLDER)
    images_path = root / f"{_PREFIX[split]}-images-idx3-ubyte.gz"
    labels_path = root / f"{_PREFIX[split]}-labels-idx1-ubyte.gz"
    images = read_idx(images_path, dimensions=3)
    labels = read_idx(labels_path, dimensions=1)
    if len(images) != len(labels):
        raise DataError(f"{images_path} holds {len(images)} images but {labels_path.name} {len(labels)} labels; {_REMEDY}")
    if len(labels) and int(labels.max()) >= CLASSES:
        raise DataError(f"{labels_path}: label {int(labels.max())} is not in 0..{CLASSES - 1}; {_REMEDY}")
    return Dataset(images.unsqueeze(1), labels.to(torch.int64))


def read_idx(path: Path, *, dimensions: int) -> Tensor:
    """A uint8 tensor with ``dimensions`` axes from a gzipped idx file; a missing or damaged one is a DataError."""
    if not path.is_file():
        raise DataError(f"{path} is missing; {_REMEDY}")
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); {_REMEDY}") from error
    header = 4 + 4 * dimensions
    if len(data) < header or data[:4] != bytes((0, 0, _IDX_UINT8, dimensions)):
        raise DataError(f"{path} is not an idx file of bytes with {dimensions} dimensions; {_REMEDY}")
    shape = [int(size) for size in np.frombuffer(data, dtype=">u4", count=dimensions, offset=4)]
    expected = int(np.prod(shape))
    if len(data) - header != expected:
        raise DataError(f"{path} holds {len(data) - header} bytes of data where its header says {expected}; {_REMEDY}")
    return torch.from_numpy(np.frombuffer(data, dtype=np.uint8, offset=header).reshape(shape).copy())


def load(name: str, split: str, root: str | Path | None = None) -> Dataset:
    """A data set's "train" or "test" split by name, from the folder ``root`` (:func:`fashion_mnist` says where it is looked for).

    Raises
    ------
    DataError
        If the name is unknown, or a file is missing or damaged.
    """
    if name != "fashion-mnist":
        raise DataError(f"data set must be fashion-mnist, got {name!r}")
    return fashion_mnist(split, root)
