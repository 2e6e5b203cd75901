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
from flightasic.data import fashion_mnist, quantise_input
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
    cycles : int
        Cycles of every image, equal to the prediction.
    accuracy : float
        Share of the images whose label the RTL's largest logit names, 0..1.
    cycles_per_s : float
        Simulation speed.
    program : Program
    """

    images: int
    tensors: int
    cycles: int
    accuracy: float
    cycles_per_s: float
    program: Program

    def record(self, network: IntegerNetwork, results: Path) -> Path:
        """Store the run as a result record of kind "rtl"."""
        config = self.program.config
        products = sum(layer.products for layer in self.program.layers)
        cycles = sum(layer.cycles for layer in self.program.layers)
        data = {
            "images": self.images,
            "mismatches": 0,
            "accuracy": self.accuracy,
            "tensors": self.tensors,
            "cycles_per_image": self.cycles,
            "predicted_cycles_per_image": self.program.cycles,
            "utilization": products / (cycles * config.products_per_cycle),
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
    *,
    images: int,
    tensor_images: int = 0,
    data: Path | None = None,
    cache: Path = DEFAULT_CACHE,
    progress: Callable[[int], None] | None = None,
) -> CheckOutcome:
    """Run the first test images of Fashion-MNIST through the RTL and compare everything.

    Parameters
    ----------
    images, tensor_images : int
        Images to run, and how many of them to compare layer by layer.
    data, cache : path
        Folder of the data set (default: see :mod:`flightasic.data`), folder of compiled models.

    Raises
    ------
    SimulationError
        On the first logit, tensor or cycle count that differs, naming image and layer.
    """
    dataset = fashion_mnist("test", data)
    pixels, labels = quantise_input(dataset.images[:images]), dataset.labels[:images]
    program = compile_network(network, config)
    simulator = Simulator(config, cache=cache)
    simulator.load(program)
    inspected = min(tensor_images, len(pixels))
    compared = 0
    if inspected:
        shown = simulator.run(pixels[:inspected].numpy(), tensors=True)
        compared = _compare_tensors(network, shown, pixels[:inspected])
    started = time.perf_counter()
    result = simulator.run(pixels.numpy(), progress=progress)
    elapsed = time.perf_counter() - started
    expected = golden.logits(network, pixels).numpy()
    _require_equal(result.logits, expected, "logits")
    _compare_cycles(program, result)
    hits = result.logits.argmax(axis=1) == labels.numpy()
    return CheckOutcome(len(pixels), compared, program.cycles, float(hits.mean()), float(result.cycles.sum() / elapsed), program)


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
            f"RTL and golden model differ in {what}: image {where[0]}, index {where[1:]}, RTL {found[where]}, golden {expected[where]}"
        )


def _compare_cycles(program: Program, result: RunResult) -> None:
    predicted = np.array([layer.cycles for layer in program.layers])
    wrong = np.argwhere(result.layer_cycles != predicted)
    if len(wrong):
        image, layer = (int(i) for i in wrong[0])
        raise SimulationError(
            f"RTL took {result.layer_cycles[image, layer]} cycles in layer {program.layers[layer].name!r} of image {image}, "
            f"predicted {predicted[layer]}"
        )
    if (result.cycles != program.cycles).any():
        raise SimulationError(f"RTL took {int(result.cycles.max())} cycles for an image, predicted {program.cycles}")
