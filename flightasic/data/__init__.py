"""Data sets by name, read from files that are already there, and the one rule that turns pixels into network inputs (docs/data.md)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from flightasic.data.cifar import cifar10, cifar100
from flightasic.data.fashion import FASHION_MNIST_FOLDER, fashion_mnist, read_idx
from flightasic.data.folder import SIZES, FolderDataset, image_folder
from flightasic.data.images import CLASSES, FOLDER_VARIABLE, INPUT_SCALE_LOG2, SPLITS, Dataset, quantise_input
from flightasic.data.svhn import svhn
from flightasic.errors import DataError

__all__ = [
    "CLASSES",
    "DATASETS",
    "FASHION_MNIST_FOLDER",
    "FOLDER_VARIABLE",
    "INPUT_SCALE_LOG2",
    "SPLITS",
    "Dataset",
    "FolderDataset",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "image_folder",
    "load",
    "quantise_input",
    "read_idx",
    "svhn",
]

Loader = Callable[[str, str | Path | None], Dataset | FolderDataset]

DATASETS: dict[str, Loader] = {
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
    "svhn": svhn,
    **{name: partial(image_folder, name=name) for name in SIZES},
}


def load(name: str, split: str, root: str | Path | None = None) -> Dataset | FolderDataset:
    """A data set's "train" or "test" split by name (:data:`DATASETS`), from files under ``root``; nothing is downloaded.

    Parameters
    ----------
    root : str, Path or None
        Folder in torchvision's layout; None takes the environment variable FLIGHTASIC_DATA, and for Fashion-MNIST then Debian's package.

    Raises
    ------
    DataError
        If the name or split is unknown, a package is not installed, or a file is missing or damaged; the message tells the remedy.
    """
    if name not in DATASETS:
        raise DataError(f"data set must be one of {', '.join(DATASETS)}, got {name!r}")
    if split not in SPLITS:
        raise DataError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    return DATASETS[name](split, root)
