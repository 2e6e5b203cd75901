"""Data sets of a few images in the files that CIFAR and SVHN are distributed as."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from scipy.io import savemat

CIFAR10_FILES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
# dtype("u1") with the state that Python 2's NumPy wrote.
_DTYPE = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"


def write_cifar(path: Path, images: np.ndarray, **labels: list[int]) -> None:
    """A batch of ``images`` uint8 [N, 3, 32, 32] as Python 2 pickled it in 2009: opcodes for byte strings, NumPy under its old names."""
    rows = images.reshape(len(images), -1)
    shape = b"".join(b"J" + struct.pack("<i", size) for size in rows.shape) + b"\x86"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR(K\x01"
        + shape
        + _DTYPE
        + b"\x89"
        + _string(rows.tobytes())
    )
    entries = _string(b"data") + array + b"tbs"
    for name, values in labels.items():
        entries += _string(name.encode()) + b"](" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"es"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x80\x02}" + entries + b".")


def write_cifar10(root: Path, count: int = 4) -> dict[str, np.ndarray]:
    """Six batches of ``count`` images in ``root/cifar-10-batches-py``; the pixels by file. Image i of a batch has label i."""
    rng = np.random.default_rng(0)
    batches = {name: rng.integers(0, 256, (count, 3, 32, 32), np.uint8) for name in CIFAR10_FILES}
    for name, images in batches.items():
        write_cifar(root / "cifar-10-batches-py" / name, images, labels=list(range(count)))
    return batches


def write_svhn(root: Path, split: str, images: np.ndarray, labels: list[int]) -> None:
    """``images`` uint8 [N, 3, 32, 32] with ``labels`` 1..10 in ``root/<split>_32x32.mat``, compressed as the site's files are."""
    content = {"X": images.transpose(2, 3, 1, 0), "y": np.array(labels, np.uint8)[:, None]}
    savemat(root / f"{split}_32x32.mat", content, do_compression=True)


def _string(data: bytes) -> bytes:
    return b"T" + struct.pack("<i", len(data)) + data
