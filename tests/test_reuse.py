"""Activation words that rows pass on: how often the banks are read, by prediction, by interpreting programs, and by the RTL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.hw.top import Top
from flightasic.ir import IntegerNetwork
from flightasic.microcode import HEADER, OP_CONV, STEP, pack, unpack, words_of
from tests.small_networks import compiled, make_layer, make_network, steps_of
from verification import networks
from verification.bench import Bench
from verification.cases import random_images, random_pair
from verification.pymtl import simulate
from verification.scenarios import Scenario
from verification.walk import WalkError, check

NINE = ArrayConfig(rows=9, cols=4, lanes=4, tile_rows=9, acc_bits=32, program_depth=2048)


@pytest.mark.parametrize(
    ("fields", "before", "after"),
    [
        # 10x10 pixels; of each kernel row, the last word alone is new, except at the first pixel of a line.
        ({}, 10 * 10 * 9, 10 * 3 * (3 + 9)),
        # 12x12 pixels, whose windows meet 11 + 12 + 11 rows and columns of the map.
        ({"padding": 1}, 34 * 34, 34 * (2 + 10)),
        # In pool windows of 2x2, every other move goes to the right.
        ({"pool": 2}, 10 * 10 * 9, 10 * 3 * 5 * (3 + 1)),
        ({"pool": 2, "pool_stride": 1}, 9 * 9 * 4 * 9, 9 * 2 * 3 * 9 * (3 + 1)),
        ({"kernel": (4, 2)}, 9 * 11 * 8, 9 * 4 * (2 + 10)),
        # The tenth word belongs to another pass, which reads its own.
        ({"kernel": (5, 2)}, 8 * 11 * 10, 8 * (5 * (2 + 10) + 10)),
        ({"stride": 2}, 5 * 5 * 9, 5 * 5 * 9),
        ({"kernel": (1, 1)}, 12 * 12, 12 * 12),
        ({"kernel": (5, 1)}, 8 * 12 * 5, 8 * 12 * 5),
    ],
    ids=str,
)
def test_words_read_by_a_layer(fields: dict, before: int, after: int) -> None:
    network = make_network(make_layer(**{"out_channels": 4, "padding": 0, **fields}))
    for config, reads in ((NINE, before), (replace(NINE, act_reuse=1), after)):
        program = compiled(network, config)
        assert program.layers[0].bank_reads == reads
        assert program.cycles == compile_network(network, NINE).cycles


@pytest.mark.parametrize("act_reuse", [0, 1, 2, 4])
@pytest.mark.parametrize("words", [1, 2, 3, 4])
def test_distance_is_that_of_neighbouring_taps_where_the_array_has_it(words: int, act_reuse: int) -> None:
    network = make_network(make_layer(in_channels=4 * words), in_shape=(4 * words, 6, 6))
    program = compiled(network, replace(NINE, act_reuse=act_reuse))
    distance = words if words != 3 and words <= act_reuse else 0
    assert [step["reuse"] for step in steps_of(program, OP_CONV)] == [distance]


def test_passes_that_end_with_a_kernel_row_or_column_pass_nothing_on_across_it() -> None:
    """Two readers want other pitches of the same tensor, so that one of them breaks its passes."""
    layers = (
        make_layer(1),
        make_layer(2, in_channels=8, source=1),
        make_layer(3, in_channels=8, kernel=(5, 5), padding=2, source=1, groups=2),
        make_layer(4, in_channels=8, source=2),
    )
    config = replace(NINE, rows=8, tile_rows=8, act_reuse=4)
    steps = steps_of(compiled(make_network(*layers), config), OP_CONV)
    assert any(step["reuse"] and (step["break_x"] or step["break_y"]) for step in steps)


def test_passes_end_with_the_kernel_row_where_that_costs_none() -> None:
    """18 words of a 3x3 kernel on eight rows: three passes either way, but all neighbours of a kernel row meet in one."""
    network = make_network(make_layer(in_channels=8, out_channels=4), in_shape=(8, 12, 12))
    config = replace(NINE, rows=8, tile_rows=8)
    before, after = compiled(network, config), compiled(network, replace(config, act_reuse=2))
    assert before.cycles == after.cycles
    assert (before.layers[0].bank_reads, after.layers[0].bank_reads) == (2 * 34 * 34, 2 * 34 * (2 + 10))


def test_random_programs_pass_words_on() -> None:
    """Whole networks compute the same, and read what their programs say (``check`` holds them to it), with every distance in use."""
    distances: set[int] = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        _, network, program = random_pair(rng)
        distances |= {step["reuse"] for step in steps_of(program, OP_CONV)}
        check(network, program, random_images(rng, network, 1)[0])
    assert distances == {0, 1, 2, 4}


def _changed(program: Program, **changes: int) -> Program:
    """The program with other fields in its first convolution."""
    index = next(index for index, step in enumerate(program.steps) if step.op == OP_CONV)
    low = words_of(HEADER) + index * words_of(STEP)
    high = low + words_of(STEP)
    fields = unpack(STEP, program.words[low:high]) | changes
    return replace(program, words=[*program.words[:low], *pack(STEP, fields, "test"), *program.words[high:]])


def test_a_program_that_passes_the_wrong_words_on_is_found() -> None:
    network = make_network(make_layer(in_channels=8), in_shape=(8, 6, 6))
    image = random_images(np.random.default_rng(1), network, 1)[0]
    config = replace(NINE, act_reuse=2)
    program = compile_network(network, config)
    check(network, program, image)
    with pytest.raises(WalkError, match="step 1 reads .* words from the banks, the program says"):
        check(network, _changed(program, reuse=0), image)
    with pytest.raises(WalkError, match="reuse=4, the array passes words on over"):
        check(network, _changed(program, reuse=4), image)
    strided = make_network(make_layer(in_channels=8, stride=2), in_shape=(8, 6, 6))
    honest = compile_network(strided, config)
    blind = replace(_changed(honest, reuse=1), steps=tuple(replace(step, bank_reads=0) for step in honest.steps))
    with pytest.raises(WalkError):
        check(strided, blind, image)


# The RTL asks the banks for as many words as the program says, step by step


def _counted(bench: Bench, top: Top, reads: Counter[int]) -> Bench:
    changes = next(bench)
    while True:
        outputs = yield changes
        reads[outputs["step_index"]] += int(top.core.act_read_en).bit_count()
        try:
            changes = bench.send(outputs)
        except StopIteration:
            return


SMALL = {"cols": 3, "acc_bits": 28, "act_depth": 64, "code_depth": 512, "program_depth": 256, "acc_depth": 32}


@pytest.mark.parametrize(
    ("config", "make"),
    [
        (ArrayConfig(rows=6, lanes=2, tile_rows=3, tile_cols=3, act_reuse=2, **SMALL), networks.residual_network),
        (ArrayConfig(rows=3, lanes=2, tile_rows=1, tile_cols=3, act_reuse=1, signed_acts=0, **SMALL), networks.plain_network),
    ],
    ids=["residual", "pool-unsigned"],
)
def test_the_banks_are_read_as_often_as_predicted(config: ArrayConfig, make: Callable[[ArrayConfig], IntegerNetwork]) -> None:
    scenario = Scenario(config, "clean", make)
    expected = golden.run(scenario.network, torch.tensor(scenario.images))[-1].numpy()
    top = Top(config)
    reads: Counter[int] = Counter()
    simulate(top, _counted(scenario.bench(expected), top, reads))
    predicted = [step.bank_reads for step in scenario.program.steps]
    assert [reads[index] for index in range(len(predicted))] == [len(scenario.images) * words for words in predicted]
    assert any(step["reuse"] for step in steps_of(scenario.program, OP_CONV))
