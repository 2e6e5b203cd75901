"""A sweep that takes seconds: the model "tiny" on the small data set, three schemes, two seeds."""

from __future__ import annotations

from pathlib import Path

import yaml

from flightasic.sweep import Outcome, load_plan, run_here
from flightasic.sweep.run import Place
from tests.small_fashion import write_small_fashion

PLAN = {
    "nets": ["tiny"],
    "seeds": [0, 1],
    "defaults": {"start": "float", "batch": 16, "epochs": 1, "float_epochs": 1},
    "schemes": {"float": {}, "lightnn2": {}, "flight-a": {"scheme": "flight", "lambdas": [0.0, 0.1]}},
}


def run_small_sweep(folder: Path) -> Path:
    """Run it; the sweep's folder is ``folder``/out, its data set ``folder``/data."""
    plan = folder / "sweep.yaml"
    plan.write_text(yaml.safe_dump(PLAN, sort_keys=False))
    outcomes: list[Outcome] = []
    place = Place(folder, Path("out"), Path("out/results"), write_small_fashion(folder / "data"))
    run_here(load_plan(plan), place, on_outcome=outcomes.append)
    assert [outcome.error for outcome in outcomes] == [None] * 6
    return folder / "out"
