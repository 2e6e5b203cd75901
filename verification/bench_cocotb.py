"""The cocotb side of :mod:`verification.emitted`: drives the bench named by the environment inside the simulator."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import ReadOnly, RisingEdge

from verification.cocotb_outputs import Outputs
from verification.scenarios import BENCHMARKS, GOLDEN, SCENARIOS
from verification.units import CASES


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    """One cycle per yield: drive after the rising edge, sample once everything has settled."""
    name = os.environ["FLIGHTASIC_BENCH"]
    if name in CASES:
        bench = CASES[name]().bench()
    else:
        bench = {**SCENARIOS, **BENCHMARKS}[name].bench(np.array(json.loads(Path(GOLDEN).read_text())))
    dut.clk.value = 0
    for port in os.environ["FLIGHTASIC_INPUTS"].split(","):
        getattr(dut, port).value = 0
    Clock(dut.clk, 10, "ns").start()
    outputs = Outputs(dut)
    try:
        changes = next(bench)
        while True:
            await RisingEdge(dut.clk)
            for port, value in changes.items():
                getattr(dut, port).value = value
            await ReadOnly()
            changes = bench.send(outputs)
    except StopIteration:
        return
