"""Workloads: whole networks and single layers with the inputs they really see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.config import ArrayConfig
from flightasic.eda.workload import Workload, extract_layer, make_workload, real_images
from flightasic.errors import DataError, FormatError
from tests.small_gates import ARRAY, workload
from verification.networks import plain_network, residual_network

ROOMY = ArrayConfig(acc_bits=28)


def images_for(network, count=2) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(1).integers(-128, 128, (count, *network.in_shape)))


def test_workload_survives_saving(tmp_path) -> None:
    made = workload()
    made.save(tmp_path)
    loaded = Workload.load(tmp_path)
    assert (loaded.name, loaded.cycles, loaded.program.words) == (made.name, made.cycles, made.program.words)
    np.testing.assert_array_equal(loaded.images, made.images)
    np.testing.assert_array_equal(loaded.expected, made.expected)


def test_damaged_workload_is_refused(tmp_path) -> None:
    workload().save(tmp_path)
    (tmp_path / "images.json").write_text("{}")
    with pytest.raises(FormatError, match="not a workload"):
        Workload.load(tmp_path)


def test_network_without_images_is_refused() -> None:
    with pytest.raises(DataError, match="no images"):
        make_workload(plain_network(ARRAY), ARRAY, images_for(plain_network(ARRAY), 0))


@pytest.mark.parametrize("layer", ["stem", "one", "two", "shortcut", "average", "linear"])
def test_layer_alone_gives_what_it_gives_in_its_network(layer) -> None:
    network = residual_network(ROOMY)
    images = images_for(network)
    alone, inputs = extract_layer(network, layer, images)
    index = [item.name for item in network.layers].index(layer)
    assert torch.equal(golden.run(alone, inputs)[-1], golden.run(network, images)[index])
    assert make_workload(alone, ROOMY, inputs).name == f"residual-{layer}"


def test_layer_can_be_named_by_its_index() -> None:
    network = residual_network(ROOMY)
    assert extract_layer(network, 3, images_for(network))[0].layers[0].name == "two"


def test_layer_that_adds_a_residual_is_refused() -> None:
    network = residual_network(ROOMY)
    with pytest.raises(DataError, match=r"'one\+' adds a residual"):
        extract_layer(network, "one+", images_for(network))


@pytest.mark.parametrize("layer", ["three", 8, -1])
def test_layer_that_is_not_there_is_refused(layer) -> None:
    network = residual_network(ROOMY)
    with pytest.raises(DataError, match=f"no layer {layer!r}; it has stem"):
        extract_layer(network, layer, images_for(network))


def test_real_images_are_quantised_pixels() -> None:
    images = real_images(2, first=3)
    assert (tuple(images.shape), images.dtype) == ((2, 1, 28, 28), torch.int8)
    assert int(images.min()) == 0
    assert 64 < int(images.max()) <= 127
    with pytest.raises(DataError, match="not all among the 10000"):
        real_images(2, first=9999)
