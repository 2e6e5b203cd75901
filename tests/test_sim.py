"""The RTL, whole: equal to the golden model bit for bit and to the prediction cycle for cycle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Trained
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flightasic import golden
from flightasic.compiler import Program, compile_network
from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.data import Dataset, quantise_input
from flightasic.errors import CompileError, FormatError, SimulationError
from flightasic.ir import IntegerNetwork
from flightasic.microcode import HEADER, OP_CONV, STATUS, STEP, unpack, words_of
from flightasic.sim import Simulator, Stalls, check
from flightasic.sim import simulator as simulation
from flightasic.sim.check import check_network
from flightasic.sim.simulator import NO_STALLS
from verification.cases import MALFORMED, damaged, in_background, random_images, random_layer, random_network
from verification.networks import residual_network

CACHE = Path(__file__).resolve().parents[1] / "build" / "sim"

# One register stage per element, an uneven mesh, 3-bit codes: what the default array is not.
ODD = ArrayConfig(rows=3, cols=6, lanes=2, tile_rows=1, tile_cols=3, code_bits=3, acc_bits=28, acc_depth=64)
DEEP = ArrayConfig(acc_bits=28)
# Too little room for most networks: tiles and streamed codes.
TIGHT = ArrayConfig(rows=4, cols=4, lanes=2, acc_bits=28, act_depth=32, code_depth=32, acc_depth=32, program_depth=4096)
ARRAYS = {"odd": ODD, "default": DEEP, "tight": TIGHT}

IMAGE_STALLS, CODE_STALLS = Stalls(image=0.3, result=0.4), Stalls(image=0.2, result=0.2, code=0.7)


@pytest.fixture(scope="module")
def simulators() -> dict[str, Simulator]:
    return {name: Simulator(config, cache=CACHE) for name, config in ARRAYS.items()}


def _agree(simulator: Simulator, network: IntegerNetwork, images: np.ndarray, stalls: Stalls = NO_STALLS, seed: int = 0) -> Program:
    """Every layer's tensor equal to the golden model; every step's cycles to the prediction, stalls of the host added.

    A stall of a transfer in the background may hide behind computing, or let a line be fetched while the array waits.
    """
    program = compile_network(network, simulator.config)
    simulator.reset()
    simulator.load(program)
    result = simulator.run(images, tensors=True, stalls=stalls, seed=seed)
    for layer, found, expected in zip(network.layers, result.tensors or [], golden.run(network, torch.tensor(images)), strict=True):
        np.testing.assert_array_equal(found, expected.numpy().reshape(found.shape), err_msg=layer.name)
    np.testing.assert_array_equal(result.outputs, (result.tensors or [])[-1])
    predicted = np.array([step.cycles for step in program.steps])
    computes = np.array([step.op == OP_CONV for step in program.steps])
    if stalls == NO_STALLS:
        assert result.step_cycles.tolist() == [predicted.tolist()] * len(images)
        assert not result.stall_cycles.any()
    elif not _overlaps(program) and stalls.code == 0:
        assert result.step_cycles[:, computes].tolist() == [predicted[computes].tolist()] * len(images)
        np.testing.assert_array_equal(result.cycles, program.cycles + result.stall_cycles)
    elif not _overlaps(program):
        assert (result.step_cycles >= predicted).all()
    assert result.layer_cycles.sum(axis=1).max() <= result.cycles.max()
    return program


def _overlaps(program: Program) -> bool:
    """Whether a transfer goes on in the background of computing."""
    starts = [words_of(HEADER) + index * words_of(STEP) for index in range(len(program.steps))]
    return any(unpack(STEP, program.words[at : at + words_of(STEP)])["background"] for at in starts)


@pytest.mark.parametrize("array", ARRAYS)
@given(seed=st.integers(0, 2**32 - 1), stalls=st.sampled_from([NO_STALLS, NO_STALLS, IMAGE_STALLS, CODE_STALLS]))
@settings(max_examples=60, deadline=None)
def test_random_programs(simulators: dict[str, Simulator], array: str, seed: int, stalls: Stalls) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng, simulators[array].config)
    try:
        compile_network(network, simulators[array].config)
    except CompileError:
        assume(False)
    _agree(simulators[array], network, random_images(rng, network, 2), stalls, seed)


@pytest.mark.parametrize("array", ARRAYS)
def test_every_k_mixed_in_one_layer(simulators: dict[str, Simulator], array: str) -> None:
    rng = np.random.default_rng(11)
    config = simulators[array].config
    layer = random_layer(rng, "mixed", 16, 5, (3, 3), limit=config.max_shift + 1, planes=3, padding=1)
    assert set(layer.k.tolist()) == {0, 1, 2, 3}
    network = IntegerNetwork(name="mixed", arith="shift", max_shift=config.max_shift, in_shape=(5, 7, 6), in_scale_log2=-7, layers=(layer,))
    _agree(simulators[array], network, random_images(rng, network, 3))


@pytest.mark.parametrize("stalls", [NO_STALLS, CODE_STALLS])
@pytest.mark.parametrize("array", ARRAYS)
def test_residual_network_with_shortcut_groups_and_global_average(simulators: dict[str, Simulator], array: str, stalls: Stalls) -> None:
    simulator = simulators[array]
    network = residual_network(simulator.config)
    program = _agree(simulator, network, random_images(np.random.default_rng(1), network, 3), stalls)
    assert program.streamed == (array == "tight")
    assert any(tensor is None for tensor in program.tensors) == (array == "tight")


def test_images_follow_one_another_in_calls_of_any_length(simulators: dict[str, Simulator]) -> None:
    """Streamed codes go on where the call before left them."""
    simulator = simulators["tight"]
    network = residual_network(simulator.config)
    images = random_images(np.random.default_rng(2), network, 7)
    program = _agree(simulator, network, images)
    together = simulator.run(images)
    told: list[int] = []
    apart = [simulator.run(images[i : i + 1], progress=told.append) for i in range(len(images))]
    np.testing.assert_array_equal(together.outputs, np.concatenate([one.outputs for one in apart]))
    assert {int(cycles) for one in apart for cycles in one.cycles} == {program.cycles}
    assert told == [1] * len(images)


def test_progress_is_told_several_times_and_at_the_end(simulators: dict[str, Simulator], monkeypatch: pytest.MonkeyPatch) -> None:
    simulator, program, _, images = _loaded(simulators)
    monkeypatch.setattr(simulation, "_CYCLES_PER_CALL", 3 * program.cycles)
    told: list[int] = []
    simulator.run(np.repeat(images, 8, axis=0), progress=told.append)
    assert told == [3, 6, 8]


def test_interrupt_between_two_calls_leaves_a_simulator_that_runs_on(
    simulators: dict[str, Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator, program, network, images = _loaded(simulators)
    monkeypatch.setattr(simulation, "_CYCLES_PER_CALL", program.cycles)

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulator.run(np.repeat(images, 4, axis=0), progress=interrupt)
    np.testing.assert_array_equal(simulator.run(images).outputs.ravel(), golden.run(network, torch.tensor(images))[-1].numpy().ravel())


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


@pytest.mark.parametrize(
    ("step", "named"),
    [(0, "step 0 of image 0, which loads the image"), (2, "step 2 of image 0, layer '{layer}'"), (-1, "which stores the result")],
)
def test_check_reports_step_and_layer_of_a_wrong_cycle_count(
    trained: Trained, test_set: Dataset, monkeypatch: pytest.MonkeyPatch, step: int, named: str
) -> None:
    _, network = trained("flight")
    program = compile_network(network, ArrayConfig())
    steps = list(program.steps)
    steps[step] = replace(steps[step], cycles=steps[step].cycles + 1)
    monkeypatch.setattr(check, "compile_network", lambda network, config: replace(program, steps=tuple(steps)))
    layer = network.layers[program.steps[2].layer].name
    with pytest.raises(SimulationError, match=named.format(layer=layer)):
        check_network(network, ArrayConfig(), quantise_input(test_set.images[:1]), test_set.labels[:1], cache=CACHE)


def test_check_finds_a_wrong_time_between_images(trained: Trained, test_set: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    _, network = trained("flight")
    images = quantise_input(test_set.images[:2])
    check_network(network, ArrayConfig(), images, test_set.labels[:2], cache=CACHE)
    monkeypatch.setattr(Program, "period", property(lambda program: program.cycles + 9))
    with pytest.raises(SimulationError, match="RTL took image 1 10 cycles after the one before it, predicted 9"):
        check_network(network, ArrayConfig(), images, test_set.labels[:2], cache=CACHE)


def test_reset_in_the_middle_of_a_run(simulators: dict[str, Simulator]) -> None:
    rng = np.random.default_rng(3)
    simulator = simulators["default"]
    network = random_network(rng, simulator.config, layers=3)
    images = random_images(rng, network, 1)
    program = compile_network(network, simulator.config)
    for stop in (1, program.steps[0].cycles + 3, program.cycles // 2, program.cycles - 1):
        simulator.reset()
        simulator.load(program)
        with pytest.raises(SimulationError, match="no result after"):
            simulator.run(images, max_cycles=stop)
        _agree(simulator, network, images)


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


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("kind", "status"), MALFORMED.items())
def test_malformed_program_ends_in_its_status(simulators: dict[str, Simulator], kind: str, status: int, streamed: bool) -> None:
    """Before the first image or in it, and never in a hang; a good program runs afterwards without a reset."""
    simulator, program, network, images = _loaded(simulators, "tight" if streamed else "default")
    assert program.streamed == streamed
    simulator.load_words(damaged(program.words, kind), program.codes, streamed=streamed)
    with pytest.raises(SimulationError, match=f"status {status} .{STATUS[status][:8]}"):
        simulator.start()
        simulator.run(images)
    simulator.load(program)
    expected = golden.run(network, torch.tensor(images))[-1].numpy()
    np.testing.assert_array_equal(simulator.run(images).outputs.ravel(), expected.ravel())


def test_transfers_that_nothing_waits_for_end_all_the_same(simulators: dict[str, Simulator]) -> None:
    """Every transfer in the background: what comes out is wrong, but image after image is served, and the core comes to rest."""
    simulator, program, network, images = _loaded(simulators, "tight")
    simulator.load_words(in_background(program.words), _codes_in_order(program), streamed=True)
    simulator.start()
    simulator.run(np.repeat(images, 3, axis=0))
    simulator.load(program)
    _agree(simulator, network, images)


def _codes_in_order(program: Program) -> list[int]:
    return [program.codes[i] for first, count in program.code_order for i in range(first, first + count)]


def _loaded(simulators: dict[str, Simulator], array: str = "default") -> tuple[Simulator, Program, IntegerNetwork, np.ndarray]:
    rng = np.random.default_rng(9)
    simulator = simulators[array]
    network = residual_network(simulator.config)
    program = compile_network(network, simulator.config)
    simulator.reset()
    simulator.load(program)
    return simulator, program, network, random_images(rng, network, 1)


def test_busy_core_is_neither_loaded_nor_started(simulators: dict[str, Simulator]) -> None:
    simulator, program, network, images = _loaded(simulators)
    with pytest.raises(SimulationError, match="no result after"):
        simulator.run(images, max_cycles=program.cycles // 2)
    with pytest.raises(SimulationError, match=r"core is busy.*reset\(\)"):
        simulator.start()
    with pytest.raises(SimulationError, match=r"core is busy.*reset\(\)"):
        simulator.load(program)
    _agree(simulator, network, images)


@pytest.mark.parametrize("chance", [-0.01, 0.995, 1.0, float("nan")])
@pytest.mark.parametrize("stream", ["image", "result", "code"])
def test_stall_chance_out_of_range(stream: str, chance: float) -> None:
    with pytest.raises(SimulationError, match=rf"stall chance {stream} must be in 0\.\.0\.99"):
        Stalls(**{stream: chance})


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
