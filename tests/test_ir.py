"""The integer network: its file, its checks, its accumulator bound."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from flightasic import ir
from flightasic.config import ARITHMETICS
from flightasic.errors import FormatError
from flightasic.ir import IntegerNetwork, Layer, accumulator_bounds, average_pool


def small_layer(name: str = "conv", channels: int = 2, filters: int = 3, **changes) -> Layer:
    rng = np.random.default_rng(7)
    codes = rng.integers(-7, 8, (2, filters, channels, 3, 3)).astype(np.int8)
    k = np.array([0, 1, 2] * filters, np.uint8)[:filters]
    codes[np.arange(2)[:, None] >= k] = 0
    fields = {
        "name": name,
        "codes": codes,
        "offsets": rng.integers(0, 4, (2, filters)).astype(np.uint8),
        "k": k,
        "bias": rng.integers(-99, 99, filters).astype(np.int32),
        "right_shift": rng.integers(3, 9, filters).astype(np.uint8),
        "padding": 1,
        "pool": 2,
        "out_scale_log2": -5,
    }
    return Layer(**{**fields, **changes})


def small_network(**changes) -> IntegerNetwork:
    layers = (small_layer("a"), small_layer("b", channels=3, relu=False, pool=1))
    fields = {"name": "n", "arith": "shift", "max_shift": 6, "in_shape": (2, 8, 10), "in_scale_log2": -7, "layers": layers}
    return IntegerNetwork(**{**fields, "info": {"seed": 0, "accuracy": 0.5}, **changes})


def test_save_and_load_give_the_same_network(tmp_path: Path) -> None:
    network = small_network()
    network.save(tmp_path / "n.flnet")
    loaded = IntegerNetwork.load(tmp_path / "n.flnet")
    for one, other in zip(network.layers, loaded.layers, strict=True):
        for field in dataclasses.fields(Layer):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
    for field in dataclasses.fields(IntegerNetwork):
        if field.name != "layers":
            assert getattr(network, field.name) == getattr(loaded, field.name)


def test_bytes_are_those_of_the_file_and_give_the_network_back(tmp_path: Path) -> None:
    network = small_network()
    network.save(tmp_path / "n.flnet")
    data = (tmp_path / "n.flnet").read_bytes()
    assert network.to_bytes() == data
    assert IntegerNetwork.from_bytes(data).to_bytes() == data
    with pytest.raises(FormatError, match="shipped one: not an integer network file"):
        IntegerNetwork.from_bytes(data[:-1], "shipped one")


def test_shapes_macs_and_mean_k() -> None:
    network = small_network()
    assert network.shapes() == [(2, 8, 10), (3, 4, 5), (3, 4, 5)]
    assert network.macs() == [3 * 8 * 10 * 2 * 9, 3 * 4 * 5 * 3 * 9]
    assert network.mean_k() == pytest.approx(1.0)


def residual_network() -> IntegerNetwork:
    """A pooled entry, then two blocks of a depthwise layer that reads it and a layer that adds it again."""
    entry = small_layer("entry", filters=4, pool=2, pool_stride=1)
    depthwise = {"codes": np.ones((2, 4, 1, 3, 3), np.int8), "k": np.full(4, 2, np.uint8), "groups": 4, "source": 1, "pool": 1}
    add = {"residual": 1, "residual_shift": np.array([0, 3, 7, 15], np.uint8), "pool": 1}
    layers = (entry, small_layer("depthwise", filters=4, **depthwise), small_layer("add", channels=4, filters=4, **add))
    return small_network(layers=(*layers, average_pool("mean", 4, (2, 2), stride=2, arith="shift")))


def test_a_graph_survives_its_file(tmp_path: Path) -> None:
    network = residual_network()
    network.save(tmp_path / "n.flnet")
    loaded = IntegerNetwork.load(tmp_path / "n.flnet")
    assert loaded.sources() == [0, 1, 2, 3]
    for one, other in zip(network.layers, loaded.layers, strict=True):
        for field in dataclasses.fields(Layer):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_shapes_and_macs_of_a_graph() -> None:
    network = residual_network()
    assert network.shapes() == [(2, 8, 10), (4, 7, 9), (4, 7, 9), (4, 7, 9), (4, 3, 4)]
    assert network.macs() == [4 * 8 * 10 * 2 * 9, 4 * 7 * 9 * 9, 4 * 7 * 9 * 4 * 9, 0]
    assert [layer.kind for layer in network.layers] == ["conv", "conv", "conv", "pool"]


def test_mean_k_of_pooling_alone_is_zero() -> None:
    network = small_network(layers=(average_pool("mean", 2, (2, 2), stride=2, arith="shift"),))
    assert network.mean_k() == 0.0


def test_saving_over_a_file_never_leaves_half_of_one(tmp_path: Path) -> None:
    path = tmp_path / "n.flnet"
    small_network().save(path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        small_network(info={"not json": object()}).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("position", [*np.linspace(0.01, 0.999, 23)])
def test_any_flipped_byte_is_found(tmp_path: Path, position: float) -> None:
    path = tmp_path / "n.flnet"
    small_network().save(path)
    data = bytearray(path.read_bytes())
    data[int(position * len(data))] ^= 0x41
    path.write_bytes(bytes(data))
    with pytest.raises(FormatError, match="n.flnet.*export it again"):
        IntegerNetwork.load(path)


@pytest.mark.parametrize("size", [0, 7, 200, -1])
def test_a_shortened_file_is_found(tmp_path: Path, size: int) -> None:
    path = tmp_path / "n.flnet"
    small_network().save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FormatError, match="n.flnet.*export it again"):
        IntegerNetwork.load(path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="absent.flnet.*flightasic train"):
        IntegerNetwork.load(tmp_path / "absent.flnet")


def rewrite(path: Path, change) -> None:
    """Change the description in a file's metadata and leave the checksum as it was."""
    tensors = load_file(path)
    with safe_open(path, framework="numpy") as file:
        description = json.loads(file.metadata()["flightasic"])
    save_file(tensors, path, metadata={"flightasic": json.dumps(change(description))})


@pytest.mark.parametrize(
    "change,message",
    [
        (lambda d: {**d, "version": 99}, "version 99"),
        (lambda d: {**d, "format": "other"}, "'other'"),
        (lambda d: {**d, "name": "forged"}, "checksum"),
        (lambda d: {**d, "info": {"accuracy": 1.0}}, "checksum"),
        (lambda d: {key: value for key, value in d.items() if key != "sha256"}, "checksum"),
        (lambda d: [d], "not an integer network"),
    ],
)
def test_a_description_that_was_changed_is_found(tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "n.flnet"
    small_network().save(path)
    rewrite(path, change)
    with pytest.raises(FormatError, match=message):
        IntegerNetwork.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: {key: value for key, value in d.items() if key != "in_shape"},
        lambda d: {**d, "layers": d["layers"] * 2},
        lambda d: {**d, "layers": [{**layer, "dilation": 2} for layer in d["layers"]]},
    ],
    ids=["no shape", "layer without tensors", "unknown field"],
)
def test_an_incomplete_description_is_refused_though_its_checksum_is_right(tmp_path: Path, change) -> None:
    path = tmp_path / "n.flnet"
    small_network().save(path)
    tensors = load_file(path)

    def signed(description: dict) -> dict:
        changed = change({key: value for key, value in description.items() if key != "sha256"})
        return {**changed, "sha256": ir._digest(changed, tensors)}

    rewrite(path, signed)
    with pytest.raises(FormatError, match="incomplete network description"):
        IntegerNetwork.load(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"x": np.zeros(3, np.float32)}, tmp_path / "x.flnet")
    with pytest.raises(FormatError, match="not an integer network"):
        IntegerNetwork.load(tmp_path / "x.flnet")


@pytest.mark.parametrize(
    "changes,message",
    [
        ({"codes": np.zeros((2, 3, 2, 3, 3), np.int16)}, "codes must be int8"),
        ({"codes": np.zeros((3, 2, 3, 3), np.int8)}, r"\[planes, out, in / groups, kh, kw\]"),
        ({"codes": np.zeros((4, 3, 2, 3, 3), np.int8)}, "1..3 code planes, got 4"),
        ({"codes": np.full((2, 3, 2, 3, 3), 8, np.int8), "k": np.full(3, 2, np.uint8)}, r"within \+-7"),
        ({"codes": np.ones((2, 3, 2, 3, 3), np.int8)}, "beyond a filter's k"),
        ({"offsets": np.zeros((1, 3), np.uint8)}, "offsets must be"),
        ({"offsets": np.full((2, 3), 16, np.uint8)}, "below 16, got 16"),
        ({"k": np.full(3, 3, np.uint8)}, "k must be 0..2, got 3"),
        ({"k": np.zeros(2, np.uint8)}, r"k must be \(3,\)"),
        ({"bias": np.zeros(3, np.int64)}, "bias must be int32"),
        ({"right_shift": np.full(3, 32, np.uint8)}, "right_shift must be 0..31"),
        ({"padding": -1}, "padding"),
        ({"stride": 0}, "stride"),
        ({"pool": 0}, "pool"),
        ({"pool": 20}, "output is empty"),
        ({"pool_stride": -1}, "pool_stride"),
        ({"pool": 1, "pool_stride": 1}, "pool_stride without pooling"),
        ({"groups": 0}, "groups must divide 3 filters, got 0"),
        ({"groups": 2}, "groups must divide 3 filters, got 2"),
        ({"groups": 3}, "takes 6 channels but is given 2"),
        ({"source": 1}, r"source must be a tensor before it, -1\.\.0, got 1"),
        ({"source": -2}, "source must be a tensor before it"),
        ({"residual": 1}, r"residual must be a tensor before it, -1\.\.0, got 1"),
        ({"residual_shift": np.zeros(3, np.uint8)}, "residual_shift must be empty without a residual"),
        ({"residual": 0, "residual_shift": np.zeros(2, np.uint8)}, r"residual_shift must be \(3,\), got \(2,\)"),
        ({"residual": 0, "residual_shift": np.full(3, 16, np.uint8)}, "residual_shift must be below 16"),
        ({"residual": 0, "residual_shift": np.zeros(3, np.uint8)}, r"residual has shape \(2, 8, 10\), the convolution \(3, 8, 10\)"),
        ({"kind": "dense"}, "kind must be one of conv, linear, pool, got 'dense'"),
    ],
)
def test_an_impossible_layer_is_refused_by_name(changes: dict, message: str) -> None:
    with pytest.raises(FormatError, match=f"'n', layer 'bad'.*{message}"):
        small_network(layers=(small_layer("bad", **changes),))


@pytest.mark.parametrize(
    "changes,message",
    [
        ({"arith": "posit"}, "'posit'"),
        ({"layers": ()}, "at least one layer"),
        ({"max_shift": 15}, "max_shift.*15"),
        ({"max_shift": 2}, r"codes must be within \+-3"),
        ({"in_shape": (3, 8, 10)}, "takes 2 channels but is given 3"),
        ({"in_shape": (2, 80)}, "in_shape"),
        ({"in_shape": (2, 0, 10)}, "in_shape"),
    ],
)
def test_an_impossible_network_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        small_network(**changes)


def test_no_partial_sum_exceeds_the_accumulator_bound_and_the_worst_comes_close() -> None:
    one = small_layer(padding=0, pool=1, bias=np.array([-70000, 5, 30000], np.int32))
    weights = one.weights("shift")
    worst = np.where(weights < 0, 127, -128)
    reached = np.abs((weights * worst).sum(axis=(1, 2, 3))) + np.abs(one.bias)
    bounds = accumulator_bounds(one, "shift")
    planes = np.abs(one.codes.astype(int)) - 1
    magnitudes = np.where(one.codes == 0, 0, 1 << np.maximum(planes, 0)) << one.offsets.astype(int)[:, :, None, None, None]
    assert (bounds >= reached).all()
    assert (bounds >= 128 * magnitudes.sum(axis=(0, 2, 3, 4)) + np.abs(one.bias)).all()
    assert (bounds <= 129 * magnitudes.sum(axis=(0, 2, 3, 4)) + np.abs(one.bias) + 256).all()


def test_a_residual_counts_at_its_shift_in_the_bound() -> None:
    shifts = np.array([0, 7, 15], np.uint8)
    plain = small_layer(pool=1)
    added = small_layer(pool=1, residual=0, residual_shift=shifts)
    difference = accumulator_bounds(added, "shift") - accumulator_bounds(plain, "shift")
    assert difference.tolist() == [128, 128 << 7, 128 << 15]


def test_average_pooling_over_any_window_a_kernel_may_have_is_legal() -> None:
    for arith in ARITHMETICS:
        # Of 1 / 255 = 2^-8 + 2^-16 + 2^-24 the last term lies further from the first than an offset reaches.
        for window in [(15, 17), *((edge, edge) for edge in range(1, 256))]:
            layer = average_pool("mean", 1, window, stride=1, arith=arith)
            small_network(arith=arith, in_shape=(1, *window), layers=(layer,))
            assert 1 <= layer.k[0] == layer.planes <= 3


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_average_pooling_over_a_power_of_two_is_a_plain_shift(arith: str) -> None:
    layer = average_pool("mean", 1, (8, 8), stride=1, arith=arith)
    assert (layer.weights(arith) == 1).all()
    assert layer.right_shift.tolist() == [6]


# Three terms, each leaving at most sqrt(2) - 1 of what it took; half of the last place of an integer in the upper half of its range.
@pytest.mark.parametrize("arith,most", [("shift", (2**0.5 - 1) ** 3), ("fixed4", 0.5 / 3.5), ("fixed8", 0.5 / 63.5)])
def test_weights_of_average_pooling_are_near_their_share(arith: str, most: float) -> None:
    for area in range(1, 200):
        layer = average_pool("mean", 1, (1, area), stride=1, arith=arith)
        share = layer.weights(arith) / 2.0 ** int(layer.right_shift[0])
        assert abs(share * area - 1).max() <= most, area
