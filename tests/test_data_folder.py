"""Folders of images: ImageNet's layout, decoded batch by batch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from flightasic.data import FolderDataset, load
from flightasic.errors import DataError

COLOURS = {"apple": (200, 0, 0), "pear": (0, 200, 0), "quince": (0, 0, 200)}


def write_image(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three classes, eight images each in train and two in val, every class of one colour."""
    for split, count in (("train", 8), ("val", 2)):
        for name, colour in COLOURS.items():
            for number in range(count):
                pixels = np.broadcast_to(np.array(colour, np.uint8) + np.uint8(number), (40 + number, 50, 3))
                write_image(tmp_path / split / name / f"{number}.png", np.ascontiguousarray(pixels))
    return tmp_path


@pytest.mark.parametrize("name,size", [("imagefolder", 224), ("imagefolder-64", 64), ("imagefolder-32", 32)])
def test_a_batch_has_the_images_and_labels_asked_for(root: Path, name: str, size: int) -> None:
    data = load(name, "train", root)
    assert isinstance(data, FolderDataset)
    assert (data.name, len(data), data.classes, data.in_shape) == (name, 24, 3, (3, size, size))
    assert data.class_names == ("apple", "pear", "quince")
    images, labels = data.batch(torch.tensor([5, 0, 5]))
    assert (images.dtype, images.shape, labels.dtype) == (torch.uint8, (3, 3, size, size), torch.int64)
    assert torch.equal(images[0], images[2])
    for image, label in zip(images, labels.tolist(), strict=True):
        assert int(image.float().mean((1, 2)).argmax()) == label


def test_nothing_is_decoded_before_it_is_asked_for(root: Path) -> None:
    (root / "train" / "pear" / "3.png").write_bytes(b"")
    data = load("imagefolder-32", "train", root)
    broken = [path.parent.name + "/" + path.name for path in data.files].index("pear/3.png")
    assert len(data.batch(torch.tensor([(broken + 1) % 24]))[1]) == 1
    with pytest.raises(DataError, match=r"pear.3\.png cannot be read as an image.*replace or remove"):
        data.batch(torch.tensor([broken]))


def test_a_batch_of_none_is_empty(root: Path) -> None:
    images, labels = load("imagefolder-32", "test", root).batch(torch.tensor([], dtype=torch.int64))
    assert (images.shape, images.dtype, labels.shape) == ((0, 3, 32, 32), torch.uint8, (0,))


def test_the_order_is_mixed_and_always_the_same(root: Path) -> None:
    data = load("imagefolder-32", "train", root)
    assert load("imagefolder-32", "train", root).files == data.files
    assert set(data.first(12).labels.tolist()) == {0, 1, 2}
    rest, last = data.split(6)
    assert (rest.files + last.files, rest.first(None)) == (data.files, rest)
    assert torch.equal(last.batch(torch.arange(6))[0], data.batch(torch.arange(18, 24))[0])


@pytest.mark.parametrize("height,width", [(73, 110), (110, 73), (73, 73), (300, 400), (10, 20), (1, 500)])
def test_the_centre_is_cut_from_an_image_resized_to_eight_sevenths(tmp_path: Path, height: int, width: int) -> None:
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, height)[:, None]
    ramp[..., 1] = np.linspace(0, 255, width)
    write_image(tmp_path / "val" / "ramp" / "0.png", ramp)
    image = load("imagefolder-64", "test", tmp_path).batch(torch.tensor([0]))[0][0].float()
    assert image.shape == (3, 64, 64)
    for channel, axis, side in ((0, 0, height), (1, 1, width)):
        line = image[channel].mean(1 - axis)
        scaled = 73 * side / min(height, width)
        span = 255 * 63 / scaled * (side / max(1, side - 1) if side > 1 else 0)
        assert abs(float(line[-1] - line[0]) - span) < 6
        assert side == 1 or abs(float(line[31] + line[32]) / 2 - 127.5) < 4


def test_grey_and_transparent_images_become_three_channels(tmp_path: Path) -> None:
    write_image(tmp_path / "val" / "grey" / "0.png", np.full((40, 40), 77, np.uint8))
    write_image(tmp_path / "val" / "rgba" / "0.png", np.full((40, 40, 4), 99, np.uint8))
    images, labels = load("imagefolder-32", "test", tmp_path).batch(torch.arange(2))
    assert {int(label): image.unique().tolist() for image, label in zip(images, labels, strict=True)} == {0: [77], 1: [99]}


def test_the_test_split_is_val_or_else_test(root: Path) -> None:
    assert len(load("imagefolder", "test", root)) == 6
    os.rename(root / "val", root / "test")
    assert len(load("imagefolder", "test", root)) == 6


def test_jpegs_in_folders_within_a_class_are_found_and_other_files_are_not(tmp_path: Path) -> None:
    write_image(tmp_path / "train" / "one" / "images" / "a.JPEG", np.zeros((9, 9, 3), np.uint8))
    (tmp_path / "train" / "one" / "boxes.txt").write_text("0 0 1 1")
    assert [path.name for path in load("imagefolder", "train", tmp_path).files] == ["a.JPEG"]


def test_a_missing_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder val or test; put one folder of images per class"):
        load("imagefolder", "test", tmp_path)
    (tmp_path / "train").mkdir()
    with pytest.raises(DataError, match="train holds no folder"):
        load("imagefolder", "train", tmp_path)


def test_a_class_without_images_is_refused(root: Path) -> None:
    (root / "train" / "zebra").mkdir()
    with pytest.raises(DataError, match="zebra holds no image"):
        load("imagefolder", "train", root)


def test_splits_with_other_classes_are_refused_since_labels_would_shift(root: Path) -> None:
    os.rename(root / "val" / "apple", root / "val" / "melon")
    with pytest.raises(DataError, match="same classes .apple, melon."):
        load("imagefolder", "test", root)


def test_without_pillow_the_message_says_what_to_install(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(DataError, match=r"pip install 'flightasic\[vision\]'"):
        load("imagefolder", "train", root)
