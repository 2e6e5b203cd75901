"""Random arrays and random networks: every tensor and every step's cycles of the RTL, against golden model and prediction.

A pair is named by its array's seed and its own, so that a failure is run again alone. Building a model takes most of the time, so an
array serves several networks.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.compiler import compile_network
from flightasic.errors import CompileError
from flightasic.sim import Simulator, Stalls
from verification.cases import random_config, random_images, random_network

CACHE = Path(__file__).resolve().parents[1] / "build" / "sim"
ARRAYS, NETWORKS = 7, 3
SLOW_ARRAYS, SLOW_NETWORKS = 40, 6


def _run_pairs(seed: int, count: int, **changes: int) -> None:
    """``count`` networks that the compiler takes on the array of this seed, without stalls and with them."""
    config = replace(random_config(np.random.default_rng(seed)), **changes)
    simulator = Simulator(config, cache=CACHE)
    taken = 0
    for number in itertools.count():
        rng = np.random.default_rng((seed, number))
        network = random_network(rng, config)
        try:
            program = compile_network(network, config)
        except CompileError:
            assert number < 10 * count, f"array {seed} ({config}): the compiler refuses nearly every network"
            continue
        where = f"array {seed} ({config}), network {number}"
        images = random_images(rng, network, 2)
        simulator.load(program)
        result = simulator.run(images, tensors=True)
        for layer, found, expected in zip(network.layers, result.tensors or [], golden.run(network, torch.tensor(images)), strict=True):
            np.testing.assert_array_equal(found, expected.numpy().reshape(found.shape), err_msg=f"{where}: {layer.name}")
        predicted = [step.cycles for step in program.steps]
        np.testing.assert_array_equal(result.step_cycles, [predicted] * len(images), err_msg=f"{where}: cycles")
        assert result.cycles.tolist() == [program.cycles] * len(images), where
        stalled = simulator.run(images[:1], stalls=Stalls(image=0.3, result=0.4, code=0.5), seed=number)
        np.testing.assert_array_equal(stalled.outputs, result.outputs[:1], err_msg=f"{where}: with stalls")
        taken += 1
        if taken == count:
            return


@pytest.mark.parametrize("seed", range(ARRAYS))
def test_random_pairs(seed: int) -> None:
    _run_pairs(seed, NETWORKS)


def test_random_pairs_that_pass_words_on() -> None:
    """The array has 12 rows, so that most kernels find partners in them, over every distance."""
    _run_pairs(4, NETWORKS, act_reuse=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ARRAYS, ARRAYS + SLOW_ARRAYS))
def test_many_random_pairs(seed: int) -> None:
    _run_pairs(seed, SLOW_NETWORKS)
