"""Filling a zoo from a sweep, and measuring its networks again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from flightasic.data import load as load_data
from flightasic.ir import IntegerNetwork
from flightasic.job import golden_accuracy
from flightasic.nn.evaluate import accuracy_of
from flightasic.trained import TrainedNetwork
from flightasic.zoo.store import FOLDER, ZooRecord, add, load, record

# Sums of floats depend on the machine's order of adding, which may turn the answer on an image that is all but undecided.
FLOAT_TOLERANCE = 0.0005


def add_trained(networks: list[TrainedNetwork], folder: Path = FOLDER) -> Iterator[ZooRecord]:
    """Put networks of a sweep into a zoo one by one, named as the sweep names them (:func:`flightasic.zoo.add`)."""
    for each in networks:
        yield add(f"{each.net}-{each.variant}", each.load(), each.record, folder)


def evaluate(
    name: str, *, data_root: Path | None = None, folder: Path = FOLDER, on_images: Callable[[int, int], None] | None = None
) -> float:
    """Share (0..1) of its data set's whole test set that a network of the zoo gets right: golden model, or torch for float weights.

    ``on_images`` is told how many images of how many are done. Raises as :func:`flightasic.zoo.load` and
    :func:`flightasic.data.load`.
    """
    network = load(name, folder)
    test = load_data(record(name, folder).dataset, "test", data_root)
    return golden_accuracy(network, test, on_images) if isinstance(network, IntegerNetwork) else accuracy_of(network, test)


def agrees(recorded: ZooRecord, accuracy: float) -> bool:
    """Whether an accuracy is the record's: exactly for integers, within :data:`FLOAT_TOLERANCE` for float weights."""
    return abs(accuracy - recorded.accuracy) <= (FLOAT_TOLERANCE if recorded.is_float else 0)
