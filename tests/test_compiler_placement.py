"""Where the compiler puts filters, kernel words and channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightasic.compiler import compile_network
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import average_pool
from flightasic.microcode import OP_CONV
from tests.small_networks import compiled, make_layer, make_network, place, steps_of
from verification.cases import random_config

RNG_SEEDS = st.integers(0, 2**32 - 1)
ROOMY = ArrayConfig(acc_bits=32, program_depth=8192)


@given(RNG_SEEDS)
@settings(max_examples=100, deadline=None)
def test_placement_fills_columns_and_keeps_every_filter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    layer = make_layer(seed, out_channels=int(rng.integers(1, 40)), planes=min(config.cols, int(rng.integers(1, 4))))
    placement = place(layer, config)
    placed = [filter_ for filter_ in placement.positions if filter_ >= 0]
    assert placed == [filter_ for group in placement.groups for filter_ in group.filters]
    assert len(set(placed)) == len(placed)
    touched = [{placement.positions.index(filter_) // config.lanes for filter_ in group.filters} for group in placement.groups]
    assert max(map(len, touched)) == placement.words_per_pixel
    for group in placement.groups:
        assert placement.positions[group.channel : group.channel + len(group.filters)] == group.filters
        assert 0 < sum(int(placement.columns[f]) for f in group.filters) <= config.cols
    for filter_ in set(range(layer.out_channels)) - set(placed):
        assert layer.k[filter_] == 0
    for filter_ in np.flatnonzero(layer.k).tolist():
        assert placement.columns[filter_] == layer.k[filter_]


def test_pruned_filter_needs_a_column_only_if_its_constant_shows_or_it_adds_a_residual() -> None:
    layer = make_layer(out_channels=3)
    layer.k[:] = (1, 0, 0)
    layer.codes[:, 1:] = 0
    layer.right_shift[:] = 4
    layer.bias[:] = (0, -500, 500)
    assert place(layer, ArrayConfig()).columns.tolist() == [1, 0, 1]
    assert place(layer, ArrayConfig(), keep_all=True).columns.tolist() == [1, 1, 1]
    added = replace(layer, residual=0, residual_shift=np.zeros(3, dtype=np.uint8))
    assert place(added, ArrayConfig(), residual=range(3)).columns.tolist() == [1, 1, 1]


def test_filter_wider_than_the_array() -> None:
    layer = make_layer(planes=3)
    layer.k[2] = 3
    with pytest.raises(CompileError, match="neighbouring columns, the array has cols=2"):
        compile_network(make_network(layer), ArrayConfig(cols=2, tile_cols=2, acc_bits=28))


def test_groups_of_mixed_k_keep_to_one_word() -> None:
    """Five filters of k = 2 and six of k = 1 on four columns, four lanes: no group straddles two activation words."""
    layer = make_layer(out_channels=11, planes=2)
    layer.k[:] = [2] * 5 + [1] * 6
    placement = place(layer, ArrayConfig())
    assert len(placement.groups) == 4
    assert placement.words_per_pixel == 1


def test_columns_stay_empty_only_where_waiting_for_the_writer_costs_more() -> None:
    """A group that straddles two output words costs a cycle per pixel once: too much for one pass, little for many."""
    layer = make_layer(out_channels=16, in_channels=4, kernel=(1, 1), padding=0, planes=2)
    layer.k[:] = [2] * 3 + [1] * 13
    config = ArrayConfig(cols=8)
    short, long = (place(layer, config, kernel=kernel, pixels=1000) for kernel in ((1, 1), (9, 9)))
    assert (short.words_per_pixel, len(short.groups)) == (1, 4)
    assert (long.words_per_pixel, len(long.groups)) == (2, 3)


def test_depthwise_layer_takes_a_word_of_channels_per_pass() -> None:
    config = ArrayConfig(rows=9, tile_rows=3, cols=4, tile_cols=4, lanes=4)
    layer = make_layer(out_channels=16, in_channels=16, groups=16)
    layer.k[:] = 1
    placement = place(layer, config)
    assert placement.cb == 1
    assert [group.block for group in placement.groups] == [0, 1, 2, 3]
    assert all(len(group.filters) == 4 for group in placement.groups)
    assert Walk((3, 3), placement.cb, config.rows).passes == 1


def test_grouped_layer_shares_columns_between_groups_of_one_window() -> None:
    """Four convolution groups of two channels lie in two words of four lanes: eight filters in two passes, not in four."""
    layer = make_layer(out_channels=8, in_channels=8, groups=4)
    layer.k[:] = 1
    placement = place(layer, ArrayConfig())
    assert (placement.cb, len(placement.groups)) == (1, 2)


def test_residual_groups_need_one_pass_where_the_residual_lies_in_order() -> None:
    """Sixty-four channels of mixed k on a 4x4x4 array: every group finds its residual channels in four words."""
    layer = make_layer(out_channels=64, in_channels=4, planes=2, residual=0)
    layer.k[:] = np.random.default_rng(0).integers(0, 3, 64)
    order = np.random.default_rng(1).permutation(64)
    placement = place(layer, ArrayConfig(), residual=order.tolist())
    assert placement.residual_passes(4) == 1
    assert all(group.residual_words <= 4 for group in placement.groups)


def test_block_chain_adds_each_residual_in_one_pass() -> None:
    first = make_layer(1, out_channels=64, planes=2)
    blocks = [make_layer(i, in_channels=64, out_channels=64, planes=2, residual=i - 1) for i in range(2, 5)]
    program = compile_network(make_network(first, *blocks, in_shape=(4, 6, 6)), replace(ROOMY, code_depth=65536))
    for step, layer in zip(steps_of(program, OP_CONV)[1:], program.layers[1:], strict=True):
        assert step["passes"] - step["kblocks"] == 1
        assert layer.residual == step["groups"] * 36


@given(RNG_SEEDS)
@settings(max_examples=60, deadline=None)
def test_walk_gives_every_kernel_word_its_row(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width, cb, rows = (int(n) for n in rng.integers(1, 8, 4))
    for break_x, break_y in ((False, False), (False, True), (True, True)):
        walk = Walk((height, width), cb, rows, break_x, break_y)
        slots = walk.slots()
        assert len(set(slots.tolist())) == height * width * cb
        assert slots.max() // rows + 1 == walk.passes
        run = cb if break_x else width * cb if break_y else height * width * cb
        assert (slots[::run] % rows == 0).all()


def test_pitches_serve_the_reader_that_costs_more() -> None:
    """A 3x3 and a 5x5 layer on one tensor cannot both be in bank order over rows: the larger one is."""
    small = make_layer(2, in_channels=8, out_channels=8, source=1)
    large = make_layer(3, in_channels=8, out_channels=32, kernel=(5, 5), padding=2, source=1)
    config = replace(ROOMY, rows=8)
    program = compile_network(make_network(make_layer(1), small, large), config)
    steps = steps_of(program, OP_CONV)[1:]
    assert [step["break_y"] for step in steps] == [1, 0]
    assert [step["kblocks"] for step in steps] == [3, 7]


def test_global_average_pooling_reads_neighbouring_pixels_in_one_pass() -> None:
    """Sixteen channels are four words per pixel; a pitch of five words puts the taps of one word in neighbouring banks."""
    network = make_network(make_layer(out_channels=16), average_pool("average", 16, (12, 12), stride=1, arith="shift"))
    program = compiled(network, ROOMY)
    assert [(step["break_x"], step["cb"], step["kblocks"]) for step in steps_of(program, OP_CONV)] == [(0, 1, 3), (0, 1, 36)]
    layout = program.tensors[1]
    assert layout is not None and (layout.cb, layout.pixel_pitch) == (4, 5)
