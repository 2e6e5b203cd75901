"""Every unit case, and whole networks, on PyMTL3's own simulation: equal to numpy, to the golden model and to the cycle model."""

from __future__ import annotations

import pytest
import torch

from flightasic import golden
from flightasic.config import OFFSET_BITS
from flightasic.formats import RIGHT_SHIFT_MAX
from flightasic.hw.top import Top
from verification.emitted import UNITS
from verification.pymtl import simulate
from verification.scenarios import SCENARIOS
from verification.units import CASES


@pytest.mark.parametrize("name", CASES)
def test_unit(name: str) -> None:
    case = CASES[name]()
    simulate(UNITS[case.unit](case.config), case.bench())


# PyMTL3's own simulation takes half a minute for a network; the emitted Verilog runs them all in test_cocotb.py.
QUICK = {"run-shift", "run-residual", "run-background"}
NETWORKS = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in SCENARIOS if name.startswith("run")]


@pytest.mark.parametrize("name", NETWORKS)
def test_whole_network(name: str) -> None:
    scenario = SCENARIOS[name]
    simulate(Top(scenario.config), scenario.bench(golden.run(scenario.network, torch.tensor(scenario.images))[-1].numpy()))


def test_scenarios_cover_tiles_and_streamed_codes() -> None:
    program = SCENARIOS["run-tiles-streamed"].program
    assert program.streamed
    assert None in program.tensors[1:-1], "no layer's output passes through host memory in tiles"
    assert len(program.transfers) > 2
    assert not SCENARIOS["run-residual"].program.streamed
    assert SCENARIOS["malformed-streamed"].program.streamed


def test_merge_case_covers_every_offset_of_every_plane_and_of_the_residual_of_every_k() -> None:
    case = CASES["merge-shift_2x5x2-acc32"]()
    planes, residuals = set(), set()
    for inputs in case.inputs:
        if inputs["set_last"]:
            k, last = inputs["set_k"], inputs["set_last"].bit_length() - 1
            residuals.add((k, inputs["set_residual"]))
            for plane in range(k):
                planes.add((k, plane, inputs["set_offset"] >> (OFFSET_BITS * (last - k + 1 + plane)) & ((1 << OFFSET_BITS) - 1)))
    offsets = range(1 << OFFSET_BITS)
    assert planes == {(k, plane, offset) for k in (1, 2, 3) for plane in range(k) for offset in offsets}
    assert residuals == {(k, offset) for k in (1, 2, 3) for offset in offsets}


def test_post_cases_cover_every_right_shift_with_and_without_relu() -> None:
    cases = [make() for name, make in CASES.items() if name.startswith("post")]
    seen = {(inputs["set_shift"], inputs["set_relu"]) for case in cases for inputs in case.inputs if inputs.get("set_last")}
    assert seen == {(shift, relu) for shift in range(RIGHT_SHIFT_MAX + 1) for relu in (0, 1)}
