"""The emitted Verilog under Verilator and Icarus Verilog, through cocotb: the cases of test_pymtl.py, and broken units."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from flightasic import golden
from verification import breaks
from verification.emitted import ROOT, SIMULATORS, emit_unit, play
from verification.scenarios import GOLDEN, SCENARIOS
from verification.units import CASES


def _run(name: str, simulator: str, scratch: Path, broken: breaks.Break | None = None) -> None:
    if name in CASES:
        case = CASES[name]()
        emission, files = emit_unit(case.unit, case.config), {}
    else:
        scenario = SCENARIOS[name]
        expected = golden.run(scenario.network, torch.tensor(scenario.images))[-1].tolist()
        emission, files = emit_unit("top", scenario.config), {GOLDEN: json.dumps(expected)}
    if broken is not None:
        emission = replace(emission, modules=broken.apply(emission.modules))
    play(emission, simulator, name, scratch, files)


# Icarus takes long for whole networks: the quick set holds those that start units in every order, from unknown registers.
QUICK_ON_ICARUS = {*CASES, "run-shift", "run-background", "malformed-streamed"}
PLAYS = [
    pytest.param(name, simulator, marks=[] if simulator == "verilator" or name in QUICK_ON_ICARUS else pytest.mark.slow)
    for name in (*SCENARIOS, *CASES)
    for simulator in SIMULATORS
]


@pytest.mark.parametrize(("name", "simulator"), PLAYS)
def test_emitted_verilog(name: str, simulator: str, tmp_path: Path) -> None:
    _run(name, simulator, tmp_path)


@pytest.mark.parametrize("broken", breaks.BREAKS, ids=lambda broken: broken.what.replace(" ", "-"))
def test_broken_unit_is_caught(broken: breaks.Break, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=broken.caught):
        _run(broken.case, "icarus", tmp_path, broken)


def test_documented_breaks_are_current() -> None:
    assert breaks.markdown() in (ROOT / "docs" / "verification.md").read_text()
