"""The cocotb side of ``tests/test_board.py`` for the bridge alone: plays the case named by the environment inside the simulator."""

from __future__ import annotations

import os

import cocotb
from cocotb.handle import HierarchyObject

from verification.uart_cases import CASES
from verification.uart_plays import PLAYS, Bridge


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    """One case from reset on."""
    case = CASES[os.environ["FLIGHTASIC_BENCH"]]
    await PLAYS[case.play](await Bridge.start(dut, case))
