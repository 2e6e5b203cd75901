"""The random arrays, networks and damages that other tests draw: legal, bounded, and covering what they promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import cache

import numpy as np
import pytest

from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import FormatError
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer, accumulator_bounds
from flightasic.microcode import STATUS, check_program
from verification import cases
from verification.cases import MALFORMED, damaged, random_config, random_network, random_pair

DRAWS = 250


@cache
def pairs() -> list[tuple[ArrayConfig, IntegerNetwork, Program]]:
    rng = np.random.default_rng(11)
    return [random_pair(rng) for _ in range(DRAWS)]


def layer_features(layer: Layer) -> Iterator[str]:
    """What is special about a layer."""
    edge = layer.kernel[0]
    yield f"{layer.kind} {edge}x{edge} stride {layer.stride}" if layer.kind == "conv" else layer.kind
    if layer.kind == "conv":
        yield "depthwise" if 1 < layer.groups == layer.in_channels else "grouped" if layer.groups > 1 else "dense"
    if layer.padding >= edge:
        yield "padding beyond the kernel"
    if layer.pool > 1:
        yield "max pool" if layer.pool_stride in (0, layer.pool) else "max pool with its own stride"
    if layer.residual != NO_RESIDUAL:
        yield "residual"
        if len(set(layer.residual_shift.tolist())) > 1:
            yield "residual shifts that differ"
    yield from (f"k = {k}" for k in set(layer.k.tolist()))


def features(network: IntegerNetwork, program: Program) -> Iterator[str]:
    config = program.config
    for layer, tensor in zip(network.layers, network.shapes()[1:], strict=True):
        yield from layer_features(layer)
        if tensor[0] % config.lanes and tensor[0] > config.lanes:
            yield "channels that fill no word"
    if max(Counter(network.sources()).values()) > 1:
        yield "a tensor that feeds several layers"
    if any(layer.kernel == (1, 1) and layer.stride == 2 and not layer.relu for layer in network.layers):
        yield "1x1 shortcut of stride 2"
    if any(layer.transfer for layer in program.layers):
        yield "tiles"
    if any(layer.steps > 1 and not layer.transfer for layer in program.layers):
        yield "strips"
    yield "codes streamed" if program.streamed else "codes held"
    yield f"{config.arith} {config.code_bits} bits"
    yield from (f"bound by the {layer.bound_by}" for layer in program.layers)


WANTED = {
    *(f"conv {edge}x{edge} stride {stride}" for edge in (1, 3, 5, 7) for stride in (1, 2)),
    "linear", "pool", "dense", "grouped", "depthwise", "padding beyond the kernel", "max pool", "max pool with its own stride",
    "residual", "residual shifts that differ", "k = 0", "k = 1", "k = 2", "k = 3", "channels that fill no word",
    "a tensor that feeds several layers", "1x1 shortcut of stride 2", "tiles", "strips", "codes streamed", "codes held",
    "shift 3 bits", "shift 4 bits", "fixed4 4 bits", "fixed8 8 bits",
    *(f"bound by the {part}" for part in ("array", "code port", "activation port", "accumulators")),
}  # fmt: skip


def test_pairs_cover_what_the_accelerator_can_do() -> None:
    seen = Counter(feature for _, network, program in pairs() for feature in set(features(network, program)))
    assert {feature for feature in WANTED if seen[feature] < 3} == set()


def test_every_field_of_the_array_is_drawn() -> None:
    rng = np.random.default_rng(1)
    drawn = [random_config(rng) for _ in range(500)]
    for field in fields(ArrayConfig):
        values = {getattr(config, field.name) for config in drawn}
        # Arrays without signed activations run some networks only (tests/test_compiler.py).
        assert len(values) > 1 or field.name in ("program_depth", "signed_acts"), field.name
    assert {config.acc_bits for config in drawn} == set(range(18, 33))
    assert {config.rows for config in drawn} >= set(range(1, 13)) and {config.cols for config in drawn} >= set(range(1, 13))


def test_accumulators_hold_by_construction() -> None:
    for config, network, _ in pairs():
        for layer in network.layers:
            assert accumulator_bounds(layer, network.arith).max() < 1 << (config.acc_bits - 1), layer.name


def test_the_number_of_layers_can_be_asked_for() -> None:
    config = ArrayConfig()
    for seed in range(10):
        assert len(random_network(np.random.default_rng(seed), config, layers=3).layers) >= 3


def test_a_generator_that_the_compiler_mostly_refuses_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    hopeless = ArrayConfig(rows=1, cols=1, lanes=1, tile_rows=1, tile_cols=1, program_depth=16)
    monkeypatch.setattr(cases, "random_config", lambda rng: hopeless)
    monkeypatch.setattr(cases, "_refusals", type(cases._refusals)())
    with pytest.raises(AssertionError, match="refused"):
        random_pair(np.random.default_rng(0))


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_damage_changes_the_program_and_python_finds_what_concerns_the_header(kind: str) -> None:
    config = ArrayConfig()
    program = compile_network(random_network(np.random.default_rng(8), config), config)
    spoilt = damaged(program.words, kind)
    assert spoilt != program.words
    assert MALFORMED[kind] in STATUS
    if MALFORMED[kind] <= 3 or kind in ("no steps", "cut off"):
        with pytest.raises(FormatError):
            check_program(spoilt, config.fingerprint)
    assert damaged(program.words, kind) == spoilt, "the program itself must stay as it was"
