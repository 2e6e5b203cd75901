"""A data set small enough to train on within a test: 160 + 40 images in Fashion-MNIST's files, one bright pixel row per label."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np


def write_small_fashion(folder: Path) -> Path:
    """Write the four files into ``folder``, which is made and returned."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for prefix, count in (("train", 160), ("t10k", 40)):
        labels = np.arange(count) % 10
        images = rng.integers(0, 100, (count, 28, 28))
        images[np.arange(count), 2 * labels] += 155
        for name, values in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
            (folder / f"{prefix}-{name}-ubyte.gz").write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes()))
    return folder
