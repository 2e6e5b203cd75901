"""Random networks on the RTL, compared with golden model and prediction, and what they covered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from flightasic import golden
from flightasic.compiler import Program, compile_network
from flightasic.config import MAX_PLANES, OFFSET_BITS, ArrayConfig
from flightasic.errors import CompileError
from flightasic.formats import RIGHT_SHIFT_MAX, code_limit
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer, accumulator_bounds
from flightasic.sim import Simulator, Stalls
from verification.cases import fitted, random_config, random_images, random_layer, random_network, spread
from verification.coverage_bins import FORMATS, STREAMS, Coverage
from verification.coverage_sample import sample_accumulators, sample_program, sample_stalls

IMAGES = 2
NETWORKS_PER_ARRAY = 60
# Too little room for most networks, in every format: tiles in the background, streamed codes; then strips.
TIGHT: dict[str, Any] = {"rows": 4, "cols": 4, "lanes": 2, "act_depth": 32, "code_depth": 32, "program_depth": 4096, "acc_bits": 32}
_LIVELY = 0.6  # chance of each stall: long enough waits to be seen behind the code ring and background transfers
_DRAWS_PER_NETWORK = 20

Maker = Callable[[np.random.Generator, ArrayConfig], IntegerNetwork]


def stretched(rng: np.random.Generator, network: IntegerNetwork, acc_bits: int) -> IntegerNetwork:
    """The network with half of its filters replaced by ones at the ends of the number formats, as far as accumulators allow.

    Random filters have small offsets and shifts that suit them. Here a filter has one code left, any offset in each plane, any
    residual shift, a right shift near the place of its code or anywhere, and a bias that brings exact values, ties and both clamps.
    """
    return replace(network, layers=tuple(_stretched(rng, layer, network.arith, acc_bits) for layer in network.layers))


def _stretched(rng: np.random.Generator, layer: Layer, arith: str, acc_bits: int) -> Layer:
    codes, offsets = layer.codes.copy(), rng.integers(0, 1 << OFFSET_BITS, layer.offsets.shape)
    right_shift, bias = layer.right_shift.astype(np.int64), layer.bias.astype(np.int64)
    residual_shift = rng.integers(0, 1 << OFFSET_BITS, len(layer.residual_shift))
    chosen = (layer.k > 0) & (rng.random(layer.out_channels) < 0.5)
    for f in np.flatnonzero(chosen).tolist():
        plane = int(rng.integers(layer.k[f]))
        place = tuple(int(rng.integers(size)) for size in codes.shape[2:])
        code = codes[(plane, f, *place)] or rng.choice((-1, 1))
        codes[:, f] = 0
        codes[(plane, f, *place)] = code
        weight = (1 << (abs(int(code)) - 1) if arith == "shift" else abs(int(code))) << int(offsets[plane, f])
        near = weight.bit_length() - 1 + int(rng.integers(-3, 4))
        shift = int(rng.integers(RIGHT_SHIFT_MAX + 1)) if rng.random() < 0.3 else near
        right_shift[f] = shift = min(max(shift, 0), RIGHT_SHIFT_MAX)
        step = 1 << max(0, shift - int(rng.integers(0, 2))) if rng.random() < 0.7 else 1
        reach = min((200 << shift) // step, (1 << 30) // step)
        bias[f] = int(rng.integers(-reach, reach + 1)) * step
    changed: dict[str, Any] = {"codes": codes, "offsets": offsets.astype(np.uint8), "right_shift": right_shift.astype(np.uint8)}
    changed["bias"] = bias.astype(np.int32)
    relu = layer.relu if rng.integers(0, 2) else bool(rng.integers(0, 2))
    if layer.residual != NO_RESIDUAL:
        changed["residual_shift"] = residual_shift.astype(np.uint8)
    fits = chosen & (accumulator_bounds(replace(layer, **changed), arith) < 1 << (acc_bits - 1))
    along_filters = {"codes": fits[None, :, None, None, None], "offsets": fits[None, :]}
    kept = {name: np.where(along_filters.get(name, fits), new, getattr(layer, name)) for name, new in changed.items()}
    return replace(layer, relu=relu, **kept)


def with_residual(rng: np.random.Generator, network: IntegerNetwork, config: ArrayConfig) -> IntegerNetwork:
    """The network with a residual block at its end whose last layer has a stride, groups, or a pool of any stride.

    The blocks of :func:`verification.cases.random_network` are those of common networks, which have none of these.
    """
    channels, height, width = network.shapes()[-1]
    tensor = len(network.layers)
    stride = int(rng.integers(1, 3))
    groups = int(rng.choice([g for g in range(1, channels + 1) if channels % g == 0]))
    filters = groups * int(rng.integers(1, 1 + max(1, 2 * config.lanes // groups)))
    pool = int(rng.integers(1, 1 + min(3, (min(height, width) - 1) // stride + 1)))
    planes = min(MAX_PLANES, config.cols) if config.arith == "shift" else 1
    common: dict[str, Any] = {"limit": code_limit(config), "planes": planes, "stride": stride, "source": tensor}
    last: dict[str, Any] = {"groups": groups, "pool": pool, "pool_stride": int(rng.integers(0, 4)) if pool > 1 else 0, "padding": 1}
    last |= {"residual": tensor + 1, "residual_shift": np.zeros(filters, dtype=np.uint8)}
    layers = (
        random_layer(rng, "shortcut", filters, channels, (1, 1), **common),
        random_layer(rng, "joined", filters, channels, (3, 3), **common, **last),
    )
    return replace(
        network, layers=network.layers + tuple(fitted(spread(rng, layer, config.arith), config.arith, config.acc_bits) for layer in layers)
    )


def stretched_network(rng: np.random.Generator, config: ArrayConfig) -> IntegerNetwork:
    """A random network of :mod:`verification.cases`, half of them with a further residual block, stretched."""
    network = random_network(rng, config)
    if rng.integers(0, 2):
        network = with_residual(rng, network, config)
    return stretched(rng, network, config.acc_bits)


def arrays(seed: int) -> Iterator[ArrayConfig]:
    """A tight array of each format, one with hardly any accumulators, then random ones without end."""
    yield from (ArrayConfig(arith=arith, code_bits=bits, acc_depth=32, **TIGHT) for arith, bits in FORMATS)
    yield ArrayConfig(acc_depth=8, **TIGHT)
    rng = np.random.default_rng((seed, 0))
    while True:
        yield random_config(rng)


def cover(
    coverage: Coverage,
    configs: Iterator[ArrayConfig],
    pairs: int,
    *,
    seed: int,
    cache: Path,
    make: Maker = stretched_network,
    networks: int = NETWORKS_PER_ARRAY,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Run ``pairs`` networks, ``networks`` on each array, and sample every run that was right.

    Raises
    ------
    AssertionError
        If a tensor differs from the golden model or a step's cycles from the prediction, naming array and network.
    """
    done = 0
    while done < pairs:
        config = next(configs)
        simulator = Simulator(config, cache=cache)
        for number in range(min(networks, pairs - done)):
            network, program = _compiled(np.random.default_rng((seed, done, number)), config, make)
            _run(coverage, simulator, network, program, seed=done + number)
            if progress is not None:
                progress(1)
        done += min(networks, pairs - done)


def _compiled(rng: np.random.Generator, config: ArrayConfig, make: Maker) -> tuple[IntegerNetwork, Program]:
    for _ in range(_DRAWS_PER_NETWORK):
        network = make(rng, config)
        try:
            return network, compile_network(network, config)
        except CompileError:
            continue
    raise AssertionError(f"the compiler refuses every network for {config}")


def _run(coverage: Coverage, simulator: Simulator, network: IntegerNetwork, program: Program, *, seed: int) -> None:
    images = random_images(np.random.default_rng(seed), network, IMAGES)
    where = f"{program.config}, network {seed}"
    simulator.load(program)
    result = simulator.run(images, tensors=True)
    for layer, found, expected in zip(network.layers, result.tensors or [], golden.run(network, torch.tensor(images)), strict=True):
        np.testing.assert_array_equal(found, expected.numpy().reshape(found.shape), err_msg=f"{where}: {layer.name}")
    predicted = [step.cycles for step in program.steps]
    np.testing.assert_array_equal(result.step_cycles, [predicted] * IMAGES, err_msg=f"{where}: cycles")
    sample_program(coverage, network, program)
    sample_accumulators(coverage, network, program, images)
    for stream in STREAMS:
        stalled = simulator.run(images, stalls=Stalls(**{stream: _LIVELY}), seed=seed)
        np.testing.assert_array_equal(stalled.outputs, result.outputs, err_msg=f"{where}: {stream} stalled")
        sample_stalls(coverage, program, stream, stalled.step_cycles)
