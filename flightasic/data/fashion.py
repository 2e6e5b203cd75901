"""Fashion-MNIST (Xiao et al., 2017) in its original idx files."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from flightasic.data.images import CLASSES, FOLDER_VARIABLE, SPLITS, Dataset, check_labels
from flightasic.errors import DataError

FASHION_MNIST_FOLDER = Path("/usr/share/datasets/fashion-mnist")
TORCHVISION_FOLDER = Path("FashionMNIST/raw")

_REMEDY = f"install it with 'apt install dataset-fashion-mnist', or pass the folder that holds it (--data or {FOLDER_VARIABLE})"
_PREFIX = {"train": "train", "test": "t10k"}
_IDX_UINT8 = 0x08


def fashion_mnist(split: str, folder: str | Path | None = None) -> Dataset:
    """Fashion-MNIST's "train" (60,000 images) or "test" (10,000) split.

    The folder is, in this order: the argument, the environment variable FLIGHTASIC_DATA, and where Debian's package
    ``dataset-fashion-mnist`` puts it. It holds the four files of the original distribution (idx format, gzip), or
    torchvision's folder ``FashionMNIST/raw`` with them.

    Raises
    ------
    DataError
        If a file is missing or damaged; the message names it and how to get it.
    """
    if split not in _PREFIX:
        raise DataError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    root = Path(folder or os.environ.get(FOLDER_VARIABLE) or FASHION_MNIST_FOLDER)
    if (root / TORCHVISION_FOLDER).is_dir():
        root /= TORCHVISION_FOLDER
    images_path = root / f"{_PREFIX[split]}-images-idx3-ubyte.gz"
    labels_path = root / f"{_PREFIX[split]}-labels-idx1-ubyte.gz"
    images = read_idx(images_path, dimensions=3)
    labels = read_idx(labels_path, dimensions=1).to(torch.int64)
    if len(images) != len(labels):
        raise DataError(f"{images_path} holds {len(images)} images but {labels_path.name} {len(labels)} labels; {_REMEDY}")
    check_labels(labels_path, labels, CLASSES, _REMEDY)
    return Dataset(images.unsqueeze(1), labels)


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
