"""CIFAR-10 and CIFAR-100 (Krizhevsky, 2009) in the "python version" files, in the folders where torchvision keeps them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from flightasic.data.images import Dataset, check_labels, root_folder
from flightasic.errors import DataError

_SHAPE = (3, 32, 32)
_ROW = 3 * 32 * 32
_MODULES = {"numpy.core.multiarray": "numpy._core.multiarray"}
_ALLOWED = {("numpy._core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}
# What pickle raises on damaged files is not one family of errors.
_UNREADABLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class _Version:
    archive: str
    folder: str
    files: dict[str, tuple[str, ...]]
    labels: str
    classes: int


_VERSIONS = {
    "cifar10": _Version(
        "cifar-10-python.tar.gz",
        "cifar-10-batches-py",
        {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)},
        "labels",
        10,
    ),
    "cifar100": _Version("cifar-100-python.tar.gz", "cifar-100-python", {"train": ("train",), "test": ("test",)}, "fine_labels", 100),
}


def cifar10(split: str, root: str | Path | None = None) -> Dataset:
    """CIFAR-10's "train" (50,000 images 3x32x32) or "test" (10,000) split from ``root/cifar-10-batches-py``.

    Raises
    ------
    DataError
        If ``root`` (or FLIGHTASIC_DATA) is not given, or a file is missing or not what it should be.
    """
    return _load("cifar10", split, root)


def cifar100(split: str, root: str | Path | None = None) -> Dataset:
    """CIFAR-100's "train" or "test" split with its 100 fine labels, from ``root/cifar-100-python``; else as :func:`cifar10`."""
    return _load("cifar100", split, root)


def _load(name: str, split: str, root: str | Path | None) -> Dataset:
    version = _VERSIONS[name]
    folder = root_folder(name, root) / version.folder
    parts = [_read(folder / file, version) for file in version.files[split]]
    return Dataset(torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts]), version.classes, name)


def _read(path: Path, version: _Version) -> Dataset:
    remedy = f"unpack {version.archive} anew in {path.parent.parent}"
    if not path.is_file():
        raise DataError(f"{path} is missing; {remedy}")
    try:
        with path.open("rb") as file:
            content: Any = _ArraysOnly(file, encoding="latin1").load()
    except _UNREADABLE as error:
        raise DataError(f"{path} is damaged ({error}); {remedy}") from error
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _ROW:
        raise DataError(f"{path} does not hold 'data' of {_ROW} bytes per image; {remedy}")
    found = content.get(version.labels)
    if not isinstance(found, list) or len(found) != len(data) or not all(isinstance(label, int) for label in found):
        raise DataError(f"{path} does not hold '{version.labels}', one whole number for each of its {len(data)} images; {remedy}")
    labels = torch.tensor(found, dtype=torch.int64)
    check_labels(path, labels, version.classes, remedy)
    return Dataset(torch.from_numpy(data.reshape(-1, *_SHAPE).copy()), labels, version.classes)


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays, lists, numbers and text. A pickle can name any function to be called: all but NumPy's own are refused."""

    def find_class(self, module: str, name: str) -> Any:
        module = _MODULES.get(module, module)
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR file needs")
        return super().find_class(module, name)
