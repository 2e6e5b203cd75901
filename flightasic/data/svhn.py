"""SVHN's cropped digits (Netzer et al., 2011) in the MATLAB files that torchvision keeps in its root folder."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import torch

from flightasic.data.images import CLASSES, Dataset, check_labels, root_folder
from flightasic.errors import DataError

_SHAPE = (32, 32, 3)


def svhn(split: str, root: str | Path | None = None) -> Dataset:
    """SVHN's "train" (73,257 images 3x32x32) or "test" (26,032) split from ``root/train_32x32.mat`` or ``root/test_32x32.mat``.

    Raises
    ------
    DataError
        If ``root`` (or FLIGHTASIC_DATA) is not given, SciPy is missing, or the file is missing or not what it should be.
    """
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ModuleNotFoundError as error:
        raise DataError("svhn needs SciPy to read MATLAB files; run pip install 'flightasic[vision]'") from error

    path = root_folder("svhn", root) / f"{split}_32x32.mat"
    remedy = f"put {path.name} of the SVHN site (format 2, cropped digits) into {path.parent}"
    if not path.is_file():
        raise DataError(f"{path} is missing; {remedy}")
    try:
        content = loadmat(path, variable_names=["X", "y"])
    # SciPy refuses the HDF5 files of MATLAB 7.3 with a kind of RuntimeError.
    except (MatReadError, RuntimeError, LookupError, MemoryError, OSError, TypeError, ValueError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); {remedy}") from error
    pixels, labels = content.get("X"), content.get("y")
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[:3] != _SHAPE:
        raise DataError(f"{path} does not hold 'X', bytes of shape 32 x 32 x 3 x images; {remedy}")
    if labels is None or labels.dtype.kind not in "iu" or labels.size != pixels.shape[3]:
        raise DataError(f"{path} does not hold 'y', one whole number for each of its {pixels.shape[3]} images; {remedy}")
    images = torch.from_numpy(np.ascontiguousarray(pixels.transpose(3, 2, 0, 1)))
    numbers = torch.from_numpy(labels.astype(np.int64).reshape(-1))
    # The files call the digit 0 "10".
    numbers[numbers == CLASSES] = 0
    check_labels(path, numbers, CLASSES, remedy)
    return Dataset(images, numbers, CLASSES, "svhn")
