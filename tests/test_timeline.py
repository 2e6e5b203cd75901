"""Transfers in the background of computing: exact times, what they save, and what the interpreter refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightasic.compiler import Program, compile_network
from flightasic.compiler.cycles import StoredRows, fetch_cycles, start_cycles, step_cycles
from flightasic.compiler.graph import build_graph
from flightasic.compiler.planner import Planner, program_words
from flightasic.compiler.timeline import Convolution, Timeline
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork
from flightasic.microcode import HEADER, OP_CONV, OP_LOAD, OP_STORE, STEP, pack, unpack, words_of
from verification.cases import random_images, random_layer
from verification.walk import WalkError, check

CONFIG = ArrayConfig(acc_bits=32, program_depth=8192)
SMALL = replace(CONFIG, act_depth=64)


def _network(*, residual: bool = False, size: int = 24) -> IntegerNetwork:
    rng = np.random.default_rng(3)
    shape = {"out_channels": 8, "kernel": (3, 3), "limit": 7, "padding": 1}
    layers = [random_layer(rng, f"conv{i}", in_channels=8, **shape) for i in range(3)]
    if residual:
        layers[2] = replace(layers[2], residual=1, residual_shift=np.full(8, 6, dtype=np.uint8))
    return IntegerNetwork(name="t", arith="shift", max_shift=6, in_shape=(8, size, size), in_scale_log2=-7, layers=tuple(layers))


def _steps(program: Program) -> list[dict[str, int]]:
    starts = [words_of(HEADER) + index * words_of(STEP) for index in range(len(program.steps))]
    return [unpack(STEP, program.words[at : at + words_of(STEP)]) for at in starts]


def _changed(program: Program, index: int, **fields: int) -> Program:
    at = words_of(HEADER) + index * words_of(STEP)
    step = pack(STEP, _steps(program)[index] | fields, "test")
    return replace(program, words=[*program.words[:at], *step, *program.words[at + words_of(STEP) :]])


# Times


def _fed(config: ArrayConfig, convolution: Convolution, holds: set[int]) -> tuple[int, set[int]]:
    """Loader and feed cycle by cycle, as hw/loader.py and hw/feed.py run: the step's last cycle, and the cycles that are not quiet."""
    passes = convolution.passes
    waiting = [(filters, index) for filters in convolution.group_sizes for index in range(passes)]
    ready = 1 + waiting[0][0] + 2 + config.rows + 1
    cycle = slots = 0
    is_last = False
    loud: set[int] = set()
    while waiting or slots:
        cycle += 1
        if slots and is_last:
            loud.update(range(cycle, cycle + config.drain_cycles + 1))
        if cycle in holds:
            continue
        slots = max(slots - 1, 0)
        if slots == 0 and waiting and cycle >= ready:
            is_last = waiting.pop(0)[1] == passes - 1
            slots = convolution.pixels * (convolution.ii if is_last else 1)
            ready = cycle + 1 + (config.group_hold if is_last else config.code_hold) + config.rows + 1
            if waiting and is_last:
                ready += waiting[0][0] + 2
    return cycle + config.drain_cycles + 1, loud


_CONVOLUTIONS = st.builds(
    Convolution,
    pixels=st.integers(1, 40),
    ii=st.integers(1, 3),
    passes=st.integers(1, 7),
    group_sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
)
_STORED = st.builds(StoredRows, st.integers(0, 3), st.integers(1, 30), st.integers(0, 3), st.integers(1, 8))


@given(_CONVOLUTIONS, _STORED, st.integers(1, 60))
@settings(max_examples=300, deadline=None)
def test_feed_stands_still_where_a_store_fetches(convolution: Convolution, stored: StoredRows, since: int) -> None:
    fetches = {cycle - since for cycle in fetch_cycles(stored, CONFIG.banks)}
    fields = {name: getattr(convolution, name) for name in ("pixels", "ii", "passes", "group_sizes")}
    cycles = step_cycles(CONFIG, **fields, stored=stored, since=since)
    loud = {cycle for first, last in cycles.loud for cycle in range(first, last + 1)}
    assert (cycles.length, loud) == _fed(CONFIG, convolution, fetches)
    assert all(first > last + 1 for (_, last), (first, _) in zip(cycles.loud, cycles.loud[1:], strict=False))


@given(_STORED)
@settings(deadline=None)
def test_every_row_and_every_line_is_fetched_two_cycles_before_its_first_word_leaves(stored: StoredRows) -> None:
    expected, word = [], 0
    for row in range(stored.rows):
        for column in range(stored.row_words):
            if column == 0 or (stored.bank + row * stored.pitch + column) % 4 == 0:
                expected.append(1 + word)
            word += 1
    assert list(fetch_cycles(stored, 4)) == expected


@given(_CONVOLUTIONS, st.integers(1, 400))
@settings(deadline=None)
def test_load_moves_in_quiet_cycles_only(convolution: Convolution, words: int) -> None:
    timeline = Timeline(CONFIG)
    pulse = timeline.load(words, background=True).cycles
    computed = timeline.convolve(convolution, wait_load=False).cycles
    length, loud = _fed(CONFIG, convolution, set())
    quiet = [cycle for cycle in range(1, computed + words + 1) if cycle - (computed - length) not in loud]
    waited = timeline.load(1, background=True).cycles
    assert pulse == start_cycles(CONFIG)
    assert computed + waited == max(quiet[words - 1] + 1, computed + start_cycles(CONFIG))


def test_each_engine_does_one_transfer_at_a_time() -> None:
    timeline = Timeline(CONFIG)
    assert timeline.load(100, background=True).cycles == 10
    assert timeline.store(StoredRows(0, 50, 0, 2), background=True).cycles == 10
    assert timeline.load(5, background=True).cycles == 10 + 100 + 1 - 20
    assert timeline.store(StoredRows(0, 7, 0, 1), background=False).cycles == (20 + 102 + 1 - 111) + 2 + 7


def test_convolution_that_waits_for_a_load_starts_after_its_last_word() -> None:
    convolution = Convolution(pixels=9, ii=1, passes=2, group_sizes=(4,))
    timeline = Timeline(CONFIG)
    begun = timeline.load(100, background=True).cycles
    cost = timeline.convolve(convolution, wait_load=True)
    assert cost.cycles == 100 + 1 + _fed(CONFIG, convolution, set())[0]
    assert cost.transfer == 101 - begun


# Schedules


@pytest.mark.parametrize("residual", [False, True])
def test_transfers_hidden_behind_computing_save_cycles(residual: bool) -> None:
    network = _network(residual=residual)
    program = compile_network(network, SMALL)
    check(network, program, random_images(np.random.default_rng(0), network, 1)[0])
    graph = build_graph(network, SMALL, (1, 0))
    alone = Planner(graph, SMALL, background=False).plan()
    both = Planner(graph, SMALL).plan()
    assert both.cycles < 0.85 * alone.cycles
    first = start_cycles(CONFIG)  # the image's first load counts from its first word only
    assert both.cycles == sum(layer.cycles for layer in program.layers) + first
    moved = sum(transfer.rows * transfer.row_words for transfer in program.transfers)
    assert sum(layer.transfer for layer in program.layers) < moved / 2


def test_first_and_last_transfer_of_a_layer_are_waited_for() -> None:
    program = compile_network(_network(), SMALL)
    steps = _steps(program)
    assert any(step["background"] for step in steps)
    for layer in range(3):
        own = [step for step, report in zip(steps, program.steps, strict=True) if report.layer == layer]
        moves = [step for step in own if step["op"] != OP_CONV]
        assert (moves[0]["op"], moves[0]["background"]) == (OP_LOAD, 0)
        assert (moves[-1]["op"], moves[-1]["background"]) == (OP_STORE, 0)


def test_loads_wait_for_the_stores_of_their_tensor_only() -> None:
    program = compile_network(_network(residual=True), SMALL)
    stores = [step.layer for step in program.steps if step.op == OP_STORE]
    loads = [step.layer for step in program.steps if step.op == OP_LOAD]
    after = [transfer.after for transfer in program.transfers if not transfer.store]
    first, second = stores.count(0), stores.count(0) + stores.count(1)
    assert {count for layer, count in zip(loads, after, strict=True) if layer == 0} == {0}
    assert {count for layer, count in zip(loads, after, strict=True) if layer == 1} == {first}
    assert {count for layer, count in zip(loads, after, strict=True) if layer == 2} == {first, second}


def test_program_memory_too_small_for_more_tiles_is_no_reason_to_refuse() -> None:
    graph = build_graph(_network(), SMALL, (1, 0))
    lengths = [program_words(graph, Planner(graph, SMALL, background=background).plan()) for background in (False, True)]
    assert lengths[1] == len(compile_network(_network(), SMALL).words)
    depth = 1 << (lengths[0] - 1).bit_length()
    assert lengths[0] <= depth < lengths[1]
    program = compile_network(_network(), replace(SMALL, program_depth=depth))
    assert len(program.words) == lengths[0]


# What the interpreter refuses


def _expect_refusal(program: Program, message: str) -> None:
    network = _network()
    with pytest.raises(WalkError, match=message):
        check(network, program, random_images(np.random.default_rng(0), network, 1)[0])


def test_interpreter_sees_a_last_tile_that_does_not_wait_for_its_load() -> None:
    program = compile_network(_network(), SMALL)
    index = next(index for index, step in enumerate(_steps(program)) if step["wait_load"])
    _expect_refusal(_changed(program, index, wait_load=0), "still being loaded")


def test_interpreter_sees_a_layer_that_does_not_wait_for_its_last_store() -> None:
    program = compile_network(_network(), SMALL)
    index = max(index for index, step in enumerate(program.steps) if (step.layer, step.op) == (0, OP_STORE))
    _expect_refusal(_changed(program, index, background=1), "waits for a store that the program does not wait for")


def test_interpreter_sees_a_load_that_may_come_too_early() -> None:
    program = compile_network(_network(), SMALL)
    transfers = tuple(replace(transfer, after=max(transfer.after - 1, 0)) for transfer in program.transfers)
    _expect_refusal(replace(program, transfers=transfers), "may be read before store")
