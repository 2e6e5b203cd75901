"""The RTL, whole: equal to the golden model bit for bit and to the prediction cycle for cycle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Trained
from hypothesis import given, settings
from hypothesis import strategies as st

from flightasic import golden
from flightasic.compiler import compile_network
from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.data import Dataset, quantise_input
from flightasic.errors import FormatError, SimulationError
from flightasic.ir import IntegerNetwork
from flightasic.microcode import STATUS
from flightasic.sim import Simulator
from flightasic.sim.check import check_network
from verification.cases import damaged, random_images, random_layer, random_network

CACHE = Path(__file__).resolve().parents[1] / "build" / "sim"

# One register stage per element, an uneven mesh, 3-bit codes: what the default array is not.
ODD = ArrayConfig(rows=3, cols=6, lanes=2, tile_rows=1, tile_cols=3, code_bits=3, acc_bits=28, acc_depth=64)
DEEP = ArrayConfig(acc_bits=28)
ARRAYS = {"odd": ODD, "default": DEEP}


@pytest.fixture(scope="module")
def simulators() -> dict[str, Simulator]:
    return {name: Simulator(config, cache=CACHE) for name, config in ARRAYS.items()}


def _agree(simulator: Simulator, network: IntegerNetwork, images: np.ndarray, stall: float, seed: int) -> None:
    program = compile_network(network, simulator.config)
    simulator.reset()
    simulator.load(program)
    result = simulator.run(images, tensors=True, stall_probability=stall, seed=seed)
    for layer, found, expected in zip(network.layers, result.tensors or [], golden.run(network, torch.tensor(images)), strict=True):
        np.testing.assert_array_equal(found, expected.numpy().reshape(found.shape), err_msg=layer.name)
    np.testing.assert_array_equal(result.outputs, (result.tensors or [])[-1])
    predicted = [layer.cycles for layer in program.layers]
    skip = 1 if stall else 0
    assert result.layer_cycles[:, skip:].tolist() == [predicted[skip:]] * len(images)
    if not stall:
        assert result.cycles.tolist() == [program.cycles] * len(images)


@pytest.mark.parametrize("array", ARRAYS)
@given(seed=st.integers(0, 2**32 - 1), stall=st.sampled_from([0.0, 0.0, 0.3, 0.9]))
@settings(max_examples=60, deadline=None)
def test_random_programs(simulators: dict[str, Simulator], array: str, seed: int, stall: float) -> None:
    rng = np.random.default_rng(seed)
    simulator = simulators[array]
    network = random_network(rng, simulator.config)
    _agree(simulator, network, random_images(rng, network, 2), stall, seed)


@pytest.mark.parametrize("array", ARRAYS)
def test_every_k_mixed_in_one_layer(simulators: dict[str, Simulator], array: str) -> None:
    rng = np.random.default_rng(11)
    config = simulators[array].config
    layer = random_layer(rng, "mixed", 16, 5, (3, 3), limit=config.max_shift + 1, planes=3, padding=1)
    assert set(layer.k.tolist()) == {0, 1, 2, 3}
    network = IntegerNetwork(name="mixed", arith="shift", max_shift=config.max_shift, in_shape=(5, 7, 6), in_scale_log2=-7, layers=(layer,))
    _agree(simulators[array], network, random_images(rng, network, 3), 0.0, 0)


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_trained_network_on_100_test_images(trained: Trained, test_set: Dataset, arith: str) -> None:
    scheme = {"shift": "flight", "fixed4": "fixed4", "fixed8": "fixed8"}[arith]
    _, network = trained(scheme)
    images, labels = quantise_input(test_set.images[:100]), test_set.labels[:100]
    outcome = check_network(network, ArrayConfig.for_arith(arith), images, labels, tensor_images=4, cache=CACHE)
    assert (outcome.images, outcome.tensors, outcome.mismatches) == (100, 4 * len(network.layers), 0)


def test_check_reports_layer_image_and_index_of_a_tensor_that_differs(
    trained: Trained, test_set: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, network = trained("flight")
    original = golden.run

    def one_off(net: IntegerNetwork, images: torch.Tensor) -> list[torch.Tensor]:
        tensors = original(net, images)
        tensors[1][0, 0, 2, 2] += 1
        return tensors

    images = quantise_input(test_set.images[:1])
    monkeypatch.setattr(golden, "run", one_off)
    with pytest.raises(SimulationError, match=rf"layer '{network.layers[1].name}'.*image 0, index \(0, 2, 2\)"):
        check_network(network, ArrayConfig(), images, test_set.labels[:1], tensor_images=1, cache=CACHE)


def test_reset_in_the_middle_of_a_run(simulators: dict[str, Simulator]) -> None:
    rng = np.random.default_rng(3)
    simulator = simulators["default"]
    network = random_network(rng, simulator.config, layers=3)
    images = random_images(rng, network, 1)
    program = compile_network(network, simulator.config)
    for stop in (1, program.image_words + 3, program.cycles // 2, program.cycles - 1):
        simulator.reset()
        simulator.load(program)
        with pytest.raises(SimulationError, match="no result after"):
            simulator.run(images, max_cycles=stop)
        _agree(simulator, network, images, 0.0, 0)


def test_program_runs_again_after_reset_without_loading(simulators: dict[str, Simulator]) -> None:
    """Memories keep their contents over a reset."""
    rng = np.random.default_rng(4)
    simulator = simulators["default"]
    network = random_network(rng, simulator.config)
    images = random_images(rng, network, 1)
    simulator.reset()
    simulator.load(compile_network(network, simulator.config))
    before = simulator.run(images).outputs
    simulator.reset()
    simulator.start()
    np.testing.assert_array_equal(simulator.run(images).outputs, before)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("magic", 1), ("version", 1), ("no words", 1), ("too many words", 1), ("fingerprint", 2), ("checksum", 3), ("no steps", 4)],
)
def test_hardware_refuses_a_malformed_program(simulators: dict[str, Simulator], kind: str, status: int) -> None:
    simulator, program, _, _ = _loaded(simulators)
    simulator.load_words(damaged(program.words, kind), program.codes)
    with pytest.raises(SimulationError, match=f"status {status} "):
        simulator.start()
    _recovers(simulators)


@pytest.mark.parametrize(("kind", "status"), [("unknown operation", 4), ("empty loop", 4), ("cut off", 4), ("k = 0", 5), ("too wide", 5)])
def test_hardware_stops_on_a_bad_step_or_microword(simulators: dict[str, Simulator], kind: str, status: int) -> None:
    simulator, program, _, images = _loaded(simulators)
    simulator.load_words(damaged(program.words, kind), program.codes)
    simulator.start()
    with pytest.raises(SimulationError, match=f"status {status} .{STATUS[status][:8]}"):
        simulator.run(images)
    _recovers(simulators)


def _loaded(simulators: dict[str, Simulator]) -> tuple:
    rng = np.random.default_rng(9)
    simulator = simulators["default"]
    network = random_network(rng, simulator.config, layers=2)
    program = compile_network(network, simulator.config)
    simulator.reset()
    simulator.load(program)
    return simulator, program, network, random_images(rng, network, 1)


def _recovers(simulators: dict[str, Simulator]) -> None:
    """After an error the core takes a good program without a reset."""
    simulator = simulators["default"]
    rng = np.random.default_rng(9)
    network = random_network(rng, simulator.config, layers=2)
    images = random_images(rng, network, 1)
    simulator.load(compile_network(network, simulator.config))
    np.testing.assert_array_equal(simulator.run(images).outputs[0].ravel(), golden.run(network, torch.tensor(images))[-1].numpy().ravel())


def test_busy_core_is_neither_loaded_nor_started(simulators: dict[str, Simulator]) -> None:
    simulator, program, network, images = _loaded(simulators)
    with pytest.raises(SimulationError, match="no result after"):
        simulator.run(images, max_cycles=program.cycles // 2)
    with pytest.raises(SimulationError, match=r"core is busy.*reset\(\)"):
        simulator.start()
    with pytest.raises(SimulationError, match=r"core is busy.*reset\(\)"):
        simulator.load(program)
    _agree(simulator, network, images, 0.0, 0)


@pytest.mark.parametrize("stall", [-0.01, 0.995, 1.0, float("nan")])
def test_stall_probability_out_of_range(simulators: dict[str, Simulator], stall: float) -> None:
    simulator, _, _, images = _loaded(simulators)
    with pytest.raises(SimulationError, match=r"stall_probability must be in 0\.\.0\.99"):
        simulator.run(images, stall_probability=stall)


def test_empty_batch(simulators: dict[str, Simulator]) -> None:
    simulator, _, _, images = _loaded(simulators)
    with pytest.raises(SimulationError, match="no images to run"):
        simulator.run(images[:0])


def test_program_of_another_array_is_refused_before_it_reaches_hardware(simulators: dict[str, Simulator]) -> None:
    rng = np.random.default_rng(1)
    program = compile_network(random_network(rng, ODD), ODD)
    with pytest.raises(FormatError, match="another|compiled for array"):
        simulators["default"].load(program)


def test_run_without_program() -> None:
    simulator = Simulator(DEEP, cache=CACHE)
    with pytest.raises(SimulationError, match="load"):
        simulator.run(np.zeros((1, 1, 4, 4)))
