"""A trained network on the RTL, held against golden model and cycle prediction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from flightasic import golden
from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import SimulationError
from flightasic.ir import IntegerNetwork
from flightasic.results import write_record
from flightasic.sim.build import verilator_version
from flightasic.sim.simulator import DEFAULT_CACHE, RunResult, Simulator


@dataclass(frozen=True)
class CheckOutcome:
    """What a checked run measured.

    Attributes
    ----------
    images, tensors : int
        Images run, and layer tensors compared value by value.
    mismatches : int
        Images whose logits differ from the golden model's; an outcome with any is never returned.
    cycles : int
        Cycles of every image, equal to the prediction.
    accuracy : float
        Share of the images whose label the RTL's largest logit names, 0..1.
    seconds : float
        Wall time of the RTL's run over all images.
    cycles_per_s : float
        Simulation speed in that run.
    program : Program
    """

    images: int
    tensors: int
    mismatches: int
    cycles: int
    accuracy: float
    seconds: float
    cycles_per_s: float
    program: Program

    def record(self, network: IntegerNetwork, results: Path) -> Path:
        """Store the run as a result record of kind "rtl"."""
        config = self.program.config
        products = sum(layer.products for layer in self.program.layers)
        layer_cycles = sum(layer.cycles for layer in self.program.layers)
        data = {
            "images": self.images,
            "mismatches": self.mismatches,
            "accuracy": self.accuracy,
            "tensors": self.tensors,
            "cycles_per_image": self.cycles,
            "predicted_cycles_per_image": self.program.cycles,
            "seconds": self.seconds,
            "cycles_per_s": self.cycles_per_s,
            "utilization": products / (layer_cycles * config.products_per_cycle),
            "layers": [asdict(layer) | {"utilization": layer.utilization(config)} for layer in self.program.layers],
        }
        versions = {"verilator": verilator_version()}
        return write_record(
            "rtl", f"{network.name}-{config.name}", data, stage="simulation", versions=versions, config=config,
            workload=network.name, results=results,
        )  # fmt: skip


def check_network(
    network: IntegerNetwork,
    config: ArrayConfig,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    tensor_images: int = 0,
    cache: Path = DEFAULT_CACHE,
    progress: Callable[[int], None] | None = None,
) -> CheckOutcome:
    """Run images through the RTL and compare logits, layers' tensors, and the cycles of every step.

    Parameters
    ----------
    images : int8 [N, channels, height, width]
    labels : int [N]
    tensor_images : int
        How many images, from the first, to compare layer by layer.
    cache : path
        Folder of compiled models.

    Raises
    ------
    SimulationError
        If a logit, tensor or cycle count differs, naming image and layer (for cycles: step) of the first.
    """
    program = compile_network(network, config)
    simulator = Simulator(config, cache=cache)
    simulator.load(program)
    inspected = min(tensor_images, len(images))
    compared = 0
    if inspected:
        shown = simulator.run(images[:inspected].numpy(), tensors=True)
        _compare_cycles(program, shown)
        compared = _compare_tensors(network, shown, images[:inspected])
    started = time.perf_counter()
    result = simulator.run(images.numpy(), progress=progress)
    elapsed = time.perf_counter() - started
    expected = golden.logits(network, images).numpy()
    mismatches = int((result.logits != expected).any(axis=1).sum())
    _require_equal(result.logits, expected, f"logits of {mismatches} of {len(images)} images")
    _compare_cycles(program, result)
    accuracy = float((result.logits.argmax(axis=1) == labels.numpy()).mean())
    return CheckOutcome(
        images=len(images),
        tensors=compared,
        mismatches=mismatches,
        cycles=program.cycles,
        accuracy=accuracy,
        seconds=elapsed,
        cycles_per_s=float(result.cycles.sum() / elapsed),
        program=program,
    )


def _compare_tensors(network: IntegerNetwork, result: RunResult, pixels: torch.Tensor) -> int:
    tensors = result.tensors or []
    for layer, found, expected in zip(network.layers, tensors, golden.run(network, pixels), strict=True):
        _require_equal(found, expected.numpy().reshape(found.shape), f"layer {layer.name!r}")
    return len(tensors) * len(pixels)


def _require_equal(found: np.ndarray, expected: np.ndarray, what: str) -> None:
    wrong = np.argwhere(found != expected)
    if len(wrong):
        where = tuple(int(i) for i in wrong[0])
        raise SimulationError(
            f"RTL and golden model differ in {what}; first: image {where[0]}, index {where[1:]}, "
            f"RTL {found[where]}, golden {expected[where]}"
        )


def _compare_cycles(program: Program, result: RunResult) -> None:
    idle = program.period - program.cycles
    late = np.argwhere(result.idle_cycles[1:] != idle)
    if len(late):
        image = 1 + int(late[0, 0])
        raise SimulationError(f"RTL took image {image} {result.idle_cycles[image]} cycles after the one before it, predicted {idle}")
    predicted = np.array([step.cycles for step in program.steps])
    wrong = np.argwhere(result.step_cycles != predicted)
    if len(wrong):
        image, step = (int(i) for i in wrong[0])
        raise SimulationError(
            f"RTL took {result.step_cycles[image, step]} cycles in step {step} of image {image}, {_where(program, step)}, "
            f"predicted {predicted[step]}"
        )


def _where(program: Program, step: int) -> str:
    layer = program.steps[step].layer
    if layer < 0:
        return "which loads the image"
    return f"layer {program.layers[layer].name!r}" if layer < len(program.layers) else "which stores the result"
