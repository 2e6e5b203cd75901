"""Networks of a sweep's folder belong together, or are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightasic.errors import FormatError
from flightasic.results import Record
from flightasic.trained import TrainedNetwork, require_alike


def network(seed: int, *, suffix: str = "flight-a.flnet", **settings: object) -> TrainedNetwork:
    data = {"settings": {"dataset": "fashion-mnist", "model": "net1", "seed": seed, "epochs": 5, **settings}}
    return TrainedNetwork(Path(f"seed{seed}/net1-{suffix}"), Record(kind="train", name="n", stage="training", data=data, versions={}))


def test_seeds_of_the_same_settings_belong_together() -> None:
    require_alike([network(0), network(1), network(2)])


@pytest.mark.parametrize("other", [{"epochs": 6}, {"target": "k<=1"}])
def test_seeds_trained_differently_are_refused_with_the_setting(other: dict[str, object]) -> None:
    name = next(iter(other))
    with pytest.raises(FormatError, match=f"seed1/net1-flight-a.flnet was trained with {name}=.*seed0/net1-flight-a.flnet"):
        require_alike([network(0), network(1, **other)])


def test_float_runs_may_differ_in_what_only_quantised_training_uses() -> None:
    require_alike([network(0, suffix="float.safetensors"), network(1, suffix="float.safetensors", epochs=6)])
    with pytest.raises(FormatError, match="float_lr"):
        require_alike([network(0, suffix="float.safetensors"), network(1, suffix="float.safetensors", float_lr=0.1)])
