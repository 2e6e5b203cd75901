"""Shared fixtures: small networks trained once per test session, whatever the number of pytest-xdist workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from flightasic.data import Dataset, fashion_mnist
from flightasic.ir import IntegerNetwork
from flightasic.nn.export import export
from flightasic.nn.network import FLightNetwork
from flightasic.nn.settings import TrainSettings
from flightasic.nn.train import train

Trained = Callable[..., tuple[FLightNetwork, IntegerNetwork]]

QUICK = TrainSettings(model="tiny", epochs=1, float_epochs=2, limit=6000)
TARGETS = {"flight": "k<=1.3", "fixed4-pruned": "k<=0.8"}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Sums in a fixed order, and no fight for cores among pytest-xdist's workers."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def test_set() -> Dataset:
    """Fashion-MNIST's 10,000 test images."""
    return fashion_mnist("test")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Trained:
    """``trained(scheme, model="tiny")``: the model, briefly trained with that scheme, and its integer network.

    Checkpoints in the folder that all workers of the session share make each training happen once.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "trained"
    folder.mkdir(exist_ok=True)

    @cache
    def get(scheme: str, model: str = "tiny") -> tuple[FLightNetwork, IntegerNetwork]:
        start = folder / f"{model}.ckpt"
        _train_once(replace(QUICK, model=model, scheme="float", epochs=0), start)
        settings = replace(QUICK, model=model, scheme=scheme, target=TARGETS.get(scheme))
        network = _train_once(settings, folder / f"{model}-{scheme}.ckpt", start=start)
        return network, export(network, f"{model}-{scheme}")

    return get


def _train_once(settings: TrainSettings, checkpoint: Path, start: Path | None = None) -> FLightNetwork:
    with FileLock(checkpoint.with_suffix(".lock")):
        return train(settings, fashion_mnist("train").first(settings.limit), checkpoint=checkpoint, resume=True, start=start)[0]
