"""The cocotb side of :mod:`flightasic.eda.gates`: a workload on ``flight_top`` whose core is a netlist with real delays."""

from __future__ import annotations

import os
from itertools import accumulate
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge, Timer

from flightasic.eda.gates import FAILURE, OUTCOME
from flightasic.eda.workload import Workload
from verification.bench import Bench
from verification.cocotb_outputs import Outputs
from verification.host import Host

SAMPLE_BEFORE_EDGE_PS = 1


def bench(workload: Workload) -> Bench:
    """Load, start, run every image; results and the cycles of every step must be those predicted."""
    program = workload.program
    host = Host(program)
    yield from host.reset()
    yield from host.load(program.words)
    status = yield from host.enable()
    assert status == 0, f"the netlist refuses the program with status {status}"
    predicted = list(accumulate(step.cycles for step in program.steps))
    for number, (image, expected) in enumerate(zip(workload.images, workload.expected, strict=True)):
        values, ends, status = yield from host.run(image)
        assert status == 0, f"image {number}: the netlist stopped with status {status}"
        assert values is not None, f"image {number}: the result is incomplete"
        wrong = np.argwhere(values != expected)
        first = tuple(int(i) for i in wrong[0]) if len(wrong) else ()
        assert not first, (
            f"image {number}: {len(wrong)} of {values.size} results differ from the golden model, the first at {first}: "
            f"netlist {values[first]}, golden {expected[first]}"
        )
        assert ends == predicted, f"image {number}: steps end after {ends} cycles, predicted {predicted}"


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    """Drive after the rising edge, sample just before the next: until then signals travel through the gates."""
    period_ps = int(os.environ["FLIGHTASIC_PERIOD_PS"])
    player = bench(Workload.load(Path("workload")))
    dut.clk.value = 0
    for port in os.environ["FLIGHTASIC_INPUTS"].split(","):
        getattr(dut, port).value = 0
    Clock(dut.clk, period_ps, "ps").start(start_high=False)
    outputs = Outputs(dut)
    try:
        changes = next(player)
        while True:
            await RisingEdge(dut.clk)
            for port, value in changes.items():
                getattr(dut, port).value = value
            await Timer(period_ps - SAMPLE_BEFORE_EDGE_PS, "ps")
            changes = player.send(outputs)
    except StopIteration:
        Path(OUTCOME).touch()
    except (AssertionError, ValueError) as error:
        Path(FAILURE).write_text(str(error) or type(error).__name__)
        raise
