"""The golden model: equal to the fake-quantised torch network, and to integer arithmetic written out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flightasic import golden
from flightasic.config import ARITHMETICS
from flightasic.data import Dataset, quantise_input
from flightasic.errors import DataError, FormatError
from flightasic.ir import IntegerNetwork, Layer, accumulator_bounds, average_pool
from flightasic.nn.evaluate import accuracy_of, to_inputs
from flightasic.nn.network import FLightNetwork
from flightasic.nn.scheme import QUANTISED_SCHEMES
from verification.cases import random_config, random_images, random_network

Trained = Callable[[str], tuple[FLightNetwork, IntegerNetwork]]


def layer(codes: np.ndarray, **changes) -> Layer:
    planes, filters = codes.shape[:2]
    fields = {
        "name": "l",
        "codes": codes.astype(np.int8),
        "offsets": np.zeros((planes, filters), np.uint8),
        "k": np.full(filters, planes, np.uint8),
        "bias": np.zeros(filters, np.int32),
        "right_shift": np.zeros(filters, np.uint8),
    }
    return Layer(**{**fields, **changes})


def network(*layers: Layer, in_shape: tuple[int, int, int], arith: str = "shift") -> IntegerNetwork:
    return IntegerNetwork(name="n", arith=arith, max_shift=6, in_shape=in_shape, in_scale_log2=-7, layers=layers)


def code_value(code: int, arith: str) -> int:
    if arith != "shift" or code == 0:
        return code
    return 1 << (code - 1) if code > 0 else -(1 << (-code - 1))


def literal(one: Layer, arith: str, image: np.ndarray, residual: np.ndarray | None = None) -> np.ndarray:
    """One layer in plain integers, output by output: sums, residual, rounding, clamp, pooling, straight from docs/design.md."""
    outputs = np.zeros(one.conv_shape(image.shape), dtype=np.int64)
    values = np.vectorize(lambda code: code_value(code, arith), otypes=[np.int64])(one.codes)
    edge = one.padding
    padded = np.pad(image, ((0, 0), (edge, edge), (edge, edge)))
    depth = one.codes.shape[2]
    for o, y, x in np.ndindex(*outputs.shape):
        first = o // (one.out_channels // one.groups) * depth
        top, left = y * one.stride, x * one.stride
        window = padded[first : first + depth, top : top + one.kernel[0], left : left + one.kernel[1]]
        acc = int(one.bias[o])
        for p in range(one.planes):
            acc += int((values[p, o] * window).sum()) << int(one.offsets[p, o])
        if residual is not None:
            acc += int(residual[o, y, x]) << int(one.residual_shift[o])
        shift = int(one.right_shift[o])
        rounded = (acc + ((1 << shift) >> 1)) >> shift
        outputs[o, y, x] = max(0 if one.relu else -128, min(127, rounded))
    if one.pool == 1:
        return outputs
    step = one.pool_stride if one.pool_stride else one.pool
    tops = range(0, outputs.shape[1] - one.pool + 1, step)
    lefts = range(0, outputs.shape[2] - one.pool + 1, step)
    return np.array([[[plane[y : y + one.pool, x : x + one.pool].max() for x in lefts] for y in tops] for plane in outputs])


def literal_tensors(net: IntegerNetwork, image: np.ndarray) -> list[np.ndarray]:
    """Every tensor of a graph, the input first."""
    tensors = [image]
    for one in net.layers:
        source = tensors[-1] if one.source == -1 else tensors[one.source]
        tensors.append(literal(one, net.arith, source, None if one.residual == -1 else tensors[one.residual]))
    return tensors


@pytest.mark.parametrize("arith,limit", [("shift", 7), ("fixed4", 7), ("fixed8", 127)])
@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("stride,padding,pool", [(1, 1, 2), (1, 0, 1), (2, 1, 1)])
def test_a_layer_equals_integer_arithmetic_written_out(arith: str, limit: int, relu: bool, stride: int, padding: int, pool: int) -> None:
    rng = np.random.default_rng(1)
    planes = 3 if arith == "shift" else 1
    k = np.array([0, 1, planes, planes], np.uint8)
    codes = rng.integers(-limit, limit + 1, (planes, 4, 3, 3, 3))
    codes[np.arange(planes)[:, None] >= k] = 0
    one = layer(
        codes,
        k=k,
        offsets=rng.integers(0, 5, (planes, 4)).astype(np.uint8),
        bias=rng.integers(-3000, 3000, 4).astype(np.int32),
        right_shift=np.array([5, 0, 9, 12], np.uint8),
        stride=stride,
        padding=padding,
        pool=pool,
        relu=relu,
    )
    images = torch.from_numpy(rng.integers(-128, 128, (2, 3, 7, 7)))
    (result,) = golden.run(network(one, in_shape=(3, 7, 7), arith=arith), images)
    assert result.dtype == torch.int64
    for got, image in zip(result.numpy(), images.numpy(), strict=True):
        np.testing.assert_array_equal(got, literal(one, arith, image))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_graph_equals_integer_arithmetic_written_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = random_network(rng, random_config(rng))
    images = random_images(rng, net, 1)
    expected = literal_tensors(net, images[0])
    for one, got, wanted in zip(net.layers, golden.run(net, torch.from_numpy(images)), expected[1:], strict=True):
        np.testing.assert_array_equal(got[0].numpy(), wanted, err_msg=one.name)
    assert net.shapes() == [tensor.shape for tensor in expected]


def test_groups_see_only_their_own_channels() -> None:
    ones = layer(np.ones((1, 4, 1, 1, 1)), groups=2, relu=False)
    result = golden.logits(network(ones, in_shape=(2, 1, 1)), torch.tensor([[3, 50]]).view(1, 2, 1, 1))
    assert result.tolist() == [[3, 3, 50, 50]]


def test_a_residual_is_added_before_rounding_at_each_filter_s_shift() -> None:
    entry = layer(np.ones((1, 2, 1, 1, 1)), relu=False)
    fields = {"right_shift": np.array([2, 2], np.uint8), "residual_shift": np.array([0, 3], np.uint8), "relu": False}
    add = layer(np.ones((1, 2, 2, 1, 1)), residual=1, **fields)
    result = golden.logits(network(entry, add, in_shape=(1, 1, 1)), torch.tensor([[[[5]]], [[[-5]]]]))
    assert result.tolist() == [[(10 + 5 + 2) >> 2, (10 + 40 + 2) >> 2], [(-10 - 5 + 2) >> 2, (-10 - 40 + 2) >> 2]]


def test_a_pruned_filter_passes_its_residual_on() -> None:
    zero = layer(np.zeros((1, 1, 1, 1, 1)), k=np.zeros(1, np.uint8), residual=0, residual_shift=np.array([4], np.uint8), relu=False)
    zero = dataclasses.replace(zero, right_shift=np.array([4], np.uint8))
    images = torch.tensor([-128, -1, 0, 77, 127]).view(-1, 1, 1, 1)
    assert golden.logits(network(zero, in_shape=(1, 1, 1)), images).flatten().tolist() == images.flatten().tolist()


def test_a_layer_may_read_any_tensor_before_it() -> None:
    twice = layer(np.full((1, 1, 1, 1, 1), 2), relu=False)
    far = dataclasses.replace(twice, source=0)
    near = dataclasses.replace(twice, source=1)
    tensors = golden.run(network(twice, far, near, twice, in_shape=(1, 1, 1)), torch.full((1, 1, 1, 1), 3))
    assert [int(tensor) for tensor in tensors] == [6, 6, 12, 24]


@pytest.mark.parametrize(
    "pool,pool_stride,expected", [(2, 0, [1, 3]), (2, 1, [1, 2, 3, 4]), (2, 3, [1, 4]), (3, 2, [2, 4]), (1, 0, [0, 1, 2, 3, 4])]
)
def test_pool_windows_lie_a_pool_stride_apart(pool: int, pool_stride: int, expected: list[int]) -> None:
    one = layer(np.ones((1, 1, 1, 1, 1)), pool=pool, pool_stride=pool_stride)
    image = torch.arange(5).view(1, 1, 1, 5).expand(1, 1, 5, 5)
    (result,) = golden.run(network(one, in_shape=(1, 5, 5)), image)
    assert result[0, 0, 0].tolist() == expected
    assert result.shape[2] == len(expected)


def test_padding_beyond_the_kernel_gives_the_bias() -> None:
    one = layer(np.ones((1, 1, 1, 1, 1)), padding=2, bias=np.array([9], np.int32))
    (result,) = golden.run(network(one, in_shape=(1, 1, 1)), torch.full((1, 1, 1, 1), 5))
    expected = torch.full((5, 5), 9)
    expected[2, 2] = 14
    assert torch.equal(result[0, 0], expected)


# Relative error of the weights: three terms, each leaving at most sqrt(2) - 1 of what it took; or half of the last place of an
# integer that a power of two scales into the upper half of its range.
AVERAGE_ERROR = {"shift": (2**0.5 - 1) ** 3, "fixed4": 0.5 / 3.5, "fixed8": 0.5 / 63.5}


@pytest.mark.parametrize("arith", ARITHMETICS)
@pytest.mark.parametrize("window", [(1, 1), (2, 2), (2, 3), (3, 3), (4, 4), (5, 5), (7, 7), (8, 8), (13, 1)])
def test_average_pooling_is_the_mean_within_the_error_of_its_weights(arith: str, window: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    area = window[0] * window[1]
    images = rng.integers(-128, 128, (200, 3, *window))
    images[0], images[1] = 127, -128
    net = network(average_pool("mean", 3, window, stride=1, arith=arith, out_scale_log2=-3), in_shape=(3, *window), arith=arith)
    got = golden.logits(net, torch.from_numpy(images)).numpy()
    means = images.mean(axis=(2, 3))
    assert (np.abs(got - means) <= 0.5 + AVERAGE_ERROR[arith] * np.abs(means)).all()
    if area & (area - 1) == 0:
        np.testing.assert_array_equal(got, np.floor(means + 0.5))
    assert net.macs() == [0]
    assert net.layers[0].out_scale_log2 == -3


def test_average_pooling_moves_by_its_stride() -> None:
    image = torch.arange(0, 32, 2).view(1, 1, 4, 4)
    for stride, expected in ((1, [[5, 7, 9], [13, 15, 17], [21, 23, 25]]), (2, [[5, 9], [21, 25]])):
        net = network(average_pool("mean", 1, (2, 2), stride=stride, arith="shift"), in_shape=(1, 4, 4))
        assert golden.run(net, image)[0][0, 0].tolist() == expected


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_no_accumulator_of_a_graph_exceeds_its_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = random_network(rng, random_config(rng))
    tensors = [torch.from_numpy(random_images(rng, net, 1))]
    for one, source in zip(net.layers, net.sources(), strict=True):
        sums = golden.accumulate(one, net.arith, tensors[source], None if one.residual == -1 else tensors[one.residual])
        assert (sums.abs().amax(dim=(0, 2, 3)).numpy() <= accumulator_bounds(one, net.arith)).all(), one.name
        tensors.append(golden.activate(one, sums))


def test_rounding_is_half_up_also_for_negative_sums() -> None:
    one = layer(np.full((1, 1, 1, 1, 1), 1), right_shift=np.array([1], np.uint8), relu=False)
    images = torch.tensor([-3, -2, -1, 0, 1, 2, 3]).view(-1, 1, 1, 1)
    assert golden.logits(network(one, in_shape=(1, 1, 1)), images).flatten().tolist() == [-1, -1, 0, 0, 1, 1, 2]


@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_every_tensor_equals_the_fake_quantised_network(trained: Trained, test_set: Dataset, scheme: str) -> None:
    model, exported = trained(scheme)
    images = test_set.images[:256]
    with torch.no_grad():
        fake = model.forward_layers(to_inputs(images))
    exact = golden.run(exported, quantise_input(images))
    assert len(fake) == len(exact) == len(exported.layers)
    for one, floats, integers in zip(exported.layers, fake, exact, strict=True):
        assert torch.equal(floats.double().flatten(1), integers.double().flatten(1) * 2.0**one.out_scale_log2), one.name
        assert integers.unique().numel() > 20, f"{one.name}: too few values to prove anything"


@pytest.mark.parametrize("scheme,model,learned", [*((scheme, "tiny", 0.7) for scheme in QUANTISED_SCHEMES), ("flight", "tiny-res", 0.25)])
def test_every_test_image_gets_the_same_class(trained: Trained, test_set: Dataset, scheme: str, model: str, learned: float) -> None:
    fake_quantised, exported = trained(scheme, model)
    with torch.no_grad():
        fake = torch.cat([fake_quantised(to_inputs(images)).argmax(1) for images in test_set.images.split(1000)])
    exact = golden.logits(exported, quantise_input(test_set.images)).argmax(1)
    assert torch.equal(fake, exact)
    accuracy = golden.accuracy(exported, quantise_input(test_set.images), test_set.labels)
    assert accuracy == pytest.approx(accuracy_of(fake_quantised, test_set))
    assert accuracy > learned


def test_logits_do_not_depend_on_the_batch_size(trained: Trained, test_set: Dataset) -> None:
    _, exported = trained("flight")
    images = quantise_input(test_set.images[:33])
    told: list[int] = []
    parts = golden.logits(exported, images, batch=10, on_batch=told.append)
    assert parts.shape == (33, 10)
    assert told == [10, 10, 10, 3]
    assert torch.equal(parts, golden.run(exported, images)[-1].flatten(1))


def test_five_hundred_images_take_less_than_a_second(trained: Trained, test_set: Dataset) -> None:
    _, exported = trained("lightnn2")
    images = quantise_input(test_set.images[:500])
    golden.logits(exported, images)
    begin = time.perf_counter()
    golden.logits(exported, images)
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize(
    "images,message",
    [
        (torch.zeros(2, 1, 4, 5, dtype=torch.int8), r"\[2, 1, 4, 5\]"),
        (torch.zeros(1, 4, 4, dtype=torch.int8), r"\[1, 4, 4\]"),
        (torch.zeros(2, 1, 4, 4), "float32"),
        (torch.full((2, 1, 4, 4), 128), "128"),
    ],
)
def test_images_of_another_kind_are_refused(images: torch.Tensor, message: str) -> None:
    net = network(layer(np.ones((1, 1, 1, 1, 1))), in_shape=(1, 4, 4))
    with pytest.raises(DataError, match=message):
        golden.run(net, images)


def test_a_sum_beyond_exact_float64_is_refused() -> None:
    channels = 1 << 18
    huge = layer(np.full((1, 1, channels, 1, 1), 15), offsets=np.array([[15]], np.uint8))
    net = IntegerNetwork(name="n", arith="shift", max_shift=14, in_shape=(channels, 1, 1), in_scale_log2=0, layers=(huge,))
    with pytest.raises(FormatError, match="layer 'l'.*exact"):
        golden.run(net, torch.ones(1, channels, 1, 1, dtype=torch.int64))
