"""Early stopping, with accuracies from a script."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from flightasic.data import Dataset
from flightasic.nn.export import export
from flightasic.nn.network import FLightNetwork
from flightasic.nn.settings import TrainSettings
from flightasic.nn.train import train
from tests.small_training import QUICK, noise_images


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], list[dict[str, Tensor]]]:
    """``judged(accuracies)``: validation measures these, epoch by epoch; returns the list of the weights it saw."""

    def script(accuracies: list[float]) -> list[dict[str, Tensor]]:
        seen: list[dict[str, Tensor]] = []

        def measure(model: FLightNetwork, data: Dataset, *, device: str = "cpu") -> float:
            seen.append(deepcopy(model.state_dict()))
            return accuracies[len(seen) - 1]

        monkeypatch.setattr("flightasic.nn.run.accuracy_of", measure)
        return seen

    return script


Judged = Callable[[list[float]], list[dict[str, Tensor]]]


PATIENT = replace(QUICK, float_epochs=1, epochs=6, validation=20, patience=2)


def assert_state(model: nn.Module, state: dict[str, Tensor]) -> None:
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_a_run_without_progress_stops_and_goes_back_to_its_best_epoch(tmp_path: Path, judged: Judged) -> None:
    settings = replace(PATIENT, scheme="fixed8", batch_norm_share=0.0)
    images, held_out = noise_images(68).split(20)
    checkpoint = tmp_path / "run.ckpt"
    seen = judged([0.1, 0.3, 0.5, 0.4, 0.5])
    model, history = train(settings, images, validation=held_out, checkpoint=checkpoint)
    assert [entry["validation"] for entry in history] == [0.1, 0.3, 0.5, 0.4, 0.5]
    assert_state(model, seen[2])
    again, repeated = train(settings, images, validation=held_out, checkpoint=checkpoint, resume=True)
    assert repr(repeated) == repr(history)
    assert_state(again, seen[2])


@pytest.mark.parametrize("settings", [replace(PATIENT, scheme="lightnn2"), replace(PATIENT, target="k<=1.1")], ids=["scales", "k"])
def test_patience_begins_when_everything_is_fixed(settings: TrainSettings, judged: Judged) -> None:
    images, held_out = noise_images(68).split(20)
    seen = judged([0.9 - epoch / 10 for epoch in range(7)])
    model, history = train(replace(settings, patience=1), images, validation=held_out)
    assert len(history) == 6, "scales become fixed in the fourth epoch of the phase, k as well; the fifth is worse"
    assert_state(model, seen[4])
    assert export(model, "n").mean_k() <= (2.0 if settings.target is None else 1.1)


def test_a_float_run_that_stopped_early_hands_its_best_epoch_on(tmp_path: Path, judged: Judged) -> None:
    images, held_out = noise_images(68).split(20)
    settings = replace(PATIENT, scheme="float", epochs=0, float_epochs=6)
    start = tmp_path / "float.ckpt"
    seen = judged([0.2, 0.6, 0.1, 0.1])
    train(settings, images, validation=held_out, checkpoint=start)
    model, _ = train(replace(QUICK, epochs=0), images, start=start)
    assert torch.equal(model.state_dict()["stages.0.layer.weight"], seen[1]["stages.0.layer.weight"])
