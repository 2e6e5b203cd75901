"""CIFAR-10, CIFAR-100 and SVHN from the files they are distributed as."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat
from small_vision import CIFAR10_FILES, write_cifar, write_cifar10, write_svhn

from flightasic.data import DATASETS, FOLDER_VARIABLE, cifar10, load
from flightasic.data.augment import USUAL
from flightasic.errors import DataError

PIXELS = np.random.default_rng(1).integers(0, 256, (6, 3, 32, 32), np.uint8)


def test_cifar10_joins_its_five_training_batches_in_order(tmp_path: Path) -> None:
    batches = write_cifar10(tmp_path)
    train, test = load("cifar10", "train", tmp_path), load("cifar10", "test", tmp_path)
    assert (train.name, train.classes, train.in_shape, len(train), len(test)) == ("cifar10", 10, (3, 32, 32), 20, 4)
    images, labels = train.batch(torch.arange(20))
    assert np.array_equal(images.numpy(), np.concatenate([batches[name] for name in CIFAR10_FILES[:5]]))
    assert (images.dtype, labels.dtype, labels.tolist()) == (torch.uint8, torch.int64, [0, 1, 2, 3] * 5)
    assert np.array_equal(test.batch(torch.arange(4))[0].numpy(), batches["test_batch"])


def test_cifar10_that_python_3_wrote_anew_is_read_too(tmp_path: Path) -> None:
    write_cifar10(tmp_path)
    content = {"data": PIXELS.reshape(6, -1), "labels": [9, 8, 7, 6, 5, 4]}
    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(pickle.dumps(content, protocol=2))
    images, labels = load("cifar10", "test", tmp_path).batch(torch.arange(6))
    assert np.array_equal(images.numpy(), PIXELS)
    assert labels.tolist() == [9, 8, 7, 6, 5, 4]


def test_cifar100_has_its_fine_labels(tmp_path: Path) -> None:
    for split, fine in (("train", [99, 0, 50, 1, 2, 3]), ("test", [7, 8, 9, 10, 11, 98])):
        write_cifar(tmp_path / "cifar-100-python" / split, PIXELS, fine_labels=fine, coarse_labels=[0] * 6)
        data = load("cifar100", split, tmp_path)
        images, labels = data.batch(torch.arange(6))
        assert (data.name, data.classes, labels.tolist()) == ("cifar100", 100, fine)
        assert np.array_equal(images.numpy(), PIXELS)


def test_svhn_images_come_channels_first_and_digit_10_is_0(tmp_path: Path) -> None:
    for split, digits in (("train", [10, 1, 2, 9, 10, 5]), ("test", [3, 10, 1, 1, 1, 1])):
        write_svhn(tmp_path, split, PIXELS, digits)
        data = load("svhn", split, tmp_path)
        images, labels = data.batch(torch.arange(6))
        assert (data.name, data.classes, data.in_shape) == ("svhn", 10, (3, 32, 32))
        assert np.array_equal(images.numpy(), PIXELS)
        assert labels.tolist() == [digit % 10 for digit in digits]


def test_the_environment_names_the_root_unless_the_argument_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar10(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert len(load("cifar10", "test")) == 4
    with pytest.raises(DataError, match="nowhere"):
        load("cifar10", "test", tmp_path / "nowhere")


@pytest.mark.parametrize("name", sorted(set(DATASETS) - {"fashion-mnist"}))
def test_without_any_root_the_message_says_how_to_name_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    with pytest.raises(DataError, match=f"{name} needs the folder.*--data.*{FOLDER_VARIABLE}"):
        load(name, "train")


def test_unknown_names_and_splits_are_refused_with_those_there_are() -> None:
    with pytest.raises(DataError, match="cifar10.*'mnist'"):
        load("mnist", "train")
    for name in DATASETS:
        with pytest.raises(DataError, match="train, test, got 'valid'"):
            load(name, "valid")


def test_every_data_set_has_its_usual_augmentation() -> None:
    assert set(USUAL) == set(DATASETS)


class Payload:
    """What a hostile pickle does: call a function when it is read."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return Path.touch, (Path("called"),)


def hostile(path: Path) -> None:
    path.write_bytes(pickle.dumps(Payload()))


def absent(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_list(path: Path) -> None:
    path.write_bytes(pickle.dumps([1, 2]))


def other_images(path: Path) -> None:
    write_cifar(path, np.zeros((4, 3, 28, 28), np.uint8), labels=[0] * 4)


def unlabelled(path: Path) -> None:
    write_cifar(path, PIXELS, fine_labels=[0] * 6)


def fewer_labels(path: Path) -> None:
    write_cifar(path, PIXELS, labels=[0] * 5)


def label_of_100(path: Path) -> None:
    write_cifar(path, PIXELS, labels=[0, 1, 2, 3, 4, 10])


@pytest.mark.parametrize("damage", [absent, cut, noise, empty, a_list, other_images, unlabelled, fewer_labels, label_of_100, hostile])
def test_missing_or_damaged_cifar_files_say_what_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage) -> None:
    monkeypatch.chdir(tmp_path)
    write_cifar10(tmp_path)
    damage(tmp_path / "cifar-10-batches-py" / "data_batch_3")
    with pytest.raises(DataError, match=f"data_batch_3.*unpack cifar-10-python.tar.gz anew in {tmp_path}"):
        cifar10("train", tmp_path)
    assert not (tmp_path / "called").exists()


def scrambled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def matlab_7_3(path: Path) -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + (0x0200).to_bytes(2, "little") + b"IM"
    path.write_bytes(header.ljust(512, b"\0") + b"\x89HDF")


def svhn_of_floats(path: Path) -> None:
    savemat(path, {"X": np.zeros((32, 32, 3, 6)), "y": np.ones((6, 1), np.uint8)})


def svhn_without_labels(path: Path) -> None:
    savemat(path, {"X": np.zeros((32, 32, 3, 6), np.uint8)})


def svhn_with_fewer_labels(path: Path) -> None:
    savemat(path, {"X": np.zeros((32, 32, 3, 6), np.uint8), "y": np.ones((5, 1), np.uint8)})


def svhn_with_an_eleven(path: Path) -> None:
    savemat(path, {"X": np.zeros((32, 32, 3, 6), np.uint8), "y": np.full((6, 1), 11, np.uint8)})


SVHN_DAMAGES = [
    absent, cut, scrambled, noise, empty, matlab_7_3, svhn_of_floats, svhn_without_labels, svhn_with_fewer_labels, svhn_with_an_eleven,
]  # fmt: skip


@pytest.mark.parametrize("damage", SVHN_DAMAGES)
def test_missing_or_damaged_svhn_files_say_what_to_put_there(tmp_path: Path, damage) -> None:
    write_svhn(tmp_path, "test", PIXELS, [1] * 6)
    damage(tmp_path / "test_32x32.mat")
    with pytest.raises(DataError, match=f"test_32x32.mat.*SVHN site.*into {tmp_path}"):
        load("svhn", "test", tmp_path)


def test_svhn_without_scipy_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(DataError, match=r"pip install 'flightasic\[vision\]'"):
        load("svhn", "test", tmp_path)
