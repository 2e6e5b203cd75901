"""What augmentation does to a batch of images."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from flightasic.data.augment import USUAL, augmentation
from flightasic.errors import ConfigError

NAMES = ["none", "flip", "crop", "flip-crop", "resized-crop"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, channels: int, side: int) -> Tensor:
    return torch.randint(1, 256, (count, channels, side, side), dtype=torch.uint8, generator=seeded(1))


def shifts(image: Tensor, margin: int) -> dict[tuple[int, int], Tensor]:
    """``image`` [C, H, W] moved by every (down, across) within ``margin``, zeros behind."""
    height, width = image.shape[1:]
    padded = torch.nn.functional.pad(image, (margin,) * 4)
    return {
        (down, across): padded[:, down : down + height, across : across + width]
        for down in range(2 * margin + 1)
        for across in range(2 * margin + 1)
    }


@pytest.mark.parametrize("name", NAMES)
def test_shape_and_type_stay_and_the_generator_alone_decides(name: str) -> None:
    images = noise(64, 3, 32)
    before = images.clone()
    change = augmentation(name)
    torch.manual_seed(7)
    result = change(images, seeded(5))
    assert (result.shape, result.dtype) == (images.shape, torch.uint8)
    assert torch.equal(images, before)
    torch.manual_seed(123)
    assert torch.equal(change(images, seeded(5)), result)
    assert torch.equal(change(images, seeded(6)), result) == (name == "none")


def test_none_changes_nothing() -> None:
    images = noise(8, 1, 28)
    assert torch.equal(augmentation("none")(images, seeded()), images)


def test_flip_mirrors_about_half_of_the_images_left_to_right() -> None:
    images = noise(400, 1, 28)
    result = augmentation("flip")(images, seeded())
    mirrored = [bool(torch.equal(new, old.flip(2))) for new, old in zip(result, images, strict=True)]
    assert all(mirror or torch.equal(new, old) for mirror, new, old in zip(mirrored, result, images, strict=True))
    assert 160 <= sum(mirrored) <= 240


@pytest.mark.parametrize("side,margin", [(28, 2), (32, 4)])
@pytest.mark.parametrize("name", ["crop", "flip-crop"])
def test_crop_moves_images_by_every_shift_within_the_margin(name: str, side: int, margin: int) -> None:
    images = noise(900, 1, side)
    seen = set()
    for new, old in zip(augmentation(name)(images, seeded()), images, strict=True):
        candidates = {(False, shift): moved for shift, moved in shifts(old, margin).items()}
        if name == "flip-crop":
            candidates |= {(True, shift): moved for shift, moved in shifts(old.flip(2), margin).items()}
        matching = [key for key, moved in candidates.items() if torch.equal(new, moved)]
        assert len(matching) == 1
        seen.update(matching)
    mirrors = {mirror for mirror, _ in seen}
    assert mirrors == ({False, True} if name == "flip-crop" else {False})
    assert {down for _, (down, _) in seen} == {across for _, (_, across) in seen} == set(range(2 * margin + 1))


def test_resized_crop_shows_a_quarter_of_the_image_or_more_never_anything_beyond_it() -> None:
    side, count = 64, 300
    ramp = torch.linspace(20, 235, side)
    image = torch.stack([ramp[:, None].expand(side, side), ramp.expand(side, side)]).round().to(torch.uint8)
    result = augmentation("resized-crop")(image.expand(count, 2, side, side), seeded()).float()
    assert int(result.min()) >= 20
    height = (result[:, 0, -1] - result[:, 0, 0]).mean(1) / 215
    width = (result[:, 1, :, -1] - result[:, 1, :, 0]).mean(1) / 215
    area = height * width.abs()
    assert 0.2 < float(area.min()) < 0.35
    assert float(area.max()) > 0.85
    assert bool((height > 0).all())
    assert 110 <= int((width < 0).sum()) <= 190
    aspect = width.abs() / height
    assert 0.72 < float(aspect.min()) < 0.85
    assert 1.18 < float(aspect.max()) < 1.4


def test_an_unknown_augmentation_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="none, flip, crop, flip-crop, resized-crop, got 'mixup'"):
        augmentation("mixup")


def test_the_usual_augmentations_exist_and_mirror_no_digits() -> None:
    assert set(USUAL.values()) <= set(NAMES)
    assert "flip" not in USUAL["svhn"]
