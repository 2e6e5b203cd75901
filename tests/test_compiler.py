"""The compiler: programs that compute what golden computes, from any buffers; refusals that name buffer and amount; files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightasic.compiler import Program, compile_network, predict_cycles
from flightasic.compiler.graph import build_graph
from flightasic.compiler.memory import Life, first_fit
from flightasic.compiler.placement import Placement, place_filters
from flightasic.compiler.planner import Planner
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError, ConfigError, FormatError
from flightasic.ir import IntegerNetwork, Layer, average_pool
from flightasic.microcode import HEADER, OP_CONV, OP_LOAD, OP_STORE, STEP, unpack, words_of
from verification.cases import random_config, random_images, random_layer, random_pair
from verification.walk import WalkError, check

RNG_SEEDS = st.integers(0, 2**32 - 1)
ROOMY = ArrayConfig(acc_bits=32, program_depth=8192)


def _network(*layers: Layer, in_shape: tuple[int, int, int] = (4, 12, 12), arith: str = "shift") -> IntegerNetwork:
    max_shift = 6 if arith == "shift" else 0
    return IntegerNetwork(name="t", arith=arith, max_shift=max_shift, in_shape=in_shape, in_scale_log2=-7, layers=layers)


def _layer(seed: int = 0, **changes: Any) -> Layer:
    fields = {"out_channels": 8, "in_channels": 4, "kernel": (3, 3), "limit": 7, "padding": 1, **changes}
    if fields.get("residual", -1) >= 0:
        fields["residual_shift"] = np.full(fields["out_channels"], 6, dtype=np.uint8)
    return random_layer(np.random.default_rng(seed), changes.pop("name", "conv"), **fields)


def _check(network: IntegerNetwork, config: ArrayConfig) -> Program:
    """Compile, and interpret the program over a random image."""
    program = compile_network(network, config)
    check(network, program, random_images(np.random.default_rng(1), network, 1)[0])
    return program


def _steps(program: Program, op: int) -> list[dict[str, int]]:
    header = unpack(HEADER, program.words[: words_of(HEADER)])
    starts = [words_of(HEADER) + index * words_of(STEP) for index in range(header["steps"])]
    steps = [unpack(STEP, program.words[at : at + words_of(STEP)]) for at in starts]
    return [step for step in steps if step["op"] == op]


def _place(layer: Layer, config: ArrayConfig, **fields: Any) -> Placement:
    settings_ = {"source": range(layer.in_channels), "kernel": layer.kernel, "pixels": 100, **fields}
    return place_filters(layer, config, **settings_)


def _residual_network() -> IntegerNetwork:
    """A block with identity, one with a 1x1 shortcut of stride 2, global average pooling, a fully connected layer."""
    return _network(
        _layer(1, out_channels=6),
        _layer(2, in_channels=6, out_channels=9, planes=2),
        _layer(3, in_channels=9, out_channels=6, residual=1, pool=2),
        _layer(4, in_channels=6, out_channels=10, stride=2),
        _layer(5, in_channels=6, out_channels=10, stride=2, kernel=(1, 1), padding=0, source=3, relu=False),
        _layer(6, in_channels=10, out_channels=10, source=4, residual=5),
        average_pool("average", 10, (3, 3), stride=1, arith="shift"),
        _layer(7, in_channels=10, out_channels=5, kernel=(1, 1), padding=0),
    )


# Programs against the golden model


@pytest.mark.parametrize("seed", range(40))
def test_random_program_computes_what_golden_computes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    _, network, program = random_pair(rng)
    check(network, program, random_images(rng, network, 1)[0])


@pytest.mark.parametrize("seed", range(40))
def test_cycles_are_predicted_without_any_weight(seed: int) -> None:
    """Whole networks, in tiles and with streamed codes too: the same cycles in all and per layer, from codes that are all zero."""
    rng = np.random.default_rng(seed)
    config, network, program = random_pair(rng)
    blank = replace(network, layers=tuple(replace(layer, codes=np.zeros_like(layer.codes)) for layer in network.layers))
    prediction = predict_cycles(blank, config)
    assert prediction.cycles == program.cycles
    assert prediction.layers == tuple(report.cycles for report in program.layers)


def test_prediction_refuses_what_the_compiler_refuses_for_want_of_memory() -> None:
    with pytest.raises(CompileError, match="raise program_depth"):
        predict_cycles(_residual_network(), ArrayConfig(acc_bits=32, program_depth=16))


@pytest.mark.parametrize("seed", range(100, 125))
def test_smallest_buffers_that_compile_compute_the_same(seed: int) -> None:
    """Buffers halved one after the other until the compiler refuses: tiles, strips, spilled tensors, streamed codes."""
    rng = np.random.default_rng(seed)
    config, network, _ = random_pair(rng)
    config = replace(config, code_depth=16, program_depth=32768)
    for buffer in ("act_depth", "acc_depth"):
        while True:
            try:
                smaller = replace(config, **{buffer: getattr(config, buffer) // 2})
                compile_network(network, smaller)
            except (CompileError, ConfigError):
                break
            config = smaller
    check(network, compile_network(network, config), random_images(rng, network, 1)[0])


@pytest.mark.parametrize("act_depth", [1024, 64, 32])
def test_residual_network_in_banks_and_in_tiles(act_depth: int) -> None:
    program = _check(_residual_network(), replace(ROOMY, act_depth=act_depth, acc_depth=32, code_depth=64))
    spilled = [tensor for tensor, layout in enumerate(program.tensors) if layout is None]
    assert bool(spilled) == (act_depth < 1024)
    assert program.streamed


def test_several_readers_of_one_tensor_and_windows_beyond_the_map() -> None:
    """Kernels of 5x5, 3x3 and 1x1 on one tensor, in groups and not; padding beyond the kernel; overlapping pool windows."""
    _check(
        _network(
            _layer(1, out_channels=12, padding=4, pool=3, pool_stride=2),
            _layer(2, in_channels=12, out_channels=12, kernel=(5, 5), padding=2, source=1, groups=3),
            _layer(3, in_channels=12, out_channels=12, source=1, stride=2),
            _layer(4, in_channels=12, out_channels=12, kernel=(1, 1), padding=0, source=1, pool=2, pool_stride=3),
            _layer(5, in_channels=12, out_channels=12, source=2, residual=1, groups=12),
        ),
        ROOMY,
    )


def test_interpreter_sees_a_wrong_code_a_lost_transfer_and_a_code_too_many() -> None:
    """What holds the compiler against golden must itself notice when a program is wrong."""
    network = _residual_network()
    config = replace(ROOMY, act_depth=64, code_depth=64)
    image = random_images(np.random.default_rng(1), network, 1)[0]
    program = compile_network(network, config)
    flipped = [program.codes[0] ^ 1, *program.codes[1:]]
    with pytest.raises(WalkError, match="layer 'conv' differs"):
        check(network, replace(program, codes=flipped), image)
    with pytest.raises(WalkError, match="does not match the host's"):
        check(network, replace(program, transfers=program.transfers[1:]), image)
    with pytest.raises(WalkError, match="code words"):
        check(network, replace(program, code_order=(*program.code_order, (0, 1))), image)


# Filters on the array


@given(RNG_SEEDS)
@settings(max_examples=100, deadline=None)
def test_placement_fills_columns_and_keeps_every_filter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    layer = _layer(seed, out_channels=int(rng.integers(1, 40)), planes=min(config.cols, int(rng.integers(1, 4))))
    placement = _place(layer, config)
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
    layer = _layer(out_channels=3)
    layer.k[:] = (1, 0, 0)
    layer.codes[:, 1:] = 0
    layer.right_shift[:] = 4
    layer.bias[:] = (0, -500, 500)
    assert _place(layer, ArrayConfig()).columns.tolist() == [1, 0, 1]
    assert _place(layer, ArrayConfig(), keep_all=True).columns.tolist() == [1, 1, 1]
    added = replace(layer, residual=0, residual_shift=np.zeros(3, dtype=np.uint8))
    assert _place(added, ArrayConfig(), residual=range(3)).columns.tolist() == [1, 1, 1]


def test_filter_wider_than_the_array() -> None:
    layer = _layer(planes=3)
    layer.k[2] = 3
    with pytest.raises(CompileError, match="neighbouring columns, the array has cols=2"):
        compile_network(_network(layer), ArrayConfig(cols=2, tile_cols=2, acc_bits=28))


def test_groups_of_mixed_k_keep_to_one_word() -> None:
    """Five filters of k = 2 and six of k = 1 on four columns, four lanes: no group straddles two activation words."""
    layer = _layer(out_channels=11, planes=2)
    layer.k[:] = [2] * 5 + [1] * 6
    placement = _place(layer, ArrayConfig())
    assert len(placement.groups) == 4
    assert placement.words_per_pixel == 1


def test_columns_stay_empty_only_where_waiting_for_the_writer_costs_more() -> None:
    """A group that straddles two output words costs a cycle per pixel once: too much for one pass, little for many."""
    layer = _layer(out_channels=16, in_channels=4, kernel=(1, 1), padding=0, planes=2)
    layer.k[:] = [2] * 3 + [1] * 13
    config = ArrayConfig(cols=8)
    short, long = (_place(layer, config, kernel=kernel, pixels=1000) for kernel in ((1, 1), (9, 9)))
    assert (short.words_per_pixel, len(short.groups)) == (1, 4)
    assert (long.words_per_pixel, len(long.groups)) == (2, 3)


def test_depthwise_layer_takes_a_word_of_channels_per_pass() -> None:
    config = ArrayConfig(rows=9, tile_rows=3, cols=8, tile_cols=8, lanes=8)
    layer = _layer(out_channels=32, in_channels=32, groups=32)
    layer.k[:] = 1
    placement = _place(layer, config)
    assert placement.cb == 1
    assert [group.block for group in placement.groups] == [0, 1, 2, 3]
    assert all(len(group.filters) == 8 for group in placement.groups)
    assert Walk((3, 3), placement.cb, config.rows).passes == 1


def test_grouped_layer_shares_columns_between_groups_of_one_window() -> None:
    """Four convolution groups of two channels lie in two words of four lanes: eight filters in two passes, not in four."""
    layer = _layer(out_channels=8, in_channels=8, groups=4)
    layer.k[:] = 1
    placement = _place(layer, ArrayConfig())
    assert (placement.cb, len(placement.groups)) == (1, 2)


def test_residual_groups_need_one_pass_where_the_residual_lies_in_order() -> None:
    """Sixty-four channels of mixed k on a 4x4x4 array: every group finds its residual channels in four words."""
    layer = _layer(out_channels=64, in_channels=4, planes=2, residual=0)
    layer.k[:] = np.random.default_rng(0).integers(0, 3, 64)
    order = np.random.default_rng(1).permutation(64)
    placement = _place(layer, ArrayConfig(), residual=order.tolist())
    assert placement.residual_passes(4) == 1
    assert all(group.residual_words <= 4 for group in placement.groups)


def test_block_chain_adds_each_residual_in_one_pass() -> None:
    first = _layer(1, out_channels=64, planes=2)
    blocks = [_layer(i, in_channels=64, out_channels=64, planes=2, residual=i - 1) for i in range(2, 5)]
    program = compile_network(_network(first, *blocks, in_shape=(4, 6, 6)), replace(ROOMY, code_depth=65536))
    for step, layer in zip(_steps(program, OP_CONV)[1:], program.layers[1:], strict=True):
        assert step["passes"] - step["kblocks"] == 1
        assert layer.residual == step["groups"] * 36


# Bank order


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
    small = _layer(2, in_channels=8, out_channels=8, source=1)
    large = _layer(3, in_channels=8, out_channels=32, kernel=(5, 5), padding=2, source=1)
    config = replace(ROOMY, rows=8)
    program = compile_network(_network(_layer(1), small, large), config)
    steps = _steps(program, OP_CONV)[1:]
    assert [step["break_y"] for step in steps] == [1, 0]
    assert [step["kblocks"] for step in steps] == [3, 7]


def test_global_average_pooling_reads_neighbouring_pixels_in_one_pass() -> None:
    """Sixteen channels are four words per pixel; a pitch of five words puts the taps of one word in neighbouring banks."""
    network = _network(_layer(out_channels=16), average_pool("average", 16, (12, 12), stride=1, arith="shift"))
    program = _check(network, ROOMY)
    assert [(step["break_x"], step["cb"], step["kblocks"]) for step in _steps(program, OP_CONV)] == [(0, 1, 3), (0, 1, 36)]
    layout = program.tensors[1]
    assert layout is not None and (layout.cb, layout.pixel_pitch) == (4, 5)


# Tiles, strips, streams


def test_tiles_carry_their_halo_and_nothing_of_the_padding() -> None:
    program = _check(_network(_layer(), in_shape=(4, 30, 12)), replace(ROOMY, act_depth=64))
    loads = [transfer for transfer in program.transfers if not transfer.store]
    stores = [transfer for transfer in program.transfers if transfer.store]
    assert len(loads) > 1
    assert sum(load.rows for load in loads) == 30 + 2 * (len(loads) - 1)
    assert sum(store.rows for store in stores) == 30


def test_columns_are_cut_where_a_row_is_too_long() -> None:
    program = _check(_network(_layer(), in_shape=(4, 6, 200)), replace(ROOMY, act_depth=64))
    assert len({transfer.base % program.image_layout.pitch for transfer in program.transfers if not transfer.store}) > 1


def test_tiles_that_see_only_padding() -> None:
    """With padding far beyond the kernel the outer tiles' windows miss the map; a load is never empty all the same."""
    program = _check(_network(_layer(padding=9), in_shape=(4, 5, 12)), replace(ROOMY, act_depth=16))
    assert len([transfer for transfer in program.transfers if not transfer.store]) > 2
    assert all(transfer.rows > 0 and transfer.row_words > 0 for transfer in program.transfers)


def test_bystander_leaves_the_banks_before_a_layer_is_cut() -> None:
    """Tensor 1 waits through two layers for its residual add: on host memory, the layers between need no tiles."""
    small = {"in_channels": 8, "out_channels": 8}
    layers = _layer(1, out_channels=8), _layer(2, **small), _layer(3, **small), _layer(4, **small, residual=1)
    program = _check(_network(*layers, in_shape=(4, 14, 14)), replace(ROOMY, act_depth=256))
    assert [tensor for tensor, layout in enumerate(program.tensors) if layout is None] == [1]
    assert program.layers[2].transfer == 0


def test_tile_of_a_shared_tensor_has_the_row_pitch_its_reader_wants() -> None:
    """In the banks a 3x3 and a 5x5 reader would disagree about the pitch; tiles are loaded for one of them."""
    small = _layer(2, in_channels=8, out_channels=8, source=1)
    large = _layer(3, in_channels=8, out_channels=32, kernel=(5, 5), padding=2, source=1)
    program = _check(_network(_layer(1), small, large), replace(ROOMY, rows=8, act_depth=32))
    assert program.tensors[1] is None
    assert not any(step["break_x"] or step["break_y"] for step in _steps(program, OP_CONV))


def test_gaps_between_pixels_are_given_up_before_a_layer_is_refused() -> None:
    """The only output needs the whole map: 110 words fit the banks' 128, but not with seven words between pixels."""
    config = replace(ROOMY, rows=8, act_depth=16)
    program = _check(_network(average_pool("average", 8, (11, 5), stride=1, arith="shift"), in_shape=(8, 11, 5)), config)
    assert _steps(program, OP_CONV)[0]["break_x"] == 1


def test_spilling_more_is_tried_where_it_saves_cycles() -> None:
    """A tensor that leaves a neighbour only a sliver of the banks is spilled too, rather than cutting the layer into shreds."""
    network = _network(*(_layer(i, in_channels=4 if i == 0 else 8) for i in range(4)), in_shape=(4, 20, 20))
    config = replace(ROOMY, act_depth=256, acc_depth=1024)
    planner = Planner(build_graph(network, config, (1, 0)), config)
    plan = planner.plan()
    spilled = {tensor for tensor, layout in enumerate(plan.banks) if layout is None}
    for tensor in range(5):
        other = planner.attempt(spilled ^ {tensor})
        assert isinstance(other, int) or other.cycles >= plan.cycles


def test_accumulator_strips_need_no_transfers() -> None:
    network = _network(_layer(in_channels=8, pool=2), in_shape=(8, 12, 12))
    program = _check(network, replace(ROOMY, acc_depth=16))
    assert all(step["out_w"] * step["out_h"] * step["pool_area"] <= 16 for step in _steps(program, OP_CONV))
    assert len(program.transfers) == 2


def test_maps_beyond_the_counters_are_tiled() -> None:
    _check(_network(_layer(padding=1), in_shape=(4, 3, 1500)), replace(ROOMY, act_depth=8192))


def test_streamed_codes_are_sent_once_per_strip() -> None:
    network = _network(_layer(in_channels=8), in_shape=(8, 12, 12))
    resident = _check(network, ROOMY)
    streamed = _check(network, replace(ROOMY, code_depth=16, acc_depth=64))
    assert not resident.streamed and streamed.streamed
    assert resident.code_order == ((0, len(resident.codes)),)
    assert streamed.code_order == ((0, len(streamed.codes)),) * 3


def test_a_program_starts_with_the_image_and_ends_with_the_result() -> None:
    program = compile_network(_residual_network(), ROOMY)
    assert [step.op for step in program.steps] == [OP_LOAD, *[OP_CONV] * 8, OP_STORE]
    assert [step.layer for step in program.steps] == [-1, *range(8), 8]


def test_tensors_that_live_at_once_never_overlap() -> None:
    alive = [Life(0, 0), Life(0, 2), Life(1, 2), Life(2, 3)]
    bases = first_fit({0: 10, 1: 20, 2: 30, 3: 50}, alive, 100)
    assert bases is not None
    places = [(bases[t], bases[t] + size) for t, size in enumerate((10, 20, 30, 50))]
    for one, two in ((0, 1), (1, 2), (1, 3), (2, 3)):
        assert places[one][1] <= places[two][0] or places[two][1] <= places[one][0]
    assert first_fit({0: 10, 1: 20, 2: 30, 3: 51}, alive, 100) is None


def test_first_layer_packs_columns_only_for_a_single_plain_reader() -> None:
    def window(*layers: Layer) -> tuple[int, int]:
        return compile_network(_network(*layers, in_shape=(1, 12, 12)), ROOMY).window

    first = _layer(in_channels=1, out_channels=16)
    assert window(first)[0] > 1
    assert window(first, _layer(in_channels=1, source=0)) == (1, 0)
    assert window(_layer(in_channels=1, out_channels=1, residual=0)) == (1, 0)


# Reports


def test_more_planes_cost_columns_not_hardware() -> None:
    """Run time follows sum(k): the same layer with k = 2 everywhere takes twice the passes of k = 1."""
    one, two = _layer(planes=1, in_channels=16), _layer(planes=2, in_channels=16)
    one.k[:], two.k[:] = 1, 2
    config = ArrayConfig(acc_bits=28)
    cycles = [compile_network(_network(layer, in_shape=(16, 12, 12)), config).layers[0].cycles for layer in (one, two)]
    assert 1.9 < cycles[1] / cycles[0] < 2.1


def test_large_convolution_keeps_the_array_busy() -> None:
    layer = _layer(in_channels=16, out_channels=16)
    layer.k[:] = 1
    config = ArrayConfig(acc_bits=28, act_depth=4096, acc_depth=1024)
    report = compile_network(_network(layer, in_shape=(16, 32, 32)), config).layers[0]
    assert report.fill(config) == 1
    assert report.utilization(config) > 0.99
    assert (report.products, report.slots, report.bound_by) == (report.macs, report.macs // config.products_per_cycle, "array")


@pytest.mark.parametrize(
    ("layer", "in_shape", "config", "bound"),
    [
        (_layer(in_channels=16), (16, 16, 16), ROOMY, "array"),
        (_layer(in_channels=64, kernel=(4, 4), padding=0, kind="linear"), (64, 4, 4), ROOMY, "code port"),
        (_layer(in_channels=16), (16, 16, 16), replace(ROOMY, acc_depth=4), "accumulators"),
        (_layer(in_channels=32, kernel=(1, 1), padding=0, stride=4), (32, 32, 32), replace(ROOMY, act_depth=64), "activation port"),
    ],
)
def test_report_names_what_binds_a_layer(layer: Layer, in_shape: tuple[int, int, int], config: ArrayConfig, bound: str) -> None:
    assert compile_network(_network(layer, in_shape=in_shape), config).layers[0].bound_by == bound


def test_unused_positions_are_not_counted_as_products() -> None:
    """Positions that keep a group in one word hold no channel: at k = 1 the array does at most the network's own products."""
    first, second = _layer(out_channels=6), _layer(out_channels=4, in_channels=6, kernel=(1, 1), padding=0)
    first.k[:], second.k[:] = 1, 1
    program = compile_network(_network(first, second), ArrayConfig(cols=3, tile_cols=3, acc_bits=28))
    layout = program.tensors[1]
    assert layout is not None and -1 in layout.positions
    assert program.layers[1].products == program.layers[1].macs


# Refusals


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ArrayConfig(act_depth=16, lanes=1), r"layer 'conv': one output pixel takes \d+ activation words.*hold 64 \(\d+ too many\)"),
        (ArrayConfig(program_depth=16), r"words of program_depth.*has 16.*too few"),
        (ArrayConfig(acc_bits=18), r"layer 'conv': filter \d+ can reach \d+, acc_bits=18 holds 131071"),
        (ArrayConfig(code_bits=3), r"shifts up to 6, code_bits=3 holds 2"),
        (ArrayConfig.for_arith("fixed4"), r"arith='shift'.*'fixed4'"),
    ],
)
def test_refusal_names_the_buffer_and_by_how_much(config: ArrayConfig, message: str) -> None:
    layer = _layer(in_channels=16, kernel=(3, 3))
    with pytest.raises(CompileError, match=message):
        compile_network(_network(layer, in_shape=(16, 12, 12)), config)


def test_pool_window_beyond_the_accumulators() -> None:
    with pytest.raises(CompileError, match=r"layer 'conv': one pool window takes 9 accumulators, acc_depth=4 \(5 too few\)"):
        compile_network(_network(_layer(in_channels=8, pool=3), in_shape=(8, 12, 12)), replace(ROOMY, acc_depth=4))


def test_kernel_higher_than_the_array_counts() -> None:
    tall = _layer(in_channels=1, kernel=(260, 2))
    with pytest.raises(CompileError, match=r"layer 'conv': kernel \(260, 2\) is larger than 255"):
        compile_network(_network(tall, in_shape=(1, 300, 4)), ArrayConfig(acc_bits=32))


# Programs on disk, images


@pytest.mark.parametrize("seed", range(5))
def test_program_round_trip(tmp_path: Path, seed: int) -> None:
    _, _, program = random_pair(np.random.default_rng(seed))
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
    image: npt.NDArray[Any] = np.zeros((4, 12, 12), dtype=dtype)
    image[3, 11, 11] = value
    with pytest.raises(FormatError, match=r"-128\.\.127.*flightasic\.data\.quantise_input"):
        program.pack_image(image)
