"""Loading Fashion-MNIST and turning pixels into inputs."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from flightasic.data import FOLDER_VARIABLE, fashion_mnist, quantise_input, read_idx
from flightasic.errors import DataError


def write_idx(path: Path, values: np.ndarray, shape: tuple[int, ...] | None = None, magic: bytes = b"\0\0\x08") -> None:
    shape = values.shape if shape is None else shape
    header = magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for prefix, count in (("train", 5), ("t10k", 3)):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", rng.integers(0, 256, (count, 4, 6)))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", rng.integers(0, 10, count))
    return tmp_path


@pytest.mark.parametrize("split,count", [("train", 5), ("test", 3)])
def test_a_split_is_read_from_the_folder_given(folder: Path, split: str, count: int) -> None:
    data = fashion_mnist(split, folder)
    assert len(data) == count
    assert data.images.shape == (count, 1, 4, 6)
    assert (data.images.dtype, data.labels.dtype) == (torch.uint8, torch.int64)
    raw = gzip.decompress((folder / f"{'train' if split == 'train' else 't10k'}-images-idx3-ubyte.gz").read_bytes())
    assert data.images.numpy().tobytes() == raw[16:]


def test_the_environment_names_the_folder_unless_the_argument_does(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert len(fashion_mnist("test")) == 3
    with pytest.raises(DataError, match="nowhere"):
        fashion_mnist("test", tmp_path / "nowhere")


def test_the_files_are_found_where_torchvision_keeps_them(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("torchvision")
    (root / "FashionMNIST").mkdir()
    folder.rename(root / "FashionMNIST" / "raw")
    assert len(fashion_mnist("test", root)) == 3


def test_debians_package_is_the_default() -> None:
    data = fashion_mnist("test")
    assert data.images.shape == (10000, 1, 28, 28)
    assert data.labels.bincount().tolist() == [1000] * 10


def test_first_takes_the_first_images(folder: Path) -> None:
    data = fashion_mnist("train", folder)
    assert torch.equal(data.first(2).images, data.images[:2])
    assert len(data.first(2).labels) == 2
    assert data.first(None) is data


def test_an_unknown_split_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="'valid'"):
        fashion_mnist("valid", folder)


def remove(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def scramble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def plain(path: Path) -> None:
    path.write_bytes(b"not a gzip file")


def shorter_than_header(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\0\0\x08"))


def of_floats(path: Path) -> None:
    write_idx(path, np.zeros((3, 4, 6)), magic=b"\0\0\x0d")


def more_promised(path: Path) -> None:
    write_idx(path, np.zeros((3, 4, 6)), shape=(4, 4, 6))


def more_images(path: Path) -> None:
    write_idx(path, np.zeros((4, 4, 6)))


@pytest.mark.parametrize("damage", [remove, truncate, scramble, plain, shorter_than_header, of_floats, more_promised, more_images])
def test_missing_or_damaged_files_say_how_to_get_them(folder: Path, damage) -> None:
    path = folder / "t10k-images-idx3-ubyte.gz"
    damage(path)
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte.gz.*apt install dataset-fashion-mnist.*--data"):
        fashion_mnist("test", folder)


def test_labels_beyond_the_classes_are_refused(folder: Path) -> None:
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", np.array([0, 10, 1]))
    with pytest.raises(DataError, match="label 10"):
        fashion_mnist("test", folder)


def test_the_dimensions_asked_for_are_required(folder: Path) -> None:
    with pytest.raises(DataError, match="1 dimensions"):
        read_idx(folder / "t10k-images-idx3-ubyte.gz", dimensions=1)


def test_pixels_become_seven_bit_inputs() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    values = quantise_input(pixels)
    assert values.dtype == torch.int8
    assert values.tolist() == [pixel // 2 for pixel in range(256)]
