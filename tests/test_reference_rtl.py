"""Reference networks whole on the RTL of an 8x8x8 array: every tensor and every step's cycles."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from flightasic.config import ArrayConfig
from flightasic.reference import reference_network
from flightasic.sim.check import check_network

CACHE = Path(__file__).resolve().parents[1] / "build" / "sim"
# 64 KiB of activations: VGG-7's maps pass through host memory in tiles, its codes are streamed.
ARRAY = ArrayConfig(rows=8, cols=8, lanes=8, tile_cols=8, acc_depth=1024, program_depth=8192)


def _check(name: str, k: str = "k1") -> None:
    network = reference_network(name, k=k)
    images = torch.randint(-128, 128, (2, *network.in_shape), generator=torch.Generator().manual_seed(1))
    outcome = check_network(network, ARRAY, images, torch.zeros(2, dtype=torch.int64), tensor_images=2, cache=CACHE)
    assert outcome.tensors == 2 * len(network.layers)
    assert outcome.mismatches == 0


def test_resnet8() -> None:
    _check("resnet8")


@pytest.mark.slow
@pytest.mark.parametrize("k", ["k1", "mixed"])
@pytest.mark.parametrize("name", ["resnet20", "vgg7"])
def test_larger(name: str, k: str) -> None:
    _check(name, k)
