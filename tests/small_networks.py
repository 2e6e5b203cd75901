"""Layers, networks and checks that the tests of the compiler share."""

from __future__ import annotations

from typing import Any

import numpy as np

from flightasic.compiler import Program, compile_network
from flightasic.compiler.placement import Placement, place_filters
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork, Layer, average_pool
from flightasic.microcode import HEADER, STEP, unpack, words_of
from verification.cases import random_images, random_layer
from verification.walk import check


def make_network(*layers: Layer, in_shape: tuple[int, int, int] = (4, 12, 12), arith: str = "shift") -> IntegerNetwork:
    max_shift = 6 if arith == "shift" else 0
    return IntegerNetwork(name="t", arith=arith, max_shift=max_shift, in_shape=in_shape, in_scale_log2=-7, layers=layers)


def make_layer(seed: int = 0, *, name: str = "conv", **changes: Any) -> Layer:
    fields = {"out_channels": 8, "in_channels": 4, "kernel": (3, 3), "limit": 7, "padding": 1, **changes}
    if fields.get("residual", -1) >= 0:
        fields["residual_shift"] = np.full(fields["out_channels"], 6, dtype=np.uint8)
    return random_layer(np.random.default_rng(seed), name, **fields)


def compiled(network: IntegerNetwork, config: ArrayConfig) -> Program:
    """Compile, and interpret the program over a random image."""
    program = compile_network(network, config)
    check(network, program, random_images(np.random.default_rng(1), network, 1)[0])
    return program


def steps_of(program: Program, op: int) -> list[dict[str, int]]:
    header = unpack(HEADER, program.words[: words_of(HEADER)])
    starts = [words_of(HEADER) + index * words_of(STEP) for index in range(header["steps"])]
    steps = [unpack(STEP, program.words[at : at + words_of(STEP)]) for at in starts]
    return [step for step in steps if step["op"] == op]


def place(layer: Layer, config: ArrayConfig, **fields: Any) -> Placement:
    settings_ = {"source": range(layer.in_channels), "kernel": layer.kernel, "pixels": 100, **fields}
    return place_filters(layer, config, **settings_)


def residual_network() -> IntegerNetwork:
    """A block with identity, one with a 1x1 shortcut of stride 2, global average pooling, a fully connected layer."""
    return make_network(
        make_layer(1, out_channels=6),
        make_layer(2, in_channels=6, out_channels=9, planes=2),
        make_layer(3, in_channels=9, out_channels=6, residual=1, pool=2),
        make_layer(4, in_channels=6, out_channels=10, stride=2),
        make_layer(5, in_channels=6, out_channels=10, stride=2, kernel=(1, 1), padding=0, source=3, relu=False),
        make_layer(6, in_channels=10, out_channels=10, source=4, residual=5),
        average_pool("average", 10, (3, 3), stride=1, arith="shift"),
        make_layer(7, in_channels=10, out_channels=5, kernel=(1, 1), padding=0),
    )
