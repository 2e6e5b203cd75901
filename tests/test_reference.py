"""Reference networks: the shapes they are named after, alive activations, accumulators that hold."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.errors import ConfigError
from flightasic.ir import IntegerNetwork, accumulator_bounds
from flightasic.reference import REFERENCES, NetworkBuilder, reference_network

KINDS = [("shift", "k1"), ("shift", "k2"), ("shift", "mixed"), ("fixed4", "k1"), ("fixed8", "k1")]
SMALL = {"vgg7": 0.125, "resnet8": 1.0, "resnet20": 0.5, "lenet": 1.0}


@cache
def small(name: str, arith: str = "shift", k: str = "k1") -> IntegerNetwork:
    return reference_network(name, arith=arith, k=k, width=SMALL[name])


def weights_of(net: IntegerNetwork) -> int:
    return sum(layer.codes[0].size for layer in net.layers if layer.kind != "pool")


@pytest.mark.parametrize(
    "name,layers,weights,macs",
    [
        ("resnet8", [16, 16, 16, 32, 32, 32, 64, 64, 64, 64, 10], 77_360, 12_501_632),
        ("lenet", [6, 16, 120, 84, 10], 61_470, 416_520),
    ],
)
def test_networks_have_the_published_size(name: str, layers: list[int], weights: int, macs: int) -> None:
    net = reference_network(name)
    assert [layer.out_channels for layer in net.layers] == layers
    assert weights_of(net) == weights
    assert sum(net.macs()) == macs


def test_resnets_add_their_blocks() -> None:
    for name, blocks in (("resnet8", 3), ("resnet20", 9)):
        net = small(name)
        added = [layer for layer in net.layers if layer.residual >= 0]
        shortcuts = [layer for layer in net.layers if layer.kernel == (1, 1) and layer.stride == 2]
        assert len(added) == blocks
        assert len(shortcuts) == 2
        assert not any(layer.relu for layer in shortcuts)
        assert net.shapes()[-3][1:] == (8, 8)
        assert net.layers[-2].kind == "pool" and net.layers[-2].kernel == (8, 8)


def test_width_scales_every_layer_but_the_last() -> None:
    half, whole = (reference_network("lenet", width=width) for width in (0.5, 1.0))
    assert [layer.out_channels for layer in half.layers] == [3, 8, 60, 42, 10]
    assert [layer.kernel for layer in half.layers] == [layer.kernel for layer in whole.layers]
    assert reference_network("lenet", width=0.01).layers[0].out_channels == 1


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("arith,k", KINDS)
def test_activations_neither_die_nor_saturate(name: str, arith: str, k: str) -> None:
    net = small(name, arith, k)
    images = torch.from_numpy(np.random.default_rng(9).integers(0, 128, (2, *net.in_shape)))
    for layer, out in zip(net.layers, golden.run(net, images), strict=True):
        assert (out == 0).double().mean() < 0.6, f"{layer.name} dies"
        assert ((out == 127) | (out == -128)).double().mean() < 0.05, f"{layer.name} saturates"
        assert out.double().std() > (2 if layer.kind == "pool" else 8), f"{layer.name} says nothing"


@pytest.mark.parametrize("acc_bits", [18, 20, 24, 32])
@pytest.mark.parametrize("arith,k", KINDS)
def test_accumulators_hold(arith: str, k: str, acc_bits: int) -> None:
    for name in ("lenet", "resnet8"):
        net = reference_network(name, arith=arith, k=k, width=0.5, acc_bits=acc_bits)
        for layer in net.layers:
            assert accumulator_bounds(layer, arith).max() < 1 << (acc_bits - 1), layer.name


def test_k_follows_its_scheme() -> None:
    assert {int(k) for layer in small("lenet").layers for k in layer.k} == {1}
    assert {int(k) for layer in small("lenet", k="k2").layers for k in layer.k} == {2}
    mixed = small("lenet", k="mixed")
    assert {int(k) for layer in mixed.layers for k in layer.k} == {0, 1, 2, 3}
    assert 1 < mixed.mean_k() < 2


def test_three_bit_codes_keep_to_their_shifts() -> None:
    net = reference_network("lenet", max_shift=2)
    assert net.max_shift == 2
    assert max(int(np.abs(layer.codes).max()) for layer in net.layers) == 3


def test_scales_of_a_block_agree() -> None:
    """One left shift per filter brings the residual to the accumulator's scale, whatever the filter's own right shift."""
    net = small("resnet8")
    for layer in net.layers:
        if layer.residual >= 0:
            scale = net.layers[layer.residual - 1].out_scale_log2
            assert (layer.residual_shift.astype(int) == layer.right_shift.astype(int) + scale - layer.out_scale_log2).all()


def test_a_seed_gives_the_same_network_and_another_seed_another() -> None:
    one, same, other = (reference_network("lenet", width=0.5, seed=seed) for seed in (1, 1, 2))
    for a, b, c in zip(one.layers, same.layers, other.layers, strict=True):
        np.testing.assert_array_equal(a.codes, b.codes)
        np.testing.assert_array_equal(a.bias, b.bias)
        assert (a.codes != c.codes).any()


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"name": "alexnet"}, "must be one of vgg7, resnet8, resnet20, lenet, got 'alexnet'"),
        ({"width": 0.0}, "width must be above 0"),
        ({"k": "k4"}, "k must be one of k1, k2, mixed, got 'k4'"),
        ({"arith": "posit"}, "arith must be one of .*'posit'"),
        ({"arith": "fixed4", "k": "k2"}, "use k='k1'"),
    ],
)
def test_mistakes_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        reference_network(**{"name": "lenet", **arguments})


def test_a_network_of_one_s_own() -> None:
    builder = NetworkBuilder("mine", (4, 6, 6), arith="shift", k="mixed", seed=3)
    entry = builder.conv("depthwise", 4, 3, groups=4)
    builder.conv("add", 4, 1, residual=entry)
    net = builder.build()
    assert net.shapes() == [(4, 6, 6)] * 3
    assert net.layers[0].groups == 4 and net.layers[1].residual == entry == 1
