"""``flight_axi``: its registers on PyMTL3; the whole wrapper under cocotbext-axi, and broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pymtl3 import Bits64

from flightasic import golden, registers
from flightasic.hw import sequencer
from flightasic.hw.axi_registers import AxiRegisters
from flightasic.registers import ADDRESS, REGISTERS, STATES, config_values, read_config
from verification.axi_breaks import AXI_BREAKS
from verification.axi_cases import CASES, TIGHT
from verification.bench import RESET_CYCLES, Bench
from verification.breaks import Break
from verification.cases import random_config
from verification.emitted import ROOT, play
from verification.pymtl import simulate
from verification.scenarios import GOLDEN

Read = Generator[Mapping[str, int], Mapping[str, int], int]


def _play(name: str, simulator: str, scratch: Path, broken: Break | None = None) -> None:
    case = CASES[name]
    expected = golden.run(case.network, torch.tensor(case.images))[-1].tolist()
    emission = case.emission()
    if broken is not None:
        emission = replace(emission, modules=broken.apply(emission.modules))
    play(emission, simulator, name, scratch, {GOLDEN: json.dumps(expected)}, module="verification.axi_bench")


@pytest.mark.parametrize("name", CASES)
def test_axi(name: str, tmp_path: Path) -> None:
    _play(name, "verilator", tmp_path)


@pytest.mark.parametrize("name", ["network-spilled-streamed", "reset"])
def test_axi_from_unknown_registers(name: str, tmp_path: Path) -> None:
    """Icarus starts every register unknown; Verilator knows only 0 and 1."""
    _play(name, "icarus", tmp_path)


# Each takes a whole run under Icarus; every fourth shows that faults are seen, the slow set runs all.
FAULTS = [
    pytest.param(broken, id=broken.what.replace(" ", "-"), marks=pytest.mark.slow if i % 4 else []) for i, broken in enumerate(AXI_BREAKS)
]


@pytest.mark.parametrize("broken", FAULTS)
def test_broken_axi_is_caught(broken: Break, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=broken.caught):
        _play(broken.case, "icarus", tmp_path, broken)


def _start() -> Bench:
    for _ in range(RESET_CYCLES):
        yield {"reset": 1}
    yield {"reset": 0, "rready": 1, "state": STATES.index("RUN")}


def _read(name: str) -> Read:
    outputs = yield {"arvalid": 1, "araddr": ADDRESS[name]}
    assert outputs["arready"]
    outputs = yield {"arvalid": 0}
    assert outputs["rvalid"] and outputs["rresp"] == registers.OKAY
    return outputs["rdata"]


@pytest.mark.parametrize("seed", range(20))
def test_registers_describe_the_array(seed: int) -> None:
    config = random_config(np.random.default_rng(seed))
    found = {}

    def bench() -> Bench:
        yield from _start()
        for name in registers.CONFIG_REGISTERS:
            found[name] = yield from _read(name)

    simulate(AxiRegisters(config), bench())
    assert found == config_values(config)
    assert read_config(found) == config


def test_cycle_counter_has_64_bits_and_reads_whole() -> None:
    """Reading the lower half keeps the upper half for the next read, whatever the counter does meanwhile."""
    component = AxiRegisters(TIGHT)
    found = {}

    def bench() -> Bench:
        yield from _start()
        component.cycles <<= Bits64((5 << 32) - 3)
        yield {"image_taken": 1, "step_index": 0}
        yield {"image_taken": 0}
        found["before"] = yield from _read("cycles_low")
        yield {"step_index": 1}
        found["held"] = yield from _read("cycles_high")
        yield {"step_index": 0}
        yield {}
        found["after"] = yield from _read("cycles_low")
        found["next"] = yield from _read("cycles_high")

    simulate(component, bench())
    # The image runs from the first cycle to the one before step_index returns to 0: 7 cycles; the first read is in the third.
    assert found == {"before": (1 << 32) - 1, "held": 4, "after": 4, "next": 5}


def test_states_are_the_sequencers() -> None:
    assert {name: getattr(sequencer, name) for name in STATES} == {name: number for number, name in enumerate(STATES)}


def test_registers_are_distinct_words_and_fields_fit() -> None:
    assert len(set(registers.NAMES)) == len(REGISTERS)
    for register in REGISTERS:
        assert sum(field.bits for field in register.fields) <= registers.DATA_BITS, register.name


def test_documented_registers_are_current() -> None:
    assert (ROOT / "docs" / "registers.md").read_text() == registers.markdown()
