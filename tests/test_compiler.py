"""The compiler: programs that compute what golden computes, from any buffers; refusals that name buffer and amount; files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import strategies as st

from flightasic.compiler import Program, compile_network, predict_cycles
from flightasic.compiler.graph import build_graph
from flightasic.compiler.memory import Life, first_fit
from flightasic.compiler.planner import Planner
from flightasic.compiler.signs import unsigned_tensors
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError, ConfigError, FormatError
from flightasic.ir import Layer, average_pool
from flightasic.microcode import OP_CONV, OP_LOAD, OP_STORE
from tests.small_networks import compiled, make_layer, make_network, residual_network, steps_of
from verification.cases import random_images, random_pair
from verification.walk import WalkError, check

RNG_SEEDS = st.integers(0, 2**32 - 1)
ROOMY = ArrayConfig(acc_bits=32, program_depth=8192)


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
        predict_cycles(residual_network(), ArrayConfig(acc_bits=32, program_depth=16))


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
    program = compiled(residual_network(), replace(ROOMY, act_depth=act_depth, acc_depth=32, code_depth=64))
    spilled = [tensor for tensor, layout in enumerate(program.tensors) if layout is None]
    assert bool(spilled) == (act_depth < 1024)
    assert program.streamed


def test_several_readers_of_one_tensor_and_windows_beyond_the_map() -> None:
    """Kernels of 5x5, 3x3 and 1x1 on one tensor, in groups and not; padding beyond the kernel; overlapping pool windows."""
    compiled(
        make_network(
            make_layer(1, out_channels=12, padding=4, pool=3, pool_stride=2),
            make_layer(2, in_channels=12, out_channels=12, kernel=(5, 5), padding=2, source=1, groups=3),
            make_layer(3, in_channels=12, out_channels=12, source=1, stride=2),
            make_layer(4, in_channels=12, out_channels=12, kernel=(1, 1), padding=0, source=1, pool=2, pool_stride=3),
            make_layer(5, in_channels=12, out_channels=12, source=2, residual=1, groups=12),
        ),
        ROOMY,
    )


def test_interpreter_sees_a_wrong_code_a_lost_transfer_and_a_code_too_many() -> None:
    """What holds the compiler against golden must itself notice when a program is wrong."""
    network = residual_network()
    config = replace(ROOMY, act_depth=64, code_depth=64)
    image = random_images(np.random.default_rng(1), network, 1)[0]
    program = compile_network(network, config)
    flipped = [program.codes[0] ^ 1 << 36, *program.codes[1:]]  # in a column whose filter is not saturated
    with pytest.raises(WalkError, match="layer 'conv' differs"):
        check(network, replace(program, codes=flipped), image)
    with pytest.raises(WalkError, match="does not match the host's"):
        check(network, replace(program, transfers=program.transfers[1:]), image)
    with pytest.raises(WalkError, match="code words"):
        check(network, replace(program, code_order=(*program.code_order, (0, 1))), image)


# Tiles, strips, streams


def test_tiles_carry_their_halo_and_nothing_of_the_padding() -> None:
    program = compiled(make_network(make_layer(), in_shape=(4, 30, 12)), replace(ROOMY, act_depth=64))
    loads = [transfer for transfer in program.transfers if not transfer.store]
    stores = [transfer for transfer in program.transfers if transfer.store]
    assert len(loads) > 1
    assert sum(load.rows for load in loads) == 30 + 2 * (len(loads) - 1)
    assert sum(store.rows for store in stores) == 30


def test_columns_are_cut_where_a_row_is_too_long() -> None:
    program = compiled(make_network(make_layer(), in_shape=(4, 6, 200)), replace(ROOMY, act_depth=64))
    assert len({transfer.base % program.image_layout.pitch for transfer in program.transfers if not transfer.store}) > 1


def test_tiles_that_see_only_padding() -> None:
    """With padding far beyond the kernel the outer tiles' windows miss the map; a load is never empty all the same."""
    program = compiled(make_network(make_layer(padding=9), in_shape=(4, 5, 12)), replace(ROOMY, act_depth=16))
    assert len([transfer for transfer in program.transfers if not transfer.store]) > 2
    assert all(transfer.rows > 0 and transfer.row_words > 0 for transfer in program.transfers)


def test_bystander_leaves_the_banks_before_a_layer_is_cut() -> None:
    """Tensor 1 waits through two layers for its residual add: on host memory, the layers between need no tiles."""
    small = {"in_channels": 8, "out_channels": 8}
    layers = make_layer(1, out_channels=8), make_layer(2, **small), make_layer(3, **small), make_layer(4, **small, residual=1)
    program = compiled(make_network(*layers, in_shape=(4, 14, 14)), replace(ROOMY, act_depth=256))
    assert [tensor for tensor, layout in enumerate(program.tensors) if layout is None] == [1]
    assert program.layers[2].transfer == 0


def test_tile_of_a_shared_tensor_has_the_row_pitch_its_reader_wants() -> None:
    """In the banks a 3x3 and a 5x5 reader would disagree about the pitch; tiles are loaded for one of them."""
    small = make_layer(2, in_channels=8, out_channels=8, source=1)
    large = make_layer(3, in_channels=8, out_channels=32, kernel=(5, 5), padding=2, source=1)
    program = compiled(make_network(make_layer(1), small, large), replace(ROOMY, rows=8, act_depth=32))
    assert program.tensors[1] is None
    assert not any(step["break_x"] or step["break_y"] for step in steps_of(program, OP_CONV))


def test_gaps_between_pixels_are_given_up_before_a_layer_is_refused() -> None:
    """The only output needs the whole map: 110 words fit the banks' 128, but not with seven words between pixels."""
    config = replace(ROOMY, rows=8, act_depth=16)
    program = compiled(make_network(average_pool("average", 8, (11, 5), stride=1, arith="shift"), in_shape=(8, 11, 5)), config)
    assert steps_of(program, OP_CONV)[0]["break_x"] == 1


def test_spilling_more_is_tried_where_it_saves_cycles() -> None:
    """A tensor that leaves a neighbour only a sliver of the banks is spilled too, rather than cutting the layer into shreds."""
    network = make_network(*(make_layer(i, in_channels=4 if i == 0 else 8) for i in range(4)), in_shape=(4, 20, 20))
    config = replace(ROOMY, act_depth=256, acc_depth=1024)
    planner = Planner(build_graph(network, config, (1, 0)), config)
    plan = planner.plan()
    spilled = {tensor for tensor, layout in enumerate(plan.banks) if layout is None}
    for tensor in range(5):
        other = planner.attempt(spilled ^ {tensor})
        assert isinstance(other, int) or other.cycles >= plan.cycles


def test_accumulator_strips_need_no_transfers() -> None:
    network = make_network(make_layer(in_channels=8, pool=2), in_shape=(8, 12, 12))
    program = compiled(network, replace(ROOMY, acc_depth=16))
    assert all(step["out_w"] * step["out_h"] * step["pool_area"] <= 16 for step in steps_of(program, OP_CONV))
    assert len(program.transfers) == 2


def test_maps_beyond_the_counters_are_tiled() -> None:
    compiled(make_network(make_layer(padding=1), in_shape=(4, 3, 1500)), replace(ROOMY, act_depth=8192))


def test_streamed_codes_are_sent_once_per_strip() -> None:
    network = make_network(make_layer(in_channels=8), in_shape=(8, 12, 12))
    resident = compiled(network, ROOMY)
    streamed = compiled(network, replace(ROOMY, code_depth=16, acc_depth=64))
    assert not resident.streamed and streamed.streamed
    assert resident.code_order == ((0, len(resident.codes)),)
    assert streamed.code_order == ((0, len(streamed.codes)),) * 3


def test_a_program_starts_with_the_image_and_ends_with_the_result() -> None:
    program = compile_network(residual_network(), ROOMY)
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
        return compile_network(make_network(*layers, in_shape=(1, 12, 12)), ROOMY).window

    first = make_layer(in_channels=1, out_channels=16)
    assert window(first)[0] > 1
    assert window(first, make_layer(in_channels=1, source=0)) == (1, 0)
    assert window(make_layer(in_channels=1, out_channels=1, residual=0)) == (1, 0)


# Reports


def test_more_planes_cost_columns_not_hardware() -> None:
    """Run time follows sum(k): the same layer with k = 2 everywhere takes twice the passes of k = 1."""
    one, two = make_layer(planes=1, in_channels=16), make_layer(planes=2, in_channels=16)
    one.k[:], two.k[:] = 1, 2
    config = ArrayConfig(acc_bits=28)
    cycles = [compile_network(make_network(layer, in_shape=(16, 12, 12)), config).layers[0].cycles for layer in (one, two)]
    assert 1.9 < cycles[1] / cycles[0] < 2.1


def test_large_convolution_keeps_the_array_busy() -> None:
    layer = make_layer(in_channels=16, out_channels=16)
    layer.k[:] = 1
    config = ArrayConfig(acc_bits=28, act_depth=4096, acc_depth=1024)
    report = compile_network(make_network(layer, in_shape=(16, 32, 32)), config).layers[0]
    assert report.fill(config) == 1
    assert report.utilization(config) > 0.99
    assert (report.products, report.slots, report.bound_by) == (report.macs, report.macs // config.products_per_cycle, "array")


@pytest.mark.parametrize(
    ("layer", "in_shape", "config", "bound"),
    [
        (make_layer(in_channels=16), (16, 16, 16), ROOMY, "array"),
        (make_layer(in_channels=64, kernel=(4, 4), padding=0, kind="linear"), (64, 4, 4), ROOMY, "code port"),
        (make_layer(in_channels=16), (16, 16, 16), replace(ROOMY, acc_depth=4), "accumulators"),
        (make_layer(in_channels=32, kernel=(1, 1), padding=0, stride=4), (32, 32, 32), replace(ROOMY, act_depth=64), "activation port"),
    ],
)
def test_report_names_what_binds_a_layer(layer: Layer, in_shape: tuple[int, int, int], config: ArrayConfig, bound: str) -> None:
    assert compile_network(make_network(layer, in_shape=in_shape), config).layers[0].bound_by == bound


def test_unused_positions_are_not_counted_as_products() -> None:
    """Positions that keep a group in one word hold no channel: at k = 1 the array does at most the network's own products."""
    first, second = make_layer(out_channels=6), make_layer(out_channels=4, in_channels=6, kernel=(1, 1), padding=0)
    first.k[:], second.k[:] = 1, 1
    program = compile_network(make_network(first, second), ArrayConfig(cols=3, tile_cols=3, acc_bits=28))
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
    layer = make_layer(in_channels=16, kernel=(3, 3))
    with pytest.raises(CompileError, match=message):
        compile_network(make_network(layer, in_shape=(16, 12, 12)), config)


def test_pool_window_beyond_the_accumulators() -> None:
    with pytest.raises(CompileError, match=r"layer 'conv': one pool window takes 9 accumulators, acc_depth=4 \(5 too few\)"):
        compile_network(make_network(make_layer(in_channels=8, pool=3), in_shape=(8, 12, 12)), replace(ROOMY, acc_depth=4))


def test_kernel_higher_than_the_array_counts() -> None:
    tall = make_layer(in_channels=1, kernel=(260, 2))
    with pytest.raises(CompileError, match=r"layer 'conv': kernel \(260, 2\) is larger than 255"):
        compile_network(make_network(tall, in_shape=(1, 300, 4)), ArrayConfig(acc_bits=32))


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
    compile_network(make_network(make_layer()), ArrayConfig()).save(path)
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
    program = compile_network(make_network(make_layer()), ArrayConfig())
    with pytest.raises(FormatError, match=r"\(1, 12, 12\).*takes \(4, 12, 12\)"):
        program.pack_image(np.zeros((1, 12, 12)))


@pytest.mark.parametrize(("value", "dtype"), [(128, np.int64), (-129, np.int16), (255, np.uint8), (0.5, np.float32)])
def test_image_values_outside_int8_are_refused(value: float, dtype: type) -> None:
    program = compile_network(make_network(make_layer()), ArrayConfig())
    image: npt.NDArray[Any] = np.zeros((4, 12, 12), dtype=dtype)
    image[3, 11, 11] = value
    with pytest.raises(FormatError, match=r"-128\.\.127.*flightasic\.data\.quantise_input"):
        program.pack_image(image)


# Arrays without signed activations


def test_unsigned_activations_compute_what_golden_computes() -> None:
    """Random networks of which no layer reads a negative value, with every corner of the activations in the image."""
    checked = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        config, network, _ = random_pair(rng)
        if all(layer.relu for layer in network.layers[:-1]):
            unsigned = replace(config, signed_acts=0)
            check(network, compile_network(network, unsigned), random_images(rng, network, 1, low=0)[0])
            checked += 1
    assert checked >= 10


def test_unsigned_activations_refuse_a_layer_that_reads_negative_values() -> None:
    unsigned = replace(ROOMY, signed_acts=0)
    layers = (make_layer(name="bare", out_channels=4, relu=False), make_layer(name="reader"))
    with pytest.raises(CompileError, match="layer 'reader': its input, the output of 'bare', may be negative.*signed_acts=1"):
        compile_network(make_network(*layers), unsigned)
    with pytest.raises(CompileError, match="its residual, the output of .* may be negative"):
        compile_network(residual_network(), unsigned)


def test_unsigned_activations_refuse_a_negative_pixel() -> None:
    program = compile_network(make_network(make_layer()), replace(ROOMY, signed_acts=0))
    image = np.zeros((4, 12, 12), dtype=np.int64)
    image[2, 3, 4] = -1
    with pytest.raises(FormatError, match=r"values -1\.\.0, this program takes integers 0\.\.127"):
        program.pack_image(image)


def test_average_of_unsigned_values_is_unsigned() -> None:
    pool = average_pool("pool", 4, (2, 2), stride=2, arith="shift")
    layers = (make_layer(out_channels=4), pool, make_layer(relu=False))
    assert unsigned_tensors(make_network(*layers)) == [True, True, True, False]
