"""The golden model: equal to the fake-quantised torch network, and to integer arithmetic written out."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.data import Dataset, quantise_input
from flightasic.errors import DataError, FormatError
from flightasic.ir import IntegerNetwork, Layer
from flightasic.nn.models import FLightNetwork
from flightasic.nn.scheme import QUANTISED_SCHEMES
from flightasic.nn.train import accuracy_of, to_inputs

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


def literal(one: Layer, arith: str, image: np.ndarray) -> np.ndarray:
    """One layer in plain Python integers: sums, rounding, clamp, pooling, straight from docs/design.md."""
    channels, height, width = one.conv_shape(image.shape)
    outputs = np.zeros((channels, height, width), dtype=object)
    for o, y, x in np.ndindex(channels, height, width):
        acc = int(one.bias[o])
        for p, i, ky, kx in np.ndindex(one.planes, one.in_channels, *one.kernel):
            row, col = y * one.stride + ky - one.padding, x * one.stride + kx - one.padding
            if 0 <= row < image.shape[1] and 0 <= col < image.shape[2]:
                value = code_value(int(one.codes[p, o, i, ky, kx]), arith)
                acc += (value * int(image[i, row, col])) << int(one.offsets[p, o])
        shift = int(one.right_shift[o])
        rounded = (acc + ((1 << shift) >> 1)) >> shift
        outputs[o, y, x] = max(0 if one.relu else -128, min(127, rounded))
    pooled = one.pool
    return np.array(
        [
            [
                [outputs[o, y * pooled : (y + 1) * pooled, x * pooled : (x + 1) * pooled].max() for x in range(width // pooled)]
                for y in range(height // pooled)
            ]
            for o in range(channels)
        ],
        dtype=np.int64,
    )


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


@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_every_test_image_gets_the_same_class(trained: Trained, test_set: Dataset, scheme: str) -> None:
    model, exported = trained(scheme)
    with torch.no_grad():
        fake = model(to_inputs(test_set.images)).argmax(1)
    exact = golden.logits(exported, quantise_input(test_set.images)).argmax(1)
    assert torch.equal(fake, exact)
    accuracy = golden.accuracy(exported, quantise_input(test_set.images), test_set.labels)
    assert accuracy == pytest.approx(accuracy_of(model, test_set))
    assert accuracy > 0.7


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
