"""The compiler: refusals that name buffer and amount, tensors that never collide in the banks, programs on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightasic.compiler import Program, compile_network
from flightasic.compiler.columns import place_filters
from flightasic.compiler.tensors import pitch_for
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError, FormatError
from flightasic.ir import IntegerNetwork, Layer
from verification.cases import random_config, random_layer, random_network

RNG_SEEDS = st.integers(0, 2**32 - 1)


def _network(*layers: Layer, in_shape: tuple[int, int, int] = (4, 12, 12), arith: str = "shift") -> IntegerNetwork:
    max_shift = 6 if arith == "shift" else 0
    return IntegerNetwork(name="t", arith=arith, max_shift=max_shift, in_shape=in_shape, in_scale_log2=-7, layers=layers)


def _layer(seed: int = 0, **changes: object) -> Layer:
    settings_ = {"out_channels": 8, "in_channels": 4, "kernel": (3, 3), "limit": 7, "padding": 1, **changes}
    return random_layer(np.random.default_rng(seed), "conv", **settings_)  # type: ignore[arg-type]


@given(RNG_SEEDS)
@settings(max_examples=60, deadline=None)
def test_rows_of_a_pass_never_share_a_bank(seed: int) -> None:
    """Any ``banks`` consecutive kernel words of a window lie in different banks, wherever the window starts."""
    rng = np.random.default_rng(seed)
    banks = 1 << int(rng.integers(0, 6))
    kh, kw, cb = (int(n) for n in rng.integers(1, 8, 3))
    width = int(rng.integers(kw, 40))
    pitch = pitch_for(width * cb, (kh, kw), cb, banks)
    assert width * cb <= pitch < width * cb + banks
    offsets = [ky * pitch + kx * cb + b for ky in range(kh) for kx in range(kw) for b in range(cb)]
    for first in range(max(1, len(offsets) - banks + 1)):
        window = offsets[first : first + banks]
        assert len({offset % banks for offset in window}) == len(window)


@given(RNG_SEEDS)
@settings(max_examples=100, deadline=None)
def test_placement_fills_columns_and_keeps_every_filter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    layer = _layer(seed, out_channels=int(rng.integers(1, 40)), planes=int(rng.integers(1, 4)))
    placement = place_filters(layer, config, keep_all=False)
    placed = [filter_ for filter_ in placement.positions if filter_ >= 0]
    assert placed == [filter_ for group in placement.groups for filter_ in group]
    assert len(set(placed)) == len(placed)
    assert -(-len(placement.positions) // config.lanes) == -(-len(placed) // config.lanes)
    touched = [{placement.positions.index(filter_) // config.lanes for filter_ in group} for group in placement.groups]
    assert max(map(len, touched)) == placement.words_per_pixel
    for group in placement.groups:
        assert 0 < sum(int(placement.columns[f]) for f in group) <= config.cols
    for filter_ in set(range(layer.out_channels)) - set(placed):
        assert layer.k[filter_] == 0
    for filter_ in np.flatnonzero(layer.k):
        assert placement.columns[filter_] == layer.k[filter_]


def test_pruned_filter_needs_a_column_only_if_its_constant_shows() -> None:
    layer = _layer(out_channels=3)
    layer.k[:] = (1, 0, 0)
    layer.codes[:, 1:] = 0
    layer.right_shift[:] = 4
    layer.bias[:] = (0, -500, 500)
    assert place_filters(layer, ArrayConfig(), keep_all=False).columns.tolist() == [1, 0, 1]
    assert place_filters(layer, ArrayConfig(), keep_all=True).columns.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ArrayConfig(act_depth=32), r"layer 'conv'.*activation words.*\d+ too many.*act_depth=32"),
        (ArrayConfig(code_depth=16), r"words of code_depth.*has 16.*too few"),
        (ArrayConfig(program_depth=16), r"words of program_depth.*has 16.*too few"),
        (ArrayConfig(acc_depth=8), r"layer 'conv'.*output row takes 12 accumulators, acc_depth=8"),
        (ArrayConfig(acc_bits=18), r"layer 'conv': filter \d+ can reach \d+, acc_bits=18 holds 131071"),
        (ArrayConfig(code_bits=3), r"shifts up to 6, code_bits=3 holds 2"),
        (ArrayConfig.for_arith("fixed4"), r"arith='shift'.*'fixed4'"),
    ],
)
def test_refusal_names_the_buffer_and_by_how_much(config: ArrayConfig, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        compile_network(_network(_layer()), config)


def test_filter_wider_than_the_array() -> None:
    layer = _layer(planes=3)
    layer.k[2] = 3
    with pytest.raises(CompileError, match="neighbouring columns, the array has cols=2"):
        compile_network(_network(layer), ArrayConfig(cols=2, tile_cols=2, acc_bits=28))


def test_exactly_full_buffers_are_accepted() -> None:
    network = _network(_layer())
    roomy = compile_network(network, ArrayConfig())
    tight = replace(roomy.config, code_depth=1 << (len(roomy.codes) - 1).bit_length(), program_depth=16 << 1)
    assert compile_network(network, tight).cycles == roomy.cycles


def test_groups_of_mixed_k_keep_to_one_word() -> None:
    """Five filters of k = 2 and six of k = 1 on four columns, four lanes: no group straddles two activation words."""
    layer = _layer(out_channels=11, planes=2)
    layer.k[:] = [2] * 5 + [1] * 6
    placement = place_filters(layer, ArrayConfig(), keep_all=False)
    assert [len(group) for group in placement.groups] == [4, 2, 2, 3]
    assert placement.words_per_pixel == 1


def test_more_planes_cost_columns_not_hardware() -> None:
    """Run time follows sum(k): the same layer with k = 2 everywhere takes twice the passes of k = 1."""
    one, two = _layer(planes=1, in_channels=16), _layer(planes=2, in_channels=16)
    one.k[:], two.k[:] = 1, 2
    config = ArrayConfig(acc_bits=28)
    cycles = [compile_network(_network(layer, in_shape=(16, 12, 12)), config).layers[0].cycles for layer in (one, two)]
    assert 1.9 < cycles[1] / cycles[0] < 2.1


@pytest.mark.parametrize("seed", range(5))
def test_program_round_trip(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    program = compile_network(random_network(rng, config), config)
    path = tmp_path / "program.json"
    program.save(path)
    assert Program.load(path) == program


@pytest.mark.parametrize("damage", ["truncate", "digit", "foreign", "missing", "list"])
def test_damaged_program_file(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "program.json"
    compile_network(_network(_layer()), ArrayConfig()).save(path)
    text = path.read_text()
    match damage:
        case "truncate":
            path.write_text(text[: len(text) // 2])
        case "digit":
            at = text.index('"codes": ["') + 12
            path.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])
        case "foreign":
            path.write_text("{}")
        case "missing":
            path.unlink()
        case "list":
            path.write_text("[]")
    with pytest.raises(FormatError, match="program.json"):
        Program.load(path)


def test_image_of_wrong_shape() -> None:
    program = compile_network(_network(_layer()), ArrayConfig())
    with pytest.raises(FormatError, match=r"\(1, 12, 12\).*takes \(4, 12, 12\)"):
        program.pack_image(np.zeros((1, 12, 12)))


@pytest.mark.parametrize(("value", "dtype"), [(128, np.int64), (-129, np.int16), (255, np.uint8), (0.5, np.float32)])
def test_image_values_outside_int8_are_refused(value: float, dtype: type) -> None:
    program = compile_network(_network(_layer()), ArrayConfig())
    image = np.zeros((4, 12, 12), dtype=dtype)
    image[3, 11, 11] = value
    with pytest.raises(FormatError, match=r"-128\.\.127.*flightasic\.data\.quantise_input"):
        program.pack_image(image)


def test_unused_positions_are_not_counted_as_products() -> None:
    """Positions that keep a group in one word hold no channel: at k = 1 the array does at most the network's own products."""
    first, second = _layer(out_channels=6), _layer(out_channels=4, in_channels=6, kernel=(1, 1), padding=0)
    first.k[:], second.k[:] = 1, 1
    program = compile_network(_network(first, second), ArrayConfig(cols=3, tile_cols=3, acc_bits=28))
    assert -1 in program.tensors[1].positions
    assert program.layers[1].products == program.layers[1].macs


def test_kernel_higher_than_the_array_counts() -> None:
    tall = _layer(in_channels=1, kernel=(260, 2))
    with pytest.raises(CompileError, match=r"layer 'conv': kernel \(260, 2\) is larger than 255"):
        compile_network(_network(tall, in_shape=(1, 300, 4)), ArrayConfig(acc_bits=32))
